import type { Permission } from '../../core/permissions.ts'
import type { QoS } from '../../protocol/packets.ts'
import type { RefusalCause } from '../refusal-cause.ts'

/** What is asked about a token. */
export interface TokenQuestion {
  readonly token: string
  /** By its name, as pipelines name it. */
  readonly listener: string
  readonly clientId: string
  readonly username: string | undefined
  /** A Topic Name that the client would publish to. */
  readonly publish: string | undefined
  /** A Topic Filter that it would subscribe to. */
  readonly subscribe: string | undefined
  readonly qos: QoS
  readonly retain: boolean
}

/** What the door would do with a client that shows a token, and why. Plain data, without the token. */
export interface Explanation {
  /** The client is let in and may do all that was asked about. */
  readonly allowed: boolean
  readonly clientId: string
  readonly listener: string
  readonly steps: readonly ExplainedStep[]
  /** Absent: it is let in. */
  readonly refusal?: ExplainedRefusal
  /** Absent: it is not. */
  readonly identity?: ExplainedIdentity
  readonly permissions?: readonly Permission[]
  /** One for each topic that was asked about; none of a client that is not let in. */
  readonly answers: readonly ExplainedAnswer[]
}

/** One step of the decision. */
export interface ExplainedStep {
  readonly name: string
  /** `not-asked`: the configuration wants nothing here. `not-reached`: the decision had fallen before. */
  readonly outcome: 'passed' | 'refused' | 'not-asked' | 'not-reached'
  readonly found?: string
  readonly expected?: string
  readonly cause?: RefusalCause
  /** What it nearly was, and what to do. */
  readonly hints: readonly string[]
}

/** Why a client is not let in. */
export interface ExplainedRefusal {
  readonly cause: RefusalCause
  readonly sentence: string
  /** Of CONNACK. */
  readonly reasonCode: number
}

/** Whom a token makes of a client. */
export interface ExplainedIdentity {
  /** To whom its session belongs. */
  readonly owner: string
  readonly authorizationKey?: string
  /** Absent: the connection does not end with the token. */
  readonly expiresAt?: string
}

/** Whether a client may do one thing. */
export interface ExplainedAnswer {
  readonly activity: 'publish' | 'subscribe'
  readonly topic: string
  readonly qos: QoS
  readonly retain: boolean
  readonly allowed: boolean
  /** Which permission decides; absent: none is about it. */
  readonly decidedBy?: Permission
  /** What no permission decides on: that it is no topic, or belongs to the broker. */
  readonly fault?: string
  readonly hints: readonly string[]
}
