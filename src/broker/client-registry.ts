import type { ClientChannel } from './client-channel.ts'

/** The connected clients of this worker by Client Identifier, and the claims that are under way. */
export class ClientRegistry {
  readonly #channels = new Map<string, ClientChannel>()
  /** The newest epoch that was claimed for a client while a claim of ours is under way. */
  readonly #overtaken = new Map<string, { claims: number; epoch: number }>()

  /** Connected clients. */
  get size(): number {
    return this.#channels.size
  }

  /** Clients with a claim under way. */
  get claims(): number {
    return this.#overtaken.size
  }

  find(clientId: string): ClientChannel | undefined {
    return this.#channels.get(clientId)
  }

  channels(): IterableIterator<ClientChannel> {
    return this.#channels.values()
  }

  register(channel: ClientChannel, clientId: string): void {
    this.#channels.set(clientId, channel)
  }

  /** Does nothing when another connection of the client has taken the place. */
  unregister(channel: ClientChannel, clientId: string): void {
    if (this.#channels.get(clientId) === channel) this.#channels.delete(clientId)
  }

  /** A claim for `clientId` is under way; ends with {@link claimDone}. */
  claimBegun(clientId: string): void {
    const claim = this.#overtaken.get(clientId)
    if (claim === undefined) this.#overtaken.set(clientId, { claims: 1, epoch: 0 })
    else claim.claims++
  }

  claimDone(clientId: string): void {
    const claim = this.#overtaken.get(clientId)
    if (claim === undefined) return
    claim.claims--
    if (claim.claims === 0) this.#overtaken.delete(clientId)
  }

  /** The newest epoch that is known to be claimed, while a claim of ours is under way; 0: none. */
  newestClaim(clientId: string): number {
    return this.#overtaken.get(clientId)?.epoch ?? 0
  }

  /** `epoch` was claimed, here or at another worker: older claims that are under way learn it by {@link newestClaim}. */
  overtaken(clientId: string, epoch: number): void {
    const claim = this.#overtaken.get(clientId)
    if (claim !== undefined && epoch > claim.epoch) claim.epoch = epoch
  }
}
