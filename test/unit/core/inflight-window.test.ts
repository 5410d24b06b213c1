import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Awaiting, InflightWindow, packetIdAt } from '../../../src/core/inflight-window.ts'

const PACKET_IDS = 65_535

interface Sent {
  readonly position: number
  awaiting: Awaiting
}

/** The window as one would write it without a thought for speed. */
class NaiveWindow {
  readonly sent: Sent[] = []
  next = 1

  hasRoomFor(position: number, limit: number): boolean {
    const [oldest] = this.sent
    if (oldest === undefined) return limit > 0
    return this.sent.length < limit && position - oldest.position < PACKET_IDS
  }

  find(packetId: number): Sent | undefined {
    return this.sent.find(({ position }) => packetIdAt(position) === packetId)
  }

  complete(sent: Sent): void {
    this.sent.splice(this.sent.indexOf(sent), 1)
  }
}

const steps = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('send'), gap: fc.nat(3), qos: fc.constantFrom(1, 2) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('send'), gap: fc.nat(70_000), qos: fc.constantFrom(1, 2) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('acknowledge'), gap: fc.nat(), qos: fc.constant(1) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('release'), gap: fc.nat(), qos: fc.constant(2) }) },
  ),
  { maxLength: 60 },
)

describe('InflightWindow', () => {
  it('agrees with a list of what is in flight, through gaps, acknowledgements out of order and the wrap of the ids', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 0, max: 3 * PACKET_IDS }),
        steps,
        (limit, start, list) => {
          const window = new InflightWindow(limit)
          const model = new NaiveWindow()
          let first = start
          for (const { kind, gap, qos } of list) {
            const chosen = model.sent[gap % Math.max(1, model.sent.length)]
            if (kind === 'send') {
              const position = model.next + gap + first
              assert.equal(window.hasRoomFor(position), model.hasRoomFor(position, limit))
              if (!model.hasRoomFor(position, limit)) continue
              first = 0
              const awaiting = qos === 1 ? Awaiting.puback : Awaiting.pubrec
              assert.equal(window.send(position, awaiting), packetIdAt(position))
              model.sent.push({ position, awaiting })
              model.next = position + 1
            } else if (chosen !== undefined && kind === 'release') {
              if (chosen.awaiting !== Awaiting.pubrec) continue
              chosen.awaiting = Awaiting.pubcomp
              window.release(window.find(packetIdAt(chosen.position), Awaiting.pubrec))
            } else if (chosen !== undefined) {
              assert.equal(window.find(packetIdAt(chosen.position), chosen.awaiting), chosen.position)
              window.complete(chosen.position)
              model.complete(chosen)
            }
            assertAgree(window, model)
          }
        },
      ),
      { numRuns: 500 },
    )
  })

  it('gives the Packet Identifiers 1 to 65,535 and begins again at 1', () => {
    assert.deepEqual([1, 2, 65_535, 65_536, 65_537, 131_070, 131_071].map(packetIdAt), [1, 2, 65_535, 1, 2, 65_535, 1])
  })

  it('never has one Packet Identifier in flight twice', () => {
    const window = new InflightWindow(PACKET_IDS)
    for (let position = 1; position <= PACKET_IDS; position++) window.send(position, Awaiting.puback)
    assert.equal(window.hasRoomFor(PACKET_IDS + 1), false)
    window.complete(2)
    assert.equal(window.hasRoomFor(PACKET_IDS + 1), false, 'the oldest one still has the id')
    window.complete(1)
    assert.equal(window.hasRoomFor(PACKET_IDS + 1), true)
    assert.equal(window.send(PACKET_IDS + 1, Awaiting.pubrec), 1)
    assert.equal(window.find(1, Awaiting.pubrec), PACKET_IDS + 1)
  })

  it('a position below an earlier one is a fault of the caller', () => {
    const window = new InflightWindow(10)
    window.send(5, Awaiting.puback)
    assert.throws(() => window.send(5, Awaiting.puback), /positions ascend/)
  })
})

function assertAgree(window: InflightWindow, model: NaiveWindow): void {
  assert.equal(window.count, model.sent.length)
  assert.equal(window.next, model.next)
  for (const { position, awaiting } of model.sent) {
    const packetId = packetIdAt(position)
    assert.equal(window.find(packetId, awaiting), position)
    assert.equal(window.find(packetId, awaiting === Awaiting.puback ? Awaiting.pubrec : Awaiting.puback), 0)
    assert.equal(window.has(packetId), true)
    for (const near of [packetIdAt(position + 1), packetIdAt(position + PACKET_IDS - 1)]) {
      assert.equal(window.has(near), model.find(near) !== undefined, `packet id ${near}`)
    }
  }
}
