import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { LatencyHistogram } from '../../../../bench/load/latency-histogram.ts'
import { ClosedLoop, OpenLoop } from '../../../../bench/load/pacers.ts'

const MS = 1_000

describe('ClosedLoop', () => {
  const publisher = { index: 0, sent: 0, deliveries: 0, acknowledged: 0, unacknowledged: 0 }

  it('keeps the window full and no fuller', () => {
    const loop = new ClosedLoop(32, 1)
    assert.equal(loop.due(publisher), 32)
    assert.equal(loop.due({ ...publisher, sent: 40, deliveries: 10 }), 2)
  })

  it('counts a message as delivered when every subscriber has it', () => {
    const loop = new ClosedLoop(2, 500)
    assert.equal(loop.due({ ...publisher, sent: 2, deliveries: 999 }), 1)
    assert.equal(loop.due({ ...publisher, sent: 2, deliveries: 1_000 }), 2)
  })

  it('waits for the acknowledgement of what is delivered', () => {
    assert.equal(new ClosedLoop(4, 1).due({ ...publisher, sent: 4, deliveries: 4, unacknowledged: 3 }), 1)
  })

  it('goes on after what was lost is written off, and takes late arrivals for nothing more', () => {
    const loop = new ClosedLoop(4, 2)
    const stalled = { ...publisher, sent: 4, deliveries: 3, unacknowledged: 4 }
    loop.writeOff(stalled)
    assert.equal(loop.due({ ...stalled, unacknowledged: 0 }), 4)
    assert.equal(loop.due({ ...stalled, unacknowledged: 0, deliveries: stalled.deliveries + 5 }), 4)
  })

  it('has nothing due once it is stopped', () => {
    const loop = new ClosedLoop(32, 1)
    loop.stopped = true
    assert.equal(loop.due(publisher), 0)
  })
})

describe('OpenLoop', () => {
  it('lets the publishers take turns at fixed times', () => {
    const loop = new OpenLoop(0, 1_000, 4, new LatencyHistogram())
    const due = (now: number): readonly number[] => [0, 1, 2, 3].map(index => loop.due({ index, sent: 0 }, now))
    assert.deepEqual(due(-1), [0, 0, 0, 0])
    assert.deepEqual(due(0), [1, 0, 0, 0])
    assert.deepEqual(due(2.5 * MS), [1, 1, 1, 0])
    assert.deepEqual(due(9 * MS), [3, 3, 2, 2])
  })

  it('gives each message its intended time, and makes up for a stall at once', () => {
    const loop = new OpenLoop(100 * MS, 1_000, 2, new LatencyHistogram())
    const publisher = { index: 1, sent: 3 }
    assert.equal(loop.due(publisher, 113 * MS), 4)
    assert.deepEqual(
      [3, 4].map(sequence => loop.sendTime(publisher, sequence, 113 * MS)),
      [107 * MS, 109 * MS],
    )
  })

  it('notes how late the generator itself was, while it measures', () => {
    const lag = new LatencyHistogram()
    const loop = new OpenLoop(0, 1_000, 1, lag)
    loop.sendTime({ index: 0 }, 0, 90)
    loop.measuring = true
    loop.sendTime({ index: 0 }, 1, 1 * MS + 40)
    assert.deepEqual([lag.total, lag.max], [1, 40])
  })

  it('has nothing new due after it was stopped', () => {
    const loop = new OpenLoop(0, 1_000, 1, new LatencyHistogram())
    loop.stop(5 * MS)
    assert.equal(loop.due({ index: 0, sent: 0 }, 60 * MS), 6)
  })
})
