import { BrokerError } from '../../core/errors.ts'
import type { AppendResult, QueueTarget } from '../../ports/store.ts'
import { background, type Log } from '../../ports/telemetry.ts'
import { type RawAnswer, type RawAppendLine, storeError } from '../raw-appends.ts'

interface PendingAppend<Appended> {
  readonly targets: readonly QueueTarget[]
  readonly appended: readonly Appended[] | BrokerError
}

/** Appends that become safe together. */
interface Group<Appended> {
  readonly safe: Promise<void>
  readonly appends: PendingAppend<Appended>[]
}

/** The queues that appends go to. */
export interface LineQueues<Appended> {
  /** Appends a message as its bytes are, and says what became of it in each queue; a refusal is thrown. */
  appendRaw(
    targets: readonly QueueTarget[],
    bytes: Buffer,
    start: number,
    end: number,
    expiresAtMs: number,
  ): readonly Appended[]
  /** Resolves when everything appended so far is safe; the same promise for what becomes so together. */
  safe(): Promise<void>
  /** What is to be told of an append that is safe now. */
  resultOf(appended: readonly Appended[]): AppendResult
}

/** What an {@link EmbeddedAppendLine} works with. */
export interface AppendLineParts<Appended> {
  readonly queues: LineQueues<Appended>
  readonly log: Log
  readonly answer: (answers: readonly RawAnswer[]) => void
}

/** The appends of one worker: those of one commit are answered together. */
export class EmbeddedAppendLine<Appended> implements RawAppendLine {
  readonly #parts: AppendLineParts<Appended>
  /** Undefined: everything so far has been answered. */
  #newest: Group<Appended> | undefined = undefined

  constructor(parts: AppendLineParts<Appended>) {
    this.#parts = parts
  }

  add(targets: readonly QueueTarget[], bytes: Buffer, start: number, end: number, expiresAtMs: number): void {
    const appended = this.#append(targets, bytes, start, end, expiresAtMs)
    const safe = this.#parts.queues.safe()
    if (this.#newest?.safe !== safe) this.#open(safe)
    this.#newest?.appends.push({ targets, appended })
  }

  #append(
    targets: readonly QueueTarget[],
    bytes: Buffer,
    start: number,
    end: number,
    expiresAtMs: number,
  ): PendingAppend<Appended>['appended'] {
    try {
      return this.#parts.queues.appendRaw(targets, bytes, start, end, expiresAtMs)
    } catch (error) {
      return storeError(error)
    }
  }

  #open(safe: Promise<void>): void {
    const group: Group<Appended> = { safe, appends: [] }
    this.#newest = group
    background(this.#parts.log, 'answer to appends', this.#answer(group))
  }

  async #answer(group: Group<Appended>): Promise<void> {
    const { answer, queues } = this.#parts
    const failure = await group.safe.then(() => undefined, storeError)
    if (this.#newest === group) this.#newest = undefined
    const answers = group.appends.map(({ targets, appended }): RawAnswer => {
      if (failure !== undefined) return { targets, result: failure }
      return { targets, result: appended instanceof BrokerError ? appended : queues.resultOf(appended) }
    })
    answer(answers)
  }
}
