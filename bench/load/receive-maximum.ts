/** What holds when a broker names no Receive Maximum. */
export const RECEIVE_MAXIMUM_DEFAULT = 65_535

const RECEIVE_MAXIMUM = 0x21

/**
 * Receive Maximum among the properties of a CONNACK, their length first. Brokers write it before any text, so walking
 * over the short properties is enough.
 */
export function receiveMaximumIn(properties: Uint8Array): number {
  let at = (properties[0] ?? 0) < 0x80 ? 1 : 2
  while (at < properties.length) {
    const id = properties[at] ?? 0
    const value = ((properties[at + 1] ?? 0) << 8) + (properties[at + 2] ?? 0)
    if (id === RECEIVE_MAXIMUM) return value
    const skipped = valueBytes(id, value)
    if (skipped === undefined) break
    at += 1 + skipped
  }
  return RECEIVE_MAXIMUM_DEFAULT
}

/** Bytes of the value of a CONNACK property; undefined for an unknown one. */
function valueBytes(id: number, firstTwoBytes: number): number | undefined {
  switch (id) {
    case 0x11:
    case 0x27:
      return 4
    case 0x13:
    case 0x22:
      return 2
    case 0x24:
    case 0x25:
    case 0x28:
    case 0x29:
    case 0x2a:
      return 1
    case 0x12:
    case 0x15:
    case 0x16:
    case 0x1a:
    case 0x1c:
    case 0x1f:
      return 2 + firstTwoBytes
    default:
      return undefined
  }
}
