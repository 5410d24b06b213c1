import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Bus } from '../../src/ports/bus.ts'
import { deliver, payloads, type ReceivedFrame } from '../support/bus-worker.ts'
import { everyKind } from '../support/frame-catalogue.ts'
import { waitFor, within } from '../support/wait-for.ts'

/** One end of a bus, with everything that it reported. */
export interface BusUnderTest {
  readonly bus: Bus
  readonly frames: readonly ReceivedFrame[]
  readonly changes: readonly string[]
}

/** Makes so many workers, two at least, all up for each other. */
export type MakeWorkers = (count: number) => Promise<readonly [BusUnderTest, BusUnderTest, ...BusUnderTest[]]>

/** What every bus promises. */
export function describeBus(workersOf: MakeWorkers): void {
  it('brings every kind of frame to the peer as it was sent, between every two workers', async () => {
    const workers = await workersOf(3)
    for (const worker of workers) {
      for (const to of worker.bus.peers()) for (const frame of everyKind) worker.bus.send(to, frame)
    }
    for (const worker of workers) {
      await waitFor('all frames', () => worker.frames.length === 2 * everyKind.length)
      for (const from of worker.bus.peers()) {
        const frames = worker.frames.filter(received => received.from === from).map(received => received.frame)
        assert.deepEqual(frames.filter(isReliable), everyKind.filter(isReliable))
        assert.deepEqual(
          frames.filter(frame => !isReliable(frame)),
          everyKind.filter(frame => !isReliable(frame)),
        )
      }
    }
  })

  it('knows itself and its peers, and reports each once as up', async () => {
    const workers = await workersOf(3)
    const addresses = workers.map(({ bus }) => bus.self)
    for (const { bus, changes } of workers) {
      const others = addresses.filter(address => address !== bus.self)
      assert.deepEqual([...bus.peers()].sort(), others)
      assert.deepEqual(
        [...changes].sort(),
        others.map(address => `+${address}`),
      )
    }
  })

  it('broadcasts a frame to every peer and not to itself', async () => {
    const [first, second, third] = await workersOf(3)
    first.bus.broadcast(deliver('to all'))
    await waitFor('both peers', () => second.frames.length === 1 && third?.frames.length === 1)
    assert.deepEqual(payloads(second.frames), ['to all'])
    assert.equal(first.frames.length, 0)
  })

  it('keeps the order of frames of all sizes over many ticks', async () => {
    const [first, second] = await workersOf(2)
    const sent: string[] = []
    for (let tick = 0; tick < 50; tick++) {
      for (let i = 0; i < 40; i++) {
        const text = `${tick}-${i}-${'x'.repeat((i * 977) % 40_000)}`
        sent.push(text)
        first.bus.send(second.bus.self, deliver(text))
      }
      await new Promise(setImmediate)
    }
    await waitFor('all frames', () => second.frames.length === sent.length)
    assert.deepEqual(payloads(second.frames), sent)
  })

  it('loses nothing when far more is sent in one tick than the way takes at once', async () => {
    const [first, second] = await workersOf(2)
    const payload = Buffer.alloc(100_000, 7)
    for (let i = 0; i < 400; i++) first.bus.send(second.bus.self, deliver(payload))
    await within('the frames to be taken', first.bus.taken([second.bus.self]))
    await waitFor('all frames', () => second.frames.length === 400)
    assert.deepEqual(first.changes, [`+${second.bus.self}`])
  })

  it('is done with a frame when the call returns, so that the sender may use it and its bytes again', async () => {
    const [first, second] = await workersOf(2)
    const frame = deliver('one')
    for (const text of ['one', 'two', 'six']) {
      frame.message.payload.write(text)
      first.bus.send(second.bus.self, frame)
    }
    await waitFor('all frames', () => second.frames.length === 3)
    assert.deepEqual(payloads(second.frames), ['one', 'two', 'six'])
  })

  it('ignores a frame for a peer that is not up', async () => {
    const [first, second] = await workersOf(2)
    first.bus.send('nobody/77', deliver('nobody'))
    first.bus.send(second.bus.self, deliver('somebody'))
    await waitFor('the frame', () => second.frames.length === 1)
    assert.deepEqual(payloads(second.frames), ['somebody'])
  })

  it('has everything taken in the end when nothing waits, and of peers that are not there', async () => {
    const [first, second] = await workersOf(2)
    await within('the hello to leave', first.bus.taken([second.bus.self]))
    await within('nobody to take it', first.bus.taken(['nobody/77']))
  })

  it('reports a worker that closed as down exactly once, to all others, with all that it had sent', async () => {
    const [first, second, third] = await workersOf(3)
    for (let i = 0; i < 100; i++) first.bus.send(second.bus.self, deliver(`${i} ${'x'.repeat(10_000)}`))
    await within('the close', first.bus.close())
    const down = `-${first.bus.self}`
    await waitFor('both to notice', () => second.changes.includes(down) && third?.changes.includes(down))
    assert.equal(second.frames.length, 100)
    assert.equal(second.changes.filter(change => change === down).length, 1)
    assert.deepEqual(second.bus.peers(), [third?.bus.self])
  })
}

function isReliable(frame: ReceivedFrame['frame']): boolean {
  return frame.kind !== 'deliver' || frame.message.qos > 0
}
