import type { Counters } from '../core/counters.ts'
import type { Message } from '../core/message.ts'
import type { Bus, WorkerAddress } from '../ports/bus.ts'
import type {
  AppendLine,
  AppendResult,
  QueueAppend,
  QueueStore,
  QueueTarget,
  ReceivedMark,
  Wake,
} from '../ports/store.ts'
import type { ClientRegistry } from './client-registry.ts'

/** What {@link QueueAppends} works with. */
export interface QueueAppendsContext {
  readonly queues: QueueStore
  readonly bus: Bus
  readonly registry: ClientRegistry
  readonly counters: Counters
}

interface PublishedAppend extends QueueAppend {
  /** The Topic Name in UTF-8. */
  readonly topicBytes: Buffer
}

/** Puts messages into the queues of persistent sessions, and tells those whose clients are connected. */
export class QueueAppends {
  readonly #context: QueueAppendsContext
  readonly #line: AppendLine<PublishedAppend> | undefined
  /** Which of the messages with its promise the last one is. */
  lastShare = 0

  constructor(context: QueueAppendsContext) {
    this.#context = context
    this.#line = context.queues.openLine?.((append, result) => this.#appended(append, result))
  }

  /** Resolves when the message is stored, and its mark with it; of many in one tick several may get the same promise. */
  add(
    targets: readonly QueueTarget[],
    message: Message,
    topicBytes: Buffer,
    received: ReceivedMark | undefined,
  ): Promise<void> {
    const append: PublishedAppend = { targets, message, topicBytes }
    if (received !== undefined || this.#line === undefined) {
      this.lastShare = 0
      return this.#append(append, received)
    }
    const stored = this.#line.add(append)
    this.lastShare = this.#line.lastShare
    return stored
  }

  async #append(append: PublishedAppend, received: ReceivedMark | undefined): Promise<void> {
    const { targets, message } = append
    this.#appended(append, await this.#context.queues.append(targets, message, received))
  }

  #appended(append: PublishedAppend, { wakes, dropped }: AppendResult): void {
    this.#context.counters.droppedQueueFull += dropped
    if (wakes.length === 0) return
    const { bus } = this.#context
    let away: Map<WorkerAddress, string[]> | undefined
    let target = 0
    for (const wake of wakes) {
      // The wakes are in the order of the targets.
      while (append.targets[target]?.clientId !== wake.clientId && target < append.targets.length) target++
      if (wake.home === bus.self) this.#wakeHere(wake, append, append.targets[target])
      else {
        away ??= new Map()
        away.set(wake.home, [...(away.get(wake.home) ?? []), wake.clientId])
      }
    }
    if (away === undefined) return
    for (const [home, clientIds] of away) bus.send(home, { kind: 'wake', clientIds })
  }

  #wakeHere(
    { clientId, position }: Wake,
    { message, topicBytes }: QueueAppend & PublishedAppend,
    target: QueueTarget | undefined,
  ): void {
    const drain = this.#context.registry.find(clientId)?.session?.drain
    if (drain === undefined) return
    if (position === undefined || target === undefined) drain.wake()
    else drain.handOver(position, message, topicBytes, target.delivery)
  }
}
