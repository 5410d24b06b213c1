import type { KeySetSnapshot } from '../../ports/key-sets.ts'
import type { Refusal } from '../refusal-cause.ts'
import { nearestOf } from './nearness.ts'
import { durationWords, quotedWords } from './plain-words.ts'

const KIDS_SHOWN_MAX = 8

/** What is known of the keys that a token was held against. */
export interface MissedKey {
  readonly refusal: Refusal
  readonly kid: string | undefined
  readonly snapshot: KeySetSnapshot | undefined
  readonly nowMs: number
  /** Why there are no newer keys; undefined: there is nothing to complain of. */
  readonly lastFailure: string | undefined
}

/** What the key of a token nearly was, and what to do about it. */
export function keyHints(missed: MissedKey): readonly string[] {
  const failure = missed.lastFailure === undefined ? [] : [`the last fetch of the keys failed: ${missed.lastFailure}`]
  switch (missed.refusal.cause) {
    case 'unknown_kid':
    case 'key_not_asked_for':
      return [...kidHints(missed), ...failure]
    case 'no_kid_ambiguous':
      return ['have the issuer put a kid into the header of its tokens']
    default:
      return failure
  }
}

/** The keys in a few words: `2 known keys ("a", "b"), fetched 12 s ago`. */
export function keySetWords(snapshot: KeySetSnapshot | undefined, nowMs: number): string {
  if (snapshot === undefined || snapshot.keys.length === 0) return 'no keys'
  const { keys, fetchedAtMs } = snapshot
  const kids = kidsOf(snapshot).slice(0, KIDS_SHOWN_MAX).map(quotedWords)
  const more = keys.length > kids.length ? [...kids, '…'] : kids
  const count = keys.length === 1 ? '1 known key' : `${keys.length} known keys`
  return `${count} (${more.join(', ')}), fetched ${durationWords(nowMs - fetchedAtMs)} ago`
}

function kidHints({ kid, snapshot, nowMs }: MissedKey): readonly string[] {
  if (kid === undefined || snapshot === undefined) return []
  const near = nearestOf(kidsOf(snapshot), kid)
  return [
    `kid not among ${keySetWords(snapshot, nowMs)}`,
    ...(near === undefined ? ['is the token of another environment of the same issuer?'] : [`key ${near}`]),
  ]
}

function kidsOf({ keys }: KeySetSnapshot): readonly string[] {
  return keys.flatMap(({ kid }) => (typeof kid === 'string' ? [kid] : []))
}
