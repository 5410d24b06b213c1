import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, describe, it } from 'node:test'
import { WebSocket } from 'ws'
import { connectBytes, PINGREQ } from '../support/conformance-packets.ts'
import { openWebSocketOf } from '../support/conformance-wire.ts'
import { hex } from '../support/wire-bytes.ts'
import { Siege } from './siege.ts'

const OVERSIZED_BYTES = 2 * 1024 * 1024
const DEADLINE_MS = 6_000

describe('abuse of WebSocket', { timeout: 60_000 }, () => {
  let siege: Siege

  before(async () => {
    siege = await Siege.start()
  })

  after(() => siege.stop())

  async function open(): Promise<WebSocket> {
    const webSocket = openWebSocketOf(siege.target, ['mqtt'])
    await once(webSocket, 'open')
    return webSocket
  }

  function closed(webSocket: WebSocket): Promise<unknown> {
    return once(webSocket, 'close', { signal: AbortSignal.timeout(DEADLINE_MS) })
  }

  it('text frames and oversized frames close the connection (RabbitMQ 4.2.6)', async () => {
    await siege.withstand(
      async () => {
        const text = await open()
        text.send('hello')
        await closed(text)
        const oversized = await open()
        oversized.send(Buffer.alloc(OVERSIZED_BYTES))
        await closed(oversized)
      },
      { grownMebibytesMax: 60 },
    )
  })

  it('other subprotocols do not become a WebSocket', async () => {
    await siege.withstand(
      async () => {
        for (const subprotocols of [[], ['chat'], ['MQTT']]) {
          const webSocket = openWebSocketOf(siege.target, subprotocols)
          const [, response]: unknown[] = await once(webSocket, 'unexpected-response')
          assert.ok(typeof response === 'object' && response !== null && Reflect.get(response, 'statusCode') === 400)
        }
      },
      { grownMebibytesMax: 50 },
    )
  })

  it('compression is not negotiated, so nothing can be inflated (CVE-2026-27571)', async () => {
    await siege.withstand(
      async () => {
        const webSocket = new WebSocket(siege.target.websocketUrl ?? '', ['mqtt'], { perMessageDeflate: true })
        await once(webSocket, 'open')
        assert.equal(webSocket.extensions, '')
        webSocket.terminate()
      },
      { grownMebibytesMax: 50 },
    )
  })

  it('a flood of pings and empty frames is answered, and MQTT goes on', async () => {
    await siege.withstand(
      async () => {
        const webSocket = await open()
        let pongs = 0
        webSocket.on('pong', () => {
          pongs += 1
        })
        webSocket.send(connectBytes(5, { clientId: siege.name() }))
        await once(webSocket, 'message')
        for (let count = 0; count < 20_000; count++) {
          webSocket.ping()
          webSocket.send(Buffer.alloc(0))
        }
        webSocket.send(PINGREQ)
        const [answer]: unknown[] = await once(webSocket, 'message', { signal: AbortSignal.timeout(DEADLINE_MS) })
        assert.deepEqual(answer, hex('d000'))
        assert.ok(pongs > 0)
        webSocket.terminate()
      },
      { grownMebibytesMax: 60 },
    )
  })

  it('a packet that claims more than its frame has waits for the rest (CVE-2026-25627)', async () => {
    await siege.withstand(
      async () => {
        const webSocket = await open()
        webSocket.send(connectBytes(5, { clientId: siege.name() }))
        await once(webSocket, 'message')
        webSocket.send(hex('3080200001')) // Remaining Length 4096, three bytes of it
        webSocket.send(hex('61')) // the rest in frames of its own
        webSocket.send(Buffer.concat([Buffer.alloc(4_093), PINGREQ]))
        const [answer]: unknown[] = await once(webSocket, 'message', { signal: AbortSignal.timeout(DEADLINE_MS) })
        assert.deepEqual(answer, hex('d000'))
        webSocket.terminate()
      },
      { grownMebibytesMax: 50 },
    )
  })
})
