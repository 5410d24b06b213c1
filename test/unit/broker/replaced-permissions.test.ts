import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { allowAllPermissions, type Permissions } from '../../../src/core/permissions.ts'
import { TestBrokers } from '../../support/test-broker.ts'
import type { WireClient } from '../../support/wire-client.ts'

const METHOD = 'OAUTH2'
const WILL = { topic: 'wills/bee', payload: 'gone', qos: 1 } as const
const noWills: Permissions = { ...allowAllPermissions, mayPublish: topicName => !topicName.startsWith('wills/') }

interface Scene {
  readonly brokers: TestBrokers
  readonly watcher: WireClient
  readonly client: WireClient
}

/** A client of worker 0 with a will, and one of worker 1 that watches. */
async function scene(willDelayInterval: number): Promise<Scene> {
  const brokers = await TestBrokers.start(2)
  const watcher = await brokers.connect('watcher', { at: 1 })
  await watcher.subscribe('wills/#', { qos: 1 })
  const client = await brokers.connect('c', {
    sessionExpiry: 100,
    will: { ...WILL, properties: { willDelayInterval } },
    properties: { authenticationMethod: METHOD, authenticationData: Buffer.from('first') },
  })
  return { brokers, watcher, client }
}

async function reauthenticate({ brokers, client }: Scene, permissions: Permissions): Promise<void> {
  brokers.door.permissions = permissions
  const properties = { authenticationMethod: METHOD, authenticationData: Buffer.from('next') }
  client.send({ cmd: 'auth', reasonCode: 0x19, properties })
  await brokers.settle()
  assert.equal(client.expect('auth').reasonCode, 0)
}

describe('a will that other permissions no longer allow', () => {
  for (const delay of [0, 5]) {
    it(`is not published by another worker, when that of its client dies, with a delay of ${delay} s`, async () => {
      const all = await scene(delay)
      await reauthenticate(all, noWills)
      await all.brokers.kill(0)
      await all.brokers.pass(10_000)
      assert.deepEqual(all.watcher.payloads(), [])
      assert.deepEqual(all.brokers.log.errors, [])
    })

    it(`is published after all where it was allowed again, with a delay of ${delay} s`, async () => {
      for (const end of ['killed', 'lost'] as const) {
        const all = await scene(delay)
        await reauthenticate(all, noWills)
        await reauthenticate(all, allowAllPermissions)
        if (end === 'killed') await all.brokers.kill(0)
        else await all.client.lose()
        await all.brokers.pass(10_000)
        assert.deepEqual(all.watcher.payloads(), ['gone'])
      }
    })
  }

  it('is not published where a Clean Start at another worker ends the session', async () => {
    const all = await scene(30)
    await reauthenticate(all, noWills)
    all.brokers.door.permissions = allowAllPermissions
    await all.brokers.connect('c', { at: 1 })
    await all.brokers.pass(60_000)
    assert.deepEqual(all.watcher.payloads(), [])
  })

  it('that was due and taken by a worker that died is published: it was allowed when its connection ended', async () => {
    const all = await scene(5)
    await all.client.lose()
    all.brokers.worker(1).broker.stop()
    const { sessions } = all.brokers.store
    all.brokers.clock.advance(5_000)
    assert.equal((await sessions.takeDue('node/9', all.brokers.clock.nowMs(), 10)).length, 1)
    await sessions.abandon('node/9', all.brokers.clock.nowMs())
    await all.brokers.pass(2_000)
    assert.deepEqual(all.watcher.payloads(), ['gone'])
  })
})
