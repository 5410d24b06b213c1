import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inPages } from '../../../src/store/paging.ts'
import { FakeClock } from '../../support/fake-clock.ts'

function* numbers(count: number): Generator<number, void, undefined> {
  for (let i = 0; i < count; i++) yield i
}

/** A walk that finds one thing at its end. */
function* search(steps: number): Generator<string | undefined, void, undefined> {
  for (let i = 0; i < steps; i++) yield undefined
  yield 'found'
}

describe('inPages', () => {
  it('cuts after a hundred items, or after a mebibyte, and has no empty page', async () => {
    const clock = new FakeClock()
    const lengths = async (count: number, size: number): Promise<number[]> => {
      const pages: number[] = []
      for await (const page of inPages(numbers(count), () => size, clock)) pages.push(page.length)
      return pages
    }
    assert.deepEqual(await lengths(250, 1), [100, 100, 50])
    assert.deepEqual(await lengths(200, 1), [100, 100])
    assert.deepEqual(await lengths(5, 600_000), [2, 2, 1])
    assert.deepEqual(await lengths(2, 5_000_000), [1, 1])
    assert.deepEqual(await lengths(0, 1), [])
  })

  it('lets others have their turn on a long search', async () => {
    const clock = new FakeClock()
    const pages = inPages(search(25_000), () => 1, clock)
    const first = pages.next()
    let turns = 0
    let done = false
    const finished = first.then(() => {
      done = true
    })
    for (; !done && turns < 10; turns++) {
      clock.advance(0)
      await new Promise(setImmediate)
    }
    await finished
    assert.deepEqual((await first).value, ['found'])
    assert(turns >= 2, `${turns} turns`)
  })
})
