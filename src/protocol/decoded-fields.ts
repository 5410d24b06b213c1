// What mqtt-packet hands out is taken as unknown and checked field by field: a field of another type is its fault, and
// it is thrown, so that the packet is refused like any other that cannot be decoded.

/** The field `name` of something decoded; undefined where there is none. */
export function fieldOf(decoded: unknown, name: string): unknown {
  return typeof decoded === 'object' && decoded !== null ? Reflect.get(decoded, name) : undefined
}

/** A field that must be text. */
export function textField(decoded: unknown, name: string): string {
  const value = fieldOf(decoded, name)
  return typeof value === 'string' ? value : wrongType(name)
}

/** A field that is text if it is there. */
export function optionalTextField(decoded: unknown, name: string): string | undefined {
  return fieldOf(decoded, name) === undefined ? undefined : textField(decoded, name)
}

/** A field that must be a number. */
export function numberField(decoded: unknown, name: string): number {
  const value = fieldOf(decoded, name)
  return typeof value === 'number' ? value : wrongType(name)
}

/** A field that is a number if it is there. */
export function optionalNumberField(decoded: unknown, name: string): number | undefined {
  return fieldOf(decoded, name) === undefined ? undefined : numberField(decoded, name)
}

/** A field that is a buffer if it is there. */
export function optionalBytesField(decoded: unknown, name: string): Buffer | undefined {
  const value = fieldOf(decoded, name)
  if (value === undefined) return undefined
  return Buffer.isBuffer(value) ? value : wrongType(name)
}

/** A field that must be a list. */
export function listField(decoded: unknown, name: string): readonly unknown[] {
  const value = fieldOf(decoded, name)
  return Array.isArray(value) ? value : wrongType(name)
}

function wrongType(name: string): never {
  throw new TypeError(`mqtt-packet decoded ${name} to something else than expected`)
}
