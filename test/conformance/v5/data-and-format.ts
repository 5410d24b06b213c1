import { casesOf } from '../conformance-case.ts'
import type { ConformanceCase } from '../conformance-case.ts'
import {
  acknowledgementIds,
  byteOrderMark,
  illFormedPair,
  illFormedSubscribe,
  illFormedTopicName,
  nulInStrings,
  propertyLengthZero,
  pubrelId,
  qos0Bytes,
  reservedFlags,
  shortestLengths,
  subscriptionIds,
  unusedPacketIds,
} from '../flows/format.ts'

/** Chapters 1 and 2. */
export const dataAndFormat: readonly ConformanceCase[] = casesOf(5, [
  ['1.5.4-1', 'a Topic Name that is not UTF-8 closes the connection', illFormedTopicName],
  ['1.5.4-1', 'a Topic Filter that is not UTF-8 closes the connection', illFormedSubscribe],
  ['1.5.4-2', 'U+0000 in a string closes the connection', nulInStrings],
  ['1.5.4-3', 'a byte order mark is part of the topic', byteOrderMark],
  ['1.5.5-1', 'lengths are as short as they can be', shortestLengths],
  ['1.5.7-1', 'a User Property that is not UTF-8 closes the connection', illFormedPair],
  ['2.1.3-1', 'other reserved flags close the connection', reservedFlags],
  ['2.2.1-2', 'a QoS 0 message is what was sent, byte for byte', qos0Bytes],
  ['2.2.1-4', 'five messages in flight have five Packet Identifiers', unusedPacketIds],
  ['2.2.1-5', 'PUBACK, PUBREC and PUBCOMP name the message', acknowledgementIds],
  ['2.2.1-5', 'PUBREL names the message', pubrelId],
  ['2.2.1-6', 'SUBACK and UNSUBACK name their request', subscriptionIds],
  ['2.2.2-1', 'a message without properties has a Property Length of 0', propertyLengthZero],
])
