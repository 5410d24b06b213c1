import type { ProtocolVersion } from './packets.ts'
import { ReasonCode } from './reason-codes.ts'

/** What a client did against the standard; its connection is to be closed. */
export interface ProtocolViolation {
  /** For the DISCONNECT, or for the CONNACK that answers a malformed CONNECT (v5 4.13). */
  readonly reasonCode: number
  /** For the log: a constant sentence without anything the client sent. */
  readonly why: string
  /**
   * The version in which a CONNECT that could not be taken is answered by a CONNACK. Undefined: no answer can be given,
   * for it is not a CONNECT, its protocol is unknown, or MQTT 3 has no Return Code for it (v3.1.1 [MQTT-3.2.2-6]). Also
   * undefined once a CONNECT was taken: the connection's version is known then.
   */
  readonly connackVersion: ProtocolVersion | undefined
}

/** The packet cannot be read. */
export function malformed(why: string): ProtocolViolation {
  return { reasonCode: ReasonCode.MalformedPacket, why, connackVersion: undefined }
}

/** The packet can be read and says what it must not. */
export function protocolError(why: string): ProtocolViolation {
  return { reasonCode: ReasonCode.ProtocolError, why, connackVersion: undefined }
}
