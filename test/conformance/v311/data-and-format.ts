import { casesOf } from '../conformance-case.ts'
import type { ConformanceCase } from '../conformance-case.ts'
import {
  acknowledgementIds,
  byteOrderMark,
  illFormedSubscribe,
  illFormedTopicName,
  nulInStrings,
  packetIdZero,
  pubrelId,
  qos0Bytes,
  reservedFlags,
  subscriptionIds,
  unusedPacketIds,
} from '../flows/format.ts'
import { resentWithDuplicateFlag } from '../flows/delivery.ts'
import { subscribeFlags } from '../flows/subscribing.ts'

/** Chapters 1 and 2. */
export const dataAndFormat: readonly ConformanceCase[] = casesOf(4, [
  ['1.5.3-1', 'a Topic Name that is not UTF-8 closes the connection', illFormedTopicName],
  ['1.5.3-1', 'a Topic Filter that is not UTF-8 closes the connection', illFormedSubscribe],
  ['1.5.3-2', 'U+0000 in a string closes the connection', nulInStrings],
  ['1.5.3-3', 'a byte order mark is part of the topic', byteOrderMark],
  ['2.2.2-1', 'SUBSCRIBE with other flags than 0010 closes the connection', subscribeFlags],
  ['2.2.2-2', 'other reserved flags close the connection', reservedFlags],
  ['2.3.1-1', 'Packet Identifier 0 closes the connection', packetIdZero],
  ['2.3.1-4', 'five messages in flight have five Packet Identifiers', unusedPacketIds],
  ['2.3.1-4', 'a message that is sent again keeps its Packet Identifier', resentWithDuplicateFlag],
  ['2.3.1-5', 'a QoS 0 message is what was sent, byte for byte', qos0Bytes],
  ['2.3.1-6', 'PUBACK, PUBREC and PUBCOMP name the message', acknowledgementIds],
  ['2.3.1-6', 'PUBREL names the message', pubrelId],
  ['2.3.1-7', 'SUBACK and UNSUBACK name their request', subscriptionIds],
])
