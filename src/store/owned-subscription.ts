import type { Subscription } from '../core/subscription.ts'

/** A subscription and the client it belongs to. */
export interface OwnedSubscription {
  readonly clientId: string
  readonly subscription: Subscription
}
