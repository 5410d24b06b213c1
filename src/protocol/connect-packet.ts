import { twoByteIntegerAt } from './bytes.ts'
import {
  booleanField,
  fieldOf,
  numberField,
  optionalBooleanField,
  optionalBytesField,
  optionalNumberField,
  optionalTextField,
  textField,
  zeroToTwoField,
} from './decoded-fields.ts'
import { FrameReader } from './frame-reader.ts'
import type { ConnectPacket, ProtocolVersion, UserProperty, Will } from './packets.ts'
import { Property, PropertyOwner, PropertyReader } from './properties.ts'

const NO_PROPERTIES: Buffer = Buffer.alloc(0)
const RECEIVE_MAXIMUM_DEFAULT = 65_535

/** Bytes of the variable header of an MQTT 5 CONNECT before its properties: name, level, flags and Keep Alive. */
const PROPERTIES_OFFSET = 10

/**
 * Puts a {@link ConnectPacket} together from what mqtt-packet decoded of a CONNECT that is well-formed. What depends on
 * the order of the properties comes from the bytes in `frame[bodyStart, …)`: mqtt-packet does not keep it.
 */
export function connectPacket(
  decoded: unknown,
  version: ProtocolVersion,
  frame: Buffer,
  bodyStart: number,
): ConnectPacket {
  const properties = fieldOf(decoded, 'properties')
  const inOrder =
    version === 5 ? readInOrder(frame, bodyStart, fieldOf(decoded, 'will') !== undefined) : NOTHING_IN_ORDER
  return {
    type: 'connect',
    protocolVersion: version,
    clientId: textField(decoded, 'clientId'),
    cleanStart: booleanField(decoded, 'clean'),
    keepAliveSeconds: numberField(decoded, 'keepalive'),
    username: optionalTextField(decoded, 'username'),
    password: optionalBytesField(decoded, 'password'),
    will: willOf(fieldOf(decoded, 'will'), inOrder.willProperties),
    sessionExpiryIntervalSeconds: optionalNumberField(properties, 'sessionExpiryInterval'),
    receiveMaximum: optionalNumberField(properties, 'receiveMaximum') ?? RECEIVE_MAXIMUM_DEFAULT,
    maximumPacketSizeBytes: optionalNumberField(properties, 'maximumPacketSize'),
    topicAliasMaximum: optionalNumberField(properties, 'topicAliasMaximum') ?? 0,
    requestResponseInformation: optionalBooleanField(properties, 'requestResponseInformation') ?? false,
    requestProblemInformation: optionalBooleanField(properties, 'requestProblemInformation') ?? true,
    authenticationMethod: optionalTextField(properties, 'authenticationMethod'),
    authenticationData: optionalBytesField(properties, 'authenticationData'),
    userProperties: inOrder.userProperties,
  }
}

/** A will outlives the frame, which holds the password too: its bytes are copied out of it. */
function willOf(decoded: unknown, willProperties: Buffer): Will | undefined {
  if (decoded === undefined) return undefined
  const properties = fieldOf(decoded, 'properties')
  return {
    topicName: textField(decoded, 'topic'),
    payload: Buffer.from(optionalBytesField(decoded, 'payload') ?? NO_PROPERTIES),
    qos: zeroToTwoField(decoded, 'qos'),
    retain: booleanField(decoded, 'retain'),
    delayIntervalSeconds: optionalNumberField(properties, 'willDelayInterval') ?? 0,
    messageExpiryIntervalSeconds: optionalNumberField(properties, 'messageExpiryInterval'),
    properties: willProperties,
  }
}

interface PropertiesInOrder {
  readonly userProperties: readonly UserProperty[]
  readonly willProperties: Buffer
}

const NOTHING_IN_ORDER: PropertiesInOrder = { userProperties: [], willProperties: NO_PROPERTIES }

function readInOrder(bytes: Buffer, bodyStart: number, will: boolean): PropertiesInOrder {
  const frame = new FrameReader().open(bytes, bodyStart + PROPERTIES_OFFSET, bytes.length)
  const properties = new PropertyReader(frame)
  const userProperties: UserProperty[] = []
  properties.open(PropertyOwner.Connect)
  while (properties.next()) {
    if (properties.identifier === Property.UserProperty) userProperties.push(userProperty(properties))
  }
  if (!will) return { userProperties, willProperties: NO_PROPERTIES }
  frame.offset += 2 + twoByteIntegerAt(bytes, frame.offset) // Client Identifier
  return { userProperties, willProperties: forwardableWillProperties(properties) }
}

function userProperty(properties: PropertyReader): UserProperty {
  const { frame, nameStart, nameEnd } = properties
  return {
    name: frame.bytes.toString('utf8', nameStart, nameEnd),
    value: frame.bytes.toString('utf8', frame.valueStart, frame.valueEnd),
  }
}

/** Those that go into the PUBLISH of the will, as they are encoded. */
function forwardableWillProperties(properties: PropertyReader): Buffer {
  const parts: Buffer[] = []
  properties.open(PropertyOwner.Will)
  while (properties.next()) {
    const { identifier } = properties
    if (identifier === Property.WillDelayInterval || identifier === Property.MessageExpiryInterval) continue
    parts.push(properties.frame.bytes.subarray(properties.start, properties.end))
  }
  return Buffer.concat(parts)
}
