import type { ProtocolVersion } from '../../../src/protocol/packets.ts'
import type { RecordedPacket } from '../packet-recorder.ts'

/** What a server makes of a packet. */
export type WireOutcome =
  | { readonly packet: RecordedPacket }
  | {
      /** Reason Code of the DISCONNECT, or of the CONNACK when the packet comes first. */
      readonly violation: number
      /** Version of the CONNACK that may answer; undefined: none. */
      readonly connackVersion: ProtocolVersion | undefined
    }

/** One packet from a client, legal or not, as bytes. */
export interface WireCase {
  readonly name: string
  readonly bytes: Buffer
  /** Versions of the connections on which it means this. For a packet that comes first: its own. */
  readonly versions: readonly ProtocolVersion[]
  /** Whether it is the first packet of its connection; the others follow a CONNECT that was accepted. */
  readonly first: boolean
  readonly expected: WireOutcome
}

export const V3: readonly ProtocolVersion[] = [3, 4]
export const V5: readonly ProtocolVersion[] = [5]
export const ALL: readonly ProtocolVersion[] = [3, 4, 5]

/** A packet that is taken, on a connection that is open. */
export function legal(
  name: string,
  versions: readonly ProtocolVersion[],
  bytes: Buffer,
  taken: RecordedPacket,
): WireCase {
  return { name, bytes, versions, first: false, expected: { packet: taken } }
}

/** A packet that ends the connection it comes on. */
export function illegal(
  name: string,
  versions: readonly ProtocolVersion[],
  bytes: Buffer,
  violation: number,
): WireCase {
  return { name, bytes, versions, first: false, expected: { violation, connackVersion: undefined } }
}

/** A first packet that is taken. */
export function legalFirst(name: string, version: ProtocolVersion, bytes: Buffer, taken: RecordedPacket): WireCase {
  return { name, bytes, versions: [version], first: true, expected: { packet: taken } }
}

/** A first packet that is refused; by a CONNACK of `connackVersion`, if any. */
export function illegalFirst(
  name: string,
  version: ProtocolVersion,
  bytes: Buffer,
  violation: number,
  connackVersion: ProtocolVersion | undefined,
): WireCase {
  return { name, bytes, versions: [version], first: true, expected: { violation, connackVersion } }
}
