import { MemorySession } from '../memory-session.ts'
import type { SessionRecord } from './operations.ts'
import type { StoredQueue } from './stored-queue.ts'

/** Stands for whatever worker held a session when the process that knew it ended. */
const LOST_HOME = 'lost'

/** Written for an interval of 0 of a session that goes on; none that a client can ask for. */
const UNTIL_LEFT_SECONDS = 0x1_0000_0000

/** A session whose queue is on disk. */
export class EmbeddedSession extends MemorySession<StoredQueue> {
  /** Names it in the journal; 0: the journal does not know it, for nothing of it would outlive its connection. */
  number = 0
  /** How often it was written in one piece. */
  generation = 0

  /** The session as it is, for the journal. */
  record(): SessionRecord {
    const { epoch, persistent, will, expiresAtMs, willDueAtMs, sentUpTo } = this
    const untilLeft = persistent && this.sessionExpiryIntervalSeconds === 0
    const sessionExpiryIntervalSeconds = untilLeft ? UNTIL_LEFT_SECONDS : this.sessionExpiryIntervalSeconds
    return {
      number: this.number,
      generation: this.generation,
      clientId: this.clientId,
      owner: this.owner,
      hold: { epoch, sessionExpiryIntervalSeconds, will },
      release: this.home === undefined ? { expiresAtMs, willDueAtMs, sentUpTo } : undefined,
      sentUpTo,
      lastPosition: this.queue?.lastPosition ?? 0,
      subscriptions: [...this.subscriptions.values()],
      receivedPacketIds: [...this.receivedPacketIds],
    }
  }

  /** The session as the journal has it; where a connection held it, that is lost now. */
  static from(record: SessionRecord): EmbeddedSession {
    const session = new EmbeddedSession(record.clientId, record.owner)
    session.number = record.number
    session.generation = record.generation
    session.holdAgain(record.hold, record.sentUpTo)
    if (record.release !== undefined) session.letGo(record.release)
    for (const subscription of record.subscriptions) session.subscribe(subscription)
    for (const packetId of record.receivedPacketIds) session.markReceived(packetId, true)
    return session
  }

  /** A claim that the journal tells of. */
  holdAgain({ epoch, sessionExpiryIntervalSeconds, will }: SessionRecord['hold'], sentUpTo: number): void {
    const holder = { home: LOST_HOME, will }
    if (sessionExpiryIntervalSeconds === UNTIL_LEFT_SECONDS) {
      this.hold({ ...holder, sessionExpiryIntervalSeconds: 0 }, epoch, true)
    } else this.hold({ ...holder, sessionExpiryIntervalSeconds }, epoch)
    this.sentUpTo = sentUpTo
  }

  /** The will was taken out. */
  forgetWill(): void {
    this.will = undefined
    this.willDueAtMs = undefined
  }
}
