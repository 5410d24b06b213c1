import { isIPv4, isIPv6, SocketAddress } from 'node:net'
import type { RemotePeer } from './remote-address.ts'
import { addressFromBytes, withoutMapping } from './remote-address.ts'

/** What the first bytes of a connection say. */
export type ProxyHeaderReading =
  | { readonly kind: 'incomplete' }
  /** The client's own bytes begin at `length`. `client` is undefined where the proxy speaks for itself, or does not know. */
  | { readonly kind: 'complete'; readonly client: RemotePeer | undefined; readonly length: number }
  | { readonly kind: 'malformed'; readonly why: string }

/** The longest line of version 1, its CRLF included. */
const LINE_BYTES_MAX = 107
const LINE_START = Buffer.from('PROXY ')

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
const FIXED_BYTES = SIGNATURE.length + 4
const COMMAND_LOCAL = 0x20
const COMMAND_PROXY = 0x21
const FAMILY_UNSPECIFIED = 0x00
const FAMILY_UNIX_STREAM = 0x31
/** Bytes of one address in each family of addresses that is understood. */
const ADDRESS_BYTES: Readonly<Record<number, number>> = { 0x11: 4, 0x21: 16 }

/** What may follow the fixed part of version 2: addresses of 216 bytes at most, the rest for the extensions of a proxy. */
const VARIABLE_BYTES_MAX = 2_032

/** The longest header, of either version, that is read; a longer one is malformed. */
export const PROXY_HEADER_BYTES_MAX = FIXED_BYTES + VARIABLE_BYTES_MAX

const INCOMPLETE: ProxyHeaderReading = { kind: 'incomplete' }

/**
 * Reads a header of the PROXY protocol, version 1 or 2, from all bytes that a connection began with. What it says of
 * some bytes it also says of these with more behind them, unless that is `incomplete`: how they were chopped on their
 * way makes no difference. The extensions of version 2 (TLVs) are skipped.
 */
export function readProxyHeader(bytes: Buffer): ProxyHeaderReading {
  if (startsLike(bytes, LINE_START)) return bytes.length < LINE_START.length ? INCOMPLETE : readLine(bytes)
  if (startsLike(bytes, SIGNATURE)) return bytes.length < FIXED_BYTES ? INCOMPLETE : readBinary(bytes)
  return malformed('no header of the PROXY protocol')
}

/** Version 1: `PROXY TCP4 192.0.2.1 192.0.2.2 50000 1883` and CRLF. */
function readLine(bytes: Buffer): ProxyHeaderReading {
  const end = bytes.subarray(0, LINE_BYTES_MAX).indexOf('\r\n')
  if (end < 0) return bytes.length < LINE_BYTES_MAX ? INCOMPLETE : malformed('the line is too long')
  const length = end + 2
  const [, family, ...fields] = bytes.toString('latin1', 0, end).split(' ')
  if (family === 'UNKNOWN') return { kind: 'complete', client: undefined, length }
  const isAddress = family === 'TCP4' ? isIPv4 : isPlainIpv6
  const [source = '', destination = '', sourcePort = '', destinationPort = ''] = fields
  if ((family !== 'TCP4' && family !== 'TCP6') || fields.length !== 4) return malformed('the line is not understood')
  if (!isAddress(source) || !isAddress(destination)) return malformed('an address is wrong')
  if (!isPort(sourcePort) || !isPort(destinationPort)) return malformed('a port is wrong')
  const address = family === 'TCP4' ? source : canonicalIpv6(source)
  return { kind: 'complete', client: { address, port: Number(sourcePort) }, length }
}

/** Version 2: the signature, a command, the family of addresses, a length and that many bytes. */
function readBinary(bytes: Buffer): ProxyHeaderReading {
  const command = bytes[SIGNATURE.length]
  const family = bytes[SIGNATURE.length + 1] ?? 0
  const variableBytes = bytes.readUInt16BE(SIGNATURE.length + 2)
  if (command !== COMMAND_LOCAL && command !== COMMAND_PROXY) return malformed('the version or command is unknown')
  if (variableBytes > VARIABLE_BYTES_MAX) return malformed('the header is too long')
  const length = FIXED_BYTES + variableBytes
  const addressBytes = ADDRESS_BYTES[family]
  const said = command === COMMAND_PROXY && addressBytes !== undefined
  if (command === COMMAND_PROXY && !said && family !== FAMILY_UNSPECIFIED && family !== FAMILY_UNIX_STREAM) {
    return malformed('the family of addresses is unknown')
  }
  if (said && variableBytes < 2 * (addressBytes + 2)) return malformed('the addresses do not fit in')
  if (bytes.length < length) return INCOMPLETE
  if (!said) return { kind: 'complete', client: undefined, length }
  const address = addressFromBytes(bytes.subarray(FIXED_BYTES, FIXED_BYTES + addressBytes))
  const port = bytes.readUInt16BE(FIXED_BYTES + 2 * addressBytes)
  return { kind: 'complete', client: { address, port }, length }
}

/** Whether `bytes` are the start of `expected`, or begin with it. */
function startsLike(bytes: Buffer, expected: Buffer): boolean {
  const compared = Math.min(bytes.length, expected.length)
  return bytes.compare(expected, 0, compared, 0, compared) === 0
}

/** Without the zone of a link-local address, which means nothing on another machine. */
function isPlainIpv6(address: string): boolean {
  return isIPv6(address) && !address.includes('%')
}

function canonicalIpv6(address: string): string {
  return withoutMapping(new SocketAddress({ address, family: 'ipv6' }).address)
}

function isPort(text: string): boolean {
  return /^(0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535
}

function malformed(why: string): ProxyHeaderReading {
  return { kind: 'malformed', why }
}
