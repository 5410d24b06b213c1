import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get } from 'node:http'
import { after, afterEach, beforeEach, describe, it } from 'node:test'
import { WebSocket } from 'ws'
import { openWebSocketListener } from '../../src/transport/open-websocket-listener.ts'
import { EARLY_WEBSOCKETS_MAX, WEBSOCKET_MESSAGE_BYTES_MAX } from '../../src/transport/limits.ts'
import type { LoadedUws } from '../../src/transport/uws.ts'
import { loadUws } from '../../src/transport/uws.ts'
import { connectWebSocket } from '../support/byte-clients.ts'
import { ListenerHarness } from '../support/listener-harness.ts'
import { makeTemporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'

const cacheFolder = await makeTemporaryFolder()
after(() => cacheFolder.remove())
const uws = loadUws(cacheFolder.path)
if ('unavailable' in uws) throw new Error(`uWebSockets.js cannot be tested here: ${uws.unavailable}`)

describe('MQTT over WebSocket on uWebSockets.js', () => testWebSocket(uws, 'info'))
describe('MQTT over WebSocket on ws', () => testWebSocket({ unavailable: 'the test says so' }, 'warn'))

function testWebSocket(loaded: LoadedUws, level: string): void {
  let harness: ListenerHarness
  let port: number

  beforeEach(async () => {
    harness = new ListenerHarness(options => openWebSocketListener(loaded, options), connectWebSocket)
    port = (await harness.listen()).identity.port
  })

  afterEach(() => harness.stop())

  it('says once which implementation serves, where no other worker of the host does', async () => {
    const other = new ListenerHarness(
      options => openWebSocketListener(loaded, { ...options, toldElsewhere: true }),
      connectWebSocket,
    )
    await other.listen()
    await other.stop()
    const levels = [harness, other].map(({ log }) => log.lines.map(line => line.level))
    assert.deepEqual(levels, [[level], ['debug']])
  })

  it('closes the oldest of too many that have not sent their CONNECT', async () => {
    const open = (): WebSocket => new WebSocket(`ws://127.0.0.1:${port}/mqtt`, ['mqtt'])
    const first = open()
    const closed = once(first, 'close')
    await once(first, 'open')
    const others = Array.from({ length: EARLY_WEBSOCKETS_MAX }, open)
    await Promise.all(others.map(webSocket => once(webSocket, 'open')))
    await closed
    assert.equal(harness.counters.webSocketsCrowdedOut, 1)
    for (const webSocket of others) webSocket.terminate()
  })

  for (const [offered, chosen] of [
    [['mqtt'], 'mqtt'],
    [['mqttv3.1'], 'mqttv3.1'],
    [['mqttv3.1', 'mqtt'], 'mqtt'],
    [['chat', 'mqtt'], 'mqtt'],
  ] as const) {
    it(`v5 [MQTT-6.0.0-4] answers ${offered.join(', ')} with ${chosen}`, async () => {
      const webSocket = new WebSocket(`ws://127.0.0.1:${port}/mqtt?x=1`, [...offered])
      await once(webSocket, 'open')
      assert.equal(webSocket.protocol, chosen)
      webSocket.terminate()
    })
  }

  for (const [path, offered, status] of [
    ['/mqtt', [], 400],
    ['/mqtt', ['chat'], 400],
    ['/mqtt', ['MQTT'], 400],
    ['/other', ['mqtt'], 404],
    ['/', ['mqtt'], 404],
  ] as const) {
    it(`v5 [MQTT-6.0.0-3] refuses ${path} with subprotocols [${offered.join(', ')}] by ${status}`, async () => {
      assert.equal(await refusal(`ws://127.0.0.1:${port}${path}`, offered), status)
      assert.equal(harness.accepted.length, 0)
    })
  }

  it('shows the headers in which a client may say who it is, and no others', async () => {
    const headers = { Authorization: 'Bearer abc', Cookie: 'a=b' }
    const webSocket = new WebSocket(`ws://127.0.0.1:${port}/mqtt`, ['mqtt'], { headers })
    await once(webSocket, 'open')
    const connection = harness.accepted[0]?.connection
    assert.deepEqual(Object.fromEntries(connection?.upgradeHeaders ?? []), {
      authorization: 'Bearer abc',
      cookie: 'a=b',
    })
    webSocket.terminate()
  })

  it('answers a plain HTTP request with 404', async () => {
    const request = get({ port, host: '127.0.0.1', path: '/mqtt', agent: false })
    const [response] = await once(request, 'response')
    assert.equal(response.statusCode, 404)
    response.resume()
    await once(response, 'close')
  })

  it('v5 [MQTT-6.0.0-1] closes the connection on a text frame', async () => {
    const webSocket = new WebSocket(`ws://127.0.0.1:${port}/mqtt`, ['mqtt'])
    await once(webSocket, 'open')
    webSocket.send('text')
    const [status] = await once(webSocket, 'close')
    assert.equal(status, 1003)
    await waitFor('the handler to be told', () => harness.accepted[0]?.closes === 1)
    assert.equal(harness.accepted[0]?.receivedBytes, 0)
  })

  it('takes a message of the largest size and closes on a larger one', async () => {
    const webSocket = new WebSocket(`ws://127.0.0.1:${port}/mqtt`, ['mqtt'])
    webSocket.on('error', () => {}) // the reset that may follow
    await once(webSocket, 'open')
    webSocket.send(Buffer.alloc(WEBSOCKET_MESSAGE_BYTES_MAX))
    await waitFor('the message', () => harness.accepted[0]?.receivedBytes === WEBSOCKET_MESSAGE_BYTES_MAX)
    webSocket.send(Buffer.alloc(WEBSOCKET_MESSAGE_BYTES_MAX + 1))
    await waitFor('the close', () => harness.accepted[0]?.closes === 1)
    assert.equal(harness.accepted[0]?.receivedBytes, WEBSOCKET_MESSAGE_BYTES_MAX)
    await waitFor('the client to see it', () => webSocket.readyState === WebSocket.CLOSED)
  })

  it('joins the fragments of a message', async () => {
    const webSocket = new WebSocket(`ws://127.0.0.1:${port}/mqtt`, ['mqtt'])
    await once(webSocket, 'open')
    webSocket.send(Buffer.from('one '), { fin: false })
    webSocket.send(Buffer.from('two'), { fin: true })
    await waitFor('the message', () => harness.accepted[0]?.bytes.toString() === 'one two')
    webSocket.terminate()
  })

  it('answers pings', async () => {
    const webSocket = new WebSocket(`ws://127.0.0.1:${port}/mqtt`, ['mqtt'])
    await once(webSocket, 'open')
    webSocket.ping()
    await once(webSocket, 'pong')
    webSocket.terminate()
  })

  it('ends a connection with the normal status', async () => {
    const webSocket = new WebSocket(`ws://127.0.0.1:${port}/mqtt`, ['mqtt'])
    await once(webSocket, 'open')
    harness.accepted[0]?.connection.end()
    const [status] = await once(webSocket, 'close')
    assert.equal(status, 1000)
  })
}

/** The HTTP status that an upgrade was refused with. */
async function refusal(url: string, subprotocols: readonly string[]): Promise<number | undefined> {
  const webSocket = new WebSocket(url, [...subprotocols])
  webSocket.on('error', () => {}) // terminate says that it was not connected
  const [, response] = await once(webSocket, 'unexpected-response')
  webSocket.terminate()
  return response.statusCode
}
