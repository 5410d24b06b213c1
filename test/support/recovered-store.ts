import { EndOfTick } from '../../src/core/end-of-tick.ts'
import type { Store } from '../../src/ports/store.ts'
import { EmbeddedStore, type EmbeddedStoreOptions } from '../../src/store/embedded/embedded-store.ts'
import { ascending, gather, takeDue } from '../contract/store-contract.ts'
import { type FakeClock, FakeRandom } from './fake-clock.ts'
import { FragileFolder } from './fragile-folder.ts'
import { RecordingLog } from './recording-log.ts'

/** An embedded store in a folder that can break, with whatever else is given. */
export function openFragile(
  folder: FragileFolder,
  clock: FakeClock,
  options: Partial<EmbeddedStoreOptions> = {},
): Promise<EmbeddedStore> {
  return EmbeddedStore.open({
    folder,
    clock,
    random: new FakeRandom(),
    durability: 'fsync',
    log: new RecordingLog(),
    endOfTick: new EndOfTick(task => void setImmediate(task)),
    ...options,
    limits: { reserveBytes: 1024, ...options.limits },
  })
}

/** Makes the folder fail at its step number `last` and at each one after it, as if the process were dead by then. */
export function dieAfter(
  folder: FragileFolder,
  last: number,
): { readonly dead: Promise<void>; readonly steps: number } {
  const { promise: dead, resolve } = Promise.withResolvers<void>()
  const life = { dead, steps: 0 }
  folder.beforeStep = async () => {
    life.steps++
    await new Promise<void>(turn => void setImmediate(turn))
    if (life.steps <= last) return
    resolve()
    await new Promise<never>(() => {})
  }
  return life
}

/** Everything that a store has of these clients after nobody holds a session any more, in a form that compares. */
export async function contents(store: Store, clientIds: readonly string[], nowMs: number): Promise<unknown> {
  const due = await takeDue(store, nowMs, 1000)
  const queues: Record<string, unknown> = {}
  for (const clientId of clientIds) {
    const queued = await store.queues.read(clientId, 0, 1000)
    queues[clientId] = queued.map(({ position, released, delivery, message }) => {
      return { position, released, delivery, text: message.payload.toString() }
    })
  }
  const retained = await gather(store.retained.match('#', nowMs))
  const listed = await gather(store.subscriptions.all())
  return {
    due: due.map(({ clientId, will, expired }) => `${clientId} ${will?.message.payload.toString()} ${expired}`).sort(),
    queues,
    retained: retained.map(({ topicName, payload }) => `${topicName} ${payload.toString()}`).sort(),
    listed: listed.map(({ clientId, subscription }) => `${clientId} ${JSON.stringify(subscription)}`).sort(),
    sessions: await Promise.all(clientIds.map(clientId => sessionOf(store, clientId))),
  }
}

async function sessionOf(store: Store, clientId: string): Promise<unknown> {
  const result = await store.sessions.claim({
    clientId,
    home: 'after/1',
    cleanStart: false,
    owner: 'one',
    sessionExpiryIntervalSeconds: 0,
    will: undefined,
  })
  if (result.kind !== 'claimed') return result
  const { subscriptions, receivedPacketIds, dueWill, present, previousHome, sentUpTo } = result
  return {
    present,
    previousHome,
    sentUpTo,
    dueWill: dueWill?.will.message.payload.toString(),
    received: ascending(receivedPacketIds),
    filters: subscriptions.map(({ topicFilter }) => topicFilter).sort(),
  }
}
