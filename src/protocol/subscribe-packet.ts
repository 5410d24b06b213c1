import { byteAt } from './bytes.ts'
import type { FrameReader } from './frame-reader.ts'
import type { ProtocolVersion, QoS, RetainHandling, SubscribePacket, SubscriptionRequest } from './packets.ts'
import { Property, PropertyOwner, PropertyReader } from './properties.ts'
import { malformed, protocolError } from './violation.ts'
import { checkTopicFilter, NO_TOPIC_FILTERS } from './well-formed.ts'

/** Bits of the Subscription Options (v5 3.8.3.1). */
const MAXIMUM_QOS = 0x03
const NO_LOCAL = 0x04
const RETAIN_AS_PUBLISHED = 0x08
const RETAIN_HANDLING = 0x30
const RESERVED_V5 = 0xc0
const RESERVED_V3 = 0xfc

const SHARE_PREFIX = Buffer.from('$share/')

/**
 * Reads a SUBSCRIBE (v5 3.8). What is wrong stands in `frame.violation`, and the packet is to be ignored then. Whether
 * its Topic Filters are valid is not asked here: SUBACK answers each by itself.
 */
export function readSubscribe(frame: FrameReader, version: ProtocolVersion): SubscribePacket {
  const packetId = frame.packetIdentifier()
  const subscriptionIdentifier = version === 5 ? readSubscriptionIdentifier(frame) : undefined
  const subscriptions: SubscriptionRequest[] = []
  if (frame.offset === frame.end) frame.fail(NO_TOPIC_FILTERS) // v5 [MQTT-3.8.3-2]
  while (frame.more) {
    checkTopicFilter(frame, subscriptions.length + 1)
    const topicFilter = frame.bytes.toString('utf8', frame.valueStart, frame.valueEnd)
    const shared = sharedFilter(frame)
    const options = frame.byte()
    checkSubscriptionOptions(frame, version, options, shared)
    subscriptions.push({
      topicFilter,
      qos: zeroToTwo(options & MAXIMUM_QOS),
      noLocal: (options & NO_LOCAL) !== 0,
      retainAsPublished: (options & RETAIN_AS_PUBLISHED) !== 0,
      retainHandling: zeroToTwo((options & RETAIN_HANDLING) >> 4),
    })
  }
  return { type: 'subscribe', packetId, subscriptionIdentifier, subscriptions }
}

function readSubscriptionIdentifier(frame: FrameReader): number | undefined {
  const properties = new PropertyReader(frame)
  let identifier: number | undefined
  properties.open(PropertyOwner.Subscribe)
  while (properties.next()) {
    if (properties.identifier === Property.SubscriptionIdentifier) identifier = properties.number
  }
  return identifier
}

function checkSubscriptionOptions(
  frame: FrameReader,
  version: ProtocolVersion,
  options: number,
  shared: boolean,
): void {
  if ((options & (version === 5 ? RESERVED_V5 : RESERVED_V3)) !== 0) frame.fail(RESERVED_OPTIONS) // v5 [MQTT-3.8.3-5]
  if ((options & MAXIMUM_QOS) === MAXIMUM_QOS) frame.fail(QOS_3)
  if ((options & RETAIN_HANDLING) === RETAIN_HANDLING) frame.fail(RETAIN_HANDLING_3)
  if ((options & NO_LOCAL) !== 0 && shared) frame.fail(NO_LOCAL_SHARED) // v5 [MQTT-3.8.3-4]
}

/** 3 is a violation already. */
function zeroToTwo(bits: number): QoS & RetainHandling {
  return bits === 1 || bits === 2 ? bits : 0
}

/** Whether the Topic Filter that was just read begins as a Shared Subscription's does. */
function sharedFilter({ bytes, valueStart, valueEnd }: FrameReader): boolean {
  if (valueEnd - valueStart < SHARE_PREFIX.length) return false
  return SHARE_PREFIX.every((byte, index) => byteAt(bytes, valueStart + index) === byte)
}

const RESERVED_OPTIONS = malformed('reserved bits of subscription options are set')
const QOS_3 = protocolError('subscription with QoS 3')
const RETAIN_HANDLING_3 = protocolError('subscription with retain handling 3')
const NO_LOCAL_SHARED = protocolError('no local with a shared subscription')
