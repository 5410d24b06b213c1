import assert from 'node:assert/strict'
import type { Bench } from '../bench.ts'
import { casesOf } from '../conformance-case.ts'
import type { ConformanceCase } from '../conformance-case.ts'
import { illFormedSubscribe, illFormedUnsubscribe, subscriptionIds } from '../flows/format.ts'
import { resubscribing } from '../flows/retained.ts'
import { pingIsAnswered } from '../flows/sessions.ts'
import {
  codeForEachFilter,
  comparedByCharacter,
  deliveryGoesOnAfterUnsubscribe,
  disconnectFlags,
  identicalReplaces,
  lowerQoS,
  nothingNewAfterUnsubscribe,
  qos3InSubscribe,
  reservedOptions,
  severalFilters,
  severalUnsubscribed,
  subscribeFlags,
  subscribeWithoutFilter,
  unsubscribeFlags,
  unsubscribeOfNothing,
  unsubscribeWithoutFilter,
} from '../flows/subscribing.ts'
import { willDiscarded } from '../flows/wills.ts'

/** Good and bad filters in one packet; a server may close instead of answering the bad one. */
async function knownReturnCodes(bench: Bench): Promise<void> {
  const client = await bench.connect()
  const codes = await client
    .subscribe([
      [bench.topic(), 1],
      ['$share//x', 0],
      [bench.topic('#'), 2],
    ])
    .catch(() => [])
  assert.ok(codes.every(code => [0, 1, 2, 0x80].includes(code)))
}

/** SUBSCRIBE to DISCONNECT. */
export const subscribe: readonly ConformanceCase[] = casesOf(4, [
  ['3.8.1-1', 'SUBSCRIBE with other flags closes the connection', subscribeFlags],
  ['3.8.3-1', 'a Topic Filter that is not UTF-8 closes the connection', illFormedSubscribe],
  ['3.8.3-3', 'SUBSCRIBE without Topic Filter closes the connection', subscribeWithoutFilter],
  ['3.8.3-4', 'reserved bits beside the QoS close the connection', reservedOptions],
  ['3.8.3-4', 'QoS 3 closes the connection', qos3InSubscribe],
  ['3.8.4-1', 'SUBSCRIBE is answered by SUBACK', codeForEachFilter],
  ['3.8.4-2', 'SUBACK has the Packet Identifier', subscriptionIds],
  ['3.8.4-3', 'an identical filter replaces the subscription', identicalReplaces],
  ['3.8.4-3', 'retained messages are sent again and no message is lost meanwhile', resubscribing],
  ['3.8.4-4', 'several filters work like several packets', severalFilters],
  ['3.8.4-5', 'there is a code for each filter', codeForEachFilter],
  ['3.8.4-6', 'a message has the lower of both QoS', lowerQoS],
  ['3.9.3-1', 'the codes have the order of the filters', codeForEachFilter],
  ['3.9.3-2', 'the codes are 0, 1, 2 or 0x80', knownReturnCodes],
  ['3.10.1-1', 'UNSUBSCRIBE with other flags closes the connection', unsubscribeFlags],
  ['3.10.3-1', 'a Topic Filter of UNSUBSCRIBE that is not UTF-8 closes the connection', illFormedUnsubscribe],
  ['3.10.3-2', 'UNSUBSCRIBE without Topic Filter closes the connection', unsubscribeWithoutFilter],
  ['3.10.4-1', 'filters that are alike are not unsubscribed', comparedByCharacter],
  ['3.10.4-2', 'nothing is delivered after UNSUBSCRIBE', nothingNewAfterUnsubscribe],
  ['3.10.4-3', 'a delivery under way is completed', deliveryGoesOnAfterUnsubscribe],
  ['3.10.4-4', 'UNSUBACK has the Packet Identifier', subscriptionIds],
  ['3.10.4-5', 'UNSUBACK comes for a filter that was never there', unsubscribeOfNothing],
  ['3.10.4-6', 'several filters are unsubscribed with one answer', severalUnsubscribed],
  ['3.12.4-1', 'PINGREQ is answered', pingIsAnswered],
  ['3.14.1-1', 'DISCONNECT with flags closes the connection', disconnectFlags],
  ['3.14.4-3', 'DISCONNECT discards the will', willDiscarded],
])
