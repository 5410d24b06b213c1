import { BrokerError } from './errors.ts'

/** Some of the messages that share a promise are not stored, each for a reason of its own; all others are. */
export class PartlyRefused extends BrokerError {
  /** By share. */
  readonly refusals: ReadonlyMap<number, BrokerError>

  constructor(refusals: ReadonlyMap<number, BrokerError>) {
    const [first] = refusals.values()
    super(first?.code ?? 'STORE_UNAVAILABLE', `${refusals.size} of the messages are not stored`, { cause: first })
    this.refusals = refusals
  }
}

/** What an error with which a shared promise rejects says of one share of it; undefined: that one is stored. */
export function refusalOf(error: unknown, share: number): unknown {
  return error instanceof PartlyRefused ? error.refusals.get(share) : error
}

/** A promise for one share of a promise. */
export function safetyOf(shared: Promise<unknown>, share: number): Promise<unknown> {
  return shared.catch((error: unknown) => {
    const refusal = refusalOf(error, share)
    if (refusal !== undefined) throw refusal
  })
}
