import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { PeerReceiver } from '../../../../src/bus/redis/peer-receiver.ts'

describe('PeerReceiver', () => {
  let receiver: PeerReceiver
  let frames: string[]

  beforeEach(() => {
    frames = []
    receiver = new PeerReceiver(1_000_000, (bytes, start, end) => frames.push(bytes.toString('latin1', start, end)))
  })

  function record(text: string): Buffer {
    const bytes = Buffer.from(`    ${text}`)
    bytes.writeUInt32BE(text.length, 0)
    return bytes
  }

  it('hands over reliable batches in order, each once', () => {
    receiver.reliable(1, record('a'))
    receiver.reliable(1, record('a'))
    receiver.reliable(2, record('b'))
    receiver.reliable(1, record('a'))
    assert.deepEqual(frames, ['a', 'b'])
    assert.equal(receiver.reliableSeen, 2)
  })

  it('answers a duplicate as well: the first answer may be lost', () => {
    receiver.reliable(1, record('a'))
    receiver.answered()
    receiver.reliable(1, record('a'))
    assert.equal(receiver.answerDue, true)
  })

  it('drops what comes after a gap and reports the gap once', () => {
    receiver.reliable(1, record('a'))
    receiver.reliable(3, record('c'))
    assert.equal(receiver.gapDue, true)
    receiver.answered()
    receiver.reliable(4, record('d'))
    assert.equal(receiver.gapDue, false)
    receiver.reliable(2, record('b'))
    receiver.reliable(3, record('c'))
    assert.deepEqual(frames, ['a', 'b', 'c'])
  })

  it('reports a gap again that stays open for half a second', () => {
    receiver.reliable(2, record('b'))
    receiver.answered()
    receiver.check(0)
    receiver.check(499)
    receiver.reliable(3, record('c'))
    assert.equal(receiver.gapDue, false)
    receiver.check(1000)
    receiver.reliable(4, record('d'))
    assert.equal(receiver.gapDue, true)
  })

  it('puts a frame together that was cut into several batches', () => {
    const whole = record('long frame')
    receiver.reliable(1, whole.subarray(0, 6))
    receiver.reliable(2, whole.subarray(6))
    receiver.loose(0, whole.subarray(0, 6), false)
    receiver.loose(6, whole.subarray(6), true)
    assert.deepEqual(frames, ['long frame', 'long frame'])
  })

  it('goes on with the next whole frame when the rest of a loose one is lost', () => {
    const whole = record('long frame')
    receiver.loose(0, whole.subarray(0, 6), false)
    receiver.loose(20, record('next'), false)
    assert.deepEqual(frames, ['next'])
  })

  it('makes nothing of the rest of a loose frame whose beginning is lost', () => {
    const whole = record('a frame in three pieces')
    receiver.loose(5, whole.subarray(5, 10), true)
    receiver.loose(10, whole.subarray(10), true)
    receiver.loose(whole.length, record('next'), false)
    assert.deepEqual(frames, ['next'])
  })

  it('answers loose batches when many bytes have arrived, and says how many', () => {
    receiver.loose(0, Buffer.alloc(0), false)
    assert.equal(receiver.answerDue, false)
    receiver.loose(300_000, record('far'), false)
    assert.equal(receiver.answerDue, true)
    assert.equal(receiver.looseSeen, 300_000 + record('far').length)
  })

  it('reports a gap when the way in was away, for it cannot know', () => {
    receiver.reliable(1, record('a'))
    receiver.answered()
    receiver.mayHaveMissed()
    assert.equal(receiver.gapDue, true)
  })
})
