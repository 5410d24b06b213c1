import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { JsonObject } from '../../../../src/auth/json-object.ts'
import { rabbitmqPermissions } from '../../../../src/auth/permission-formats/rabbitmq-scopes.ts'
import type { RabbitmqScopesModel } from '../../../../src/auth/token-permissions-model.ts'
import type { Permissions } from '../../../../src/core/permissions.ts'
import { compiled, holderOf } from './holder.ts'

const MODEL: RabbitmqScopesModel = { prefix: '', vhost: '/', resourceType: undefined, aliases: {} }

function permissionsOf(claims: JsonObject, model: Partial<RabbitmqScopesModel> = {}, claim = 'scope'): Permissions {
  const holder = holderOf(claims)
  return compiled(rabbitmqPermissions(holder, claim, { ...MODEL, ...model }), holder)
}

describe('scopes of RabbitMQ', () => {
  it('let a client publish by write on amq.topic with the routing key', () => {
    const permissions = permissionsOf({ scope: 'write:*/amq.topic/dev.* tag:administrator' })
    assert.equal(permissions.mayPublish('dev/a/b', 2, true), true)
    assert.equal(permissions.mayPublish('prod/a', 0, false), false)
    assert.equal(permissions.maySubscribe('dev/a', 0, undefined), false)
    assert.equal(permissionsOf({ scope: 'write:*/*' }).mayPublish('any/thing', 0, false), true)
    assert.equal(permissionsOf({ scope: 'write:*/other/*' }).mayPublish('a', 0, false), false)
    assert.equal(permissionsOf({ scope: 'read:*/*' }).mayPublish('a', 0, false), false)
  })

  it('let a client subscribe by read on amq.topic and its own queue', () => {
    const queue = (action: string): string => `${action}:*/mqtt-subscription-clientidqos*`
    const read = 'read:%2F/amq.topic/dev.*'
    const full = permissionsOf({ scope: [read, queue('configure'), queue('write'), queue('read')] })
    assert.equal(full.maySubscribe('dev/+/x', 2, undefined), true)
    assert.equal(full.maySubscribe('#', 0, undefined), false)
    assert.equal(full.mayPublish('dev/x', 0, false), false)
    assert.equal(permissionsOf({ scope: [read, queue('configure'), queue('write')] }).list.length, 0)
    const another = 'configure:*/mqtt-subscription-otherqos1 write:*/mqtt-subscription-otherqos1 read:*/*'
    assert.equal(permissionsOf({ scope: another }).maySubscribe('a', 0, undefined), false)
    const onlyQos0 = 'configure:*/*qos0 write:*/*qos0 read:*/*'
    const permissions = permissionsOf({ scope: onlyQos0 })
    assert.deepEqual(
      [0, 1].map(qos => permissions.maySubscribe('a', qos === 0 ? 0 : 1, undefined)),
      [true, false],
    )
  })

  it('count for the virtual host that is configured', () => {
    assert.equal(permissionsOf({ scope: 'write:plant/*' }).list.length, 0)
    assert.equal(permissionsOf({ scope: 'write:plant/*' }, { vhost: 'plant' }).list.length, 1)
    assert.equal(permissionsOf({ scope: 'write:%2F/*' }).list.length, 1)
    assert.equal(permissionsOf({ scope: 'write:pl*/*' }, { vhost: 'plant' }).list.length, 1)
  })

  it('count only with the prefix that is configured', () => {
    const scope = 'rabbitmq.write:*/* write:*/amq.topic/x'
    assert.equal(permissionsOf({ scope }, { prefix: 'rabbitmq.' }).mayPublish('y', 0, false), true)
    assert.equal(permissionsOf({ scope }).mayPublish('y', 0, false), false)
  })

  it('may be aliases, and below another claim', () => {
    const aliases = { 'device.write': ['write:*/amq.topic/up.*', 'write:*/amq.topic/log'] }
    const claims = { authorization: { permissions: { scopes: ['device.write'] } } }
    const permissions = permissionsOf(claims, { aliases }, 'authorization.permissions.scopes')
    assert.deepEqual(
      ['up/1', 'log', 'x'].map(topicName => permissions.mayPublish(topicName, 0, false)),
      [true, true, false],
    )
    assert.equal(permissionsOf({ scope: 'constructor' }, { aliases }).list.length, 0)
  })

  it('take values of claims for themselves and nothing more (CVE-2026-44838)', () => {
    const scope = 'write:*/*/u-{sub}.x-{vhost}-*'
    const permissions = permissionsOf({ scope, sub: 'a%b' }, { vhost: 'v1' })
    assert.equal(permissions.mayPublish('u-a%b/x-v1-7', 0, false), true)
    assert.equal(permissions.mayPublish('u-b/x-v1-7', 0, false), false)
    for (const sub of ['*', '#', '+', 'a/b', '\0', '\ud800', 7, undefined]) {
      assert.equal(permissionsOf({ scope, sub }).list.length, 0, String(sub))
    }
  })

  it('that are none grant nothing', () => {
    for (const scope of [
      '',
      'openid',
      'write',
      'write:',
      'write:*',
      'write:*/*/a/b',
      'WRITE:*/*',
      'write:*/%zz',
      'own:*/*',
    ]) {
      assert.equal(permissionsOf({ scope }).list.length, 0, scope)
    }
  })

  it('say nothing of permissions when there are none, and too much when there are too many', () => {
    assert.deepEqual(rabbitmqPermissions(holderOf({}), 'scope', MODEL), { kind: 'unknown' })
    const scope = Array.from({ length: 2_049 }, () => 'write:*/*')
    const found = rabbitmqPermissions(holderOf({ scope }), 'scope', MODEL)
    assert.equal(found.kind, 'refused')
  })
})

describe('rich authorization requests of RabbitMQ', () => {
  const model = { prefix: 'prod.', vhost: 'v1', resourceType: 'rabbitmq' }
  const detail = {
    type: 'rabbitmq',
    locations: ['cluster:prod/vhost:v1/exchange:amq.topic/routing-key:dev.*'],
    actions: ['write'],
  }
  const mayPublish = (changes: object, changedModel: Partial<RabbitmqScopesModel> = {}): boolean =>
    permissionsOf({ authorization_details: [{ ...detail, ...changes }] }, { ...model, ...changedModel }).mayPublish(
      'dev/1',
      0,
      false,
    )

  it('grant actions at their locations', () => {
    assert.equal(mayPublish({}), true)
    assert.equal(mayPublish({ locations: 'cluster:pr*/vhost:*' }), true)
    assert.equal(mayPublish({ actions: 'read' }), false)
  })

  it('are for the type, the cluster and the virtual host that they name', () => {
    assert.equal(mayPublish({ type: 'kafka' }), false)
    assert.equal(mayPublish({ locations: ['cluster:test/vhost:v1'] }), false)
    assert.equal(mayPublish({ locations: ['vhost:v1'] }), false)
    assert.equal(mayPublish({ locations: ['cluster:prod/vhost:v2'] }), false)
    assert.equal(mayPublish({ locations: ['cluster:prod/queue:q'] }), false)
  })

  it('count only where their type is configured', () => {
    const holder = holderOf({ authorization_details: [detail] })
    assert.deepEqual(rabbitmqPermissions(holder, 'scope', MODEL), { kind: 'unknown' })
  })

  it('that are none grant nothing', () => {
    for (const authorization_details of [7, {}, [7], [null], [{ type: 'rabbitmq' }]]) {
      assert.equal(permissionsOf({ authorization_details }, model).list.length, 0)
    }
  })
})
