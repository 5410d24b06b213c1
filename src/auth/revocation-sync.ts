import type { Clock, Timer } from '../ports/clock.ts'
import type { SharedRecord, SharedRecords } from '../ports/shared-records.ts'
import { background, type Log } from '../ports/telemetry.ts'
import type { Seal } from './cluster-seal.ts'
import { readRevocation, writeRevocation } from './revocation-json.ts'
import type { RevocationKeeper } from './revocation-keeper.ts'
import type { Revocation, Revocations } from './revocations.ts'

export interface RevocationSyncParts {
  readonly records: SharedRecords
  readonly seal: Seal
  readonly revocations: Revocations
  readonly clock: Clock
  readonly log: Log
  /** Called with what was revoked at another node. */
  readonly learnt: (revocations: readonly Revocation[]) => void
}

/** Others must know within a second, the answer and the way to the workers included. */
const LOOK_MS = 250
const PAGE_RECORDS = 500
/** Far more than there can be records, so that a look ends whatever is there. */
const PAGES_MAX = 400
const PUT_RECORDS = 100
/** How often it is made sure that nothing is missing there, or was changed, that this node knows of. */
const COMPARE_MS = 5 * 60_000
/** The same where fewer are there than this node knows of. */
const COMPARE_MISSING_MS = 5_000
const VALUE_BYTES_MAX = 64 * 1024
const REFUSED_SAID_MS = 60_000

/**
 * Keeps the revocations of this node and of all others the same. What is made here is put to the records they share;
 * what others have put is read four times a second, and nobody lets clients in who has not read it all. What the records
 * have lost, or somebody has taken out of them, is put back by whoever knows it.
 */
export class RevocationSync implements RevocationKeeper {
  /** Records that no node of this cluster has put there, or that are no revocations. */
  refused = 0
  readonly #parts: RevocationSyncParts
  readonly #started = Promise.withResolvers<void>()
  /** To be put, by their names; those of this node, so bounded as they are. */
  readonly #unsent = new Map<string, Revocation>()
  #looking: Promise<boolean> | undefined
  #timer: Timer | undefined
  #position = 0
  #series = ''
  #comparedAtMs = Number.NEGATIVE_INFINITY
  #refusedSaidMs = Number.NEGATIVE_INFINITY
  #isAway = false
  #closed = false

  constructor(parts: RevocationSyncParts) {
    this.#parts = parts
  }

  start(): Promise<void> {
    const { clock, log } = this.#parts
    this.#timer ??= clock.every(LOOK_MS, () => background(log, 'look for revocations', this.#look()))
    background(log, 'look for revocations', this.#look())
    return this.#started.promise
  }

  async keep(added: readonly Revocation[]): Promise<boolean> {
    for (const revocation of added) this.#unsent.set(this.#nameOf(revocation), revocation)
    // A look that has begun may be past its put.
    await this.#looking
    return await this.#look()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#timer?.cancel()
    await this.#looking
    this.#started.resolve()
  }

  /** Puts what is to be put, then reads what is new. Resolves with whether it could; never rejects. */
  #look(): Promise<boolean> {
    this.#looking ??= this.#exchange().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  async #exchange(): Promise<boolean> {
    if (this.#closed) return false
    const { clock, log, revocations } = this.#parts
    try {
      // Where there is no room to write, what others have revoked is read all the same.
      const [sent] = await Promise.allSettled([this.#putUnsent()])
      const count = await this.#readNew()
      const nowMs = clock.nowMs()
      // Those that have ended are forgotten only when it may make a difference.
      const isMissing = count < revocations.size && count < revocations.list(nowMs).length
      this.#started.resolve()
      if (sent.status === 'rejected') throw sent.reason
      if (nowMs - this.#comparedAtMs >= (isMissing ? COMPARE_MISSING_MS : COMPARE_MS)) await this.#compare()
      if (this.#isAway) log.info('revocations are shared again')
      this.#isAway = false
      return sent.value
    } catch (error) {
      if (!this.#isAway) log.warn('revocations cannot be shared: trying again', { why: textOf(error) })
      this.#isAway = true
      return false
    }
  }

  /** Whether there was room for all of them. */
  async #putUnsent(): Promise<boolean> {
    const { records, clock, log } = this.#parts
    while (this.#unsent.size > 0) {
      const some = [...this.#unsent].slice(0, PUT_RECORDS)
      const living = some.filter(([, { untilMs }]) => clock.nowMs() < untilMs)
      const put = living.length === 0 ? 0 : await records.put(living.map(named => this.#recordOf(...named)))
      for (const [name, revocation] of some) if (this.#unsent.get(name) === revocation) this.#unsent.delete(name)
      if (put === living.length) continue
      log.error('there is no room for further revocations that all nodes share', undefined)
      return false
    }
    return true
  }

  /** Reads what was put since the last look, and returns how many records there are. */
  async #readNew(): Promise<number> {
    for (let pages = 0; pages < PAGES_MAX; pages++) {
      const page = await this.#parts.records.read(this.#position, PAGE_RECORDS)
      if (page.series !== this.#series) {
        this.#series = page.series
        this.#comparedAtMs = Number.NEGATIVE_INFINITY
        if (this.#position > 0) {
          this.#position = 0
          continue
        }
      }
      this.#position = page.position
      this.#learn(page.records)
      if (page.records.length < PAGE_RECORDS) return page.count
    }
    return Number.POSITIVE_INFINITY
  }

  /** Reads everything anew, and puts back what is missing. */
  async #compare(): Promise<void> {
    const { records, revocations, clock } = this.#parts
    const there = new Set<string>()
    let after = 0
    for (let pages = 0; pages < PAGES_MAX; pages++) {
      const page = await records.read(after, PAGE_RECORDS)
      for (const name of this.#learn(page.records)) there.add(name)
      after = page.position
      if (page.records.length < PAGE_RECORDS) break
    }
    for (const revocation of revocations.list(clock.nowMs())) {
      const name = this.#nameOf(revocation)
      if (!there.has(name)) this.#unsent.set(name, revocation)
    }
    await this.#putUnsent()
    this.#comparedAtMs = clock.nowMs()
  }

  /** Takes in what is new in these records; returns the names of those that are as they should be. */
  #learn(found: readonly Pick<SharedRecord, 'name' | 'value'>[]): readonly string[] {
    const { revocations, clock, log, learnt } = this.#parts
    const nowMs = clock.nowMs()
    const news: Revocation[] = []
    const good: string[] = []
    for (const record of found) {
      const revocation = this.#read(record, nowMs)
      if (revocation === undefined) continue
      good.push(record.name)
      const known = revocations.like(revocation)
      if (known === undefined || isLater(revocation, known)) {
        if (revocations.add(revocation, nowMs)) news.push(revocation)
        else log.error('there is no room for a revocation of another node', undefined)
      }
      // Two nodes may have revoked the same at once: the later times count, whoever was read last.
      const now = revocations.like(revocation)
      if (now !== undefined && isLater(now, revocation)) this.#unsent.set(this.#nameOf(now), now)
    }
    if (news.length > 0) {
      log.info('tokens revoked at another node', {
        count: news.length,
        kinds: [...new Set(news.map(each => each.kind))],
      })
      learnt(news)
    }
    return good
  }

  #read({ name, value }: Pick<SharedRecord, 'name' | 'value'>, nowMs: number): Revocation | undefined {
    const isSmall = value.length <= VALUE_BYTES_MAX
    const opened = isSmall ? this.#parts.seal.open(name, value, Number.NEGATIVE_INFINITY) : undefined
    const revocation = opened === undefined ? undefined : parsed(opened.value)
    if (revocation === undefined || !this.#parts.seal.isNameOf(name, ...partsOf(revocation))) return this.#refuse(nowMs)
    return nowMs < revocation.untilMs ? revocation : undefined
  }

  #refuse(nowMs: number): undefined {
    this.refused++
    if (nowMs - this.#refusedSaidMs < REFUSED_SAID_MS) return
    this.#refusedSaidMs = nowMs
    this.#parts.log.warn('a shared revocation was refused: no node with this GUARDBEE_CLUSTER_SECRET has put it there')
  }

  #recordOf(name: string, revocation: Revocation): SharedRecord {
    const { untilMs } = revocation
    const value = this.#parts.seal.seal(name, Buffer.from(writeRevocation(revocation)), untilMs)
    return { name, value, untilMs }
  }

  #nameOf(revocation: Revocation): string {
    return this.#parts.seal.nameOf(...partsOf(revocation))
  }
}

/** What names a revocation among the records. */
function partsOf({ kind, value, issuer }: Revocation): readonly string[] {
  return ['revocation', kind, value, issuer ?? '']
}

/** Whether one of its times is later than that of the other. */
function isLater(one: Revocation, other: Revocation): boolean {
  return one.untilMs > other.untilMs || one.revokedAtMs > other.revokedAtMs
}

function parsed(value: Buffer): Revocation | undefined {
  try {
    return readRevocation(JSON.parse(value.toString()))
  } catch {
    return undefined // no JSON, so no revocation
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown'
}
