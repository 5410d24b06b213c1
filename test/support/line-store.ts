import type { AppendResult, QueueAppend, Store } from '../../src/ports/store.ts'

/** The same store, with every append that has no mark made by way of a line. */
export function appendingByLine(store: Store): Store {
  const { sessions, subscriptions, queues, retained } = store
  const results = new Map<QueueAppend, AppendResult>()
  const line = queues.openLine?.((append, result) => results.set(append, result))
  if (line === undefined) throw new Error('the store offers no line')
  const append: Store['queues']['append'] = async (targets, message, received) => {
    if (received !== undefined) return await queues.append(targets, message, received)
    const one = { targets, message }
    await line.add(one)
    const result = results.get(one)
    if (result === undefined) throw new Error('an append is done of which nothing was told')
    results.delete(one)
    return result
  }
  return {
    sessions,
    subscriptions,
    queues: {
      append,
      read: (...args) => queues.read(...args),
      markReleased: (...args) => queues.markReleased(...args),
      remove: (...args) => queues.remove(...args),
    },
    retained,
    close: () => store.close(),
  }
}
