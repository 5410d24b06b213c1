import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { warnOfModel } from '../../../src/auth/model-warnings.ts'
import { DEFAULT_ACCESS_LOG, type JwtRealmModel, type ListenerPipelineModel } from '../../../src/auth/security-model.ts'
import type { ListenerIdentity } from '../../../src/ports/connection.ts'
import { RecordingLog } from '../../support/recording-log.ts'

const TCP: ListenerIdentity = { name: 'tcp-listener-1883', transport: 'tcp', port: 1883 }
const WEBSOCKET: ListenerIdentity = { name: 'websocket-listener-8083', transport: 'websocket', port: 8083 }

const REALM: JwtRealmModel = {
  kind: 'jwt',
  name: 'Okta',
  jwksUri: 'https://id.example/keys',
  jwksDefaultCacheSeconds: 1800,
  introspection: undefined,
}

describe('what is warned of in a security configuration', () => {
  it('is an open listener without a pipeline', () => {
    assert.deepEqual(warnings([pipeline(WEBSOCKET.name, 'MQTT')], [TCP, WEBSOCKET]), [
      ['no pipeline covers this listener: all its clients are refused', { listener: TCP.name }],
    ])
    assert.deepEqual(warnings([pipeline('ALL', 'MQTT')], [TCP, WEBSOCKET]), [])
  })

  it('is a pipeline for a listener that is not open, for ALL may be weaker', () => {
    assert.deepEqual(warnings([pipeline('ALL', 'MQTT'), pipeline('tcp-listener-1884', 'MQTT')], [TCP]), [
      ['pipeline names a listener that is not open', { listener: 'tcp-listener-1884', pipeline: 'a pipeline' }],
    ])
  })

  it('is a realm without rules, by its name, once, and not one that wants anything', () => {
    assert.deepEqual(warnings([pipeline('ALL'), pipeline(TCP.name)], [TCP]), [
      ['any token of this realm lets a client in: no <jwt-validation> says what must stand in it', { realm: 'Okta' }],
    ])
  })
})

function warnings(
  pipelines: readonly ListenerPipelineModel[],
  listeners: readonly ListenerIdentity[],
): readonly unknown[] {
  const log = new RecordingLog()
  warnOfModel({ realms: [REALM], pipelines, accessLog: DEFAULT_ACCESS_LOG }, listeners, log)
  return log.entries.map(({ level, event, fields }) => (level === 'warn' ? [event, fields] : level))
}

function pipeline(listener: string, audience?: string): ListenerPipelineModel {
  const validation = {
    expGraceSeconds: 0,
    audience,
    subject: undefined,
    scope: undefined,
    issuers: [],
    customClaims: [],
  }
  return {
    name: 'a pipeline',
    listener,
    authentication: { kind: 'jwt', realm: 'Okta', validation },
    authorization: { kind: 'allow-all' },
  }
}
