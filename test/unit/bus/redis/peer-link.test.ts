import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { BatchHead, BatchStamp } from '../../../../src/bus/redis/batch.ts'
import { PeerLink } from '../../../../src/bus/redis/peer-link.ts'
import { FrameEncoder } from '../../../../src/bus/frame-codec.ts'
import type { Frame } from '../../../../src/core/frame.ts'
import type { WorkerAddress } from '../../../../src/ports/bus.ts'
import { SlabPool } from '../../../../src/protocol/slab-pool.ts'
import { deliver, payloads, type ReceivedFrame } from '../../../support/bus-worker.ts'
import { FakeClock, FakeRandom } from '../../../support/fake-clock.ts'
import { keptFrame } from '../../../support/kept-frame.ts'

/** One end of a link, and what it has published that the test has not brought over yet. */
class End {
  link: PeerLink
  readonly frames: ReceivedFrame[] = []
  readonly changes: boolean[] = []
  sent: Buffer[] = []
  readonly #make: () => PeerLink
  readonly #encoder = new FrameEncoder()
  readonly #head = new BatchHead()

  constructor(self: WorkerAddress, peer: WorkerAddress, clock: FakeClock, random: FakeRandom) {
    const context = { slabs: new SlabPool(), clock, random, stamp: new BatchStamp(self) }
    const owner = {
      stir: () => {},
      publish: (_: WorkerAddress, bytes: Buffer, length: number) =>
        void this.sent.push(Buffer.from(bytes.subarray(0, length))),
      received: (from: WorkerAddress, frame: Frame) => void this.frames.push({ from, frame: keptFrame(frame) }),
      up: () => void this.changes.push(true),
      down: () => void this.changes.push(false),
    }
    this.#make = () => new PeerLink(peer, context, owner)
    this.link = this.#make()
  }

  put(text: string): void {
    this.#encoder.write(this.link.reliable, deliver(text))
  }

  /** The end of its tick: what it has published. */
  tick(): Buffer[] {
    this.link.pump()
    this.link.letGo()
    return this.sent.splice(0)
  }

  take(batches: readonly Buffer[]): void {
    for (const bytes of batches) {
      this.#head.readSender(bytes)
      this.#head.readRest(bytes)
      this.link.batch(this.#head, bytes.subarray(this.#head.end))
    }
  }

  /** Its process has forgotten everything. */
  forget(): void {
    this.link.close()
    this.link = this.#make()
  }
}

describe('PeerLink', () => {
  let clock: FakeClock
  let here: End
  let there: End

  beforeEach(() => {
    clock = new FakeClock()
    const random = new FakeRandom()
    here = new End('a/1', 'b/1', clock, random)
    there = new End('b/1', 'a/1', clock, random)
  })

  /** Brings everything over until nobody has anything to say. */
  function settle(): void {
    for (let round = 0; round < 20; round++) {
      const [left, right] = [here.tick(), there.tick()]
      if (left.length + right.length === 0) return
      there.take(left)
      here.take(right)
    }
    assert.fail('the two never stop talking')
  }

  it('is up on both sides once both have greeted, and then is silent', () => {
    settle()
    assert.deepEqual([here.changes, there.changes], [[true], [true]])
    clock.advance(60_000)
    assert.deepEqual([here.tick(), there.tick()], [[], []])
  })

  it('greets again, however many greetings are lost', () => {
    for (let lost = 0; lost < 6; lost++) {
      here.tick()
      there.tick()
      clock.advance(5000)
    }
    settle()
    assert.deepEqual([here.changes, there.changes], [[true], [true]])
  })

  it('comes up also when only the last answer of the greeting is lost', () => {
    there.take(here.tick())
    here.take(there.tick())
    assert.deepEqual([here.changes, there.changes], [[true], []])
    here.tick()
    clock.advance(5000)
    settle()
    assert.deepEqual([here.changes, there.changes], [[true], [true]])
  })

  it('delivers everything once and in order, whichever batch is lost', () => {
    for (let lost = 0; lost < 4; lost++) {
      settle()
      const before = there.frames.length
      const batches = ['1', '2', '3', '4'].flatMap(text => {
        here.put(text)
        return here.tick()
      })
      there.take(batches.filter((_, index) => index !== lost))
      // The last batch leaves no gap behind it: only the time shows that it is missing.
      for (let check = 0; check < 8; check++) {
        clock.advance(250)
        here.link.check(clock.nowMs())
        settle()
      }
      assert.deepEqual(payloads(there.frames.slice(before)), ['1', '2', '3', '4'])
    }
  })

  it('delivers nothing twice when acknowledgements are lost', async () => {
    settle()
    here.put('once')
    const taken = here.link.taken()
    there.take(here.tick())
    there.tick()
    here.link.sendAgain()
    settle()
    assert.deepEqual(payloads(there.frames), ['once'])
    await taken
  })

  it('asks for what it has missed while its way in was away', () => {
    settle()
    here.put('missed')
    here.tick()
    there.link.askAgain()
    settle()
    assert.deepEqual(payloads(there.frames), ['missed'])
  })

  it('is down and up again when the other side has begun anew, and what waited counts for nothing', async () => {
    settle()
    here.put('lost with the link')
    const refused = assert.rejects(here.link.taken(), {
      code: 'BUS_PROTOCOL',
      message: /broke before it had everything/,
    })
    here.tick()
    there.forget()
    settle()
    assert.deepEqual(here.changes, [true, false, true])
    await refused
    here.put('by the new link')
    settle()
    assert.deepEqual(payloads(there.frames), ['by the new link'])
  })

  it('is given up, and whoever waits with it, when the other side is gone', async () => {
    settle()
    here.put('for nobody')
    const taken = here.link.taken()
    here.tick()
    here.link.close()
    await taken
    assert.equal(here.link.waitingBytes, 0)
  })

  it('counts nothing as taken that was under way when it failed, sent or still to be sent', async () => {
    settle()
    const refused: Promise<void>[] = []
    for (const text of ['sent', 'gathered']) {
      here.put(text)
      refused.push(assert.rejects(here.link.taken(), { code: 'BUS_PROTOCOL' }))
      if (text === 'sent') here.tick()
    }
    here.link.fail()
    await Promise.all(refused)
    await here.link.taken()
  })

  it('gives nothing up when it is this worker that ends', async () => {
    settle()
    here.put('not acknowledged')
    let taken = false
    void here.link.taken().then(() => (taken = true))
    here.tick()
    here.link.leave()
    await nextTurn()
    assert.equal(taken, false)
    assert.equal(here.link.waitingBytes, 0)
  })

  it('is silent for a while after it failed, then comes up again on both sides', () => {
    settle()
    here.link.fail()
    assert.deepEqual(here.tick(), [])
    clock.advance(5000)
    settle()
    assert.deepEqual(
      [here.changes, there.changes],
      [
        [true, false, true],
        [true, false, true],
      ],
    )
  })

  it('takes nothing of an earlier link', () => {
    settle()
    here.put('old')
    const old = here.tick()
    here.forget()
    settle()
    there.take(old)
    assert.deepEqual(payloads(there.frames), [])
  })
})
