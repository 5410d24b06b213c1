import { isUtf8 } from 'node:buffer'

/** HiveMQ ESE's ways to write bytes as text. */
export type Encoding = 'UTF8' | 'Base64' | 'Hex'

/** The encodings by the names that they have in a file. */
export const ENCODINGS: Readonly<Record<Encoding, Encoding>> = { UTF8: 'UTF8', Base64: 'Base64', Hex: 'Hex' }

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/
const HEX = /^(?:[0-9A-Fa-f]{2})*$/

/** The bytes that a text stands for; undefined when it is not of that encoding. */
export function decodedBytes(text: string, encoding: Encoding): Buffer | undefined {
  switch (encoding) {
    case 'UTF8':
      return Buffer.from(text)
    case 'Base64':
      return BASE64.test(text) ? Buffer.from(text, 'base64') : undefined
    case 'Hex':
      return HEX.test(text) ? Buffer.from(text, 'hex') : undefined
  }
}

/** The text that stands for bytes; undefined when they are no UTF-8 and should be. */
export function encodedText(bytes: Buffer, encoding: Encoding): string | undefined {
  switch (encoding) {
    case 'UTF8':
      return isUtf8(bytes) ? bytes.toString() : undefined
    case 'Base64':
      return bytes.toString('base64')
    case 'Hex':
      return bytes.toString('hex')
  }
}
