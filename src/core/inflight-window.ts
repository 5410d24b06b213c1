import assert from 'node:assert/strict'

const PACKET_IDS = 65_535
const FIRST_CAPACITY = 16

/** What an in-flight message waits for. */
export const Awaiting = { nothing: 0, puback: 1, pubrec: 2, pubcomp: 3 } as const
export type Awaiting = (typeof Awaiting)[keyof typeof Awaiting]

/** The Packet Identifier of the message at `position` of a queue; positions count from 1. */
export function packetIdAt(position: number): number {
  return ((position - 1) % PACKET_IDS) + 1
}

/**
 * QoS 1 and 2 messages sent to one client and not completely acknowledged (v5 4.4, 4.9). A message is known by its
 * position in the session's queue, from which its Packet Identifier follows, so a resend needs no stored mapping.
 * Positions ascend and may have gaps. Memory grows with what is in flight: one byte a position.
 */
export class InflightWindow {
  /** The client's Receive Maximum, or ours when that is lower. */
  readonly limit: number
  /** Oldest position that is not acknowledged; equals `#next` when nothing is in flight. */
  #base = 1
  /** One past the newest position that was sent. */
  #next = 1
  #count = 0
  /** A ring by position; its length is a power of two. Undefined until the first message. */
  #states: Uint8Array | undefined = undefined

  constructor(limit: number) {
    this.limit = limit
  }

  /** Messages in flight. */
  get count(): number {
    return this.#count
  }

  /** The position after the newest one that was sent. */
  get next(): number {
    return this.#next
  }

  /** Whether the message at `position` may be sent now: the quota and the range of Packet Identifiers allow it. */
  hasRoomFor(position: number): boolean {
    if (this.#count === 0) return this.limit > 0
    return this.#count < this.limit && position - this.#base < PACKET_IDS
  }

  /** Notes that the message at `position`, above all earlier ones, is sent; returns its Packet Identifier. */
  send(position: number, awaiting: Awaiting): number {
    assert(position >= this.#next, 'positions ascend')
    if (this.#count === 0) this.#base = position
    const span = position - this.#base + 1
    let states = this.#states
    if (states === undefined || span > states.length) states = this.#grow(span)
    const mask = states.length - 1
    for (let gap = Math.max(this.#next, this.#base); gap < position; gap++) states[gap & mask] = Awaiting.nothing
    states[position & mask] = awaiting
    this.#next = position + 1
    this.#count++
    return packetIdAt(position)
  }

  /** The position of the message with `packetId` if it awaits `awaiting`, else 0. */
  find(packetId: number, awaiting: Awaiting): number {
    const position = this.#positionOf(packetId)
    return position !== 0 && this.#stateAt(position) === awaiting ? position : 0
  }

  /** Whether a message with `packetId` is in flight. */
  has(packetId: number): boolean {
    const position = this.#positionOf(packetId)
    return position !== 0 && this.#stateAt(position) !== Awaiting.nothing
  }

  /** PUBREC was seen: the message at `position` awaits its PUBCOMP. */
  release(position: number): void {
    const states = this.#states
    if (states !== undefined) states[position & (states.length - 1)] = Awaiting.pubcomp
  }

  /** The message at `position` is completely acknowledged. */
  complete(position: number): void {
    const states = this.#states
    if (states === undefined) return
    const mask = states.length - 1
    states[position & mask] = Awaiting.nothing
    this.#count--
    if (position !== this.#base) return
    let base = position + 1
    while (base < this.#next && states[base & mask] === Awaiting.nothing) base++
    this.#base = base
  }

  #stateAt(position: number): number {
    const states = this.#states
    return states?.[position & (states.length - 1)] ?? Awaiting.nothing
  }

  #positionOf(packetId: number): number {
    const ahead = (packetId - packetIdAt(this.#base) + PACKET_IDS) % PACKET_IDS
    const position = this.#base + ahead
    return position < this.#next ? position : 0
  }

  #grow(span: number): Uint8Array {
    const old = this.#states
    let capacity = old === undefined ? FIRST_CAPACITY : old.length
    while (capacity < span) capacity *= 2
    const states = new Uint8Array(capacity)
    if (old !== undefined) {
      for (let position = this.#base; position < this.#next; position++) {
        states[position & (capacity - 1)] = old[position & (old.length - 1)] ?? Awaiting.nothing
      }
    }
    this.#states = states
    return states
  }
}
