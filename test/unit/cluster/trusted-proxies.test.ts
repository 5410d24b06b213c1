import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { trustedProxies } from '../../../src/cluster/trusted-proxies.ts'
import { readSettings } from '../../../src/config/settings.ts'

describe('trustedProxies', () => {
  it('gives the proxies to the listeners that await their headers, and to no other', () => {
    const { settings } = readSettings(
      {
        GUARDBEE_JWT_ISSUER: 'https://issuer.example/',
        GUARDBEE_WS_PROXY_PROTOCOL: 'on',
        GUARDBEE_TRUSTED_PROXIES: '10.0.0.0/8,fd00::/8  192.0.2.1',
      },
      { cores: 1 },
    )
    assert.ok(settings !== undefined)
    assert.deepEqual(trustedProxies(settings), {
      mqtt: undefined,
      ws: ['10.0.0.0/8', 'fd00::/8', '192.0.2.1'],
      tls: undefined,
      wss: undefined,
    })
  })
})
