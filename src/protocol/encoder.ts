import { variableByteIntegerSize, writeTwoByteInteger, writeVariableByteInteger } from './bytes.ts'
import type { OutBuffer } from './out-buffer.ts'
import { AUTH, CONNACK, DISCONNECT, PINGRESP, SUBACK, UNSUBACK } from './packet-types.ts'
import type { AcknowledgementType, ConnackPacket, ProtocolVersion } from './packets.ts'
import { PUBREL } from './packets.ts'
import { Property } from './properties.ts'
import { PropertyBlock } from './property-block.ts'
import { connackReturnCode } from './reason-codes.ts'

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
  const { reasonCode } = packet
  // MQTT 3.1 has no such flag, and no refusal has it (v5 [MQTT-3.2.2-6]).
  const flags = packet.sessionPresent && reasonCode === 0 && version !== 3 ? 1 : 0
  if (version !== 5) return appendWhole(out, CONNACK, [flags, connackReturnCode(reasonCode)], maximumPacketSizeBytes)
  fillConnackProperties(packet)
  return appendWithReason(out, CONNACK, [flags, reasonCode], [], packet.reasonString, maximumPacketSizeBytes)
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
  const identifier = [packetId >> 8, packetId & 0xff]
  if (version !== 5) {
    const returnCodes = reasonCodes.map(code => Math.min(code, FAILURE))
    return appendWhole(out, SUBACK, [...identifier, ...returnCodes], maximumPacketSizeBytes)
  }
  block.clear()
  return appendWithReason(out, SUBACK, identifier, reasonCodes, reasonString, maximumPacketSizeBytes)
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
  const identifier = [packetId >> 8, packetId & 0xff]
  if (version !== 5) return appendWhole(out, UNSUBACK, identifier, maximumPacketSizeBytes)
  block.clear()
  return appendWithReason(out, UNSUBACK, identifier, reasonCodes, reasonString, maximumPacketSizeBytes)
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
  block.clear()
  block.text(Property.ServerReference, serverReference)
  return appendWithReason(out, DISCONNECT, [reasonCode], [], options.reasonString, maximumPacketSizeBytes)
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
  block.clear()
  block.text(Property.AuthenticationMethod, authenticationMethod)
  block.binary(Property.AuthenticationData, authenticationData)
  return appendWithReason(out, AUTH, [reasonCode], [], options.reasonString, maximumPacketSizeBytes)
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

/** The properties of the packet at hand; every appending function fills it anew. */
const block = new PropertyBlock()
const blockWithReason = new PropertyBlock()

function fillConnackProperties(packet: ConnackPacket): void {
  block.clear()
  block.fourBytes(Property.SessionExpiryInterval, packet.sessionExpiryIntervalSeconds)
  block.twoBytes(Property.ReceiveMaximum, packet.receiveMaximum)
  block.byte(Property.MaximumQoS, packet.maximumQoS)
  block.flag(Property.RetainAvailable, packet.retainAvailable)
  block.fourBytes(Property.MaximumPacketSize, packet.maximumPacketSizeBytes)
  block.text(Property.AssignedClientIdentifier, packet.assignedClientIdentifier)
  block.twoBytes(Property.TopicAliasMaximum, packet.topicAliasMaximum)
  block.flag(Property.WildcardSubscriptionAvailable, packet.wildcardSubscriptionAvailable)
  block.flag(Property.SubscriptionIdentifiersAvailable, packet.subscriptionIdentifiersAvailable)
  block.flag(Property.SharedSubscriptionAvailable, packet.sharedSubscriptionAvailable)
  block.twoBytes(Property.ServerKeepAlive, packet.serverKeepAliveSeconds)
  block.text(Property.ResponseInformation, packet.responseInformation)
  block.text(Property.ServerReference, packet.serverReference)
  block.text(Property.AuthenticationMethod, packet.authenticationMethod)
  block.binary(Property.AuthenticationData, packet.authenticationData)
}

/** Appends `head`, the properties in `block` with the Reason String where it fits, and `tail`. */
function appendWithReason(
  out: OutBuffer,
  type: number,
  head: readonly number[],
  tail: readonly number[],
  reasonString: string | undefined,
  maximumPacketSizeBytes: number,
): boolean {
  if (reasonString !== undefined) {
    blockWithReason.copyOf(block)
    blockWithReason.text(Property.ReasonString, reasonString)
    if (appendBlock(out, type, head, blockWithReason, tail, maximumPacketSizeBytes)) return true
  }
  return appendBlock(out, type, head, block, tail, maximumPacketSizeBytes)
}

function appendBlock(
  out: OutBuffer,
  type: number,
  head: readonly number[],
  properties: PropertyBlock,
  tail: readonly number[],
  maximumPacketSizeBytes: number,
): boolean {
  const remainingLength = head.length + properties.size + tail.length
  const size = 1 + variableByteIntegerSize(remainingLength) + remainingLength
  if (size > maximumPacketSizeBytes) return false
  const start = out.reserve(size)
  const { slab } = out
  slab[start] = type << 4
  let offset = writeVariableByteInteger(slab, start + 1, remainingLength)
  offset = writeBytes(slab, offset, head)
  offset = properties.writeTo(slab, offset)
  writeBytes(slab, offset, tail)
  return true
}

/** Appends a packet without properties. */
function appendWhole(out: OutBuffer, type: number, body: readonly number[], maximumPacketSizeBytes: number): boolean {
  const size = 1 + variableByteIntegerSize(body.length) + body.length
  if (size > maximumPacketSizeBytes) return false
  const start = out.reserve(size)
  const { slab } = out
  slab[start] = type << 4
  writeBytes(slab, writeVariableByteInteger(slab, start + 1, body.length), body)
  return true
}

function writeBytes(target: Buffer, start: number, bytes: readonly number[]): number {
  let offset = start
  for (const byte of bytes) target[offset++] = byte
  return offset
}
