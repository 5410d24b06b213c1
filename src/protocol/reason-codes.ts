/** The Reason Codes of MQTT 5 (v5 2.4), by the names of the standard. Code 0 has three names, one per use. */
export const ReasonCode = {
  Success: 0x00,
  NormalDisconnection: 0x00,
  GrantedQoS0: 0x00,
  GrantedQoS1: 0x01,
  GrantedQoS2: 0x02,
  DisconnectWithWillMessage: 0x04,
  NoMatchingSubscribers: 0x10,
  NoSubscriptionExisted: 0x11,
  ContinueAuthentication: 0x18,
  Reauthenticate: 0x19,
  UnspecifiedError: 0x80,
  MalformedPacket: 0x81,
  ProtocolError: 0x82,
  ImplementationSpecificError: 0x83,
  UnsupportedProtocolVersion: 0x84,
  ClientIdentifierNotValid: 0x85,
  BadUserNameOrPassword: 0x86,
  NotAuthorized: 0x87,
  ServerUnavailable: 0x88,
  ServerBusy: 0x89,
  Banned: 0x8a,
  ServerShuttingDown: 0x8b,
  BadAuthenticationMethod: 0x8c,
  KeepAliveTimeout: 0x8d,
  SessionTakenOver: 0x8e,
  TopicFilterInvalid: 0x8f,
  TopicNameInvalid: 0x90,
  PacketIdentifierInUse: 0x91,
  PacketIdentifierNotFound: 0x92,
  ReceiveMaximumExceeded: 0x93,
  TopicAliasInvalid: 0x94,
  PacketTooLarge: 0x95,
  MessageRateTooHigh: 0x96,
  QuotaExceeded: 0x97,
  AdministrativeAction: 0x98,
  PayloadFormatInvalid: 0x99,
  RetainNotSupported: 0x9a,
  QoSNotSupported: 0x9b,
  UseAnotherServer: 0x9c,
  ServerMoved: 0x9d,
  SharedSubscriptionsNotSupported: 0x9e,
  ConnectionRateExceeded: 0x9f,
  MaximumConnectTime: 0xa0,
  SubscriptionIdentifiersNotSupported: 0xa1,
  WildcardSubscriptionsNotSupported: 0xa2,
} as const

/** Name of a row of {@link ReasonCode}. */
export type ReasonCodeName = keyof typeof ReasonCode

/** One of the Reason Codes. */
export type ReasonCode = (typeof ReasonCode)[ReasonCodeName]

/** A packet that carries Reason Codes; where the sides differ, with its sender. */
export type ReasonCodeCarrier =
  | 'CONNACK'
  | 'PUBACK'
  | 'PUBREC'
  | 'PUBREL'
  | 'PUBCOMP'
  | 'SUBACK'
  | 'UNSUBACK'
  | 'DISCONNECT from client'
  | 'DISCONNECT from server'
  | 'AUTH from client'
  | 'AUTH from server'

const PUBLISH_RECEIVED = ['PUBACK', 'PUBREC'] as const
const RELEASE = ['PUBREL', 'PUBCOMP'] as const
const SUBSCRIPTION = ['SUBACK', 'UNSUBACK'] as const
const DISCONNECTS = ['DISCONNECT from client', 'DISCONNECT from server'] as const

/** Which packets may carry which Reason Code (v5 table 2-6, and the tables of the packets for the sender). */
export const reasonCodeCarriers: Readonly<Record<ReasonCodeName, readonly ReasonCodeCarrier[]>> = {
  Success: ['CONNACK', ...PUBLISH_RECEIVED, ...RELEASE, 'UNSUBACK', 'AUTH from server'],
  NormalDisconnection: DISCONNECTS,
  GrantedQoS0: ['SUBACK'],
  GrantedQoS1: ['SUBACK'],
  GrantedQoS2: ['SUBACK'],
  DisconnectWithWillMessage: ['DISCONNECT from client'],
  NoMatchingSubscribers: PUBLISH_RECEIVED,
  NoSubscriptionExisted: ['UNSUBACK'],
  ContinueAuthentication: ['AUTH from client', 'AUTH from server'],
  Reauthenticate: ['AUTH from client'],
  UnspecifiedError: ['CONNACK', ...PUBLISH_RECEIVED, ...SUBSCRIPTION, ...DISCONNECTS],
  MalformedPacket: ['CONNACK', ...DISCONNECTS],
  ProtocolError: ['CONNACK', ...DISCONNECTS],
  ImplementationSpecificError: ['CONNACK', ...PUBLISH_RECEIVED, ...SUBSCRIPTION, ...DISCONNECTS],
  UnsupportedProtocolVersion: ['CONNACK'],
  ClientIdentifierNotValid: ['CONNACK'],
  BadUserNameOrPassword: ['CONNACK'],
  NotAuthorized: ['CONNACK', ...PUBLISH_RECEIVED, ...SUBSCRIPTION, 'DISCONNECT from server'],
  ServerUnavailable: ['CONNACK'],
  ServerBusy: ['CONNACK', 'DISCONNECT from server'],
  Banned: ['CONNACK'],
  ServerShuttingDown: ['DISCONNECT from server'],
  BadAuthenticationMethod: ['CONNACK', 'DISCONNECT from server'],
  KeepAliveTimeout: ['DISCONNECT from server'],
  SessionTakenOver: ['DISCONNECT from server'],
  TopicFilterInvalid: [...SUBSCRIPTION, 'DISCONNECT from server'],
  TopicNameInvalid: ['CONNACK', ...PUBLISH_RECEIVED, ...DISCONNECTS],
  PacketIdentifierInUse: [...PUBLISH_RECEIVED, ...SUBSCRIPTION],
  PacketIdentifierNotFound: RELEASE,
  ReceiveMaximumExceeded: DISCONNECTS,
  TopicAliasInvalid: DISCONNECTS,
  PacketTooLarge: ['CONNACK', ...DISCONNECTS],
  MessageRateTooHigh: DISCONNECTS,
  QuotaExceeded: ['CONNACK', ...PUBLISH_RECEIVED, 'SUBACK', ...DISCONNECTS],
  AdministrativeAction: DISCONNECTS,
  PayloadFormatInvalid: ['CONNACK', ...PUBLISH_RECEIVED, ...DISCONNECTS],
  RetainNotSupported: ['CONNACK', 'DISCONNECT from server'],
  QoSNotSupported: ['CONNACK', 'DISCONNECT from server'],
  UseAnotherServer: ['CONNACK', 'DISCONNECT from server'],
  ServerMoved: ['CONNACK', 'DISCONNECT from server'],
  SharedSubscriptionsNotSupported: ['SUBACK', 'DISCONNECT from server'],
  ConnectionRateExceeded: ['CONNACK', 'DISCONNECT from server'],
  MaximumConnectTime: ['DISCONNECT from server'],
  SubscriptionIdentifiersNotSupported: ['SUBACK', 'DISCONNECT from server'],
  WildcardSubscriptionsNotSupported: ['SUBACK', 'DISCONNECT from server'],
}

const codesByCarrier = new Map<ReasonCodeCarrier, Set<number>>()
for (const [name, code] of Object.entries(ReasonCode)) {
  for (const carrier of reasonCodeCarriers[reasonCodeName(name)]) {
    const codes = codesByCarrier.get(carrier) ?? new Set()
    codesByCarrier.set(carrier, codes.add(code))
  }
}

/** Whether `carrier` may have `code` as its Reason Code. */
export function mayCarry(carrier: ReasonCodeCarrier, code: number): boolean {
  return codesByCarrier.get(carrier)?.has(code) === true
}

/** Return Codes of a CONNACK of MQTT 3 (v3.1.1 3.2.2.3). */
const UNACCEPTABLE_PROTOCOL_VERSION = 1
const IDENTIFIER_REJECTED = 2
const SERVER_UNAVAILABLE = 3
const BAD_USER_NAME_OR_PASSWORD = 4
const NOT_AUTHORIZED = 5

/**
 * The Return Code that tells a client of MQTT 3 what `reasonCode` tells one of MQTT 5. What has no counterpart there
 * becomes 3 when the cause is ours or passes, and 5 when the client asked for something it may not have.
 */
export function connackReturnCode(reasonCode: number): number {
  switch (reasonCode) {
    case ReasonCode.Success:
      return 0
    case ReasonCode.UnsupportedProtocolVersion:
      return UNACCEPTABLE_PROTOCOL_VERSION
    case ReasonCode.ClientIdentifierNotValid:
      return IDENTIFIER_REJECTED
    case ReasonCode.BadUserNameOrPassword:
      return BAD_USER_NAME_OR_PASSWORD
    case ReasonCode.UnspecifiedError:
    case ReasonCode.ImplementationSpecificError:
    case ReasonCode.ServerUnavailable:
    case ReasonCode.ServerBusy:
    case ReasonCode.ServerShuttingDown:
    case ReasonCode.QuotaExceeded:
    case ReasonCode.UseAnotherServer:
    case ReasonCode.ServerMoved:
    case ReasonCode.ConnectionRateExceeded:
      return SERVER_UNAVAILABLE
    default:
      return NOT_AUTHORIZED
  }
}

/** `Object.entries` gives the names as plain strings; here they are exactly those of the table. */
function reasonCodeName(name: string): ReasonCodeName {
  return name as ReasonCodeName
}
