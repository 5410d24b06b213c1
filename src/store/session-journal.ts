import type { Subscription } from '../core/subscription.ts'
import type { Release } from '../ports/store.ts'
import type { TakenJournal } from './taken-due.ts'

/** Whoever is told of each change of a session, after it was made and before anything else is. */
export interface SessionJournal<Session> extends TakenJournal {
  /** It was claimed, or the connection that holds it has another will. */
  held(session: Session): void
  letGo(session: Session, release: Release): void
  willGone(session: Session): void
  ended(session: Session): void
  received(session: Session, packetId: number, received: boolean): void
  subscribed(session: Session, subscriptions: readonly Subscription[]): void
  unsubscribed(session: Session, topicFilters: readonly string[]): void
}

/** For sessions that live in memory only. */
export const noJournal: SessionJournal<unknown> = {
  held() {},
  letGo() {},
  willGone() {},
  ended() {},
  received() {},
  subscribed() {},
  unsubscribed() {},
  taken() {},
  settled() {},
}
