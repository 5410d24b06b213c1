import { setting } from './setting.ts'
import { integer, oneOf, optional, path } from './setting-types.ts'

const MEBIBYTE = 1024 * 1024
const BYTES_MAX = 2 ** 49

/** Settings of what outlives a connection: where it is kept, how safely, and how much of it. */
export const storeSettings = {
  dataDir: setting({
    name: 'GUARDBEE_DATA_DIR',
    type: path,
    default: { value: 'data' },
    sentence:
      'Folder on a local disk that holds sessions, queued and retained messages; made where it is missing, used by one guardbee at a time.',
  }),
  durability: setting({
    name: 'GUARDBEE_DURABILITY',
    type: oneOf(['fsync', 'os', 'memory']),
    default: { value: 'fsync' },
    sentence:
      'When a message for a persistent session is acknowledged: once the disk has it, once the operating system has it, or at once and never stored.',
  }),
  sessionsMax: setting({
    name: 'GUARDBEE_SESSIONS_MAX',
    type: integer(1, 100_000_000),
    default: { value: 1_000_000 },
    unit: 'sessions',
    sentence: 'Sessions that are kept, connected or not; a new client is refused above it.',
  }),
  queueMessagesMax: setting({
    name: 'GUARDBEE_QUEUE_MESSAGES_MAX',
    type: integer(1, 10_000_000),
    default: { value: 1000 },
    unit: 'messages',
    sentence: 'Messages that wait for one persistent session, those in flight to it among them.',
  }),
  queueBytesMax: setting({
    name: 'GUARDBEE_QUEUE_BYTES_MAX',
    type: integer(1, BYTES_MAX),
    default: { value: 16 * MEBIBYTE },
    unit: 'bytes',
    sentence: 'Bytes that wait for one persistent session.',
  }),
  queueFull: setting({
    name: 'GUARDBEE_QUEUE_FULL',
    type: oneOf(['discard', 'discard-oldest']),
    default: { value: 'discard' },
    sentence:
      'What happens to a message for a queue that is full: it is dropped, or the oldest that was not sent yet makes room.',
  }),
  retainedMessagesMax: setting({
    name: 'GUARDBEE_RETAINED_MESSAGES_MAX',
    type: integer(1, 100_000_000),
    default: { value: 1_000_000 },
    unit: 'messages',
    sentence: 'Retained messages that are kept; one for a new topic is refused above it.',
  }),
  storeBytesMax: setting({
    name: 'GUARDBEE_STORE_BYTES_MAX',
    type: optional(integer(512 * MEBIBYTE, BYTES_MAX)),
    default: { value: undefined },
    unit: 'bytes',
    sentence:
      'Bytes of the files in the data folder above which nothing new is taken for persistent sessions; without it the disk is the limit.',
  }),
}
