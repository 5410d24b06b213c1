import type { Packet } from 'mqtt-packet'
import { generate, writeToStream } from 'mqtt-packet'
import { variableByteIntegerSize, writeTwoByteInteger, writeVariableByteInteger } from './bytes.ts'
import type { OutBuffer } from './out-buffer.ts'
import { PINGRESP } from './packet-types.ts'
import type { AcknowledgementType, ConnackPacket, ProtocolVersion } from './packets.ts'
import { PUBREL } from './packets.ts'
import { Property } from './properties.ts'
import { connackReturnCode } from './reason-codes.ts'

// Otherwise the first packet it generates makes it keep a buffer for each of the 65,536 packet ids: 15 MB a process.
writeToStream.cacheNumbers = false

const STRING_BYTES_MAX = 65_535
const FAILURE = 0x80

/**
 * Appends a PUBACK, PUBREC, PUBREL or PUBCOMP. Reason Code and Reason String are for MQTT 5 only; the string is left out
 * when the packet would exceed `maximumPacketSizeBytes`, the client's Maximum Packet Size (v5 [MQTT-3.4.2-2]).
 */
export function appendAcknowledgement(
  out: OutBuffer,
  type: AcknowledgementType,
  version: ProtocolVersion,
  packetId: number,
  reasonCode: number,
  reasonString?: string,
  maximumPacketSizeBytes: number = Infinity,
): void {
  if (version === 5 && reasonString !== undefined) {
    if (appendExplained(out, type, packetId, reasonCode, reasonString, maximumPacketSizeBytes)) return
  }
  const coded = version === 5 && reasonCode !== 0
  const offset = appendAcknowledgementStart(out, type, packetId, coded ? 3 : 2)
  if (coded) out.slab[offset] = reasonCode
}

/** Appends a PINGRESP. */
export function appendPingResponse(out: OutBuffer): void {
  const offset = out.reserve(2)
  out.slab[offset] = PINGRESP << 4
  out.slab[offset + 1] = 0
}

/**
 * Appends a CONNACK; for MQTT 3 with the Return Code that comes nearest. Like all below it leaves the Reason String out
 * when the packet would exceed the client's Maximum Packet Size, and returns false, having appended nothing, when it
 * exceeds it even so (v5 [MQTT-3.1.2-24], [MQTT-3.2.2-19]).
 */
export function appendConnack(
  out: OutBuffer,
  version: ProtocolVersion,
  packet: ConnackPacket,
  maximumPacketSizeBytes: number = Infinity,
): boolean {
  const { sessionPresent: present, reasonCode, reasonString: why, ...rest } = packet
  // MQTT 3.1 has no such flag, and no refusal has it (v5 [MQTT-3.2.2-6]).
  const sessionPresent = present && reasonCode === 0 && version !== 3
  return appendFitting(out, version, maximumPacketSizeBytes, why, reasonString => {
    if (version !== 5) return { cmd: 'connack', sessionPresent, returnCode: connackReturnCode(reasonCode) }
    return {
      cmd: 'connack',
      sessionPresent,
      reasonCode,
      properties: given({ ...connackProperties(rest), reasonString }),
    }
  })
}

/** Appends a SUBACK with one Reason Code per Topic Filter; for MQTT 3 every refusal is 0x80. */
export function appendSuback(
  out: OutBuffer,
  version: ProtocolVersion,
  packetId: number,
  reasonCodes: readonly number[],
  reasonString?: string,
  maximumPacketSizeBytes: number = Infinity,
): boolean {
  const granted = version === 5 ? [...reasonCodes] : reasonCodes.map(code => Math.min(code, FAILURE))
  return appendFitting(out, version, maximumPacketSizeBytes, reasonString, fitting => ({
    cmd: 'suback',
    messageId: packetId,
    granted,
    properties: given({ reasonString: fitting }),
  }))
}

/** Appends an UNSUBACK; the Reason Codes, one per Topic Filter, are for MQTT 5 only. */
export function appendUnsuback(
  out: OutBuffer,
  version: ProtocolVersion,
  packetId: number,
  reasonCodes: readonly number[],
  reasonString?: string,
  maximumPacketSizeBytes: number = Infinity,
): boolean {
  return appendFitting(out, version, maximumPacketSizeBytes, reasonString, fitting => ({
    cmd: 'unsuback',
    messageId: packetId,
    granted: [...reasonCodes],
    properties: given({ reasonString: fitting }),
  }))
}

/** What a DISCONNECT may say beside its Reason Code. */
export interface DisconnectOptions {
  readonly reasonString?: string | undefined
  readonly serverReference?: string | undefined
}

/** Appends a DISCONNECT, which only MQTT 5 clients know from a server. */
export function appendDisconnect(
  out: OutBuffer,
  reasonCode: number,
  options: DisconnectOptions = {},
  maximumPacketSizeBytes: number = Infinity,
): boolean {
  const { serverReference } = options
  return appendFitting(out, 5, maximumPacketSizeBytes, options.reasonString, reasonString => ({
    cmd: 'disconnect',
    reasonCode,
    properties: given({ reasonString, serverReference }),
  }))
}

/** What an AUTH says beside its Reason Code; the Authentication Method is never left out (v5 3.15.2.2.2). */
export interface AuthOptions {
  readonly authenticationMethod: string
  readonly authenticationData?: Buffer | undefined
  readonly reasonString?: string | undefined
}

/** Appends an AUTH; MQTT 5 only. */
export function appendAuth(
  out: OutBuffer,
  reasonCode: number,
  options: AuthOptions,
  maximumPacketSizeBytes: number = Infinity,
): boolean {
  const { authenticationMethod, authenticationData } = options
  return appendFitting(out, 5, maximumPacketSizeBytes, options.reasonString, reasonString => ({
    cmd: 'auth',
    reasonCode,
    properties: given({ authenticationMethod, authenticationData, reasonString }),
  }))
}

/** Appends fixed header and packet id of an acknowledgement and returns the offset in the slab of what follows them. */
function appendAcknowledgementStart(
  out: OutBuffer,
  type: AcknowledgementType,
  packetId: number,
  remainingLength: number,
): number {
  const offset = out.reserve(1 + variableByteIntegerSize(remainingLength) + remainingLength)
  const { slab } = out
  slab[offset] = type === PUBREL ? (type << 4) | 2 : type << 4
  return writeTwoByteInteger(slab, writeVariableByteInteger(slab, offset + 1, remainingLength), packetId)
}

function appendExplained(
  out: OutBuffer,
  type: AcknowledgementType,
  packetId: number,
  reasonCode: number,
  reasonString: string,
  maximumPacketSizeBytes: number,
): boolean {
  const stringSize = Buffer.byteLength(reasonString)
  const propertiesSize = 3 + stringSize
  const remainingLength = 3 + variableByteIntegerSize(propertiesSize) + propertiesSize
  const packetSize = 1 + variableByteIntegerSize(remainingLength) + remainingLength
  if (stringSize > STRING_BYTES_MAX || packetSize > maximumPacketSizeBytes) return false
  let offset = appendAcknowledgementStart(out, type, packetId, remainingLength)
  const { slab } = out
  slab[offset] = reasonCode
  offset = writeVariableByteInteger(slab, offset + 1, propertiesSize)
  slab[offset] = Property.ReasonString
  slab.write(reasonString, writeTwoByteInteger(slab, offset + 1, stringSize))
  return true
}

function connackProperties(packet: Omit<ConnackPacket, 'sessionPresent' | 'reasonCode' | 'reasonString'>) {
  const { maximumPacketSizeBytes, serverKeepAliveSeconds, sessionExpiryIntervalSeconds, ...sameName } = packet
  return {
    ...sameName,
    maximumPacketSize: maximumPacketSizeBytes,
    serverKeepAlive: serverKeepAliveSeconds,
    sessionExpiryInterval: sessionExpiryIntervalSeconds,
  }
}

/** Generates the packet with the Reason String, or without it where that does not fit, and appends what fits. */
function appendFitting(
  out: OutBuffer,
  protocolVersion: ProtocolVersion,
  maximumPacketSizeBytes: number,
  reasonString: string | undefined,
  packetWith: (reasonString: string | undefined) => Packet,
): boolean {
  const possible = reasonString !== undefined && Buffer.byteLength(reasonString) <= STRING_BYTES_MAX
  let bytes = generate(packetWith(possible ? reasonString : undefined), { protocolVersion })
  if (possible && bytes.length > maximumPacketSizeBytes) bytes = generate(packetWith(undefined), { protocolVersion })
  if (bytes.length > maximumPacketSizeBytes) return false
  out.append(bytes, 0, bytes.length)
  return true
}

type Given<T> = { [Name in keyof T]?: Exclude<T[Name], undefined> }

/** mqtt-packet leaves out the properties that are undefined, though its types want them not to be named at all. */
function given<T extends object>(properties: T): Given<T> {
  return properties
}
