import assert from 'node:assert/strict'
import { connectWithFlags } from '../../support/conformance-packets.ts'
import { packet, str, u16, u8 } from '../../support/wire-bytes.ts'
import type { Bench } from '../bench.ts'
import { casesOf } from '../conformance-case.ts'
import type { ConformanceCase } from '../conformance-case.ts'
import {
  clientIdIllFormed,
  clientIdMissing,
  connackFirstAndOnce,
  connectIsAcknowledged,
  emptyClientIds,
  fieldsInOrder,
  firstPacketIsConnect,
  nothingBehindRefusal,
  ordinaryClientIds,
  otherProtocolName,
  passwordMissing,
  passwordWithoutFlag,
  refusalWithConnack,
  reservedConnectFlag,
  secondConnect,
  sessionByClientId,
  sessionPresentOf,
  userNameIllFormed,
  userNameMissing,
  userNameWithoutFlag,
  willFieldsMissing,
  willFieldsWithoutFlag,
  willQos3,
  willQosWithoutFlag,
  willRetainWithoutFlag,
  willTopicIllFormed,
} from '../flows/connecting.ts'
import {
  cleanSessionEnds,
  cleanStartDiscards,
  cleanTakeOver,
  newSession,
  resumingTakeOver,
  retainedOutlivesSession,
  sessionGoesOn,
  sessionSurvivesLoss,
  silentClient,
  takeOver,
} from '../flows/sessions.ts'
import {
  noWill,
  willDiscarded,
  willIsPublished,
  willNotRetained,
  willOnce,
  willQoS,
  willRetained,
} from '../flows/wills.ts'
import { refuses } from '../flows/steps.ts'

const UNACCEPTABLE_PROTOCOL_VERSION = 1
const IDENTIFIER_REJECTED = 2

async function otherLevel(bench: Bench): Promise<void> {
  const client = await bench.open()
  client.send(packet(0x10, str('MQTT'), u8(2, 2), u16(0), str(client.clientId)))
  const { returnCode } = await client.expect('connack')
  assert.equal(returnCode, UNACCEPTABLE_PROTOCOL_VERSION)
  await client.expectClosed()
}

/** An empty identifier cannot name a session that is to be kept. */
async function emptyClientIdWithSession(bench: Bench): Promise<void> {
  const client = await bench.open()
  client.send(bench.connectBytes('', { cleanStart: false }))
  const { returnCode, sessionPresent } = await client.expect('connack')
  assert.deepEqual([returnCode, sessionPresent], [IDENTIFIER_REJECTED, false])
  await client.expectClosed()
}

/** What does not conform is closed without a word. */
async function malformedWithoutConnack(bench: Bench): Promise<void> {
  const wrong = [
    connectWithFlags(4, 0x03, bench.fields(bench.name('x'))),
    packet(0x10, str('MQTT'), u8(4, 0x02), u16(0), u16(40), Buffer.from('short')),
    packet(0x10, str('MQTT'), u8(4, 0x02), u16(0), str(bench.name('x')), u8(0)),
  ]
  for (const bytes of wrong) {
    const client = await bench.open()
    client.send(bytes)
    await client.expectClosed()
    assert.deepEqual(client.arrivals, [])
  }
}

const passwordWithoutUserName = refuses(bench =>
  connectWithFlags(4, 0x42, { clientId: bench.name('x'), password: 'password' }),
)

async function refusalHasNoSession(bench: Bench): Promise<void> {
  const { flags, code } = await refusalWithConnack(bench, bench.connectBytes('', { cleanStart: false }))
  assert.equal(flags, 0)
  assert.ok(code >= 1 && code <= 5)
}

async function sessionPresentAgain(bench: Bench): Promise<void> {
  const first = await bench.connectLasting(bench.name('kept'))
  assert.equal(sessionPresentOf(first), false)
  await first.disconnect()
  assert.equal(sessionPresentOf(await bench.connectLasting(bench.name('kept'))), true)
}

/** CONNECT and CONNACK. */
export const connect: readonly ConformanceCase[] = casesOf(4, [
  ['3.1.0-1', 'a first packet that is no CONNECT closes the connection', firstPacketIsConnect],
  ['3.1.0-2', 'a second CONNECT closes the connection', secondConnect],
  ['3.1.2-1', 'another protocol name is refused', otherProtocolName],
  ['3.1.2-2', 'protocol level 2 is answered with 0x01 and closed', otherLevel],
  ['3.1.2-3', 'the reserved flag closes the connection', reservedConnectFlag],
  ['3.1.2-4', 'a session with its message and subscription goes on', sessionGoesOn],
  ['3.1.2-4', 'a new session begins where there was none', newSession],
  ['3.1.2-5', 'QoS 1 and 2 messages wait for a session that lost its connection', sessionSurvivesLoss],
  ['3.1.2-6', 'Clean Session discards what was there', cleanStartDiscards],
  ['3.1.2-6', 'a session with Clean Session is not there later', cleanSessionEnds],
  ['3.1.2-7', 'a retained message outlives the session of its publisher', retainedOutlivesSession],
  ['3.1.2-8', 'the will of a connection that breaks, or is closed for an error, is published', willIsPublished],
  ['3.1.2-9', 'a will without its fields is refused', willFieldsMissing],
  ['3.1.2-10', 'a will is published once', willOnce],
  ['3.1.2-10', 'a will is discarded by DISCONNECT', willDiscarded],
  ['3.1.2-11', 'will fields without the Will Flag are refused', willFieldsWithoutFlag],
  ['3.1.2-12', 'without a will nothing is published', noWill],
  ['3.1.2-13', 'Will QoS without the Will Flag is refused', willQosWithoutFlag],
  ['3.1.2-14', 'Will QoS 3 is refused', willQos3],
  ['3.1.2-14', 'a will has the QoS that it was given', willQoS],
  ['3.1.2-15', 'Will Retain without the Will Flag is refused', willRetainWithoutFlag],
  ['3.1.2-16', 'a will is not retained unless it says so', willNotRetained],
  ['3.1.2-17', 'a will is retained when it says so', willRetained],
  ['3.1.2-18', 'a User Name without its flag is refused', userNameWithoutFlag],
  ['3.1.2-19', 'a User Name that is not there is refused', userNameMissing],
  ['3.1.2-20', 'a Password without its flag is refused', passwordWithoutFlag],
  ['3.1.2-21', 'a Password that is not there is refused', passwordMissing],
  ['3.1.2-22', 'a Password without a User Name is refused', passwordWithoutUserName],
  ['3.1.2-24', 'a silent client is closed and its will published', silentClient],
  ['3.1.3-1', 'all fields are understood in their order', fieldsInOrder],
  ['3.1.3-2', 'each Client Identifier has its session', sessionByClientId],
  ['3.1.3-3', 'a CONNECT without Client Identifier is refused', clientIdMissing],
  ['3.1.3-4', 'a Client Identifier that is not UTF-8 is refused', clientIdIllFormed],
  ['3.1.3-5', 'letters and digits are allowed, up to 23', ordinaryClientIds],
  ['3.1.3-6', 'clients without identifier are two clients', emptyClientIds],
  ['3.1.3-8', 'an empty identifier with a session to keep is answered with 0x02 and closed', emptyClientIdWithSession],
  ['3.1.3-9', 'an identifier that is rejected is answered with 0x02 and closed', emptyClientIdWithSession],
  ['3.1.3-10', 'a Will Topic that is not UTF-8 is refused', willTopicIllFormed],
  ['3.1.3-11', 'a User Name that is not UTF-8 is refused', userNameIllFormed],
  ['3.1.4-1', 'a CONNECT that does not conform is closed without CONNACK', malformedWithoutConnack],
  ['3.1.4-2', 'the first of two connections of a client is closed', takeOver],
  ['3.1.4-3', 'a take-over with Clean Session has nothing of the old session', cleanTakeOver],
  ['3.1.4-3', 'a take-over without Clean Session has all of it', resumingTakeOver],
  ['3.1.4-4', 'CONNECT is answered by CONNACK 0', connectIsAcknowledged],
  ['3.1.4-5', 'a PUBLISH behind a CONNECT that is refused reaches nobody', nothingBehindRefusal],
  ['3.2.0-1', 'CONNACK comes before the answers to what was pipelined', connackFirstAndOnce],
  ['3.2.2-1', 'Session Present is 0 with Clean Session though there was a session', cleanStartDiscards],
  ['3.2.2-2', 'Session Present is 1 for a session that is there', sessionPresentAgain],
  ['3.2.2-3', 'Session Present is 0 for a new session', newSession],
  ['3.2.2-4', 'Session Present is 0 in a refusal', refusalHasNoSession],
  ['3.2.2-5', 'a refusal closes the connection', emptyClientIdWithSession],
  ['3.2.2-6', 'what has no Return Code is closed without CONNACK', malformedWithoutConnack],
])
