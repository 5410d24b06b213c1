import { validTopicFilter } from '../protocol/topic.ts'
import type { Permission } from './permissions.ts'

/** The value of a placeholder for one client; undefined: it has none. */
export type PlaceholderValue = (name: string) => string | undefined

/** The list with its placeholders filled in, or the placeholder that must not be. */
export type FilledPermissions =
  | { readonly kind: 'filled'; readonly permissions: readonly Permission[] }
  | { readonly kind: 'unsafe'; readonly placeholder: string }

const PLACEHOLDER = /\$\{([^{}]*)\}/g
/** What would make a value more than one level, or a level more than one topic. */
const UNSAFE = /[+#/\0]/

/** The names of the placeholders in a Topic Filter. */
export function placeholdersOf(topicFilter: string): readonly string[] {
  return Array.from(topicFilter.matchAll(PLACEHOLDER), ([, name]) => name ?? '')
}

/**
 * Fills in `${…}` in the Topic Filters of a list. A value with `+`, `#`, `/` or NUL in it, or with `$` where the filter
 * begins, would widen what was meant, so it refuses the client: dropping the permission could drop a denial. A grant
 * whose placeholder has no value is left out, for it grants nothing; such a denial refuses the client too.
 */
export function fillPlaceholders(permissions: readonly Permission[], valueOf: PlaceholderValue): FilledPermissions {
  const filled: Permission[] = []
  for (const permission of permissions) {
    const { topicFilter, syntax, effect } = permission
    if (syntax !== 'filter' || !topicFilter.includes('${')) {
      filled.push(permission)
      continue
    }
    const values = placeholdersOf(topicFilter).map(name => ({ name, value: valueOf(name) }))
    const [absent] = values.filter(({ value }) => value === undefined || value === '')
    if (absent !== undefined) {
      if (effect === 'deny') return { kind: 'unsafe', placeholder: absent.name }
      continue
    }
    const text = topicFilter.replace(PLACEHOLDER, (_, name: string) => valueOf(name) ?? '')
    const [first] = values
    const startsWith$ = text.startsWith('$') && topicFilter.startsWith('${')
    const unsafe = startsWith$ ? first : values.find(({ value = '' }) => UNSAFE.test(value))
    if (unsafe !== undefined) return { kind: 'unsafe', placeholder: unsafe.name }
    if (!validTopicFilter(text)) return { kind: 'unsafe', placeholder: first?.name ?? '' }
    filled.push({ ...permission, topicFilter: text })
  }
  return { kind: 'filled', permissions: filled }
}
