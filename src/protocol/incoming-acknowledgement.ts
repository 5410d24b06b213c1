import { byteAt, twoByteIntegerAt } from './bytes.ts'
import { FrameReader, PACKET_IDENTIFIER_0 } from './frame-reader.ts'
import type { AcknowledgementType, ProtocolVersion } from './packets.ts'
import { PUBACK, PUBREC, PUBREL } from './packets.ts'
import { PropertyOwner, PropertyReader } from './properties.ts'
import type { ReasonCodeCarrier } from './reason-codes.ts'
import { mayCarry } from './reason-codes.ts'
import type { ProtocolViolation } from './violation.ts'
import { malformed, protocolError } from './violation.ts'

const REASON_CODE_OFFSET = 2
const PROPERTIES_OFFSET = 3

/**
 * Checks a PUBACK, PUBREC, PUBREL or PUBCOMP whose variable header is `bytes[start, end)` (v5 3.4 to 3.7). Nothing is
 * handed back but what is wrong: the decoder reads the packet id and the Reason Code from where they always are.
 */
export function checkAcknowledgement(
  type: AcknowledgementType,
  version: ProtocolVersion,
  bytes: Buffer,
  start: number,
  end: number,
): ProtocolViolation | undefined {
  const size = end - start
  if (size < REASON_CODE_OFFSET || (version !== 5 && size > REASON_CODE_OFFSET)) return WRONG_LENGTH
  if (twoByteIntegerAt(bytes, start) === 0) return PACKET_IDENTIFIER_0
  if (size === REASON_CODE_OFFSET) return undefined
  if (!mayCarry(carrierOf(type), byteAt(bytes, start + REASON_CODE_OFFSET))) return BAD_REASON_CODE // v5 [MQTT-3.4.2-1]
  return size === PROPERTIES_OFFSET ? undefined : checkProperties(bytes, start + PROPERTIES_OFFSET, end)
}

/** The Reason Code of an acknowledgement that was checked; Success where it is left out. */
export function acknowledgementReasonCode(bytes: Buffer, start: number, end: number): number {
  return end - start > REASON_CODE_OFFSET ? byteAt(bytes, start + REASON_CODE_OFFSET) : 0
}

function carrierOf(type: AcknowledgementType): ReasonCodeCarrier {
  if (type === PUBACK) return 'PUBACK'
  if (type === PUBREC) return 'PUBREC'
  return type === PUBREL ? 'PUBREL' : 'PUBCOMP'
}

function checkProperties(bytes: Buffer, start: number, end: number): ProtocolViolation | undefined {
  const frame = new FrameReader().open(bytes, start, end)
  new PropertyReader(frame).skip(PropertyOwner.Acknowledgement)
  frame.expectEnd()
  return frame.violation
}

const WRONG_LENGTH = malformed('acknowledgement of the wrong length')
const BAD_REASON_CODE = protocolError('a reason code that this acknowledgement cannot have')
