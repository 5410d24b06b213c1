import type { SessionStore, SubscriptionStore } from '../../ports/store.ts'
import type { Journal } from './journal.ts'

/**
 * Runs a call whose changes are made, and told to the journal, before it returns; resolves when they are safe. What
 * changes nothing waits for nothing.
 */
export async function whenSafe<Result>(journal: Journal, call: () => Promise<Result>): Promise<Result> {
  const { operations } = journal
  const result = call()
  if (journal.operations === operations) return await result
  const safe = journal.safe()
  const value = await result
  await safe
  return value
}

/** The same sessions, each call resolving when it is safe. */
export function safeSessions(sessions: SessionStore, journal: Journal): SessionStore {
  return {
    claim: claim => whenSafe(journal, () => sessions.claim(claim)),
    release: (...args) => whenSafe(journal, () => sessions.release(...args)),
    setWill: (...args) => whenSafe(journal, () => sessions.setWill(...args)),
    end: (...args) => whenSafe(journal, () => sessions.end(...args)),
    markReceived: (...args) => whenSafe(journal, () => sessions.markReceived(...args)),
    abandon: (...args) => whenSafe(journal, () => sessions.abandon(...args)),
    takeDue: (...args) => whenSafe(journal, () => sessions.takeDue(...args)),
    settleDue: (...args) => whenSafe(journal, () => sessions.settleDue(...args)),
  }
}

/** The same subscriptions, each call resolving when it is safe. */
export function safeSubscriptions(subscriptions: SubscriptionStore, journal: Journal): SubscriptionStore {
  return {
    put: (...args) => whenSafe(journal, () => subscriptions.put(...args)),
    remove: (...args) => whenSafe(journal, () => subscriptions.remove(...args)),
    all: () => subscriptions.all(),
  }
}
