import type { OpenListener } from '../ports/connection.ts'
import type { ListenerOptions } from './listener-options.ts'

/** A certificate of ours with its key. */
export interface ServerCertificate {
  readonly certificateFile: string
  readonly keyFile: string
  /** PEM: the certificate, then the chain that leads to its authority. */
  readonly certificate: string
  /** PEM. */
  readonly key: string
  /** DNS names that it is valid for, in lower case; `*.` stands for one label. */
  readonly serverNames: readonly string[]
}

/** What has come out of the files of the encrypted listeners. */
export interface TlsCertificates {
  /** For clients that ask for no name, or one that no certificate is for. */
  readonly standard: ServerCertificate
  /** Chosen by Server Name Indication (RFC 6066 3); undefined: there is no folder of them. */
  readonly byServerName: readonly ServerCertificate[] | undefined
  /** Authorities whose certificates clients may show, in PEM; undefined: clients are not asked. */
  readonly clientAuthorities: { readonly file: string; readonly certificates: string } | undefined
}

/** What the encrypted listeners demand, as configured. */
export interface TlsPolicy {
  readonly minVersion: '1.2' | '1.3'
  /** A certificate that is shown must be valid, also where it is optional. */
  readonly clientCertificates: 'none' | 'optional' | 'required'
}

/** Everything an encrypted listener is made of; plain data, so that the primary can hand it to the workers. */
export interface TlsSetup {
  readonly policy: TlsPolicy
  readonly certificates: TlsCertificates
  /** 48 bytes in hexadecimal: whoever has the same resumes the sessions of the others. */
  readonly ticketKeys: string
}

/** What an encrypted listener needs. */
export interface TlsListenerOptions extends ListenerOptions {
  readonly tls: TlsSetup
}

/** An open encrypted listener. */
export interface TlsListener extends OpenListener {
  /** From now on new connections get this; open ones go on as they are. Throws, and changes nothing, when it cannot be used. */
  use(tls: TlsSetup): void
}
