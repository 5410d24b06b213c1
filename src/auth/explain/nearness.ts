import { quotedWords } from './plain-words.ts'

/**
 * How a text that should be another one nearly is it; undefined: it is not. What is compared to the letter differs in
 * practice by little else than this.
 */
export function nearness(found: string, expected: string): string | undefined {
  if (found === expected) return undefined
  if (withoutSlash(found) === withoutSlash(expected)) return 'differs by a trailing slash'
  if (found.toLowerCase() === expected.toLowerCase()) return 'differs by upper and lower case'
  if (found.trim() === expected.trim()) return 'differs by spaces around it'
  if (withoutScheme(found) === withoutScheme(expected)) return `differs by ${schemeOf(found)} for ${schemeOf(expected)}`
  if (withoutPort(found) === withoutPort(expected)) return 'differs by the port of the scheme, which is not left out'
  if (loose(found) === loose(expected)) return 'differs by case, slash or scheme only'
  return undefined
}

/** The nearest of several texts to one that is expected, in words; undefined: none is near. */
export function nearestOf(found: readonly string[], expected: string): string | undefined {
  for (const text of found) {
    const how = nearness(text, expected)
    if (how !== undefined) return `${quotedWords(text)} ${how}`
  }
  return undefined
}

function withoutSlash(text: string): string {
  return text.replace(/\/$/, '')
}

function withoutScheme(text: string): string {
  return text.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '')
}

function schemeOf(text: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\//i.exec(text)?.[0] ?? 'no scheme'
}

function withoutPort(text: string): string {
  return text.replace(/^(https:\/\/[^/]*):443(?=\/|$)/, '$1').replace(/^(http:\/\/[^/]*):80(?=\/|$)/, '$1')
}

function loose(text: string): string {
  return withoutScheme(withoutSlash(withoutPort(text.trim().toLowerCase())))
}
