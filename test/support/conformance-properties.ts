import { property, str, u16, u32, u8, userProperty, varint } from './wire-bytes.ts'

/** Properties of MQTT 5 as bytes, by the names of the standard (v5 2.2.2.2). */
export const Prop = {
  payloadFormatIndicator: (value: number): Buffer => property(0x01, u8(value)),
  messageExpiryInterval: (seconds: number): Buffer => property(0x02, u32(seconds)),
  contentType: (value: string | Buffer): Buffer => property(0x03, str(value)),
  responseTopic: (value: string | Buffer): Buffer => property(0x08, str(value)),
  correlationData: (value: Buffer): Buffer => property(0x09, str(value)),
  subscriptionIdentifier: (value: number): Buffer => property(0x0b, varint(value)),
  sessionExpiryInterval: (seconds: number): Buffer => property(0x11, u32(seconds)),
  authenticationMethod: (value: string): Buffer => property(0x15, str(value)),
  authenticationData: (value: string): Buffer => property(0x16, str(value)),
  requestProblemInformation: (value: number): Buffer => property(0x17, u8(value)),
  willDelayInterval: (seconds: number): Buffer => property(0x18, u32(seconds)),
  requestResponseInformation: (value: number): Buffer => property(0x19, u8(value)),
  receiveMaximum: (value: number): Buffer => property(0x21, u16(value)),
  topicAliasMaximum: (value: number): Buffer => property(0x22, u16(value)),
  topicAlias: (value: number): Buffer => property(0x23, u16(value)),
  user: userProperty,
  maximumPacketSize: (bytes: number): Buffer => property(0x27, u32(bytes)),
} as const
