import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TestBrokers, type TestConnect } from '../../support/test-broker.ts'
import type { WireClient } from '../../support/wire-client.ts'

const MESSAGES = 120

interface Member extends TestConnect {
  readonly at: number
}

const constellations: readonly { readonly what: string; readonly members: readonly Member[] }[] = [
  { what: 'at the publisher’s worker', members: [{ at: 0 }, { at: 0 }, { at: 0 }] },
  { what: 'at another worker', members: [{ at: 1 }, { at: 1 }, { at: 1 }] },
  { what: 'over three workers', members: [{ at: 0 }, { at: 1 }, { at: 1 }, { at: 2 }] },
  {
    what: 'that are persistent, over two workers',
    members: [
      { at: 0, sessionExpiry: 100 },
      { at: 1, sessionExpiry: 100 },
    ],
  },
  {
    what: 'of every kind',
    members: [
      { at: 0 },
      { at: 0, sessionExpiry: 100 },
      { at: 1 },
      { at: 1, sessionExpiry: 100 },
      { at: 2, version: 4 },
    ],
  },
]

describe('a Shared Subscription', () => {
  for (const { what, members } of constellations) {
    for (const qos of [0, 1, 2] as const) {
      it(`v5 4.8.2 gives each QoS ${qos} message to one of its members ${what}, evenly`, async () => {
        const brokers = await TestBrokers.start(3)
        const clients = await join(brokers, members, qos)
        const publisher = await brokers.connect('publisher')
        for (let number = 0; number < MESSAGES; number++) await publisher.publish('a', `${number}`, { qos })
        const shares = clients.map(client => client.payloads())
        const all = shares.flat()
        assert.equal(all.length, MESSAGES)
        assert.equal(new Set(all).size, MESSAGES)
        for (const share of shares) assert.equal(share.length, MESSAGES / clients.length)
        await publisher.disconnect()
        for (const client of clients) await client.disconnect(0, client.version === 5 ? 0 : undefined)
        brokers.assertNothingLeft()
      })
    }
  }

  for (const persistent of [{}, { sessionExpiry: 100 }]) {
    const kind = 'sessionExpiry' in persistent ? 'persistent' : 'other'
    it(`prefers ${kind} members at the node of the publisher where it is told to, as long as there are some`, async () => {
      const brokers = await TestBrokers.start(4, {
        address: number => `${number < 2 ? 'near' : 'far'}/${number}`,
        prefersNear: true,
      })
      const clients = await join(
        brokers,
        [1, 1, 2, 3].map(at => ({ at, ...persistent })),
        1,
      )
      const publisher = await brokers.connect('publisher')
      const shares = async (): Promise<readonly number[]> => {
        for (let number = 0; number < 20; number++) await publisher.publish('a', `${number}`, { qos: 1 })
        return clients.map(client => client.payloads().length)
      }
      assert.deepEqual(await shares(), [10, 10, 0, 0])
      for (const client of clients.slice(0, 2)) await client.disconnect(0, 0)
      assert.deepEqual(await shares(), [0, 0, 10, 10])
    })
  }

  it('is one per Share Name, beside the ordinary subscriptions to the same filter', async () => {
    const brokers = await TestBrokers.start(2)
    const [one, two, plain] = [
      await brokers.connect('one'),
      await brokers.connect('two', { at: 1 }),
      await brokers.connect('plain', { at: 1 }),
    ]
    await one.subscribe('$share/first/a/#', { qos: 1 })
    await two.subscribe(['$share/second/a/+', 'a/b'], { qos: 1 })
    await plain.subscribe('a/#', { qos: 1 })
    const publisher = await brokers.connect('publisher')
    await publisher.publish('a/b', 'x', { qos: 1 })
    assert.deepEqual([one.payloads(), two.payloads(), plain.payloads()], [['x'], ['x', 'x'], ['x']])
  })

  it('goes with each member at the QoS that it was granted and with its own identifier', async () => {
    const brokers = await TestBrokers.start(2)
    const [one, two] = [await brokers.connect('one'), await brokers.connect('two', { at: 1, sessionExpiry: 100 })]
    await one.subscribe('$share/group/a', { qos: 0, subscriptionIdentifier: 1 })
    await two.subscribe('$share/group/a', { qos: 2, subscriptionIdentifier: 2 })
    const publisher = await brokers.connect('publisher')
    for (let number = 0; number < 2; number++) await publisher.publish('a', 'x', { qos: 2 })
    const got = [one, two].map(client => {
      const { qos, properties } = client.expect('publish')
      return [qos, properties?.subscriptionIdentifier]
    })
    assert.deepEqual(got, [
      [0, 1],
      [2, 2],
    ])
  })

  it('leaves out the members that are away as long as another one is there', async () => {
    const brokers = await TestBrokers.start(2)
    const members = await join(brokers, [{ at: 0, sessionExpiry: 100 }, { at: 1, sessionExpiry: 100 }, { at: 1 }], 1)
    const [stays, leaves, live] = members
    assert(stays !== undefined && leaves !== undefined && live !== undefined)
    const publisher = await brokers.connect('publisher')
    await leaves.lose()
    for (let number = 0; number < 6; number++) await publisher.publish('a', `${number}`, { qos: 1 })
    assert.deepEqual([stays.payloads().length, live.payloads().length], [3, 3])
    await live.lose()
    for (let number = 0; number < 6; number++) await publisher.publish('a', `${number}`, { qos: 1 })
    assert.deepEqual(stays.payloads().length, 6)
    const back = await brokers.connect('member1', { at: 0, clean: false, sessionExpiry: 100 })
    assert.deepEqual(back.payloads(), [], 'nothing has waited for it')
    for (let number = 0; number < 6; number++) await publisher.publish('a', `${number}`, { qos: 1 })
    assert.deepEqual([stays.payloads().length, back.payloads().length], [3, 3])
  })

  it('keeps messages for the persistent members when nobody is there', async () => {
    const brokers = await TestBrokers.start(2)
    const members = await join(
      brokers,
      [
        { at: 0, sessionExpiry: 100 },
        { at: 1, sessionExpiry: 100 },
      ],
      1,
    )
    for (const member of members) await member.lose()
    const publisher = await brokers.connect('publisher')
    for (let number = 0; number < 10; number++) await publisher.publish('a', `${number}`, { qos: 1 })
    assert(publisher.takeAll('puback').every(({ reasonCode }) => reasonCode === 0))
    await publisher.publish('a', 'zero', { qos: 0 })
    const shares: (readonly string[])[] = []
    for (const number of [0, 1]) {
      const back = await brokers.connect(`member${number}`, { clean: false, sessionExpiry: 100 })
      shares.push(back.payloads())
    }
    assert.deepEqual(
      shares.map(({ length }) => length),
      [5, 5],
    )
    assert.equal(new Set(shares.flat()).size, 10)
  })

  it('counts a member that was taken over where it is now', async () => {
    const brokers = await TestBrokers.start(3)
    await join(brokers, [{ at: 0, sessionExpiry: 100 }], 1)
    const moved = await brokers.connect('member0', { at: 1, clean: false, sessionExpiry: 100 })
    await join(brokers, [{ at: 2, clientId: 'second', sessionExpiry: 100 }], 1)
    const publisher = await brokers.connect('publisher')
    for (const qos of [0, 1] as const) {
      for (let number = 0; number < 10; number++) await publisher.publish('a', `${number}`, { qos })
      assert.equal(moved.payloads().length, 5)
    }
  })

  it('leaves nothing behind when its members are gone', async () => {
    const brokers = await TestBrokers.start(3)
    const clients = await join(brokers, [{ at: 0 }, { at: 1, sessionExpiry: 100 }, { at: 2 }], 1)
    for (const client of clients) await client.lose()
    await brokers.pass(110_000)
    brokers.assertNothingLeft()
  })
})

async function join(brokers: TestBrokers, members: readonly Member[], qos: 0 | 1 | 2): Promise<readonly WireClient[]> {
  const clients: WireClient[] = []
  for (const [number, { clientId = `member${number}`, ...how }] of members.entries()) {
    const client = await brokers.connect(clientId, how)
    await client.subscribe('$share/group/a', { qos })
    clients.push(client)
  }
  return clients
}
