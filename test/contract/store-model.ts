import type { Command } from './store-commands.ts'
import { ascending } from './store-contract.ts'

interface ModelSession {
  owner: string
  /** How many claims there were when this one was made. */
  claims: number
  home: string | undefined
  expirySeconds: number
  /** Its queue takes messages. */
  persistent: boolean
  will: { text: string; delaySeconds: number } | undefined
  willDueAt: number
  endsAt: number
  filters: string[]
  received: number[]
  queue: { position: number; text: string; released: boolean }[]
  lastPosition: number
  sentUpTo: number
}

/** What was due, in the form of an answer. */
interface Due {
  readonly clientId: string
  readonly claims: number
  readonly will: string | undefined
  readonly expired: boolean
}

/** What a command is answered, without epochs; those are counted by the claims of a client. */
export type Answer = unknown

/** Sessions and queues as the port describes them, in the plainest way: lists, and a look at all of them each time. */
export class StoreModel {
  readonly #sessions = new Map<string, ModelSession>()
  readonly #claims = new Map<string, number>()
  readonly #dead = new Set<string>()
  /** What was taken and not settled, by whom; undefined: whoever did is dead. */
  #taken: { taker: string | undefined; due: Due }[] = []
  readonly #queuedMax: number

  constructor(queuedMax: number) {
    this.#queuedMax = queuedMax
  }

  run(command: Command, now: number): Answer {
    switch (command.kind) {
      case 'claim':
        return this.#claim(command, now)
      case 'append':
        return this.#append(command, now)
      case 'read':
        return (
          this.#alive(command.clientId, now)?.queue.map(({ position, text, released }) => [position, text, released]) ??
          []
        )
      case 'abandon':
        return this.#abandon(command.home, now)
      case 'takeDue':
        return this.#takeDue(command.home, now)
      case 'settle':
        this.#taken = this.#taken.filter(({ taker }) => taker !== command.home)
        return undefined
      case 'all':
        return [...this.#sessions]
          .filter(([clientId, { persistent }]) => persistent && this.#alive(clientId, now) !== undefined)
          .flatMap(([clientId, { claims, filters }]) => filters.map(filter => `${clientId} ${claims} ${filter}`))
          .sort()
      case 'advance':
        return undefined
      default:
        return this.#write(command, now)
    }
  }

  #alive(clientId: string, now: number): ModelSession | undefined {
    const session = this.#sessions.get(clientId)
    return session !== undefined && session.endsAt > now ? session : undefined
  }

  #claim(command: Extract<Command, { kind: 'claim' }>, now: number): Answer {
    const { clientId, owner, home, cleanStart, expirySeconds, will } = command
    if (this.#dead.has(home)) return 'STALE_EPOCH'
    const kept = this.#sessions.get(clientId)
    const alive = this.#alive(clientId, now)
    if (alive !== undefined && alive.owner !== owner) return 'owned-by-another'
    const present = alive !== undefined && !cleanStart && alive.expirySeconds > 0
    const dueWill = kept === undefined ? undefined : dueByClaim(kept, present, now)
    if (kept !== undefined && dueWill !== undefined) {
      this.#taken.push({ taker: home, due: { clientId, claims: kept.claims, will: dueWill, expired: false } })
    }
    const claims = (this.#claims.get(clientId) ?? 0) + 1
    this.#claims.set(clientId, claims)
    const empty = { home: undefined, filters: [], received: [], queue: [], lastPosition: 0, sentUpTo: 0 }
    const base = present && alive !== undefined ? alive : empty
    const { filters, received, queue, lastPosition } = base
    const sentUpTo = base.home === undefined ? base.sentUpTo : lastPosition
    const persistent = expirySeconds > 0 || present
    const held = { owner, claims, home, expirySeconds, persistent, will, willDueAt: Infinity, endsAt: Infinity }
    this.#sessions.set(clientId, { ...held, filters, received, queue, lastPosition, sentUpTo })
    return {
      present,
      persistentBefore: kept?.persistent === true,
      previousHome: kept?.home,
      sentUpTo,
      dueWill,
      filters: [...filters].sort(),
      received: ascending(received),
    }
  }

  #write(
    command: Exclude<
      Command,
      { kind: 'claim' | 'append' | 'read' | 'abandon' | 'takeDue' | 'settle' | 'all' | 'advance' }
    >,
    now: number,
  ): Answer {
    const { clientId } = command
    const session = this.#alive(clientId, now)
    if (session === undefined || command.claimsBack > 0) return 'STALE_EPOCH'
    switch (command.kind) {
      case 'end':
        this.#sessions.delete(clientId)
        return undefined
      case 'release':
        session.sentUpTo = command.sentUpTo
        return this.#letGo(clientId, session, now, now + command.expirySeconds * 1000, now + command.willSeconds * 1000)
      case 'received':
        return mark(session, command.packetId, command.received)
      case 'subscribe':
        session.filters = [...new Set([...session.filters, ...command.filters])]
        return undefined
      case 'unsubscribe':
        session.filters = session.filters.filter(filter => !command.filters.includes(filter))
        return undefined
      case 'markReleased':
        session.queue = session.queue.map(entry =>
          entry.position === command.position ? { ...entry, released: true } : entry,
        )
        return undefined
      case 'acknowledge':
        session.queue = session.queue.filter(({ position }) => !command.positions.includes(position))
        return undefined
    }
  }

  #append({ clientIds, text, received }: Extract<Command, { kind: 'append' }>, now: number): Answer {
    if (received !== undefined) {
      const publisher = this.#alive(received.clientId, now)
      if (publisher === undefined || received.claimsBack > 0) return 'STALE_EPOCH'
      mark(publisher, received.packetId, true)
    }
    const wakes: string[] = []
    let dropped = 0
    for (const clientId of clientIds) {
      const session = this.#alive(clientId, now)
      if (session?.persistent !== true) continue
      if (session.queue.length >= this.#queuedMax) dropped++
      else {
        session.lastPosition++
        session.queue = [...session.queue, { position: session.lastPosition, text, released: false }]
        if (session.home !== undefined) wakes.push(`${clientId} ${session.home}`)
      }
    }
    return { wakes, dropped }
  }

  #abandon(home: string, now: number): Answer {
    this.#dead.add(home)
    for (const taken of this.#taken) if (taken.taker === home) taken.taker = undefined
    for (const [clientId, session] of this.#sessions) {
      if (session.home !== home) continue
      const { expirySeconds, will } = session
      const seconds = expirySeconds === 0xffffffff ? Infinity : expirySeconds
      session.sentUpTo = session.lastPosition
      this.#letGo(clientId, session, now, now + seconds * 1000, now + (will?.delaySeconds ?? 0) * 1000)
    }
    return undefined
  }

  #letGo(clientId: string, session: ModelSession, now: number, endsAt: number, willDueAt: number): Answer {
    session.home = undefined
    session.endsAt = endsAt
    if (willDueAt === Infinity) session.will = undefined
    session.willDueAt = session.will === undefined ? Infinity : Math.min(willDueAt, endsAt)
    if (endsAt <= now && session.will === undefined && !session.persistent) this.#sessions.delete(clientId)
    return undefined
  }

  #takeDue(taker: string, now: number): Answer {
    if (this.#dead.has(taker)) return 'STALE_EPOCH'
    const again = this.#taken.filter(earlier => earlier.taker === undefined)
    for (const earlier of again) earlier.taker = taker
    const taken = [...again.map(({ due }) => due), ...this.#newlyDue(taker, now)]
    return taken.sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1))
  }

  #newlyDue(taker: string, now: number): readonly Due[] {
    const taken: Due[] = []
    for (const [clientId, session] of this.#sessions) {
      const ended = session.endsAt <= now
      const will = session.willDueAt <= now ? session.will?.text : undefined
      if (!ended && will === undefined) continue
      taken.push({ clientId, claims: session.claims, will, expired: ended && session.persistent })
      if (ended) this.#sessions.delete(clientId)
      else {
        session.will = undefined
        session.willDueAt = Infinity
      }
    }
    this.#taken.push(...taken.map(due => ({ taker, due })))
    return taken
  }
}

function mark(session: ModelSession, packetId: number, received: boolean): undefined {
  session.received = session.received.filter(marked => marked !== packetId)
  if (received) session.received.push(packetId)
}

function dueByClaim(session: ModelSession, goesOn: boolean, now: number): string | undefined {
  const { will, home, willDueAt, expirySeconds } = session
  if (will === undefined) return undefined
  if (home === undefined) return !goesOn || willDueAt <= now ? will.text : undefined
  return !goesOn && will.delaySeconds > 0 && expirySeconds > 0 ? will.text : undefined
}
