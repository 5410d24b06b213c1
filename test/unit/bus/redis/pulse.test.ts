import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { BatchStamp } from '../../../../src/bus/redis/batch.ts'
import { Pulse } from '../../../../src/bus/redis/pulse.ts'

describe('Pulse', () => {
  let pulse: Pulse
  let published: number
  let listened: number
  const line = {
    isWritable: true,
    isReadable: true,
    publish: () => void published++,
    flush: () => {},
    listenAgain: () => void listened++,
  }

  beforeEach(() => {
    published = 0
    listened = 0
    line.isReadable = true
    const stamp = new BatchStamp('node/1')
    pulse = new Pulse({ self: 'node/1', line, stamp, heartbeatMs: 1000, deadAfterMs: 5000 })
  })

  it('listens anew when two pulses have not come back within half the time that makes a worker dead', () => {
    pulse.beat()
    pulse.beat()
    assert.equal(listened, 0)
    pulse.beat()
    assert.deepEqual([published, listened], [2, 1])
  })

  it('goes on while they come back', () => {
    for (let beat = 0; beat < 10; beat++) {
      pulse.beat()
      pulse.heard()
    }
    assert.deepEqual([published, listened], [10, 0])
  })

  it('does nothing while the way is away anyhow', () => {
    line.isReadable = false
    for (let beat = 0; beat < 10; beat++) pulse.beat()
    assert.deepEqual([published, listened], [0, 0])
  })
})
