import { BrokerError } from '../../core/errors.ts'

/** Redis could not be asked, or did not answer: it may have done what it was asked all the same. */
export class OutOfReach extends BrokerError {
  constructor(why: string, cause?: unknown) {
    super('STORE_AWAY', `Redis is out of reach: ${why}`, { cause })
  }
}

/** What the scripts answer instead of a result. */
const REFUSALS: Readonly<Record<string, () => BrokerError>> = {
  STALE_EPOCH: () => new BrokerError('STALE_EPOCH', 'the session was claimed by another connection or has ended'),
  SESSIONS_FULL: () => new BrokerError('STORE_FULL', 'the store holds its limit of sessions'),
  SUBSCRIPTIONS_FULL: () => new BrokerError('STORE_FULL', 'the session has its limit of subscriptions'),
  RETAINED_FULL: () => new BrokerError('STORE_FULL', 'the store holds its limit of retained messages'),
  OOM: () => new BrokerError('STORE_FULL', 'Redis is at its memory limit'),
}

/** First words of what Redis says when it has not run a command and will run it later, here or elsewhere. */
const NOT_NOW = new Set([
  'LOADING',
  'READONLY',
  'MASTERDOWN',
  'CLUSTERDOWN',
  'TRYAGAIN',
  'MOVED',
  'ASK',
  'MISCONF',
  'NOREPLICAS',
  'BUSY',
])

/** Whether a script is not known to the Redis that was asked. */
export function isUnknownScript(error: Error): boolean {
  return error.message.startsWith('NOSCRIPT')
}

/** An error of ioredis in the words of the store. Its arguments, which ioredis adds, are left out: they hold messages. */
export function storeError(error: Error): BrokerError {
  if (error.name !== 'ReplyError') return new OutOfReach(error.message)
  const word = /^(?:ERR )?(\w+)/.exec(error.message)?.[1] ?? ''
  const refusal = REFUSALS[word]
  if (refusal !== undefined) return refusal()
  if (NOT_NOW.has(word)) return new OutOfReach(error.message)
  return new BrokerError('STORE_UNAVAILABLE', `Redis refuses a step of the store: ${error.message}`)
}
