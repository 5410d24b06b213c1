import type { IssuerMetadata } from '../auth/discovery.ts'
import { BrokerError } from '../core/errors.ts'
import type { CommandContext } from './command.ts'

type Discover = CommandContext['discoverIssuer']

/** More than a configuration may name; then all are forgotten. */
const KNOWN_MAX = 256

/**
 * What issuers have said of themselves, so that a configuration can be read again while one of them is away: what it has
 * said last holds then.
 */
export class KnownIssuers {
  readonly #discover: Discover
  readonly #known = new Map<string, IssuerMetadata>() // by issuer and what was wanted

  constructor(discover: Discover) {
    this.#discover = discover
  }

  /** Rejects as `discoverIssuer` does. */
  readonly ask: Discover = async (issuer, options) => {
    const metadata = await this.#discover(issuer, options)
    if (this.#known.size >= KNOWN_MAX) this.#known.clear()
    this.#known.set(nameOf(issuer, options.wanted), metadata)
    return metadata
  }

  /** Rejects with `CONFIGURATION` where an issuer that is not known gives no answer, so that it is not asked again and again. */
  readonly askOnce: Discover = async (issuer, options) => {
    try {
      return await this.ask(issuer, options)
    } catch (cause) {
      if (!(cause instanceof BrokerError) || cause.code !== 'KEY_SET_UNAVAILABLE') throw cause
      const known = this.#known.get(nameOf(issuer, options.wanted))
      if (known !== undefined) return known
      throw new BrokerError('CONFIGURATION', cause.message, { cause: cause.cause })
    }
  }
}

function nameOf(issuer: string, wanted: readonly string[]): string {
  return JSON.stringify([issuer, ...wanted])
}
