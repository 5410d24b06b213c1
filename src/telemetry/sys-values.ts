import type { Counters } from '../core/counters.ts'
import type { SysTopic } from '../core/sys-topic.ts'

const MINUTE_MS = 60_000
/** The averages that Mosquitto keeps. */
const AVERAGES = [
  { name: '1min', minutes: 1 },
  { name: '5min', minutes: 5 },
  { name: '15min', minutes: 15 },
] as const

/** What the store of the node holds. */
export interface StoreSizes {
  readonly sessions: number
  readonly retainedMessages: number
  readonly queuedMessages: number
}

/** The values of the node in Mosquitto's `$SYS` tree, made from what all workers together have counted. */
export class SysValues {
  readonly #version: string
  readonly #startedAtMs: number
  #updatedAtMs: number
  #clientsMax = 0
  /** Per minute, by topic below `load/`. */
  readonly #averages = new Map<string, number>()
  /** What was counted at the last update, by topic below `load/`. */
  readonly #counted = new Map<string, number>()

  constructor(version: string, nowMs: number) {
    this.#version = version
    this.#startedAtMs = nowMs
    this.#updatedAtMs = nowMs
  }

  /** All topics with their values now; without `sizes` those that tell of the store are left out. */
  update(nowMs: number, counters: Readonly<Counters>, sizes: StoreSizes | undefined): readonly SysTopic[] {
    const elapsedMs = Math.max(1, nowMs - this.#updatedAtMs)
    this.#updatedAtMs = nowMs
    const flows = flowsOf(counters)
    const loads = Object.entries(flows).flatMap(([flow, counted]) => this.#loadTopics(flow, counted, elapsedMs))
    const values = { ...this.#gauges(nowMs, counters, sizes), ...totalsOf(counters, flows) }
    const topics = Object.entries(values).flatMap(([name, value]) =>
      value === undefined ? [] : [sysTopic(name, String(value))],
    )
    return [...topics, ...loads]
  }

  #gauges(
    nowMs: number,
    { sessionsConnected, subscriptions, sharedSubscriptions }: Readonly<Counters>,
    sizes: StoreSizes | undefined,
  ): Readonly<Record<string, string | number | undefined>> {
    // The store knows the connected sessions too; while one comes or goes the counts are of two moments.
    const total = Math.max(sizes?.sessions ?? 0, sessionsConnected)
    const stored = sizes && sizes.queuedMessages + sizes.retainedMessages
    this.#clientsMax = Math.max(this.#clientsMax, total)
    return {
      version: `guardbee version ${this.#version}`,
      uptime: `${Math.floor((nowMs - this.#startedAtMs) / 1000)} seconds`,
      'clients/total': sizes && total,
      'clients/connected': sessionsConnected,
      'clients/disconnected': sizes && total - sessionsConnected,
      'clients/maximum': this.#clientsMax,
      'subscriptions/count': subscriptions,
      'shared_subscriptions/count': sharedSubscriptions,
      'retained messages/count': sizes?.retainedMessages,
      'messages/stored': stored,
      'store/messages/count': stored,
    }
  }

  /** As Mosquitto reckons them: the rate per minute since the last update, weighed by its share of the average's time. */
  #loadTopics(flow: string, counted: number, elapsedMs: number): readonly SysTopic[] {
    const perMinute = (Math.max(0, counted - (this.#counted.get(flow) ?? 0)) * MINUTE_MS) / elapsedMs
    this.#counted.set(flow, counted)
    return AVERAGES.map(({ name, minutes }) => {
      const key = `load/${flow}/${name}`
      const kept = Math.exp(-elapsedMs / (minutes * MINUTE_MS))
      const average = perMinute * (1 - kept) + (this.#averages.get(key) ?? 0) * kept
      this.#averages.set(key, average)
      return sysTopic(key, average.toFixed(2))
    })
  }
}

/** Totals that there are averages of, by their topic below `load/`. */
function flowsOf(counters: Readonly<Counters>): Readonly<Record<string, number>> {
  const dropped =
    counters.droppedQueueFull +
    counters.droppedBackpressure +
    counters.droppedLoad +
    counters.droppedExpired +
    counters.droppedTooLarge +
    counters.droppedNotAuthorized
  return {
    'messages/received': counters.messagesReceived + counters.controlPacketsReceived,
    'messages/sent': counters.messagesSent + counters.controlPacketsSent,
    'publish/received': counters.messagesReceived,
    'publish/sent': counters.messagesSent,
    'publish/dropped': dropped,
    'bytes/received': counters.bytesReceived,
    'bytes/sent': counters.bytesSent,
    sockets: counters.connectionsAccepted,
    connections: counters.connects,
  }
}

function totalsOf(
  counters: Readonly<Counters>,
  flows: Readonly<Record<string, number>>,
): Readonly<Record<string, number | undefined>> {
  return {
    'clients/expired': counters.sessionsExpired,
    'messages/received': flows['messages/received'],
    'messages/sent': flows['messages/sent'],
    'publish/messages/received': flows['publish/received'],
    'publish/messages/sent': flows['publish/sent'],
    'publish/messages/dropped': flows['publish/dropped'],
    'publish/bytes/received': counters.payloadBytesReceived,
    'publish/bytes/sent': counters.payloadBytesSent,
    'bytes/received': flows['bytes/received'],
    'bytes/sent': flows['bytes/sent'],
  }
}

function sysTopic(name: string, value: string): SysTopic {
  return { topicName: `$SYS/broker/${name}`, value }
}
