import { setting } from './setting.ts'
import { integer, optional, serverReference } from './setting-types.ts'

const CONNECTIONS_MAX = 10_000_000
const RATE_MAX = 1_000_000
const BYTE_RATE_MAX = 2 ** 40

const connections = optional(integer(1, CONNECTIONS_MAX))
const connectRate = optional(integer(1, RATE_MAX))
const byteRate = optional(integer(1024, BYTE_RATE_MAX))
const MEBIBYTE = 1024 * 1024
const NONE = { value: undefined }

/** Settings that keep clients from taking more than their share. */
export const restrictionSettings = {
  clientIdBytesMax: setting({
    name: 'GUARDBEE_CLIENT_ID_BYTES_MAX',
    type: integer(1, 65_535),
    default: { value: 65_535 },
    unit: 'bytes',
    sentence: 'Longest Client Identifier; a CONNECT with a longer one is refused with 0x85.',
  }),
  topicBytesMax: setting({
    name: 'GUARDBEE_TOPIC_BYTES_MAX',
    type: integer(1, 65_535),
    default: { value: 65_535 },
    unit: 'bytes',
    sentence: 'Longest Topic Name (else 0x90) and Topic Filter (else 0x8F).',
  }),
  topicLevelsMax: setting({
    name: 'GUARDBEE_TOPIC_LEVELS_MAX',
    type: integer(1, 200),
    default: { value: 200 },
    unit: 'levels',
    sentence: 'Levels that a Topic Name or Topic Filter may have; refused as longer ones are.',
  }),
  connectTimeoutMs: setting({
    name: 'GUARDBEE_CONNECT_TIMEOUT_MS',
    type: integer(500, 600_000),
    default: { value: 10_000 },
    unit: 'milliseconds',
    sentence: 'A connection that has not sent its CONNECT by then is closed.',
  }),
  connectionsMax: setting({
    name: 'GUARDBEE_CONNECTIONS_MAX',
    type: connections,
    default: NONE,
    unit: 'connections',
    sentence:
      'Connections of this node, an equal share for each worker; a CONNECT above it is refused with 0x97. Without it the operating system sets the limit.',
  }),
  listenerConnectionsMax: setting({
    name: 'GUARDBEE_LISTENER_CONNECTIONS_MAX',
    type: connections,
    default: NONE,
    unit: 'connections',
    sentence: 'The same for each listener.',
  }),
  listenerConnectRate: setting({
    name: 'GUARDBEE_LISTENER_CONNECT_RATE',
    type: connectRate,
    default: NONE,
    unit: 'per second',
    sentence:
      'CONNECT packets that a listener takes, an equal share for each worker, after a burst of twice as many; more are refused with 0x9F.',
  }),
  listenerByteRate: setting({
    name: 'GUARDBEE_LISTENER_BYTE_RATE',
    type: byteRate,
    default: NONE,
    unit: 'bytes per second',
    sentence:
      'Bytes that a listener takes of its clients, an equal share for each worker; who sends more is read more slowly.',
  }),
  addressConnectionsMax: setting({
    name: 'GUARDBEE_ADDRESS_CONNECTIONS_MAX',
    type: connections,
    default: NONE,
    unit: 'connections',
    sentence: 'Connections of one IP address at each worker; a CONNECT above it is refused with 0x97.',
  }),
  addressConnectRate: setting({
    name: 'GUARDBEE_ADDRESS_CONNECT_RATE',
    type: connectRate,
    default: NONE,
    unit: 'per second',
    sentence:
      'CONNECT packets that each worker takes of one IP address, after a burst of twice as many; more are refused with 0x9F.',
  }),
  addressByteRate: setting({
    name: 'GUARDBEE_ADDRESS_BYTE_RATE',
    type: byteRate,
    default: NONE,
    unit: 'bytes per second',
    sentence: 'Bytes that each worker takes of one IP address; who sends more is read more slowly.',
  }),
  connectionByteRate: setting({
    name: 'GUARDBEE_CONNECTION_BYTE_RATE',
    type: byteRate,
    default: NONE,
    unit: 'bytes per second',
    sentence: 'Bytes that are taken of one connection; who sends more is read more slowly.',
  }),
  queuedBytesMax: setting({
    name: 'GUARDBEE_QUEUED_BYTES_MAX',
    type: integer(MEBIBYTE, BYTE_RATE_MAX),
    default: { value: 512 * MEBIBYTE },
    unit: 'bytes',
    sentence:
      'Memory of each worker for what its clients have not read or acknowledged. From half of it on new clients are refused with 0x89, from three quarters on slow readers get no QoS 0 messages, and at the bound publishers are held back.',
  }),
  lagMsMax: setting({
    name: 'GUARDBEE_LAG_MS_MAX',
    type: integer(50, 60_000),
    default: { value: 1_000 },
    unit: 'milliseconds',
    sentence:
      'How far behind a worker may be before it refuses new clients; it sheds more at twice and four times that.',
  }),
  overloadServerReference: setting({
    name: 'GUARDBEE_OVERLOAD_SERVER_REFERENCE',
    type: optional(serverReference),
    default: NONE,
    sentence:
      'Other servers, as `mqtt2.example.com:1883`, parted by spaces, for MQTT 5 clients that are refused because of the load: 0x9C in the place of 0x89.',
  }),
}
