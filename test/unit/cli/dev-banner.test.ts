import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { devBanner } from '../../../src/cli/dev-banner.ts'
import { FakeBroker, RecordingTerminal } from './recording-context.ts'

const issuer = { issuer: 'http://127.0.0.1:9400', tokenEndpoint: 'http://127.0.0.1:9400/token' }
const rest = { issuer, accessLog: '/tmp/log/access/access.log', terminal: new RecordingTerminal() }

describe('devBanner', () => {
  it('warns first, then says where everything is', () => {
    const banner = devBanner({ ...rest, broker: new FakeBroker(), mosquitto: true })
    assert.match(banner, /^\n!DEVELOPMENT MODE: never use it in production\.!\n/)
    for (const place of ['mqtt://127.0.0.1:1883', 'ws://127.0.0.1:8083/mqtt', issuer.issuer, rest.accessLog]) {
      assert.ok(banner.includes(place), place)
    }
  })

  it('gives commands of mosquitto-clients where they are installed, else of MQTT.js', () => {
    const broker = new FakeBroker()
    const mosquitto = devBanner({ ...rest, broker, mosquitto: true })
    assert.match(
      mosquitto,
      /^mosquitto_sub -h 127\.0\.0\.1 -p 1883 -i subscriber -u device-1 -P "\$TOKEN" -t 'demo\/#' -v &$/m,
    )
    assert.match(mosquitto, /^mosquitto_pub -h 127\.0\.0\.1 -p 1883 -i nobody -t demo\/hello -m hi$/m)
    const mqttJs = devBanner({ ...rest, broker, mosquitto: false })
    assert.match(mqttJs, /^npx --yes mqtt pub -h 127\.0\.0\.1 -p 1883 -i publisher -u device-1 -P "\$TOKEN"/m)
  })

  it('points the commands at WebSocket when TCP is off', () => {
    const [, webSocket] = new FakeBroker().listeners
    assert.ok(webSocket !== undefined)
    const banner = devBanner({ ...rest, broker: { listeners: [webSocket], adminUrl: undefined }, mosquitto: true })
    assert.match(banner, /^npx --yes mqtt sub -l ws -h 127\.0\.0\.1 -p 8083 --path \/mqtt -i subscriber/m)
    assert.match(banner, /^Admin +off$/m)
  })
})
