import type { QueueStore, RetainedStore, SessionStore, Store, SubscriptionStore } from '../ports/store.ts'
import { background, type Log } from '../ports/telemetry.ts'
import { StoreCaller, type StoreCallerOptions } from './store-caller.ts'
import * as methods from './store-methods.ts'

/**
 * The store of the host as its workers have it: every call is a request to the primary's store server. Calls made in
 * one tick leave with one write. A call rejects with `STORE_UNAVAILABLE` while there is no connection, when it breaks,
 * and after ten to eleven seconds without an answer; the store may have done then what it was asked.
 */
export class StoreClient implements Store {
  readonly sessions: SessionStore
  readonly subscriptions: SubscriptionStore
  readonly queues: QueueStore
  readonly retained: RetainedStore
  readonly #caller: StoreCaller

  private constructor(caller: StoreCaller, log: Log) {
    this.#caller = caller
    this.sessions = remoteSessions(caller)
    this.subscriptions = remoteSubscriptions(caller, log)
    this.queues = remoteQueues(caller)
    this.retained = remoteRetained(caller, log)
  }

  /** Resolves once the store server is connected; rejects with `STORE_UNAVAILABLE` if that takes ten seconds. */
  static async open(options: StoreCallerOptions): Promise<StoreClient> {
    const caller = new StoreCaller(options)
    try {
      await caller.connected()
    } catch (error) {
      await caller.close()
      throw error
    }
    return new StoreClient(caller, options.log)
  }

  /** Closes the connection, not the store. */
  close(): Promise<void> {
    return this.#caller.close()
  }
}

function remoteSessions(caller: StoreCaller): SessionStore {
  return {
    claim: claim => caller.call(methods.claim, claim),
    release: (...args) => caller.call(methods.release, args),
    setWill: (...args) => caller.call(methods.setWill, args),
    end: (...args) => caller.call(methods.end, args),
    markReceived: (...args) => caller.call(methods.markReceived, args),
    abandon: (...args) => caller.call(methods.abandon, args),
    takeDue: (...args) => caller.call(methods.takeDue, args),
    settleDue: (...args) => caller.call(methods.settleDue, args),
  }
}

function remoteSubscriptions(caller: StoreCaller, log: Log): SubscriptionStore {
  return {
    put: (...args) => caller.call(methods.putSubscriptions, args),
    remove: (...args) => caller.call(methods.removeSubscriptions, args),
    all: () =>
      remotePages({
        start: () => caller.call(methods.allSubscriptions, undefined),
        next: cursor => caller.call(methods.moreSubscriptions, cursor),
        close: cursor => background(log, 'end of a long answer', caller.call(methods.closeSubscriptions, cursor)),
      }),
  }
}

function remoteQueues(caller: StoreCaller): QueueStore {
  return {
    openLine: appended => caller.openLine(appended),
    append: (targets, message, received) => caller.call(methods.appendToQueues, [targets, message, received]),
    read: (...args) => caller.call(methods.readQueue, args),
    markReleased: (...args) => caller.call(methods.markReleased, args),
    remove: (...args) => caller.call(methods.removeFromQueue, args),
  }
}

function remoteRetained(caller: StoreCaller, log: Log): RetainedStore {
  return {
    put: message => caller.call(methods.putRetained, message),
    remove: topicName => caller.call(methods.removeRetained, topicName),
    match: (...args) =>
      remotePages({
        start: () => caller.call(methods.matchRetained, args),
        next: cursor => caller.call(methods.moreRetained, cursor),
        close: cursor => background(log, 'end of a long answer', caller.call(methods.closeRetained, cursor)),
      }),
  }
}

interface RemoteAnswer<Item> {
  readonly start: () => Promise<methods.Page<Item>>
  readonly next: (cursor: number) => Promise<methods.Page<Item>>
  readonly close: (cursor: number) => void
}

async function* remotePages<Item>(answer: RemoteAnswer<Item>): AsyncGenerator<readonly Item[], void, undefined> {
  let page = await answer.start()
  let open = page.cursor
  try {
    for (;;) {
      if (page.items.length > 0) yield page.items
      open = 0
      if (page.cursor === 0) return
      page = await answer.next(page.cursor)
      open = page.cursor
    }
  } finally {
    // The reader has stopped before the end.
    if (open !== 0) answer.close(open)
  }
}
