const GROUPS = 8
/** RFC 6177: a site gets a /64 at the least, and may use any address of it. */
const SITE_GROUPS = 4

/**
 * The addresses that count as one client: an IPv4 address by itself, an IPv6 address with its whole /64. A text that is
 * no address stands for itself.
 */
export function addressBlock(address: string): string {
  if (!address.includes(':')) return address
  const [head = '', tail = ''] = (address.split('%')[0] ?? '').split('::')
  const first = groupsOf(head)
  const last = groupsOf(tail)
  const missing = address.includes('::') ? Math.max(0, GROUPS - first.length - last.length) : 0
  const groups = [...first, ...Array.from({ length: missing }, () => '0'), ...last]
  return `${groups.slice(0, SITE_GROUPS).join(':')}::/64`
}

/** In one spelling; an IPv4 address at the end counts for the two groups that it fills. */
function groupsOf(part: string): readonly string[] {
  if (part === '') return []
  return part
    .split(':')
    .flatMap(group => (group.includes('.') ? [group, group] : [group.replace(/^0+(?=.)/, '').toLowerCase()]))
}
