import type { Socket } from 'node:net'
import type { Timer } from '../ports/clock.ts'
import { HeldInput } from './held-input.ts'
import { PROXY_HEADER_MS_MAX } from './limits.ts'
import type { ProxyGate, ProxyRefusal } from './proxy-gate.ts'
import { PROXY_HEADER_BYTES_MAX, readProxyHeader } from './proxy-header.ts'
import type { RemotePeer } from './remote-address.ts'

/** Gets a connection whose header is read; `rest` came behind the header and is valid during the call only. */
export type HeaderTaker = (client: RemotePeer, rest: Buffer) => void

/** The first moments of a connection behind a proxy: until its PROXY header is there, is wrong, or is late. */
export class AwaitedHeader {
  readonly #gate: ProxyGate
  readonly #socket: Socket
  readonly #proxy: RemotePeer
  readonly #taker: HeaderTaker
  readonly #deadline: Timer
  readonly #onEnd = (): void => void this.#socket.destroy()
  readonly #onClose = (): void => this.#deadline.cancel()
  /** Undefined while nothing has come, and mostly for good: a header comes in one piece. */
  #held: HeldInput | undefined

  private constructor(gate: ProxyGate, socket: Socket, proxy: RemotePeer, taker: HeaderTaker) {
    this.#gate = gate
    this.#socket = socket
    this.#proxy = proxy
    this.#taker = taker
    this.#held = undefined
    this.#deadline = gate.clock.after(PROXY_HEADER_MS_MAX, () => this.#refuse('late', 'no whole header in time'))
    socket.on('end', this.#onEnd).on('error', onError).on('close', this.#onClose)
  }

  /** Undefined: `proxy` is not trusted, and its connection is closed. */
  static of(gate: ProxyGate, socket: Socket, proxy: RemotePeer, taker: HeaderTaker): AwaitedHeader | undefined {
    if (gate.trusts(proxy.address)) return new AwaitedHeader(gate, socket, proxy, taker)
    gate.refused(proxy.address, 'untrusted', 'not one of the trusted proxies')
    socket.on('error', onError).destroy()
    return undefined
  }

  /** `bytes[0, length)` were read from the socket. */
  read(bytes: Buffer, length: number): void {
    if (this.#socket.destroyed) return
    const before = this.#held?.bytes.length ?? 0
    const reading = readProxyHeader(this.#beginning(bytes.subarray(0, length)))
    if (reading.kind === 'malformed') return this.#refuse('malformed', reading.why)
    if (reading.kind === 'incomplete') return this.#keep(bytes.subarray(0, length))
    this.#deadline.cancel()
    this.#socket.off('end', this.#onEnd).off('error', onError).off('close', this.#onClose)
    this.#taker(reading.client ?? this.#proxy, bytes.subarray(reading.length - before, length))
  }

  /** All that has come so far, as far as a header can be long. */
  #beginning(arrived: Buffer): Buffer {
    if (this.#held === undefined) return arrived
    const room = PROXY_HEADER_BYTES_MAX - this.#held.bytes.length
    return Buffer.concat([this.#held.bytes, arrived.subarray(0, room)])
  }

  /** An incomplete header is shorter than the longest, so there is room. */
  #keep(arrived: Buffer): void {
    this.#held ??= new HeldInput(PROXY_HEADER_BYTES_MAX)
    this.#held.append(arrived)
  }

  #refuse(reason: ProxyRefusal, why: string): void {
    this.#gate.refused(this.#proxy.address, reason, why)
    this.#socket.destroy()
  }
}

/** A proxy that vanishes is nothing to report; `close` follows. */
function onError(): void {}
