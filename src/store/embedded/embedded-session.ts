import { MemorySession } from '../memory-session.ts'
import type { SessionRecord } from './operations.ts'
import type { StoredQueue } from './stored-queue.ts'

/** Stands for whatever worker held a session when the process that knew it ended. */
const LOST_HOME = 'lost'

/** A session whose queue is on disk. */
export class EmbeddedSession extends MemorySession<StoredQueue> {
  /** Names it in the journal; 0: the journal does not know it, for nothing of it would outlive its connection. */
  number = 0
  /** How often it was written in one piece. */
  generation = 0

  /** The session as it is, for the journal. */
  record(): SessionRecord {
    const { epoch, sessionExpiryIntervalSeconds, will, expiresAtMs, willDueAtMs, sentUpTo } = this
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
    this.hold({ home: LOST_HOME, sessionExpiryIntervalSeconds, will }, epoch)
    this.sentUpTo = sentUpTo
  }

  /** The will was taken out. */
  forgetWill(): void {
    this.will = undefined
    this.willDueAtMs = undefined
  }
}
