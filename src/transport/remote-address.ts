import type { Socket } from 'node:net'
import { SocketAddress } from 'node:net'

const MAPPED_PREFIX = '::ffff:'
const MAPPED_PREFIX_BYTES = Buffer.from('00000000000000000000ffff', 'hex')

/** The other end of a connection. */
export interface RemotePeer {
  /** Textual; an IPv4 address mapped into IPv6 is given in its IPv4 form. */
  readonly address: string
  readonly port: number
}

/** Finds the client of a socket that was accepted; undefined: it was gone before we looked. */
export type PeerOf = (socket: Socket) => RemotePeer | undefined

/** The client of a socket with nobody in between. */
export function directPeer({ remoteAddress, remotePort }: Socket): RemotePeer | undefined {
  if (remoteAddress === undefined || remotePort === undefined) return undefined
  return { address: withoutMapping(remoteAddress), port: remotePort }
}

/** Gives an IPv4 address that is mapped into IPv6 (RFC 4291 2.5.5.2) in its IPv4 form, and any other as it is. */
export function withoutMapping(address: string): string {
  const mapped = address.startsWith(MAPPED_PREFIX) && address.includes('.')
  return mapped ? address.slice(MAPPED_PREFIX.length) : address
}

/** The text of an address in network order, 4 bytes for IPv4 or 16 for IPv6; empty for any other length. */
export function addressFromBytes(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.')
  if (bytes.length !== 16) return ''
  if (MAPPED_PREFIX_BYTES.equals(bytes.subarray(0, 12))) return bytes.subarray(12).join('.')
  const groups = Buffer.from(bytes).toString('hex').match(/.{4}/g) ?? []
  return new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address
}
