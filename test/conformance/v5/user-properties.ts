import assert from 'node:assert/strict'

/** Size of a property's value by its identifier; `undefined`: it is a string or Binary Data, `pair`: two of them. */
const VALUE_BYTES: Readonly<Record<number, number | 'variable' | 'pair'>> = {
  0x01: 1,
  0x02: 4,
  0x0b: 'variable',
  0x23: 2,
  0x26: 'pair',
}

/** The User Properties of a PUBLISH in their order, which mqtt-packet does not keep. */
export function userPropertiesOf(publish: Buffer | undefined): readonly (readonly [string, string])[] {
  assert.ok(publish !== undefined)
  const qos = ((publish[0] ?? 0) >> 1) & 3
  let offset = behindVarint(publish, 1)
  offset += 2 + publish.readUInt16BE(offset) + (qos > 0 ? 2 : 0)
  const start = behindVarint(publish, offset)
  const end = start + varintAt(publish, offset)
  const pairs: (readonly [string, string])[] = []
  for (let at = start; at < end; ) {
    const kind = VALUE_BYTES[publish[at] ?? 0]
    at += 1
    if (typeof kind === 'number') at += kind
    else if (kind === 'variable') at = behindVarint(publish, at)
    else if (kind === 'pair') {
      const name = stringAt(publish, at)
      const value = stringAt(publish, name.end)
      pairs.push([name.text, value.text])
      at = value.end
    } else at = stringAt(publish, at).end
  }
  return pairs
}

function stringAt(bytes: Buffer, offset: number): { readonly text: string; readonly end: number } {
  const end = offset + 2 + bytes.readUInt16BE(offset)
  return { text: bytes.toString('utf8', offset + 2, end), end }
}

function behindVarint(bytes: Buffer, offset: number): number {
  let at = offset
  while ((bytes[at] ?? 0) >= 0x80) at += 1
  return at + 1
}

function varintAt(bytes: Buffer, offset: number): number {
  let value = 0
  for (let at = behindVarint(bytes, offset) - 1; at >= offset; at--) value = value * 128 + ((bytes[at] ?? 0) & 0x7f)
  return value
}
