import { X509Certificate } from 'node:crypto'
import type { AppOptions, HttpResponse, TemplatedApp } from 'uWebSockets.js'
import { BrokerError } from '../core/errors.ts'
import type { Timer } from '../ports/clock.ts'
import type { ClientCertificate, ListenerIdentity } from '../ports/connection.ts'
import { clientCertificate, hasExpired } from './client-certificate.ts'
import { HandshakeFailures } from './handshake-failures.ts'
import { UPGRADE_SECONDS_MAX } from './limits.ts'
import type { ListenerParts } from './listener-options.ts'
import { listenerParts } from './listener-options.ts'
import { CIPHERS_1_2 } from './tls-ciphers.ts'
import type { TlsCertificates, TlsListener, TlsListenerOptions, TlsSetup } from './tls-setup.ts'
import { UwsListenSocket } from './uws-listen-socket.ts'
import { uwsPort } from './uws-port.ts'
import type { UwsModule } from './uws.ts'
import { UwsWebSockets } from './uws-websockets.ts'

/**
 * Listens for MQTT over WebSocket over TLS with uWebSockets.js, which reads the certificates from their files itself. It
 * speaks TLS 1.2 and 1.3, does not tell of handshakes that fail, and has ticket keys of its own in each worker: a session
 * that is resumed at another one begins anew.
 */
export async function openSecureUwsListener(uws: UwsModule, options: TlsListenerOptions): Promise<TlsListener> {
  const gate = secureApp(uws, options.tls.certificates)
  try {
    const port = await uwsPort(options.host, options.port)
    const parts = listenerParts(options, 'secure-websocket', port.port)
    const listener = new SecureUwsListener(uws, gate, parts, options)
    listener.listening(await UwsListenSocket.open(uws, gate, port))
    return listener
  } catch (error) {
    gate.close()
    throw error
  }
}

/** Whether uWebSockets.js can make an app with these certificates. */
export function canServe(uws: UwsModule, certificates: TlsCertificates): boolean {
  try {
    secureApp(uws, certificates).close()
    return true
  } catch {
    return false
  }
}

/** An app that serves, and the certificates it was made with. */
interface Generation {
  readonly certificates: TlsCertificates
  readonly app: ChildApp
  readonly webSockets: UwsWebSockets
}

/**
 * The certificate of an app cannot be changed. So one app only accepts, for as long as the listener is open, and hands
 * each socket to the newest app; older ones serve the connections that they have.
 */
class SecureUwsListener implements TlsListener {
  readonly #uws: UwsModule
  readonly #gate: TemplatedApp
  readonly #parts: ListenerParts
  readonly #options: TlsListenerOptions
  readonly #failures: HandshakeFailures
  #current: Generation
  /** Each serves on for a while, so that clients in the middle of their handshake finish it. */
  readonly #replaced = new Map<Generation, Timer>()
  /** Undefined before it is opened, and once it is closed. */
  #listenSocket: UwsListenSocket | undefined

  constructor(uws: UwsModule, gate: TemplatedApp, parts: ListenerParts, options: TlsListenerOptions) {
    this.#uws = uws
    this.#gate = gate
    this.#parts = parts
    this.#options = options
    this.#failures = new HandshakeFailures(parts.identity.name, options)
    this.#listenSocket = undefined
    this.#current = this.#generation(options.tls.certificates)
    childApp(gate).addChildAppDescriptor(this.#current.app.getDescriptor())
  }

  get identity(): ListenerIdentity {
    return this.#parts.identity
  }

  listening(listenSocket: UwsListenSocket): void {
    this.#listenSocket = listenSocket
  }

  suspend(): void {
    this.#listenSocket?.suspend()
  }

  async resume(): Promise<void> {
    await this.#listenSocket?.resume()
  }

  use({ certificates }: TlsSetup): void {
    const previous = this.#current
    if (same(previous.certificates, certificates)) return // only new ticket keys
    const next = this.#generation(certificates)
    const gate = childApp(this.#gate)
    gate.addChildAppDescriptor(next.app.getDescriptor())
    gate.removeChildAppDescriptor(previous.app.getDescriptor())
    this.#current = next
    const timer = this.#parts.clock.after(UPGRADE_SECONDS_MAX * 1000, () => this.#end(previous))
    this.#replaced.set(previous, timer)
  }

  close(): Promise<void> {
    if (this.#listenSocket !== undefined) {
      this.#listenSocket.suspend()
      this.#parts.endOfTick.add({ flush: () => this.#gate.close() })
    }
    this.#listenSocket = undefined
    this.#current.webSockets.close()
    for (const replaced of this.#replaced.keys()) this.#end(replaced)
    return Promise.resolve()
  }

  #end(replaced: Generation): void {
    this.#replaced.get(replaced)?.cancel()
    this.#replaced.delete(replaced)
    replaced.webSockets.close()
  }

  #generation(certificates: TlsCertificates): Generation {
    const app = secureApp(this.#uws, certificates)
    const { accept } = this.#options
    const inspect = (response: HttpResponse): ClientCertificate | undefined | 'refused' => this.#inspect(response)
    const webSockets = new UwsWebSockets({ uws: this.#uws, app, parts: this.#parts, accept, inspect })
    return { certificates, app: childApp(app), webSockets }
  }

  /** uWebSockets.js verifies a certificate that is shown, and cannot demand one in the handshake. */
  #inspect(response: HttpResponse): ClientCertificate | undefined | 'refused' {
    const { clientCertificates } = this.#options.tls.policy
    if (clientCertificates === 'none') return undefined
    const pem = shownCertificate(response)
    if (pem === '') return clientCertificates === 'required' ? this.#refuse('no client certificate') : undefined
    const shown = new X509Certificate(pem)
    return hasExpired(shown, this.#options.clock) ? this.#refuse('CERT_HAS_EXPIRED') : clientCertificate(shown)
  }

  #refuse(code: string): 'refused' {
    this.#failures.report(code)
    return 'refused'
  }
}

function secureApp(uws: UwsModule, certificates: TlsCertificates): TemplatedApp {
  try {
    return uws.SSLApp(appOptions(certificates))
  } catch (cause) {
    const file = certificates.standard.certificateFile
    throw new BrokerError('LISTENER', `uWebSockets.js cannot use ${file} and what belongs to it`, { cause })
  }
}

function appOptions({ standard: { certificateFile, keyFile }, clientAuthorities }: TlsCertificates): AppOptions {
  return {
    cert_file_name: certificateFile,
    key_file_name: keyFile,
    ssl_ciphers: CIPHERS_1_2.join(':'),
    ssl_prefer_low_memory_usage: true,
    ...(clientAuthorities === undefined ? {} : { ca_file_name: clientAuthorities.file }),
  }
}

function same(one: TlsCertificates, other: TlsCertificates): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

/** PEM of what the client has shown; empty: nothing. */
function shownCertificate(response: HttpResponse): string {
  const getX509Certificate: unknown = Reflect.get(response, 'getX509Certificate')
  const shown: unknown = typeof getX509Certificate === 'function' ? Reflect.apply(getX509Certificate, response, []) : ''
  return typeof shown === 'string' ? shown : ''
}

/** How one app hands the sockets it accepts to another. The types of the package do not have it. */
interface ChildApp {
  getDescriptor(): unknown
  addChildAppDescriptor(descriptor: unknown): void
  removeChildAppDescriptor(descriptor: unknown): void
}

const CHILD_APP_METHODS = ['getDescriptor', 'addChildAppDescriptor', 'removeChildAppDescriptor']

function childApp(app: object): ChildApp {
  if (isChildApp(app)) return app
  throw new BrokerError('LISTENER', 'uWebSockets.js cannot hand sockets from one app to another')
}

function isChildApp(app: object): app is ChildApp {
  return CHILD_APP_METHODS.every(method => typeof Reflect.get(app, method) === 'function')
}
