import assert from 'node:assert/strict'
import type { IPublishPacket } from 'mqtt-packet'
import type { ConformanceClient } from '../../support/conformance-client.ts'
import type { PublishFields } from '../../support/conformance-packets.ts'
import { NotApplicable } from '../bench.ts'
import type { Bench } from '../bench.ts'
import type { Flow } from '../conformance-case.ts'

/** Takes messages up to the one with this payload and returns those before it. */
export async function messagesUntil(client: ConformanceClient, payload: string): Promise<readonly IPublishPacket[]> {
  const before: IPublishPacket[] = []
  for (;;) {
    const message = await client.expect('publish')
    if (message.payload.toString() === payload) return before
    before.push(message)
  }
}

/** Has `publisher` send a last message on `topicName` and returns the payloads that `client` got before it. */
export async function payloadsBeforeLast(
  client: ConformanceClient,
  publisher: ConformanceClient,
  topicName: string,
  fields: PublishFields = {},
): Promise<readonly string[]> {
  await publisher.publish(topicName, 'the last one', fields)
  const before = await messagesUntil(client, 'the last one')
  return before.map(({ payload }) => payload.toString())
}

/** The next message's payload. */
export async function nextPayload(client: ConformanceClient): Promise<string> {
  return (await client.expect('publish')).payload.toString()
}

/** A flow in which a connected client sends something wrong and is closed. */
export function closesOn(...bytes: readonly ((bench: Bench) => Buffer)[]): Flow {
  return async bench => {
    await Promise.all(
      bytes.map(async wrong => {
        const client = await bench.connect()
        client.send(wrong(bench))
        await client.expectClosed()
      }),
    )
  }
}

/** A flow in which a CONNECT is answered by a refusal, or not at all, and closed. */
export function refuses(...connects: readonly ((bench: Bench) => Buffer)[]): Flow {
  return async bench => {
    await Promise.all(
      connects.map(async connect => {
        const client = await bench.open()
        client.send(connect(bench))
        await client.expectClosed()
        assertNotAdmitted(client)
      }),
    )
  }
}

/** Fails when the client was let in. */
export function assertNotAdmitted(client: ConformanceClient): void {
  const admitted = client.untaken('connack').some(({ reasonCode, returnCode }) => (reasonCode ?? returnCode) === 0)
  assert.ok(!admitted, 'the CONNECT was accepted')
}

/** The first byte of a packet's bytes is its fixed header; this is the DUP flag in it. */
export function duplicateFlag(bytes: Buffer | undefined): boolean {
  return ((bytes?.[0] ?? 0) & 0x08) !== 0
}

/** A subscriber and a publisher, the first subscribed to `topicName`. */
export async function pair(
  bench: Bench,
  options = 0,
  topicName = bench.topic(),
): Promise<{ subscriber: ConformanceClient; publisher: ConformanceClient; topicName: string }> {
  const [subscriber, publisher] = await Promise.all([bench.connect(), bench.connect()])
  const [granted] = await subscriber.subscribe(topicName, options)
  if (granted !== undefined && granted < (options & 3)) throw new NotApplicable(`QoS ${granted} is granted`)
  assert.equal(granted, options & 3, 'the granted QoS')
  return { subscriber, publisher, topicName }
}
