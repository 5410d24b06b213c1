import type { IntrospectionAnswer } from '../auth/introspection.ts'
import type { Revocation } from '../auth/revocations.ts'
import type { SecurityModel } from '../auth/security-model.ts'
import type { Settings } from '../config/settings-type.ts'
import type { Counters } from '../core/counters.ts'
import type { SysTopic } from '../core/sys-topic.ts'
import type { WorkerAddress } from '../ports/bus.ts'
import type { ListenerIdentity } from '../ports/connection.ts'
import type { KeyAnswer, KeySetSnapshot } from '../ports/key-sets.ts'
import type { TlsSetup } from '../transport/tls-setup.ts'

/** Everything a worker is made of. */
export interface WorkerPlan {
  readonly address: WorkerAddress
  readonly number: number
  /** Holds the sockets between the processes of this node. */
  readonly folder: string
  /** Where the primary serves its store; undefined: the store is in Redis. */
  readonly storeSocket: string | undefined
  readonly settings: Settings
  readonly security: SecurityModel
  readonly keySets: readonly KeySetSnapshot[]
  readonly revocations: readonly Revocation[]
}

/** Ports to listen on; 0 takes a free one, undefined: the listener is off. */
export interface ListenerPorts {
  readonly mqttPort: number | undefined
  readonly wsPort: number | undefined
  readonly tlsPort: number | undefined
  readonly wssPort: number | undefined
}

/** What the primary says to a worker over the channel of node:cluster; no message of a client ever goes this way. */
export type ToWorker =
  | { readonly kind: 'prepare'; readonly plan: WorkerPlan }
  | { readonly kind: 'peers'; readonly addresses: readonly WorkerAddress[] }
  | { readonly kind: 'join'; readonly addresses: readonly WorkerAddress[] }
  | { readonly kind: 'open'; readonly ports: ListenerPorts; readonly tls: TlsSetup | undefined }
  | { readonly kind: 'tls'; readonly tls: TlsSetup }
  | { readonly kind: 'keys'; readonly snapshot: KeySetSnapshot }
  | { readonly kind: 'keys-answer'; readonly id: number; readonly answer: KeyAnswer }
  | { readonly kind: 'introspection-answer'; readonly id: number; readonly answer: IntrospectionAnswer }
  | {
      readonly kind: 'security'
      readonly id: number
      readonly security: SecurityModel
      readonly keySets: readonly KeySetSnapshot[]
    }
  | { readonly kind: 'revoked'; readonly revocations: readonly Revocation[] }
  | { readonly kind: 'reopen-access-log' }
  | { readonly kind: 'count'; readonly id: number }
  | { readonly kind: 'sys'; readonly topics: readonly SysTopic[] }
  | { readonly kind: 'leave' }

/** What a worker says to the primary. The first five come in this order, each after the primary's step. */
export type ToPrimary =
  | { readonly kind: 'started' }
  | { readonly kind: 'prepared' }
  | { readonly kind: 'joined' }
  | { readonly kind: 'opened'; readonly listeners: readonly ListenerIdentity[] }
  | { readonly kind: 'failed'; readonly why: string }
  | { readonly kind: 'keys-request'; readonly id: number; readonly realm: string; readonly kid: string }
  | {
      readonly kind: 'introspection-request'
      readonly id: number
      readonly realm: string
      readonly token: string
      readonly knownOnly: boolean
    }
  | { readonly kind: 'redis'; readonly up: boolean; readonly why: string }
  /** It lets clients in by the security configuration that it was sent. */
  | { readonly kind: 'security-taken'; readonly id: number }
  | { readonly kind: 'counted'; readonly id: number; readonly counters: Readonly<Counters> }

/** Proven: the other end of the channel is the same program, started by this one from the same files. */
export function fromPrimary(message: unknown): ToWorker {
  return message as ToWorker
}

/** Proven: as {@link fromPrimary}. */
export function fromWorker(message: unknown): ToPrimary {
  return message as ToPrimary
}

/** Says something to the primary of this worker. */
export function tellPrimary(message: ToPrimary): void {
  process.send?.(message)
}
