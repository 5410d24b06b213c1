import type { Settings } from '../config/settings-type.ts'
import type { EndOfTick } from '../core/end-of-tick.ts'
import type { Clock, Random } from '../ports/clock.ts'
import type { Store } from '../ports/store.ts'
import type { Log } from '../ports/telemetry.ts'
import type { SlabPool } from '../protocol/slab-pool.ts'
import { openDataFolder } from '../store/embedded/open-data-folder.ts'
import { EmbeddedStore } from '../store/embedded/embedded-store.ts'
import { MemoryStore } from '../store/memory-store.ts'
import type { RawAppends } from '../store/raw-appends.ts'
import type { RawReads } from '../store/raw-reads.ts'
import type { StoreCounts } from '../store/store-counts.ts'
import { StoreServer } from '../store/store-server.ts'

/** What the store of this node is made of. */
export interface NodeStoreParts {
  /** Where the workers find it. */
  readonly socketPath: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly endOfTick: EndOfTick
  readonly slabs: SlabPool
}

/** The store of this node, served to its workers. */
export interface NodeStore {
  readonly store: Store
  counts(): StoreCounts
  /** Resolves when everything that was asked is as safe as the store makes it. */
  close(): Promise<void>
}

interface KeptStore {
  readonly store: Store
  readonly appends?: RawAppends
  readonly reads?: RawReads
  counts(): StoreCounts
  release(): Promise<void>
}

/**
 * Opens the store that the settings ask for. Rejects with `STORE_UNAVAILABLE` where its folder cannot be had, and with
 * `STORE_DAMAGED` where what is in it cannot be read.
 */
export async function openNodeStore(settings: Settings, parts: NodeStoreParts): Promise<NodeStore> {
  const kept = settings.durability === 'memory' ? inMemory(settings, parts) : await onDisk(settings, parts)
  const { store, counts, release } = kept
  const server = await StoreServer.open({ ...parts, ...kept })
  const close = async (): Promise<void> => {
    await server.close()
    await store.close()
    await release()
  }
  return { store, counts, close }
}

function inMemory(settings: Settings, { clock }: NodeStoreParts): KeptStore {
  const store = new MemoryStore(clock, limitsOf(settings))
  return { store, counts: () => store.counts(), release: async () => {} }
}

async function onDisk(settings: Settings, parts: NodeStoreParts): Promise<KeptStore> {
  const { folder, release } = await openDataFolder(settings.dataDir)
  try {
    const limits = { ...limitsOf(settings), storeBytesMax: settings.storeBytesMax ?? Infinity }
    const durability = settings.durability === 'os' ? 'os' : 'fsync'
    const store = await EmbeddedStore.open({ ...parts, folder, durability, limits })
    return { store, appends: store.queues, reads: store.reads, counts: () => store.counts(), release }
  } catch (error) {
    await release()
    throw error
  }
}

/** The bounds of a store, wherever it is. */
export function limitsOf(settings: Settings): {
  readonly sessionsMax: number
  readonly queuedMessagesMax: number
  readonly queuedBytesMax: number
  readonly queueFull: Settings['queueFull']
  readonly retainedMessagesMax: number
} {
  const { sessionsMax, queueMessagesMax, queueBytesMax, queueFull, retainedMessagesMax } = settings
  return {
    sessionsMax,
    queuedMessagesMax: queueMessagesMax,
    queuedBytesMax: queueBytesMax,
    queueFull,
    retainedMessagesMax,
  }
}
