import type { GuardbeeSettings } from '../../support/guardbee-process.ts'
import { RedisServer } from '../../support/redis-server.ts'
import { Teardown } from '../../support/teardown.ts'
import { makeTemporaryFolder } from '../../support/temporary-folder.ts'
import { TestAuthority } from '../../support/test-certificates.ts'
import { writeTlsFiles } from '../../support/test-tls.ts'
import type { Target } from '../../support/conformance-wire.ts'
import { startOpenGuardbee } from './guardbee.ts'
import { loopback } from './started-broker.ts'

/** Where the sessions are kept: on the disk, in the memory of the primary alone, or in Redis. */
export const STORES = ['embedded', 'memory', 'redis'] as const
export type StoreKind = (typeof STORES)[number]

/** Every kind of listener. */
export const LISTENERS = ['TCP', 'TLS', 'WebSocket', 'WebSocket over TLS'] as const
export type ListenerKind = (typeof LISTENERS)[number]

/** A guardbee with a listener of every kind. */
export interface ListeningGuardbee {
  readonly targets: Readonly<Record<ListenerKind, Target>>
  stop(): Promise<void>
}

/** Starts guardbee with every listener on this store. */
export async function startEveryListener(store: StoreKind): Promise<ListeningGuardbee> {
  const teardown = new Teardown()
  try {
    return await startInto(teardown, store)
  } catch (error) {
    await teardown.run()
    throw error
  }
}

async function startInto(teardown: Teardown, store: StoreKind): Promise<ListeningGuardbee> {
  const folder = teardown.add(await makeTemporaryFolder(), made => made.remove())
  const authority = TestAuthority.root()
  const { certificateFile, keyFile } = await writeTlsFiles(folder.path, authority)
  const broker = await startOpenGuardbee({
    ...(await storeSettings(teardown, store)),
    GUARDBEE_TLS_PORT: '0',
    GUARDBEE_WSS_PORT: '0',
    GUARDBEE_TLS_CERTIFICATE_FILE: certificateFile,
    GUARDBEE_TLS_KEY_FILE: keyFile,
  })
  const { guardbee, target } = teardown.add(broker, started => started.stop())
  const encrypted = loopback(Number(guardbee.listenerUrl('mqtts').port), guardbee.listenerUrl('wss').href)
  const { certificate: ca } = authority
  return {
    targets: {
      TCP: target,
      TLS: { ...encrypted, transport: 'tls', ca },
      WebSocket: { ...target, transport: 'websocket' },
      'WebSocket over TLS': { ...encrypted, transport: 'websocket', ca },
    },
    stop: () => teardown.run(),
  }
}

async function storeSettings(teardown: Teardown, store: StoreKind): Promise<GuardbeeSettings> {
  if (store !== 'redis') return { GUARDBEE_DURABILITY: store === 'memory' ? 'memory' : 'fsync' }
  const redis = teardown.add(await RedisServer.start(), server => server.stop())
  return { GUARDBEE_REDIS_URL: redis.url }
}
