import type { WorkerAddress } from '../ports/bus.ts'
import type { DueSession } from '../ports/store.ts'

/** Whoever is told of what is taken, so that it outlives the process. */
export interface TakenJournal {
  taken(due: DueSession): void
  settled(ticket: number): void
}

/** What was due and was taken, until its taker says that it is done; what a dead worker had taken is there to be taken again. */
export class TakenDue {
  readonly #journal: TakenJournal
  /** By taker, then by ticket. */
  readonly #taken = new Map<WorkerAddress, Map<number, DueSession>>()
  /** Given back, oldest first. */
  readonly #free = new Map<number, DueSession>()
  #lastTicket = 0

  constructor(journal: TakenJournal) {
    this.#journal = journal
  }

  /** Gives to `taker` what has become due. */
  take(taker: WorkerAddress, due: Omit<DueSession, 'ticket'>): DueSession {
    const taken = { ticket: ++this.#lastTicket, ...due }
    this.#give(taker, taken)
    this.#journal.taken(taken)
    return taken
  }

  /** Gives to `taker` the oldest of what another one has not done. */
  takeAgain(taker: WorkerAddress): DueSession | undefined {
    for (const due of this.#free.values()) {
      this.#free.delete(due.ticket)
      this.#give(taker, due)
      return due
    }
    return undefined
  }

  /** What is not the taker's (any more) is left as it is. */
  settle(taker: WorkerAddress, ticket: number): void {
    const taken = this.#taken.get(taker)
    if (taken?.delete(ticket) !== true) return
    if (taken.size === 0) this.#taken.delete(taker)
    this.#journal.settled(ticket)
  }

  /** The taker is dead. */
  giveBack(taker: WorkerAddress): void {
    for (const due of this.#taken.get(taker)?.values() ?? []) this.#free.set(due.ticket, due)
    this.#taken.delete(taker)
  }

  /** Puts in what a process that ended has left. Nobody is told. */
  adopt(due: DueSession): void {
    this.#lastTicket = Math.max(this.#lastTicket, due.ticket)
    this.#free.set(due.ticket, due)
  }

  /** What is not settled yet; undefined: there is no such thing. */
  find(ticket: number): DueSession | undefined {
    const free = this.#free.get(ticket)
    if (free !== undefined) return free
    for (const taken of this.#taken.values()) {
      const due = taken.get(ticket)
      if (due !== undefined) return due
    }
    return undefined
  }

  #give(taker: WorkerAddress, due: DueSession): void {
    const taken = this.#taken.get(taker)
    if (taken === undefined) this.#taken.set(taker, new Map([[due.ticket, due]]))
    else taken.set(due.ticket, due)
  }
}
