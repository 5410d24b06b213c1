/** What of the names in the store may match a Topic Filter, and how each is judged. */
export interface RetainedFilter {
  /** Text that stands as it is, `+` for one level, and `#` for an end or all levels below. */
  readonly parts: readonly string[]
  /** Bounds of the names, in the words of ZRANGE … BYLEX. */
  readonly from: string | Buffer
  readonly to: string | Buffer
}

// No byte of UTF-8.
const BEHIND_ALL = Buffer.from([0xff])

/** Takes a Topic Filter apart; undefined: it has no wildcard and names one topic. */
export function retainedFilter(topicFilter: string): RetainedFilter | undefined {
  const parts = partsOf(topicFilter)
  const [first = ''] = parts
  if (parts.length <= 1 && first === topicFilter && first !== '+' && first !== '#') return undefined
  if (first === '+' || first === '#') return { parts, from: '-', to: '+' }
  return { parts, from: `[${first}`, to: Buffer.concat([Buffer.from(`[${first}`), BEHIND_ALL]) }
}

function partsOf(topicFilter: string): readonly string[] {
  const parts: string[] = []
  let text = ''
  for (const [index, level] of topicFilter.split('/').entries()) {
    // `a/#` matches `a` itself (v5 4.7.1.2), so the separator before it is no part of the text.
    if (index > 0 && level !== '#') text += '/'
    if (level !== '+' && level !== '#') {
      text += level
      continue
    }
    // Of `/#` too: the text before it is empty, and it is the first level all the same.
    const emptyLevel = level === '#' && index > 0 && parts.at(-1) !== '+'
    if (text !== '' || emptyLevel) parts.push(text)
    parts.push(level)
    text = ''
  }
  if (text !== '' || parts.length === 0) parts.push(text)
  return parts
}
