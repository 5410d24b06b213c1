/** What stands before and after each name of a list in one variable, unless the file says otherwise. */
export const LIST_PREFIX = '{{'
export const LIST_POSTFIX = '}}'

/** Names that one value may hold; what follows is not read. */
const NAMES_MAX = 1_024

/** The names between each `prefix` and `postfix`, as in `{{admin}}{{operator}}`. */
export function split(text: string, prefix: string, postfix: string): readonly string[] {
  const names: string[] = []
  let at = 0
  while (names.length < NAMES_MAX) {
    const start = text.indexOf(prefix, at)
    if (start === -1) return names
    const end = text.indexOf(postfix, start + prefix.length)
    if (end === -1) return names
    names.push(text.slice(start + prefix.length, end))
    at = end + postfix.length
  }
  return names
}

/** Writes names so that {@link split} finds them again. */
export function joined(names: readonly string[], prefix: string, postfix: string): string {
  return names.map(name => prefix + name + postfix).join('')
}

/** The names in `authorization-role-key`: a list, or one name as it stands. */
export function namesIn(text: string | undefined): readonly string[] {
  if (text === undefined || text === '') return []
  return text.includes(LIST_PREFIX) ? split(text, LIST_PREFIX, LIST_POSTFIX) : [text]
}
