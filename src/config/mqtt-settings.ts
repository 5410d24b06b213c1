import { setting } from './setting.ts'
import { integer, onOff, oneOf, optional, text } from './setting-types.ts'

const SECONDS_MAX = 0xffff_ffff

/** Settings of what the protocol leaves to the server; MQTT 5 clients learn them from CONNACK. */
export const mqttSettings = {
  maximumQoS: setting({
    name: 'GUARDBEE_MAXIMUM_QOS',
    type: oneOf(['0', '1', '2']),
    default: { value: '2' },
    sentence: 'Highest QoS: more is granted to no subscription, and a PUBLISH or will above it is refused with 0x9B.',
  }),
  retainAvailable: setting({
    name: 'GUARDBEE_RETAIN_AVAILABLE',
    type: onOff,
    default: { value: 'on' },
    sentence: 'Whether messages may be retained; else a PUBLISH or will with RETAIN is refused with 0x9A.',
  }),
  wildcardSubscriptions: setting({
    name: 'GUARDBEE_WILDCARD_SUBSCRIPTIONS',
    type: onOff,
    default: { value: 'on' },
    sentence: 'Whether Topic Filters may hold wildcards; else they are refused with 0xA2.',
  }),
  sharedSubscriptions: setting({
    name: 'GUARDBEE_SHARED_SUBSCRIPTIONS',
    type: onOff,
    default: { value: 'on' },
    sentence: 'Whether there are Shared Subscriptions; else they are refused with 0x9E.',
  }),
  subscriptionIdentifiers: setting({
    name: 'GUARDBEE_SUBSCRIPTION_IDENTIFIERS',
    type: onOff,
    default: { value: 'on' },
    sentence: 'Whether a SUBSCRIBE may have a Subscription Identifier; else it is refused with 0xA1.',
  }),
  receiveMaximum: setting({
    name: 'GUARDBEE_RECEIVE_MAXIMUM',
    type: integer(1, 65_535),
    default: { value: 10 },
    unit: 'messages',
    sentence:
      'QoS 1 and 2 messages that an MQTT 5 client may have unacknowledged towards the broker (Receive Maximum); more end the connection with 0x93.',
  }),
  topicAliasMaximum: setting({
    name: 'GUARDBEE_TOPIC_ALIAS_MAXIMUM',
    type: integer(0, 65_535),
    default: { value: 5 },
    unit: 'aliases',
    sentence: 'Highest Topic Alias that a client may set; a higher one ends the connection with 0x94.',
  }),
  maximumPacketSizeBytes: setting({
    name: 'GUARDBEE_MAXIMUM_PACKET_SIZE',
    type: integer(15, 268_435_460),
    default: { value: 268_435_460 },
    unit: 'bytes',
    sentence: 'Largest packet of a client; a larger one ends the connection with 0x95.',
  }),
  sessionExpirySecondsMax: setting({
    name: 'GUARDBEE_SESSION_EXPIRY_SECONDS_MAX',
    type: integer(0, SECONDS_MAX),
    default: { value: SECONDS_MAX },
    unit: 'seconds',
    sentence:
      'Longest Session Expiry Interval; longer ones are shortened, as are sessions of MQTT 3 with Clean Session 0; 4294967295 is for ever.',
  }),
  messageExpirySecondsMax: setting({
    name: 'GUARDBEE_MESSAGE_EXPIRY_SECONDS_MAX',
    type: optional(integer(1, SECONDS_MAX)),
    default: { value: undefined },
    unit: 'seconds',
    sentence: 'Message Expiry Interval of messages that have none or a longer one; without it they do not expire.',
  }),
  keepAliveSecondsMax: setting({
    name: 'GUARDBEE_KEEP_ALIVE_SECONDS_MAX',
    type: integer(1, 65_535),
    default: { value: 65_535 },
    unit: 'seconds',
    sentence: 'Longest Keep Alive; an MQTT 5 client with a longer one is told this one (Server Keep Alive).',
  }),
  keepAliveUnlimited: setting({
    name: 'GUARDBEE_KEEP_ALIVE_UNLIMITED',
    type: onOff,
    default: { value: 'on' },
    sentence: 'Whether an MQTT 5 client may do without Keep Alive (0); else it is told the longest one.',
  }),
  responseTopic: setting({
    name: 'GUARDBEE_RESPONSE_TOPIC',
    type: optional(text),
    default: { value: undefined },
    sentence:
      'Topic Name before the Client Identifier in the Response Information that an MQTT 5 client asks for; without it there is none. It grants nothing.',
  }),
  sysInterval: setting({
    name: 'GUARDBEE_SYS_INTERVAL',
    type: integer(0, 3_600),
    default: { value: 10 },
    unit: 'seconds',
    sentence: 'How often the values of the `$SYS` topics are published; 0: there are none.',
  }),
}
