import type { Credentials } from '../ports/auth.ts'
import { presentedToken } from './presented-token.ts'

/** Longest value in characters or bytes; one that would be longer is taken for none, so that whoever needs it refuses. */
const VALUE_LENGTH_MAX = 65_536

/** Variables that hold what must not be shown, unless they are set to something else. */
const SECRETS: ReadonlySet<string> = new Set([
  'mqtt-password',
  'mqtt-authentication-data',
  'authentication-byte-secret',
])

/** HiveMQ ESE's variables of one client on its way through a pipeline. A variable that was never set has no value. */
export class EseVariables {
  readonly #credentials: Credentials
  #strings: Map<string, string | undefined> | undefined = undefined
  #bytes: Map<string, Buffer | undefined> | undefined = undefined
  #secrets: ReadonlySet<string> = SECRETS

  constructor(credentials: Credentials) {
    this.#credentials = credentials
  }

  /** The value of a variable that holds text. */
  string(name: string): string | undefined {
    if (this.#strings?.has(name) === true) return this.#strings.get(name)
    switch (name) {
      case 'mqtt-clientid':
        return this.#credentials.clientId
      case 'mqtt-username':
      case 'authentication-key':
        return this.#credentials.username
      case 'mqtt-authentication-method':
        return this.#credentials.authenticationMethod
      default:
        return undefined
    }
  }

  /** The value of a variable that holds bytes. */
  bytes(name: string): Buffer | undefined {
    if (this.#bytes?.has(name) === true) return this.#bytes.get(name)
    switch (name) {
      case 'mqtt-password':
        return this.#credentials.password
      case 'authentication-byte-secret':
        return presentedToken(this.#credentials)
      case 'mqtt-authentication-data':
        return this.#credentials.authenticationData
      default:
        return undefined
    }
  }

  /** Whether the value came from a password or a token, so that it must not be logged. */
  isSecret(name: string): boolean {
    return this.#secrets.has(name)
  }

  setString(name: string, value: string | undefined, secret: boolean): void {
    this.#strings ??= new Map()
    this.#strings.set(name, value !== undefined && value.length > VALUE_LENGTH_MAX ? undefined : value)
    this.#mark(name, secret)
  }

  setBytes(name: string, value: Buffer | undefined, secret: boolean): void {
    this.#bytes ??= new Map()
    this.#bytes.set(name, value !== undefined && value.length > VALUE_LENGTH_MAX ? undefined : value)
    this.#mark(name, secret)
  }

  #mark(name: string, secret: boolean): void {
    if (this.#secrets.has(name) === secret) return
    const secrets = new Set(this.#secrets)
    if (secret) secrets.add(name)
    else secrets.delete(name)
    this.#secrets = secrets
  }
}
