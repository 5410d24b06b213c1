import type { Connection } from '../../src/ports/connection.ts'
import assert from 'node:assert/strict'
import { afterEach, beforeEach } from 'node:test'
import type { ConnectClient } from '../support/byte-clients.ts'
import { FakeRandom } from '../support/fake-clock.ts'
import type { OpenWith } from '../support/listener-harness.ts'
import { ListenerHarness } from '../support/listener-harness.ts'
import { waitFor } from '../support/wait-for.ts'

/** Printed by the tests that use it. */
export const SEED = 20260214
export const MIB = 1024 * 1024

/** One implementation of the connection port. */
export interface Transport {
  readonly name: string
  readonly open: OpenWith
  readonly connect: ConnectClient
  readonly listenerName: string
  /** How it treats a client that sends on during a pause. */
  readonly pause: 'holds the client back' | 'destroys it at the bound'
}

/** The transport of a suite and the listener that the running test has got for itself. */
export interface UnderTest {
  readonly transport: Transport
  harness: ListenerHarness
  port: number
}

/** Opens a listener for each test of the suite, and checks at its end what holds for every connection. */
export function useListener(transport: Transport): UnderTest {
  const under: UnderTest = { transport, harness: new ListenerHarness(transport.open, transport.connect), port: 0 }

  beforeEach(async () => {
    under.harness = new ListenerHarness(transport.open, transport.connect)
    under.port = (await under.harness.listen()).identity.port
  })

  afterEach(async () => {
    await under.harness.stop()
    for (const accepted of under.harness.accepted) {
      assert.equal(accepted.closes, 1, 'closed is called exactly once')
      assert.equal(accepted.callsTooLate, 0, 'nothing is called after closed')
    }
  })
  return under
}

/** Two round trips of another connection: what was on its way before has been read by now. */
export async function fence({ harness, port }: UnderTest): Promise<void> {
  const { client, accepted } = await harness.pair(port)
  accepted.onReceived = bytes => accepted.write(bytes)
  for (let length = 1; length <= 2; length++) {
    client.send(Buffer.from('.'))
    await waitFor('the fence', () => client.received.length === length)
  }
}

/** The same bytes for the same seed. */
export function randomBytes(seed: number, length: number): Buffer {
  const random = new FakeRandom(seed)
  const bytes = Buffer.allocUnsafe(length)
  for (let i = 0; i < length; i++) bytes[i] = random.fraction() * 256
  return bytes
}

/** `count` pieces of 1 to `lengthMax` bytes. */
export function randomChunks(seed: number, count: number, lengthMax: number): readonly Buffer[] {
  const random = new FakeRandom(seed)
  return Array.from({ length: count }, (_, i) => randomBytes(seed + i, 1 + Math.floor(random.fraction() * lengthMax)))
}

/** The end of this turn of the event loop, at which gathered bytes are sent. */
export function nextTurn(): Promise<void> {
  return new Promise(resolve => void setImmediate(resolve))
}

/** The broker pauses a connection while it decides on its CONNECT; the bounds of a client that is let in hold after it. */
export function letIn(connection: Connection): void {
  connection.pause()
  connection.resume()
}
