import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { MarkedMessages } from '../../../src/broker/marked-messages.ts'

/** Marked messages, and which of them were stored, in that order. */
class Stored {
  readonly marked = new MarkedMessages()
  readonly names: string[] = []

  after(taken: Promise<void> | undefined, publisher: string, name: string): Promise<void> {
    return this.marked.after(taken, publisher, async () => void this.names.push(name))
  }
}

describe('MarkedMessages', () => {
  it('stores at once what waits for nobody', () => {
    const stored = new Stored()
    void stored.after(undefined, 'publisher', 'first')
    assert.deepEqual(stored.names, ['first'])
  })

  it('stores a message once the others have it, and not before', async () => {
    const stored = new Stored()
    const taken = Promise.withResolvers<void>()
    const safe = stored.after(taken.promise, 'publisher', 'first')
    await nextTurn()
    assert.deepEqual(stored.names, [])
    taken.resolve()
    await safe
    assert.deepEqual(stored.names, ['first'])
  })

  it('keeps the order of a publisher, whoever has which of its messages first, and holds up no other publisher', async () => {
    const stored = new Stored()
    const [slow, quick] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const all = [
      stored.after(slow.promise, 'publisher', 'first'),
      stored.after(quick.promise, 'publisher', 'second'),
      stored.after(undefined, 'publisher', 'third'),
    ]
    quick.resolve()
    await nextTurn()
    assert.deepEqual(stored.names, [])
    void stored.after(undefined, 'another', 'other')
    assert.deepEqual(stored.names, ['other'])
    slow.resolve()
    await Promise.all(all)
    assert.deepEqual(stored.names, ['other', 'first', 'second', 'third'])
  })

  it('waits no more once everything of a publisher was stored', async () => {
    const stored = new Stored()
    await stored.after(Promise.resolve(), 'publisher', 'first')
    void stored.after(undefined, 'publisher', 'second')
    assert.deepEqual(stored.names, ['first', 'second'])
  })

  it('stores nothing that the others may not have, nor what comes behind it meanwhile, and then goes on', async () => {
    const stored = new Stored()
    const taken = Promise.withResolvers<void>()
    const refused = [stored.after(taken.promise, 'publisher', 'first'), stored.after(undefined, 'publisher', 'second')]
    taken.reject(new Error('the link broke'))
    for (const one of refused) await assert.rejects(one, /the link broke/)
    await stored.after(undefined, 'publisher', 'third')
    assert.deepEqual(stored.names, ['third'])
  })

  it('says when a message could not be stored, and goes on with the next', async () => {
    const stored = new Stored()
    const refused = stored.marked.after(Promise.resolve(), 'publisher', () => Promise.reject(new Error('no room')))
    const next = stored.after(undefined, 'publisher', 'next')
    await assert.rejects(refused, /no room/)
    await next
    assert.deepEqual(stored.names, ['next'])
  })
})
