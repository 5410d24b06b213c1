import type { sections } from './schema.ts'
import type { Setting, SettingValue } from './setting.ts'

type Groups = (typeof sections)[number]['settings']
type KeyOf<Group> = Group extends unknown ? keyof Group : never
type RowOf<Key extends PropertyKey> = Extract<Groups, Readonly<Record<Key, unknown>>>[Key]

/** The value of every setting under its property name; follows from the table. */
export type Settings = {
  readonly [Key in KeyOf<Groups>]: RowOf<Key> extends Setting<infer Value> ? Value : never
}

/** Proven: `readTable` sets each property of the table to what its row's own `parse` or default gave. */
export function settingsOf(values: Readonly<Record<string, SettingValue>>): Settings {
  return values as Settings
}
