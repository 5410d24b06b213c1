import type { Clock } from '../ports/clock.ts'
import type { ClientRegistry, RegisteredClient } from './client-registry.ts'

/** Two thousand a second, so that a node that leaves does not have the store read for all sessions of the others at once. */
const AT_ONCE = 100
const PAUSE_MS = 50

/**
 * Has the connected persistent sessions look into their queues again, some at a time: a worker that is gone may have put
 * something there, and acknowledged it, and have died before it could say so.
 */
export class WakeRounds {
  readonly #clock: Clock
  readonly #registry: ClientRegistry
  /** Of one round; another one begins anew, for those that are left are connected still or need nothing. */
  #waiting: RegisteredClient[] = []
  #running = false

  constructor(clock: Clock, registry: ClientRegistry) {
    this.#clock = clock
    this.#registry = registry
  }

  /** Begins a round. */
  begin(): void {
    this.#waiting = Array.from(this.#registry.clients())
    if (!this.#running) this.#wakeSome()
  }

  #wakeSome(): void {
    for (const { session } of this.#waiting.splice(-AT_ONCE)) session?.drain?.wake()
    this.#running = this.#waiting.length > 0
    if (this.#running) this.#clock.after(PAUSE_MS, () => this.#wakeSome())
  }
}
