import { makeTemporaryFolder } from '../../support/temporary-folder.ts'
import { TestAuthority } from '../../support/test-certificates.ts'
import { writeTlsFiles } from '../../support/test-tls.ts'
import type { Target } from '../../support/conformance-wire.ts'
import { startOpenGuardbee } from './guardbee.ts'
import { loopback } from './started-broker.ts'

/** Where the sessions are kept: on the disk, or in the memory of the primary alone. */
export const STORES = ['embedded', 'memory'] as const
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
  const folder = await makeTemporaryFolder()
  const authority = TestAuthority.root()
  const { certificateFile, keyFile } = await writeTlsFiles(folder.path, authority)
  const { guardbee, target, stop } = await startOpenGuardbee({
    GUARDBEE_DURABILITY: store === 'memory' ? 'memory' : 'fsync',
    GUARDBEE_TLS_PORT: '0',
    GUARDBEE_WSS_PORT: '0',
    GUARDBEE_TLS_CERTIFICATE_FILE: certificateFile,
    GUARDBEE_TLS_KEY_FILE: keyFile,
  }).catch(async (error: unknown) => {
    await folder.remove()
    throw error
  })
  const encrypted = loopback(Number(guardbee.listenerUrl('mqtts').port), guardbee.listenerUrl('wss').href)
  const { certificate: ca } = authority
  return {
    targets: {
      TCP: target,
      TLS: { ...encrypted, transport: 'tls', ca },
      WebSocket: { ...target, transport: 'websocket' },
      'WebSocket over TLS': { ...encrypted, transport: 'websocket', ca },
    },
    stop: async () => {
      await stop()
      await folder.remove()
    },
  }
}
