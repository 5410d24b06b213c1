import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { warnUnencrypted } from '../../../src/cluster/encryption.ts'
import type { ListenerIdentity } from '../../../src/ports/connection.ts'
import { RecordingLog } from '../../support/recording-log.ts'

const LISTENERS: readonly ListenerIdentity[] = [
  { name: 'tcp-listener-1883', transport: 'tcp', port: 1883 },
  { name: 'websocket-listener-8083', transport: 'websocket', port: 8083 },
  { name: 'tls-tcp-listener-8883', transport: 'tls', port: 8883 },
  { name: 'tls-websocket-listener-8084', transport: 'secure-websocket', port: 8084 },
]

describe('warnUnencrypted', () => {
  for (const address of ['0.0.0.0', '::', '192.0.2.1']) {
    it(`names each listener on ${address} that lets tokens be read`, () => {
      const log = new RecordingLog()
      warnUnencrypted(LISTENERS, address, log)
      assert.deepEqual(
        log.entries.map(({ level, fields }) => [level, fields?.['listener']]),
        [
          ['warn', 'tcp-listener-1883'],
          ['warn', 'websocket-listener-8083'],
        ],
      )
    })
  }

  for (const address of ['127.0.0.1', '127.1.2.3', '::1']) {
    it(`says nothing on ${address}, which nobody else reaches`, () => {
      const log = new RecordingLog()
      warnUnencrypted(LISTENERS, address, log)
      assert.deepEqual(log.entries, [])
    })
  }
})
