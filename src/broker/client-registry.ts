import type { ConnectedSession } from './connected-session.ts'
import type { Refusal } from './refusal.ts'

/** A connected client, as far as others than itself have to do with it. */
export interface RegisteredClient {
  /** Set once CONNECT was accepted. */
  readonly session: ConnectedSession | undefined
  /** Why the client's proof does not hold any more; undefined: it does. */
  revocation(): Refusal | undefined
  /** The security configuration was replaced: the client is held against it. */
  review(): void
  /** Another connection of the same client has claimed the session (v5 [MQTT-3.1.4-3]). */
  takenOver(): void
  /** Ends the connection from our side; MQTT 5 clients are told the reason (v5 4.13). */
  disconnect(refusal: Refusal): void
}

/** The connected clients of this worker by Client Identifier, and the claims that are under way. */
export class ClientRegistry {
  readonly #clients = new Map<string, RegisteredClient>()
  /** The newest epoch that was claimed for a client while a claim of ours is under way. */
  readonly #overtaken = new Map<string, { claims: number; epoch: number }>()

  /** Connected clients. */
  get size(): number {
    return this.#clients.size
  }

  /** Clients with a claim under way. */
  get claims(): number {
    return this.#overtaken.size
  }

  find(clientId: string): RegisteredClient | undefined {
    return this.#clients.get(clientId)
  }

  clients(): IterableIterator<RegisteredClient> {
    return this.#clients.values()
  }

  register(client: RegisteredClient, clientId: string): void {
    this.#clients.set(clientId, client)
  }

  /** Does nothing when another connection of the client has taken the place. */
  unregister(client: RegisteredClient, clientId: string): void {
    if (this.#clients.get(clientId) === client) this.#clients.delete(clientId)
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
