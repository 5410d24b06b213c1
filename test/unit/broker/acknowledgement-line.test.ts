import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { type Acknowledger, AcknowledgementLine } from '../../../src/broker/acknowledgement-line.ts'
import { BrokerError } from '../../../src/core/errors.ts'
import { PartlyRefused } from '../../../src/core/partly-refused.ts'
import { PUBACK, PUBREC } from '../../../src/protocol/packets.ts'

/** A line, and what it has sent; `refuse` says what is sent in the place of what is not safe. */
function lineOf(refuse: Acknowledger['refuse'] = neverRefuses): {
  line: AcknowledgementLine
  sent: readonly (readonly [number, number, number])[]
} {
  const sent: (readonly [number, number, number])[] = []
  const line = new AcknowledgementLine({ acknowledge: (...answer) => sent.push(answer), refuse })
  return { line, sent }
}

const neverRefuses: Acknowledger['refuse'] = (_type, _packetId, error) => {
  throw error
}

describe('AcknowledgementLine', () => {
  it('sends in the order of arrival, whatever becomes safe first', async () => {
    // Each acknowledgement waits for nothing, or for one of four things.
    const waits = fc.array(fc.option(fc.nat(3), { nil: undefined }), { minLength: 1, maxLength: 20 })
    const property = fc.asyncProperty(
      waits,
      fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }),
      async (waited, order) => {
        const { line, sent } = lineOf()
        const things = [0, 1, 2, 3].map(() => Promise.withResolvers<void>())
        const resolved = new Set<number | undefined>([undefined])
        for (const [index, thing] of waited.entries()) {
          line.after(thing === undefined ? undefined : things[thing]?.promise, 0, PUBACK, index + 1, 0)
        }
        for (const thing of order) {
          things[thing]?.resolve()
          resolved.add(thing)
          await nextTurn()
          const firstMissing = waited.findIndex(one => !resolved.has(one))
          assert.equal(sent.length, firstMissing === -1 ? waited.length : firstMissing)
          assert.equal(line.length, waited.length - sent.length)
        }
        assert.deepEqual(
          sent.map(([, packetId]) => packetId),
          waited.map((_, index) => index + 1),
        )
      },
    )
    await fc.assert(property, { numRuns: 100 })
  })

  it('sends at once when nothing waits, each answer as it was given', () => {
    const { line, sent } = lineOf()
    line.after(undefined, 0, PUBREC, 65_535, 0x97)
    line.after(undefined, 0, PUBACK, 1, 0x10)
    assert.deepEqual(sent, [
      [PUBREC, 65_535, 0x97],
      [PUBACK, 1, 0x10],
    ])
    assert.equal(line.length, 0)
  })

  it('what is not safe is not sent, nor is what comes after it', async () => {
    const failures: unknown[] = []
    const { line, sent } = lineOf((_type, packetId, error) => {
      failures.push([packetId, String(error)])
      return undefined
    })
    line.after(Promise.reject(new Error('disk full')), 0, PUBACK, 1, 0)
    line.after(Promise.resolve(), 0, PUBACK, 2, 0)
    await nextTurn()
    assert.deepEqual(sent, [])
    assert.deepEqual(failures, [[1, 'Error: disk full']])
    assert.equal(line.length, 2)
  })

  it('what is refused is answered in its place', async () => {
    const { line, sent } = lineOf(() => 0x97)
    const refused = Promise.reject(new Error('disk full'))
    line.after(refused, 0, PUBREC, 1, 0)
    line.after(refused, 0, PUBACK, 2, 0)
    line.after(undefined, 0, PUBACK, 3, 0)
    await nextTurn()
    assert.deepEqual(sent, [
      [PUBREC, 1, 0x97],
      [PUBACK, 2, 0x97],
      [PUBACK, 3, 0],
    ])
    assert.equal(line.length, 0)
  })

  it('of messages with one promise each gets its own answer', async () => {
    const failures: string[] = []
    const { line, sent } = lineOf((_type, _packetId, error) => {
      failures.push(String(error))
      return 0x97
    })
    const refusal = new BrokerError('STORE_FULL', 'disk full')
    const tick = Promise.reject(new PartlyRefused(new Map([[5, refusal]])))
    for (const [index, share] of [1, 5, 8].entries()) line.after(tick, share, PUBACK, index + 1, 0)
    await nextTurn()
    assert.deepEqual(sent, [
      [PUBACK, 1, 0],
      [PUBACK, 2, 0x97],
      [PUBACK, 3, 0],
    ])
    assert.deepEqual(failures, ['BrokerError: disk full'])
  })

  it('what comes after a promise has resolved waits for what is before it, and is not forgotten', async () => {
    const { line, sent } = lineOf()
    const first = Promise.withResolvers<void>()
    const second = Promise.resolve()
    line.after(first.promise, 0, PUBACK, 1, 0)
    line.after(second, 0, PUBACK, 2, 0)
    await nextTurn()
    line.after(second, 0, PUBACK, 3, 0)
    assert.equal(sent.length, 0)
    first.resolve()
    await nextTurn()
    assert.deepEqual(
      sent.map(([, packetId]) => packetId),
      [1, 2, 3],
    )
  })
})
