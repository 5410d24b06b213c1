import { TokenBucket } from '../core/token-bucket.ts'
import type { Clock, Timer } from '../ports/clock.ts'
import type { Connection } from '../ports/connection.ts'
import { ReasonCode } from '../protocol/reason-codes.ts'
import type { TrafficBounds, TrafficLimits } from './limits.ts'
import { Hold, type ReadGate } from './read-gate.ts'
import { type Refusal, refuse } from './refusal.ts'

/** Addresses without a connection that are remembered; at the bound they are forgotten, and with them what they owe. */
const IDLE_ADDRESSES_MAX = 65_536
/** Connections above the bound that still get an answer; further ones are closed at once, for each costs memory. */
const ANSWERED_ABOVE_MAX = 1_000
/** HiveMQ: the burst is twice the rate. */
const CONNECT_BURST_SECONDS = 2

const TOO_MANY = refuse(ReasonCode.QuotaExceeded, 'too many connections')
const TOO_FAST = refuse(ReasonCode.ConnectionRateExceeded, 'too many connections in a short time')

/** What one group of connections takes: that of a listener, or of an address. */
class Group {
  connections = 0
  readonly #connects: TokenBucket | undefined
  readonly #bytes: TokenBucket | undefined

  constructor({ connectsPerSecond, bytesPerSecond }: TrafficBounds, nowMs: number) {
    this.#connects = bucket(connectsPerSecond, CONNECT_BURST_SECONDS, nowMs)
    this.#bytes = bucket(bytesPerSecond, 1, nowMs)
  }

  takeConnect(nowMs: number): boolean {
    return this.#connects?.take(nowMs) ?? true
  }

  chargeBytes(bytes: number, nowMs: number): number {
    return this.#bytes?.charge(bytes, nowMs) ?? 0
  }
}

/** What a connection counts in, and what it holds when that is too much. */
interface ConnectionTrafficParts {
  readonly clock: Clock
  readonly gate: ReadGate
  readonly listener: Group
  readonly address: Group
  /** Whether there were too many connections when it was opened. */
  readonly above: boolean
  readonly bytes: TokenBucket | undefined
}

/** What one connection takes, of its own bound and of those of its groups. */
export class ConnectionTraffic {
  readonly listener: Group
  readonly address: Group
  readonly #parts: ConnectionTrafficParts
  #timer: Timer | undefined = undefined

  constructor(parts: ConnectionTrafficParts) {
    this.listener = parts.listener
    this.address = parts.address
    this.#parts = parts
  }

  /** Why its CONNECT is not taken; undefined: it is, and counted. */
  connectRefusal(): Refusal | undefined {
    if (this.#parts.above) return TOO_MANY
    const nowMs = this.#parts.clock.nowMs()
    return this.listener.takeConnect(nowMs) && this.address.takeConnect(nowMs) ? undefined : TOO_FAST
  }

  /** Counts what has arrived; nothing more is read while that is above a rate. */
  received(bytes: number): void {
    const { clock, gate } = this.#parts
    const nowMs = clock.nowMs()
    const ownMs = this.#parts.bytes?.charge(bytes, nowMs) ?? 0
    const waitMs = Math.max(ownMs, this.listener.chargeBytes(bytes, nowMs), this.address.chargeBytes(bytes, nowMs))
    if (waitMs === 0) return
    gate.hold(Hold.rate)
    this.#timer?.cancel()
    this.#timer = clock.after(waitMs, () => gate.release(Hold.rate))
  }

  /** The connection is gone: nobody waits to read it. */
  close(): void {
    this.#timer?.cancel()
  }
}

/** Keeps the connections of this worker within the bounds of everybody, of their listener and of their address. */
export class Traffic {
  readonly #limits: TrafficLimits
  readonly #clock: Clock
  readonly #listeners = new Map<string, Group>()
  readonly #addresses = new Map<string, Group>()
  #connections = 0
  /** Addresses without a connection. */
  #idle = 0

  private constructor(limits: TrafficLimits, clock: Clock) {
    this.#limits = limits
    this.#clock = clock
  }

  /** Undefined where nothing is bounded, so that nothing is counted. */
  static within(limits: TrafficLimits, clock: Clock): Traffic | undefined {
    const { connectionsMax, connectionBytesPerSecond, listener, address } = limits
    const bounds = [connectionsMax, connectionBytesPerSecond, ...Object.values(listener), ...Object.values(address)]
    return bounds.some(bound => bound < Infinity) ? new Traffic(limits, clock) : undefined
  }

  /** Addresses that are remembered. */
  get addresses(): number {
    return this.#addresses.size
  }

  /** Counts a connection until {@link closed}; undefined: it is to be closed at once and does not count. */
  opened({ listener, remoteAddress }: Connection, gate: ReadGate): ConnectionTraffic | undefined {
    const clock = this.#clock
    const nowMs = clock.nowMs()
    const { connectionsMax, connectionBytesPerSecond, listener: ofListener, address: ofAddress } = this.#limits
    if (this.#connections >= connectionsMax + ANSWERED_ABOVE_MAX) return undefined
    const byListener = groupOf(this.#listeners, listener.name, ofListener, nowMs)
    if (byListener.connections >= ofListener.connectionsMax + ANSWERED_ABOVE_MAX) return undefined
    if (this.#addresses.get(remoteAddress)?.connections === 0) this.#idle--
    const byAddress = groupOf(this.#addresses, remoteAddress, ofAddress, nowMs)
    if (byAddress.connections >= ofAddress.connectionsMax + ANSWERED_ABOVE_MAX) return undefined
    this.#connections++
    byListener.connections++
    byAddress.connections++
    const above =
      this.#connections > connectionsMax ||
      byListener.connections > ofListener.connectionsMax ||
      byAddress.connections > ofAddress.connectionsMax
    const bytes = bucket(connectionBytesPerSecond, 1, nowMs)
    return new ConnectionTraffic({ clock, gate, listener: byListener, address: byAddress, above, bytes })
  }

  closed(traffic: ConnectionTraffic): void {
    const { listener, address } = traffic
    traffic.close()
    this.#connections--
    listener.connections--
    address.connections--
    if (address.connections === 0 && ++this.#idle >= IDLE_ADDRESSES_MAX) this.#forgetIdle()
  }

  #forgetIdle(): void {
    this.#idle = 0
    for (const [name, { connections }] of this.#addresses) if (connections === 0) this.#addresses.delete(name)
  }
}

function groupOf(groups: Map<string, Group>, name: string, bounds: TrafficBounds, nowMs: number): Group {
  let group = groups.get(name)
  if (group === undefined) {
    group = new Group(bounds, nowMs)
    groups.set(name, group)
  }
  return group
}

function bucket(perSecond: number, burstSeconds: number, nowMs: number): TokenBucket | undefined {
  return perSecond < Infinity ? new TokenBucket(perSecond * burstSeconds, 1000 / perSecond, nowMs) : undefined
}
