import { createHash } from 'node:crypto'
import type { SecureContext, SecureContextOptions, Server, TlsOptions, TLSSocket } from 'node:tls'
import { createSecureContext } from 'node:tls'
import type { Clock } from '../ports/clock.ts'
import type { ClientCertificate } from '../ports/connection.ts'
import { clientCertificate, hasExpired } from './client-certificate.ts'
import type { HandshakeFailures } from './handshake-failures.ts'
import { HANDSHAKE_MS_MAX } from './limits.ts'
import { ServerNames } from './server-names.ts'
import { TICKET_PERIOD_MS } from './ticket-keys.ts'
import { CIPHERS_1_2, CIPHERS_1_3 } from './tls-ciphers.ts'
import type { ServerCertificate, TlsSetup } from './tls-setup.ts'

/** A TLS setup in the words of node:tls, for a server that it keeps supplied. */
export class NodeTls {
  /** With these the server is made. */
  readonly options: TlsOptions
  readonly #asksForCertificate: boolean
  #contexts: ServerNames<SecureContext>

  constructor(setup: TlsSetup) {
    const { clientCertificates } = setup.policy
    this.#asksForCertificate = clientCertificates !== 'none'
    this.#contexts = contextsByName(setup)
    this.options = {
      ...contextOptions(setup, setup.certificates.standard),
      handshakeTimeout: HANDSHAKE_MS_MAX,
      requestCert: this.#asksForCertificate,
      rejectUnauthorized: clientCertificates === 'required',
      SNICallback: (serverName, done) => done(null, this.#contexts.find(serverName)),
    }
  }

  /** Turns away whoever does not come through the handshake, or shows a certificate that nobody vouches for. */
  guard(server: Server, failures: HandshakeFailures, clock: Clock): void {
    server.on('tlsClientError', (error, socket) => {
      failures.report(whyFailed(error, socket))
      socket.destroy() // Node leaves one open whose time is over
    })
    if (!this.#asksForCertificate) return
    server.on('secureConnection', socket => {
      const why = whyRefused(socket, clock)
      if (why === undefined) return
      failures.report(why)
      socket.destroy()
    })
  }

  /** The certificate that the client of a guarded server has shown. */
  certificateOf(socket: TLSSocket): ClientCertificate | undefined {
    if (!this.#asksForCertificate) return undefined
    const shown = socket.getPeerX509Certificate()
    return shown === undefined ? undefined : clientCertificate(shown)
  }

  use(server: Server, setup: TlsSetup): void {
    const contexts = contextsByName(setup)
    server.setSecureContext(contextOptions(setup, setup.certificates.standard))
    this.#contexts = contexts
  }
}

function contextsByName(setup: TlsSetup): ServerNames<SecureContext> {
  const contexts = new ServerNames<SecureContext>()
  for (const certificate of setup.certificates.byServerName ?? []) {
    const context = createSecureContext(contextOptions(setup, certificate))
    for (const serverName of certificate.serverNames) contexts.add(serverName, context)
  }
  return contexts
}

function contextOptions(setup: TlsSetup, { certificate, key }: ServerCertificate): SecureContextOptions {
  const { policy, certificates, ticketKeys } = setup
  return {
    cert: certificate,
    key,
    minVersion: policy.minVersion === '1.3' ? 'TLSv1.3' : 'TLSv1.2',
    ciphers: [...CIPHERS_1_3, ...CIPHERS_1_2].join(':'),
    sessionIdContext: sessionIdContext(setup),
    sessionTimeout: TICKET_PERIOD_MS / 1000,
    ticketKeys: Buffer.from(ticketKeys, 'hex'),
    ...(certificates.clientAuthorities === undefined ? {} : { ca: certificates.clientAuthorities.certificates }),
  }
}

/** A session is resumed only where the same is demanded of clients: what is in a ticket is not verified again. */
function sessionIdContext({ policy, certificates }: TlsSetup): string {
  const demanded = [policy.clientCertificates, certificates.clientAuthorities?.certificates]
  return createHash('sha256').update(JSON.stringify(demanded)).digest('hex').slice(0, 32)
}

/** Why the certificate that a client has shown does not count; undefined: it does, or there is none. */
function whyRefused(socket: TLSSocket, clock: Clock): string | undefined {
  const shown = socket.getPeerX509Certificate()
  if (shown === undefined) return undefined
  if (!socket.authorized) return String(socket.authorizationError)
  return hasExpired(shown, clock) ? 'CERT_HAS_EXPIRED' : undefined
}

/** Node destroys a socket with an invalid certificate without saying why; the socket knows. */
function whyFailed(error: Error, { authorizationError }: TLSSocket): string {
  // The types say Error; it is a code, or null.
  const refusal: unknown = authorizationError
  if (typeof refusal === 'string') return refusal
  return 'code' in error ? String(error.code) : error.name
}
