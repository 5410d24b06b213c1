import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { WebSocket } from 'ws'
import { publishBytes, subscribeBytes } from '../../support/conformance-packets.ts'
import { openWebSocketOf } from '../../support/conformance-wire.ts'
import { NotApplicable } from '../bench.ts'
import type { Bench } from '../bench.ts'
import { nextPayload } from './steps.ts'

async function openSocket(bench: Bench, subprotocols: readonly string[]): Promise<WebSocket> {
  if (bench.target.websocketUrl === undefined) throw new NotApplicable('MQTT over WebSocket is not served')
  const webSocket = openWebSocketOf(bench.target, subprotocols)
  await once(webSocket, 'open')
  return webSocket
}

export async function textFrame(bench: Bench): Promise<void> {
  const webSocket = await openSocket(bench, ['mqtt'])
  const closed = once(webSocket, 'close', { signal: AbortSignal.timeout(6_000) })
  try {
    webSocket.send(bench.connectBytes(bench.name('text')).toString('latin1'))
    await closed
  } finally {
    webSocket.terminate()
  }
}

/** Byte by byte, and many packets in one frame. */
export async function framesAndPackets(bench: Bench): Promise<void> {
  const client = await bench.connectWebSocket()
  for (const byte of subscribeBytes(bench.version, 1, [[bench.topic(), 0]])) client.send(Buffer.from([byte]))
  await client.expect('suback')
  client.send(...['1', '2', '3'].map(payload => publishBytes(bench.version, bench.topic(), payload)))
  for (const payload of ['1', '2', '3']) assert.equal(await nextPayload(client), payload)
  const large = publishBytes(bench.version, bench.topic(), Buffer.alloc(100_000, 'x'))
  client.send(large.subarray(0, 3))
  client.send(large.subarray(3, 70_000))
  client.send(Buffer.concat([large.subarray(70_000), publishBytes(bench.version, bench.topic(), 'end')]))
  assert.equal((await nextPayload(client)).length, 100_000)
  assert.equal(await nextPayload(client), 'end')
}

export async function subprotocol(bench: Bench): Promise<void> {
  const webSocket = await openSocket(bench, ['mqtt'])
  assert.equal(webSocket.protocol, 'mqtt')
  webSocket.terminate()
}
