import { isUtf8 } from 'node:buffer'
import { refused, refusedFor, type Refusal } from './refusal-cause.ts'

/** A JSON object of a token. Its members are its own properties only; read them with {@link member}. */
export type JsonObject = Readonly<Record<string, unknown>>

/** The deepest nesting in real tokens is about four (Keycloak's `resource_access`). */
const DEPTH_MAX = 32

const QUOTE = 0x22
const COMMA = 0x2c
const OPENING_BRACKET = 0x5b
const BACKSLASH = 0x5c
const CLOSING_BRACKET = 0x5d
const OPENING_BRACE = 0x7b
const CLOSING_BRACE = 0x7d

/**
 * Reads a JSON object strictly: valid UTF-8, bounded depth, and no member name twice in one object at any depth, for
 * of two `scope` members two readers may each take another one.
 */
export function parseJsonObject(bytes: Buffer): { readonly kind: 'object'; readonly object: JsonObject } | Refusal {
  if (!isUtf8(bytes)) return refused('token_malformed', { fault: 'not UTF-8' })
  const text = bytes.toString()
  const refusal = scanMembers(text)
  if (refusal !== undefined) return refusal
  const value = parsed(text)
  return isJsonObject(value)
    ? { kind: 'object', object: value }
    : refused('token_malformed', { fault: 'not a JSON object' })
}

/** The value of a member, never something inherited (`constructor`, `__proto__`). */
export function member(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined
}

/** Whether a value is a JSON object: no array, not null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's message quotes the token; that it is no JSON is all that may be said.
    return undefined
  }
}

/** Finds what JSON.parse lets pass. It need not notice that the text is no JSON: the parser does, afterwards. */
function scanMembers(text: string): Refusal | undefined {
  const open: (Set<string> | undefined)[] = [] // the names seen in each open object; undefined for an open array
  let nameNext = false
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE: {
        const end = endOfString(text, at)
        const refusal = nameNext ? noteName(text.slice(at, end + 1), open.at(-1)) : undefined
        if (refusal !== undefined) return refusal
        nameNext = false
        at = end
        break
      }
      case OPENING_BRACE:
      case OPENING_BRACKET:
        nameNext = text.charCodeAt(at) === OPENING_BRACE
        open.push(nameNext ? new Set() : undefined)
        if (open.length > DEPTH_MAX) return refused('token_malformed', { fault: `nested deeper than ${DEPTH_MAX}` })
        break
      case CLOSING_BRACE:
      case CLOSING_BRACKET:
        open.pop()
        nameNext = false
        break
      case COMMA:
        nameNext = open.at(-1) !== undefined
        break
      default:
    }
  }
  return undefined
}

/** The index of the closing quote, or the end of the text if there is none. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) return at
    if (code === BACKSLASH) at++
  }
  return text.length
}

function noteName(quoted: string, names: Set<string> | undefined): Refusal | undefined {
  const name = quoted.includes('\\') ? parsed(quoted) : quoted.slice(1, -1)
  if (typeof name !== 'string' || names === undefined) return refused('token_malformed', { fault: 'not JSON' })
  if (names.has(name)) return refusedFor('duplicate_claim', name)
  names.add(name)
  return undefined
}
