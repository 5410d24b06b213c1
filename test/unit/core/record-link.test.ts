import assert from 'node:assert/strict'
import { Duplex } from 'node:stream'
import { describe, it } from 'node:test'
import { malformed } from '../../../src/core/byte-codec.ts'
import { EndOfTick } from '../../../src/core/end-of-tick.ts'
import { RecordLink } from '../../../src/core/record-link.ts'
import { SlabPool } from '../../../src/protocol/slab-pool.ts'

/** A stream whose writes a test takes one by one. */
class HeldStream extends Duplex {
  readonly writes: { readonly bytes: Buffer; readonly taken: (error?: Error) => void }[] = []

  override _read(): void {}

  override _write(chunk: Buffer, _: BufferEncoding, taken: (error?: Error) => void): void {
    this.writes.push({ bytes: Buffer.from(chunk), taken })
  }
}

function openLink(receive: (link: RecordLink, text: string) => void = () => {}): {
  stream: HeldStream
  link: RecordLink
  endTick: () => void
  faults: (Error | undefined)[]
  taken: () => number
} {
  const stream = new HeldStream()
  const faults: (Error | undefined)[] = []
  let tasks: (() => void)[] = []
  let taken = 0
  const endOfTick = new EndOfTick(task => tasks.push(task))
  const link: RecordLink = new RecordLink(stream, { slabs: new SlabPool(), endOfTick }, 100, {
    record: (bytes, start, end) => receive(link, bytes.toString('utf8', start, end)),
    taken: () => taken++,
    closed: fault => faults.push(fault),
  })
  const endTick = (): void => {
    const due = tasks
    tasks = []
    for (const task of due) task()
  }
  return { stream, link, endTick, faults, taken: () => taken }
}

function record(text: string): Buffer {
  return Buffer.concat([Buffer.from([0, 0, 0, Buffer.byteLength(text)]), Buffer.from(text)])
}

function put(link: RecordLink, text: string): void {
  const bytes = record(text)
  link.out.append(bytes, 0, bytes.length)
}

const nextTurn = (): Promise<void> => new Promise(resolve => setImmediate(() => resolve()))

describe('RecordLink', () => {
  it('sends the records of a tick with one write, and keeps account of what waits', async () => {
    const { stream, link, endTick, taken } = openLink()
    put(link, 'one')
    put(link, 'two')
    assert.equal(link.waitingBytes, 14)
    assert.equal(stream.writes.length, 0)
    endTick()
    assert.deepEqual(stream.writes[0]?.bytes, Buffer.concat([record('one'), record('two')]))
    put(link, 'three')
    assert.equal(link.waitingBytes, 14 + 9)
    assert.equal(taken(), 0)
    stream.writes[0]?.taken()
    await nextTurn()
    assert.equal(taken(), 1)
    assert.deepEqual([link.writtenBytes, link.takenBytes, link.waitingBytes], [14, 14, 9])
  })

  it('hands over the records that arrive', async () => {
    const received: string[] = []
    const { stream } = openLink((_, text) => received.push(text))
    const bytes = Buffer.concat([record('one'), record('two')])
    stream.push(bytes.subarray(0, 6))
    stream.push(bytes.subarray(6))
    await nextTurn()
    assert.deepEqual(received, ['one', 'two'])
  })

  it('breaks at bytes that make no sense, with the error as the fault, once', async () => {
    const { stream, link, faults } = openLink(() => {
      throw malformed('test')
    })
    stream.push(Buffer.concat([record('one'), record('two')]))
    await nextTurn()
    link.cut(new Error('too late'))
    await nextTurn()
    assert.equal(link.broken, true)
    assert.equal(link.gone, true)
    assert.equal(faults.length, 1)
    assert.match(String(faults[0]), /test/)
  })

  it('does not take a fault of whoever receives a record for one of the other side', () => {
    const { stream, link } = openLink(() => {
      throw new TypeError('a bug')
    })
    assert.throws(() => stream.emit('data', record('one')), /a bug/)
    assert.equal(link.gone, false)
    link.cut(undefined)
  })

  it('hands over nothing more once it was cut, not even from the same chunk', async () => {
    const received: string[] = []
    const { stream, faults } = openLink((link, text) => {
      received.push(text)
      link.cut(undefined)
    })
    stream.push(Buffer.concat([record('one'), record('two')]))
    await nextTurn()
    assert.deepEqual(received, ['one'])
    assert.deepEqual(faults, [undefined])
  })

  it('still receives after it has ended its half, and sends what was gathered before', async () => {
    const received: string[] = []
    const { stream, link, faults } = openLink((_, text) => received.push(text))
    put(link, 'goodbye')
    link.end()
    assert.equal(link.broken, true)
    assert.deepEqual(stream.writes[0]?.bytes, record('goodbye'))
    stream.push(record('answer'))
    await nextTurn()
    assert.deepEqual(received, ['answer'])
    stream.writes[0]?.taken()
    stream.push(null)
    await nextTurn()
    await nextTurn()
    assert.deepEqual(faults, [undefined])
  })

  it('accounts for writes that failed, and names the failure', async () => {
    const { stream, link, endTick, faults } = openLink()
    put(link, 'one')
    endTick()
    stream.writes[0]?.taken(new Error('broken pipe'))
    await nextTurn()
    assert.equal(link.waitingBytes, 0)
    assert.match(String(faults[0]), /broken pipe/)
  })
})
