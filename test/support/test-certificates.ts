import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto'
import { der } from './der.ts'

const DAY_MS = 86_400_000
const ECDSA_WITH_SHA256 = der.sequence(der.objectIdentifier('1.2.840.10045.4.3.2'))
const COMMON_NAME = der.objectIdentifier('2.5.4.3')
const BASIC_CONSTRAINTS = '2.5.29.19'
const KEY_USAGE = '2.5.29.15'
const SUBJECT_ALTERNATIVE_NAME = '2.5.29.17'
const KEY_CERT_SIGN = Buffer.from([0x04])

/** A certificate with its key, as files hold them. */
export interface TestCertificate {
  /** PEM: the certificate, then those that lead to the authority. */
  readonly certificate: string
  readonly key: string
  /** DER of the certificate alone. */
  readonly der: Buffer
}

/** What a certificate is for. */
export interface CertificateWishes {
  readonly commonName: string
  readonly dnsNames?: readonly string[]
  /** Whether 127.0.0.1 is among its names. */
  readonly loopback?: boolean
}

/** A certificate authority of a test, with P-256 keys that exist in memory only. */
export class TestAuthority {
  readonly #name: string
  readonly #key: KeyObject
  /** What is sent after a certificate of this authority so that a client that trusts only the root finds the way. */
  readonly #chain: string
  /** PEM of its own certificate. */
  readonly certificate: string

  private constructor(name: string, above: TestAuthority | undefined) {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const extensions = [
      extension(BASIC_CONSTRAINTS, der.sequence(der.boolean(true))),
      extension(KEY_USAGE, der.bitString(KEY_CERT_SIGN, 2)),
    ]
    this.#name = name
    this.#key = privateKey
    const issuer = above ?? this
    const issued = signed({ issuer: issuer.#name, subject: name, publicKey, extensions }, issuer.#key)
    this.certificate = pem('CERTIFICATE', issued)
    this.#chain = above === undefined ? '' : `${this.certificate}${above.#chain}`
  }

  /** An authority that nobody stands above. */
  static root(name = 'test authority'): TestAuthority {
    return new TestAuthority(name, undefined)
  }

  /** An authority that this one vouches for. */
  intermediate(name: string): TestAuthority {
    return new TestAuthority(name, this)
  }

  issue({ commonName, dnsNames = [], loopback = false }: CertificateWishes): TestCertificate {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const names = [
      ...dnsNames.map(name => der.implicit(2, Buffer.from(name))),
      ...(loopback ? [der.implicit(7, Buffer.from([127, 0, 0, 1]))] : []),
    ]
    const extensions = names.length === 0 ? [] : [extension(SUBJECT_ALTERNATIVE_NAME, der.sequence(...names))]
    const issued = signed({ issuer: this.#name, subject: commonName, publicKey, extensions }, this.#key)
    const key = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
    return { certificate: `${pem('CERTIFICATE', issued)}${this.#chain}`, key, der: issued }
  }
}

/** The `x5t#S256` of RFC 8705 for this certificate. */
export function thumbprintOf({ der: bytes }: TestCertificate): string {
  return createHash('sha256').update(bytes).digest('base64url')
}

interface Issued {
  readonly issuer: string
  readonly subject: string
  readonly publicKey: KeyObject
  readonly extensions: readonly Buffer[]
}

/** RFC 5280 4.1; valid from yesterday until tomorrow. */
function signed({ issuer, subject, publicKey, extensions }: Issued, issuerKey: KeyObject): Buffer {
  const now = Date.now()
  const serial = Buffer.concat([Buffer.from([1]), randomBytes(15)])
  const content = der.sequence(
    der.explicit(0, der.integer(Buffer.from([2]))), // version 3
    der.integer(serial),
    ECDSA_WITH_SHA256,
    distinguishedName(issuer),
    der.sequence(der.utcTime(new Date(now - DAY_MS)), der.utcTime(new Date(now + DAY_MS))),
    distinguishedName(subject),
    publicKey.export({ format: 'der', type: 'spki' }),
    ...(extensions.length === 0 ? [] : [der.explicit(3, der.sequence(...extensions))]),
  )
  return der.sequence(content, ECDSA_WITH_SHA256, der.bitString(sign('sha256', content, issuerKey)))
}

function distinguishedName(commonName: string): Buffer {
  return der.sequence(der.set(der.sequence(COMMON_NAME, der.utf8String(commonName))))
}

function extension(identifier: string, value: Buffer): Buffer {
  return der.sequence(der.objectIdentifier(identifier), der.boolean(true), der.octetString(value))
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
