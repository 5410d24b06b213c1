/** Variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>

/** What a setting can be; undefined: it is missing or off. */
export type SettingValue = string | number | undefined

/** What of this machine a default may depend on. */
export interface Facts {
  readonly cores: number
}

/** How the text of a variable becomes a value. */
export interface SettingType<Value> {
  /** What a right value is, in words that follow "expected". */
  readonly expected: string
  /** How a missing value is shown: `none`, `off`. */
  readonly absent: string
  /** Whether an empty variable is a value of its own; else it counts as not set. */
  readonly emptyIsValue: boolean
  /** Undefined: the text is not a right value. */
  parse(text: string): { readonly value: Value } | undefined
}

/** What holds when the variable is not set. */
export type Default<Value> =
  | { readonly value: Value }
  | { readonly from: (facts: Facts) => Value; readonly said: string }

/** One row of the table of settings. */
export interface Setting<Value> {
  readonly name: `GUARDBEE_${string}`
  readonly type: SettingType<Value>
  readonly default: Default<Value>
  /** What the number counts; undefined where the type says enough. */
  readonly unit: string | undefined
  /** The value is never printed. */
  readonly secret: boolean
  readonly sentence: string
}

/** Rows that belong together in the reference. */
export interface Section {
  readonly title: string
  readonly settings: Readonly<Record<string, Setting<SettingValue>>>
}

/** The fields of a row that have to be written down. */
export interface SettingFields<Value> {
  readonly name: `GUARDBEE_${string}`
  readonly type: SettingType<Value>
  readonly default: Default<NoInfer<Value>>
  readonly unit?: string
  readonly secret?: boolean
  readonly sentence: string
}

/** A row with what it leaves out filled in. */
export function setting<Value>(fields: SettingFields<Value>): Setting<Value> {
  return { unit: undefined, secret: false, ...fields }
}

/** The default of a row on this machine. */
export function defaultOf<Value>(row: Setting<Value>, facts: Facts): Value {
  return 'from' in row.default ? row.default.from(facts) : row.default.value
}
