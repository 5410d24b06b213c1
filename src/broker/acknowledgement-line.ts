import { refusalOf } from '../core/partly-refused.ts'
import { PUBACK, PUBREC } from '../protocol/packets.ts'

/** The first answer to a PUBLISH of QoS 1 or 2. */
export type PublishAnswer = typeof PUBACK | typeof PUBREC

/** Whoever sends the acknowledgements of an {@link AcknowledgementLine}. */
export interface Acknowledger {
  acknowledge(type: PublishAnswer, packetId: number, reasonCode: number): void
  /** A message is not safe: gives the Reason Code that is sent instead; undefined: neither it nor what comes after it is answered. */
  refuse(type: PublishAnswer, packetId: number, error: unknown): number | undefined
}

/** Acknowledgements that wait for the same. */
interface Group {
  /** Undefined: for nothing. */
  readonly safe: Promise<unknown> | undefined
  /** Type, Reason Code and Packet Identifier of each in one number. */
  places: number[]
  /** In step with the places: which of the messages that `safe` stands for each one is. */
  readonly shares: number[]
  ready: boolean
}

/**
 * Keeps the acknowledgements of one client in the order of its PUBLISH packets (v5 [MQTT-4.6.0-2]) while some of
 * them wait for a queue or a peer; those that wait for the same promise wait as one. Bounded by the Receive Maximum, which
 * bounds the unacknowledged PUBLISH packets.
 */
export class AcknowledgementLine {
  readonly #acknowledger: Acknowledger
  readonly #groups: Group[] = []
  #length = 0

  constructor(acknowledger: Acknowledger) {
    this.#acknowledger = acknowledger
  }

  /** Acknowledgements that are not sent yet. */
  get length(): number {
    return this.#length
  }

  /**
   * Sends when `safe` has resolved and all earlier ones are sent; when it rejects for the message, its `share` of it, what
   * the acknowledger says instead.
   */
  after(
    safe: Promise<unknown> | undefined,
    share: number,
    type: PublishAnswer,
    packetId: number,
    reasonCode: number,
  ): void {
    const newest = this.#groups.at(-1)
    const group = newest !== undefined && newest.safe === safe && !newest.ready ? newest : this.#open(safe)
    group.places.push((type << 24) | (reasonCode << 16) | packetId)
    group.shares.push(share)
    this.#length++
    if (group.ready) this.#sendReady()
  }

  #open(safe: Promise<unknown> | undefined): Group {
    const group: Group = { safe, places: [], shares: [], ready: safe === undefined }
    this.#groups.push(group)
    safe?.then(
      () => this.#settled(group),
      (error: unknown) => this.#refused(group, error),
    )
    return group
  }

  #settled(group: Group): void {
    group.ready = true
    this.#sendReady()
  }

  #refused(group: Group, error: unknown): void {
    const answers: number[] = []
    for (const [index, place] of group.places.entries()) {
      const refusal = refusalOf(error, group.shares[index] ?? 0)
      if (refusal === undefined) {
        answers.push(place)
        continue
      }
      const reasonCode = this.#acknowledger.refuse(typeOf(place), packetIdOf(place), refusal)
      if (reasonCode === undefined) return
      answers.push((typeOf(place) << 24) | (reasonCode << 16) | packetIdOf(place))
    }
    group.places = answers
    this.#settled(group)
  }

  #sendReady(): void {
    while (this.#groups[0]?.ready === true) {
      const places = this.#groups.shift()?.places ?? []
      this.#length -= places.length
      for (const place of places)
        this.#acknowledger.acknowledge(typeOf(place), packetIdOf(place), (place >>> 16) & 0xff)
    }
  }
}

function typeOf(place: number): PublishAnswer {
  return place >>> 24 === PUBREC ? PUBREC : PUBACK
}

function packetIdOf(place: number): number {
  return place & 0xffff
}
