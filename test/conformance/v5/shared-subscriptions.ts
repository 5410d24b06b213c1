import assert from 'node:assert/strict'
import type { IPublishPacket } from 'mqtt-packet'
import type { ConformanceClient } from '../../support/conformance-client.ts'
import { waitFor } from '../../support/wait-for.ts'
import type { Bench } from '../bench.ts'
import { casesOf } from '../conformance-case.ts'
import type { ConformanceCase } from '../conformance-case.ts'
import { payloadsBeforeLast } from '../flows/steps.ts'

const UNSPECIFIED_ERROR = 0x80

function sharedFilter(bench: Bench, topicFilter: string): string {
  return `$share/${bench.name('group')}/${topicFilter}`
}

/** What is no Shared Subscription is refused, or is another kind of filter that matches no ordinary topic. */
function notShared(...filters: readonly string[]): (bench: Bench) => Promise<void> {
  return async bench => {
    await Promise.all(
      filters.map(async filter => {
        const client = await bench.connect()
        const codes = await client.subscribe(filter).catch(() => [UNSPECIFIED_ERROR])
        assert.ok(
          codes.every(code => code >= 0x80),
          `${filter} was granted`,
        )
      }),
    )
  }
}

/** Each message goes to one member. */
async function sharedOnce(bench: Bench): Promise<void> {
  const members = await Promise.all([bench.connect(), bench.connect(), bench.connect()])
  for (const member of members) assert.deepEqual(await member.subscribe(sharedFilter(bench, bench.topic()), 1), [1])
  const publisher = await bench.connect()
  const sent = Array.from({ length: 30 }, (_, index) => `${index}`)
  for (const payload of sent) await publisher.publish(bench.topic(), payload, { qos: 1 })
  await settle(members)
  const got = members.flatMap(member => member.untaken('publish').map(({ payload }) => payload.toString()))
  assert.deepEqual(got.toSorted(), sent.toSorted())
}

async function settle(clients: readonly ConformanceClient[]): Promise<void> {
  for (let round = 0; round < 5; round++) await Promise.all(clients.map(client => client.ping()))
}

async function sharedQoS(bench: Bench): Promise<void> {
  const publisher = await bench.connect()
  for (const granted of [0, 1, 2] as const) {
    const member = await bench.connect()
    await member.subscribe(sharedFilter(bench, bench.topic(`${granted}`)), granted)
    await publisher.publish(bench.topic(`${granted}`), 'x', { qos: 2 })
    assert.equal((await member.expect('publish')).qos, granted)
  }
}

/** The member that was given a message, with the message; nobody else waits for one afterwards. */
async function firstToReceive(
  members: readonly ConformanceClient[],
): Promise<{ readonly member: ConformanceClient; readonly message: IPublishPacket }> {
  const member = await waitFor('one member to get the message', () =>
    members.find(candidate => candidate.untaken('publish').length > 0),
  )
  return { member, message: await member.expect('publish') }
}

/** Two members; the one that was sent the message breaks its connection. */
async function memberThatBreaks(bench: Bench): Promise<{
  chosenId: string
  messageId: number | undefined
  other: ConformanceClient
  publisher: ConformanceClient
}> {
  const names = [bench.name('m1'), bench.name('m2')] as const
  const members = await Promise.all(names.map(name => bench.connectLasting(name)))
  for (const member of members) {
    member.acknowledging = false
    await member.subscribe(sharedFilter(bench, bench.topic()), 2)
  }
  const publisher = await bench.connect()
  await publisher.publish(bench.topic(), 'once', { qos: 2 })
  const chosen = await firstToReceive(members)
  const other = members.find(member => member !== chosen.member)
  assert.ok(other !== undefined)
  chosen.member.lose()
  return { chosenId: chosen.member.clientId, messageId: chosen.message.messageId, other, publisher }
}

async function completedByTheSame(bench: Bench): Promise<void> {
  const { chosenId, messageId, other } = await memberThatBreaks(bench)
  const again = await bench.connectLasting(chosenId)
  again.acknowledging = false
  const message = await again.expect('publish')
  assert.deepEqual([message.payload.toString(), message.messageId], ['once', messageId])
  again.acknowledge('pubrec', messageId)
  await again.expect('pubrel')
  await other.ping()
  assert.deepEqual(other.bytesOf('publish'), [])
}

async function notGivenToAnother(bench: Bench): Promise<void> {
  const { chosenId, other, publisher } = await memberThatBreaks(bench)
  await bench.connect({ as: chosenId }) // Clean Start: its session is over
  await other.subscribe(bench.topic('end'), 1)
  assert.deepEqual(await payloadsBeforeLast(other, publisher, bench.topic('end'), { qos: 1 }), [])
}

async function refusedByMember(bench: Bench): Promise<void> {
  const members = await Promise.all([bench.connect(), bench.connect()])
  for (const member of members) {
    member.acknowledging = false
    await member.subscribe(sharedFilter(bench, bench.topic()), 1)
  }
  const publisher = await bench.connect()
  await publisher.publish(bench.topic(), 'once', { qos: 1 })
  const chosen = await firstToReceive(members)
  chosen.member.acknowledge('puback', chosen.message.messageId, UNSPECIFIED_ERROR)
  await settle(members)
  assert.equal(members.flatMap(member => member.bytesOf('publish')).length, 1)
}

/** Shared Subscriptions. */
export const sharedSubscriptions: readonly ConformanceCase[] = casesOf(5, [
  ['4.8.2-1', 'a Share Name is needed', notShared('$share//x', '$share/')],
  ['4.8.2-1', 'each message goes to one member', sharedOnce],
  [
    '4.8.2-2',
    'a Share Name has no wildcards, and a Topic Filter follows',
    notShared('$share/a+/x', '$share/#/x', '$share/a', '$share/a/'),
  ],
  ['4.8.2-3', 'a member gets its granted QoS', sharedQoS],
  ['4.8.2-4', 'a QoS 2 delivery that broke goes on with the same member', completedByTheSame],
  ['4.8.2-5', 'when that session ends the message goes to no other', notGivenToAnother],
  ['4.8.2-6', 'a message that a member refuses goes to no other', refusedByMember],
])
