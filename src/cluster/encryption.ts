import { isLoopback } from '../config/loopback.ts'
import type { Settings } from '../config/settings-type.ts'
import type { Clock, Random } from '../ports/clock.ts'
import type { ListenerIdentity } from '../ports/connection.ts'
import { background, type Log } from '../ports/telemetry.ts'
import type { TlsFiles } from '../transport/tls-files.ts'
import { TlsSource } from '../transport/tls-source.ts'

/** Where the certificates of the encrypted listeners are; undefined: no listener is encrypted. */
export function tlsFiles(settings: Settings): TlsFiles | undefined {
  const { tlsCertificateFile: certificateFile, tlsKeyFile: keyFile, tlsSniDir: sniDir } = settings
  if (certificateFile === undefined || keyFile === undefined) return undefined
  return { certificateFile, keyFile, sniDir, clientCaFile: settings.tlsClientCaFile }
}

/**
 * Reads the files of the encrypted listeners, now and whenever they change or the process gets SIGHUP; undefined: no
 * listener is encrypted. Rejects with `CONFIGURATION` when they cannot be used.
 */
export async function openTlsSource(
  settings: Settings,
  parts: { readonly clock: Clock; readonly random: Random; readonly log: Log },
): Promise<TlsSource | undefined> {
  const files = tlsFiles(settings)
  if (files === undefined) return undefined
  const source = await TlsSource.open({
    files,
    policy: { minVersion: settings.tlsMinVersion, clientCertificates: settings.tlsClientCertificates },
    ticketSecret: settings.tlsTicketSecret,
    ...parts,
  })
  process.on('SIGHUP', () => background(parts.log, 'read the TLS files again', source.reload()))
  return source
}

/** Says by name which listeners let passwords and tokens be read on the way. */
export function warnUnencrypted(listeners: readonly ListenerIdentity[], bindAddress: string, log: Log): void {
  if (isLoopback(bindAddress)) return
  for (const { name: listener, transport } of listeners) {
    if (transport !== 'tcp' && transport !== 'websocket') continue
    log.warn('passwords and tokens can be read on their way to this listener, for it is not encrypted', { listener })
  }
}
