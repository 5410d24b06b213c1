import type { Credentials, Identity } from '../ports/auth.ts'
import { background } from '../ports/telemetry.ts'
import { ReasonCode } from '../protocol/reason-codes.ts'
import type { BrokerContext } from './broker-context.ts'
import { type DeadlineTarget, DeadlineWheel } from './deadline-wheel.ts'
import { type Refusal, refuse } from './refusal.ts'

/** What of CONNECT is shown again with a new token. */
export type ShownAgain = Omit<Credentials, 'password' | 'authenticationData'>

/** What the watch of a connection may do to it. */
export interface WatchedClient {
  disconnect(refusal: Refusal): void
}

/** A token that all clients got at the same moment does not end all their connections at the same moment. */
const JITTER_SHARE_MAX = 0.1
/** As much as clocks may differ: no token is good for long after its end. */
const JITTER_MS_MAX = 30_000
/** A wheel that is driven by timers runs late, never early, the more the further ahead: so the end is looked for before. */
const LATE_SHARE_MAX = 1 / 16
/** The last moments of a proof begin so long before its end, and with them the looks at the clock. */
const LAST_MOMENTS_MS = 2 * DeadlineWheel.tickMs
const EXPIRED = refuse(ReasonCode.MaximumConnectTime, 'the token has expired')
const REVOKED = refuse(ReasonCode.NotAuthorized, 'the token was revoked')

/**
 * Holds a connection to the proof by which it was let in: ends it soon after the proof has ended, and asks about the
 * proof again where that is wanted.
 */
export class ProofWatch implements DeadlineTarget {
  /** Undefined: the client has named no Authentication Method, by which it could show a new token. */
  readonly shown: ShownAgain | undefined
  dueTick = 0
  readonly #broker: BrokerContext
  readonly #client: WatchedClient
  #identity: Identity
  /** Infinity: the proof does not end. */
  #endsAtMs = Number.POSITIVE_INFINITY
  #recheckAtMs = Number.POSITIVE_INFINITY
  #inLastMoments = false

  constructor(broker: BrokerContext, client: WatchedClient, identity: Identity, shown: ShownAgain) {
    this.#broker = broker
    this.#client = client
    this.#identity = identity
    this.shown = shown.authenticationMethod === undefined ? undefined : shown
  }

  /** Whether anything about the proof can change while the client is connected. */
  static needed({ expiresAtMs, standing }: Identity, { authenticationMethod }: ShownAgain): boolean {
    return expiresAtMs !== undefined || standing !== undefined || authenticationMethod !== undefined
  }

  get identity(): Identity {
    return this.#identity
  }

  /**
   * Why the client may begin nothing more: its proof has ended, though the connection may last a little longer. Asked
   * at each PUBLISH, so that the clock is read in the last moments of a proof alone.
   */
  get over(): Refusal | undefined {
    return this.#inLastMoments && this.ended ? EXPIRED : undefined
  }

  /** Whether the proof has ended by now, though the connection may last a little longer. */
  get ended(): boolean {
    const { expiresAtMs } = this.#identity
    return expiresAtMs !== undefined && this.#broker.clock.nowMs() >= expiresAtMs
  }

  /** Why the proof does not hold any more; undefined: it does. */
  revocation(): Refusal | undefined {
    return this.#identity.standing?.revoked() === true ? REVOKED : undefined
  }

  /** Watches from now on, and by the new proof if one was shown; ends with {@link stop}. */
  start(identity: Identity = this.#identity): void {
    this.stop()
    this.#identity = identity
    const { clock, random, wheel } = this.#broker
    const nowMs = clock.nowMs()
    const { expiresAtMs, standing } = identity
    this.#endsAtMs = expiresAtMs === undefined ? Number.POSITIVE_INFINITY : expiresAtMs
    if (expiresAtMs !== undefined) {
      const leftMs = Math.max(0, expiresAtMs - nowMs)
      this.#endsAtMs += random.fraction() * Math.min(JITTER_MS_MAX, leftMs * JITTER_SHARE_MAX)
    }
    this.#recheckAtMs = standing?.recheckMs === undefined ? Number.POSITIVE_INFINITY : nowMs + standing.recheckMs
    const delayMs = this.#untilNextMs(nowMs)
    if (Number.isFinite(delayMs)) wheel.set(this, delayMs)
  }

  stop(): void {
    this.#broker.wheel.cancel(this)
  }

  deadlinePassed(): number {
    const { clock, log } = this.#broker
    const nowMs = clock.nowMs()
    if (nowMs >= this.#endsAtMs) {
      this.#client.disconnect(EXPIRED)
      return 0
    }
    const { standing } = this.#identity
    if (nowMs >= this.#recheckAtMs && standing?.recheckMs !== undefined) {
      this.#recheckAtMs = nowMs + standing.recheckMs
      background(log, 'proof recheck', this.#recheck(this.#identity))
    }
    return Math.max(1, this.#untilNextMs(nowMs))
  }

  /** An answer about a proof that was replaced meanwhile counts no more. */
  async #recheck(identity: Identity): Promise<void> {
    const holds = (await identity.standing?.holds()) ?? true
    if (!holds && identity === this.#identity && this.dueTick !== 0) this.#client.disconnect(REVOKED)
  }

  /** Notes whether the last moments have begun; how long until something is to be done again. */
  #untilNextMs(nowMs: number): number {
    const { expiresAtMs = Number.POSITIVE_INFINITY } = this.#identity
    const leftMs = expiresAtMs - nowMs
    this.#inLastMoments = leftMs <= LAST_MOMENTS_MS
    const beforeEndMs = Math.min(leftMs - LAST_MOMENTS_MS, leftMs * (1 - LATE_SHARE_MAX))
    return Math.min(this.#inLastMoments ? this.#endsAtMs - nowMs : beforeEndMs, this.#recheckAtMs - nowMs)
  }
}
