import type { KeptAnswer } from './introspection-cache.ts'
import { UNAVAILABLE, type IntrospectionAnswer } from './introspection.ts'
import { member } from './json-object.ts'
import type { IntrospectionModel } from './security-model.ts'

const CACHE_SECONDS = 60
const INACTIVE_MS = 10_000
/** How long an answer may stand in for an endpoint that gives none, where that is wanted. */
const STALE_MAX_MS = 60 * 60 * 1000

/** What stands for an answer that there is not; it counts for nobody else. */
export const NO_ANSWER: KeptAnswer = { answer: UNAVAILABLE, askedAtMs: 0, freshUntilMs: 0, staleUntilMs: 0 }

/** An answer that was asked for at `atMs`, with the times until which it counts: never beyond the end of its token. */
export function keptAnswer(answer: IntrospectionAnswer, atMs: number, model: IntrospectionModel): KeptAnswer {
  if (answer.kind !== 'active') return { answer, askedAtMs: atMs, freshUntilMs: atMs + INACTIVE_MS, staleUntilMs: 0 }
  const exp = member(answer.claims, 'exp')
  const expMs = typeof exp === 'number' ? exp * 1000 : Number.POSITIVE_INFINITY
  const stale = model.whenUnavailable === 'stale'
  return {
    answer,
    askedAtMs: atMs,
    freshUntilMs: Math.min(expMs, atMs + (model.cacheSeconds ?? CACHE_SECONDS) * 1000),
    staleUntilMs: stale ? Math.min(expMs, atMs + STALE_MAX_MS) : 0,
  }
}
