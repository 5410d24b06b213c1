import type { KeptAnswer } from './introspection-cache.ts'
import { isJsonObject, member, parseJsonObject } from './json-object.ts'
import { keptAnswer } from './kept-answer.ts'
import type { IntrospectionModel } from './security-model.ts'
import type { SharedAnswers, SharedEntry } from './shared-answers.ts'
import type { Clock } from '../ports/clock.ts'

/** The clocks of two nodes may differ by this much. */
const CLOCKS_APART_MS = 60_000
/** As many as the endpoint itself may answer with, and what is added to them. */
const ENTRY_BYTES_MAX = 65 * 1024

/** What an introspection endpoint says of the tokens of one realm, as the nodes of a cluster share it. */
export class SharedIntrospection {
  readonly #model: IntrospectionModel
  readonly #answers: SharedAnswers
  readonly #clock: Clock

  constructor(model: IntrospectionModel, answers: SharedAnswers, clock: Clock) {
    this.#model = model
    this.#answers = answers
    this.#clock = clock
  }

  /** What another node was told of the token lately, else what `ask` is told for all. */
  obtain(digest: string, ask: () => Promise<KeptAnswer>): Promise<KeptAnswer> {
    return this.#answers.once({
      name: this.#nameOf(digest),
      accept: value => this.#fresh(value),
      ask,
      entryOf: kept => this.#entryOf(kept),
    })
  }

  /** What any node was told that may stand in for the endpoint; undefined: there is none. */
  last(digest: string): Promise<KeptAnswer | undefined> {
    return this.#answers.find(this.#nameOf(digest), value => this.#read(value))
  }

  /** Another endpoint, or one that knows us by another name, may answer differently. */
  #nameOf(digest: string): string {
    return this.#answers.nameOf('introspection', this.#model.endpoint, this.#model.username ?? '', digest)
  }

  #fresh(value: Buffer): KeptAnswer | undefined {
    const kept = this.#read(value)
    return kept !== undefined && this.#clock.nowMs() < kept.freshUntilMs ? kept : undefined
  }

  /** How long it counts follows from the settings of this node. */
  #read(value: Buffer): KeptAnswer | undefined {
    const nowMs = this.#clock.nowMs()
    const parsed = value.length > ENTRY_BYTES_MAX ? undefined : parseJsonObject(value)
    if (parsed?.kind !== 'object') return undefined
    const atMs = member(parsed.object, 'atMs')
    const active = member(parsed.object, 'active')
    const claims = member(parsed.object, 'claims')
    if (typeof atMs !== 'number' || atMs > nowMs + CLOCKS_APART_MS) return undefined
    if (active === false) return keptAnswer({ kind: 'inactive' }, atMs, this.#model)
    if (active !== true || !isJsonObject(claims)) return undefined
    return keptAnswer({ kind: 'active', claims }, atMs, this.#model)
  }

  #entryOf({ answer, askedAtMs, freshUntilMs, staleUntilMs }: KeptAnswer): SharedEntry | undefined {
    if (answer.kind === 'unavailable') return undefined
    const claims = answer.kind === 'active' ? { active: true, claims: answer.claims } : { active: false }
    const value = Buffer.from(JSON.stringify({ atMs: askedAtMs, ...claims }))
    return { value, untilMs: Math.max(freshUntilMs, staleUntilMs) }
  }
}
