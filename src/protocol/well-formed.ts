import type { FrameReader } from './frame-reader.ts'
import type { ProtocolVersion } from './packets.ts'
import { Property, PropertyOwner, PropertyReader } from './properties.ts'
import { mayCarry, ReasonCode } from './reason-codes.ts'
import type { ProtocolViolation } from './violation.ts'
import { protocolError } from './violation.ts'

/** Topic Filters that one packet may have, so that none keeps the process busy or its memory full. */
export const TOPIC_FILTERS_MAX = 10_000

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

/** Reads one of the Topic Filters of a packet, the `count`th. */
export function checkTopicFilter(frame: FrameReader, count: number): void {
  if (count > TOPIC_FILTERS_MAX) frame.fail(TOO_MANY_TOPIC_FILTERS)
  frame.string()
}

/** A SUBSCRIBE or UNSUBSCRIBE has at least one (v5 [MQTT-3.8.3-2], [MQTT-3.10.3-2]). */
export const NO_TOPIC_FILTERS: ProtocolViolation = protocolError('no topic filters')
const BAD_REASON_CODE = protocolError('a reason code that this packet cannot have')
const NO_AUTHENTICATION_METHOD = protocolError('AUTH without authentication method')
const TOO_MANY_TOPIC_FILTERS: ProtocolViolation = {
  reasonCode: ReasonCode.QuotaExceeded,
  why: 'too many topic filters in one packet',
  connackVersion: undefined,
}
