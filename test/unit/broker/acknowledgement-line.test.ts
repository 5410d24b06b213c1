import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { AcknowledgementLine } from '../../../src/broker/acknowledgement-line.ts'

const neverFails = (error: unknown): never => {
  throw error
}

const neverSent = (): void => assert.fail('it was not safe')

describe('AcknowledgementLine', () => {
  it('sends in the order of arrival, whatever becomes safe first', async () => {
    const orders = fc.array(fc.option(fc.nat(100), { nil: undefined }), { minLength: 1, maxLength: 20 })
    const property = fc.asyncProperty(orders, async safeAt => {
      const line = new AcknowledgementLine()
      const sent: number[] = []
      const resolvers = new Map<number, () => void>()
      for (const [index, at] of safeAt.entries()) {
        const { promise, resolve } = Promise.withResolvers<void>()
        if (at !== undefined) resolvers.set(index, resolve)
        line.after(at === undefined ? undefined : promise, () => sent.push(index), neverFails)
      }
      const waiting = [...resolvers].toSorted(([one], [other]) => (safeAt[one] ?? 0) - (safeAt[other] ?? 0))
      const resolved = new Set(safeAt.flatMap((at, index) => (at === undefined ? [index] : [])))
      for (const [index, resolve] of waiting) {
        resolve()
        resolved.add(index)
        await nextTurn()
        const firstMissing = safeAt.findIndex((_, position) => !resolved.has(position))
        assert.equal(sent.length, firstMissing === -1 ? safeAt.length : firstMissing)
      }
      assert.deepEqual(sent, [...safeAt.keys()])
      assert.equal(line.length, 0)
    })
    await fc.assert(property, { numRuns: 50 })
  })

  it('waits once for what becomes safe together, and keeps the order across what does not', async () => {
    const line = new AcknowledgementLine()
    const sent: number[] = []
    const tick = Promise.withResolvers<void>()
    const queue = Promise.withResolvers<void>()
    for (const [index, safe] of [tick, tick, queue, tick, tick].entries()) {
      line.after(safe.promise, () => sent.push(index), neverFails)
    }
    tick.resolve()
    await nextTurn()
    assert.deepEqual(sent, [0, 1])
    assert.equal(line.length, 3)
    line.after(tick.promise, () => sent.push(5), neverFails)
    queue.resolve()
    await nextTurn()
    assert.deepEqual(sent, [0, 1, 2, 3, 4, 5])
    assert.equal(line.length, 0)
  })

  it('what is refused together is answered one by one, up to one without an answer', async () => {
    const line = new AcknowledgementLine()
    const sent: string[] = []
    const refused = Promise.reject(new Error('disk full'))
    for (const answer of ['one', 'two', undefined, 'four']) {
      line.after(refused, neverSent, () => (answer === undefined ? undefined : () => sent.push(answer)))
    }
    await nextTurn()
    assert.deepEqual(sent, ['one', 'two'])
    assert.equal(line.length, 2)
  })

  it('sends at once when nothing waits', () => {
    const line = new AcknowledgementLine()
    let sent = 0
    line.after(undefined, () => sent++, neverFails)
    assert.equal(sent, 1)
    assert.equal(line.length, 0)
  })

  it('what is not safe is not sent, nor is what comes after it', async () => {
    const line = new AcknowledgementLine()
    const sent: number[] = []
    const failures: unknown[] = []
    line.after(
      Promise.reject(new Error('disk full')),
      () => sent.push(1),
      error => {
        failures.push(error)
        return undefined
      },
    )
    line.after(Promise.resolve(), () => sent.push(2), neverFails)
    await nextTurn()
    assert.deepEqual(sent, [])
    assert.match(String(failures), /disk full/)
    assert.equal(line.length, 2)
  })

  it('what is refused is answered in its place', async () => {
    const line = new AcknowledgementLine()
    const sent: string[] = []
    const refused = Promise.reject(new Error('disk full'))
    line.after(
      refused,
      () => sent.push('one'),
      () => () => sent.push('no'),
    )
    line.after(undefined, () => sent.push('two'), neverFails)
    await nextTurn()
    assert.deepEqual(sent, ['no', 'two'])
    assert.equal(line.length, 0)
  })
})
