import type { FrameReader } from './frame-reader.ts'
import { byteAt } from './bytes.ts'
import type { ProtocolVersion } from './packets.ts'
import { Property, PropertyOwner, PropertyReader } from './properties.ts'
import { mayCarry, ReasonCode } from './reason-codes.ts'
import type { ProtocolViolation } from './violation.ts'
import { malformed, protocolError } from './violation.ts'

/** Topic Filters that one packet may have, so that none keeps the process busy or its memory full. */
export const TOPIC_FILTERS_MAX = 10_000

/** Bits of the Subscription Options (v5 3.8.3.1). */
const MAXIMUM_QOS = 0x03
const NO_LOCAL = 0x04
const RETAIN_HANDLING = 0x30
const RESERVED_V5 = 0xc0
const RESERVED_V3 = 0xfc

const SHARE_PREFIX = Buffer.from('$share/')

/**
 * Walks over a SUBSCRIBE (v5 3.8). Whether its Topic Filters are valid is not asked here: SUBACK answers each by itself.
 */
export function checkSubscribe(frame: FrameReader, version: ProtocolVersion): void {
  frame.packetIdentifier()
  if (version === 5) new PropertyReader(frame).skip(PropertyOwner.Subscribe)
  if (frame.offset === frame.end) frame.fail(NO_TOPIC_FILTERS) // v5 [MQTT-3.8.3-2]
  for (let count = 1; frame.more; count += 1) {
    checkTopicFilter(frame, count)
    checkSubscriptionOptions(frame, version, frame.byte())
  }
}

/** Walks over an UNSUBSCRIBE (v5 3.10). */
export function checkUnsubscribe(frame: FrameReader, version: ProtocolVersion): void {
  frame.packetIdentifier()
  if (version === 5) new PropertyReader(frame).skip(PropertyOwner.Unsubscribe)
  if (frame.offset === frame.end) frame.fail(NO_TOPIC_FILTERS) // v5 [MQTT-3.10.3-2]
  for (let count = 1; frame.more; count += 1) checkTopicFilter(frame, count)
}

/** Walks over a DISCONNECT (v5 3.14); Reason Code and Property Length may be left out. */
export function checkDisconnect(frame: FrameReader, version: ProtocolVersion): void {
  if (version === 5 && frame.more) {
    if (!mayCarry('DISCONNECT from client', frame.byte())) frame.fail(BAD_REASON_CODE) // v5 [MQTT-3.14.2-1]
    if (frame.more) new PropertyReader(frame).skip(PropertyOwner.Disconnect)
  }
  frame.expectEnd()
}

/** Walks over an AUTH (v5 3.15). One without content says Success, which is the server's to say. */
export function checkAuth(frame: FrameReader): void {
  if (!mayCarry('AUTH from client', frame.more ? frame.byte() : 0)) frame.fail(BAD_REASON_CODE) // v5 [MQTT-3.15.2-1]
  const properties = new PropertyReader(frame)
  properties.skip(PropertyOwner.Auth)
  if (!properties.had(Property.AuthenticationMethod)) frame.fail(NO_AUTHENTICATION_METHOD) // v5 3.15.2.2.2
  frame.expectEnd()
}

function checkTopicFilter(frame: FrameReader, count: number): void {
  if (count > TOPIC_FILTERS_MAX) frame.fail(TOO_MANY_TOPIC_FILTERS)
  frame.string()
}

function checkSubscriptionOptions(frame: FrameReader, version: ProtocolVersion, options: number): void {
  if ((options & (version === 5 ? RESERVED_V5 : RESERVED_V3)) !== 0) frame.fail(RESERVED_OPTIONS) // v5 [MQTT-3.8.3-5]
  if ((options & MAXIMUM_QOS) === MAXIMUM_QOS) frame.fail(QOS_3)
  if ((options & RETAIN_HANDLING) === RETAIN_HANDLING) frame.fail(RETAIN_HANDLING_3)
  if ((options & NO_LOCAL) !== 0 && sharedFilter(frame)) frame.fail(NO_LOCAL_SHARED) // v5 [MQTT-3.8.3-4]
}

/** Whether the Topic Filter that was just read begins as a Shared Subscription's does. */
function sharedFilter(frame: FrameReader): boolean {
  if (frame.valueEnd - frame.valueStart < SHARE_PREFIX.length) return false
  return SHARE_PREFIX.every((byte, index) => byteAt(frame.bytes, frame.valueStart + index) === byte)
}

const NO_TOPIC_FILTERS = protocolError('no topic filters')
const BAD_REASON_CODE = protocolError('a reason code that this packet cannot have')
const NO_AUTHENTICATION_METHOD = protocolError('AUTH without authentication method')
const RESERVED_OPTIONS = malformed('reserved bits of subscription options are set')
const QOS_3 = protocolError('subscription with QoS 3')
const RETAIN_HANDLING_3 = protocolError('subscription with retain handling 3')
const NO_LOCAL_SHARED = protocolError('no local with a shared subscription')
const TOO_MANY_TOPIC_FILTERS: ProtocolViolation = {
  reasonCode: ReasonCode.QuotaExceeded,
  why: 'too many topic filters in one packet',
  connackVersion: undefined,
}
