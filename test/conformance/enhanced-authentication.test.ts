import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { ReasonCode } from '../../src/protocol/reason-codes.ts'
import { TestBrokers } from '../support/test-broker.ts'
import type { WireClient } from '../support/wire-client.ts'

const METHOD = 'OAUTH2-JWT'
/** Room for CONNACK and for AUTH with its method, but for no explanation. */
const SMALL_BYTES = 30

/**
 * The statements about AUTH that bind a server. Other brokers are not asked: none of them knows an Authentication Method
 * without being set up for it.
 */
describe('conformance of AUTH', () => {
  let brokers: TestBrokers

  beforeEach(async () => {
    brokers = await TestBrokers.start()
  })

  function connect(properties: { readonly maximumPacketSize?: number } = {}): Promise<WireClient> {
    const authentication = { authenticationMethod: METHOD, authenticationData: Buffer.from('first') }
    return brokers.connect('c', { username: 'u', admitted: false, properties: { ...properties, ...authentication } })
  }

  async function show(client: WireClient, reasonCode: number): Promise<void> {
    const properties = { authenticationMethod: METHOD, authenticationData: Buffer.from('second') }
    client.send({ cmd: 'auth', reasonCode, properties })
    await brokers.settle()
  }

  function refuseWith(reasonCode: number): void {
    brokers.door.refusal = { kind: 'refused', reasonCode, cause: 'test', reference: 'REF' }
  }

  it('v5 [MQTT-3.15.2-1] AUTH has one of its Reason Codes: 0x18 to go on, 0x00 at the end', async () => {
    const client = await connect()
    refuseWith(ReasonCode.ServerUnavailable)
    await show(client, ReasonCode.Reauthenticate)
    assert.equal(client.expect('auth').reasonCode, ReasonCode.ContinueAuthentication)
    brokers.door.refusal = undefined
    await show(client, ReasonCode.ContinueAuthentication)
    assert.equal(client.expect('auth').reasonCode, ReasonCode.Success)
  })

  it('v5 [MQTT-3.15.2-2] a Reason String does not make AUTH too large; [MQTT-3.15.2-3] there are no User Properties', async () => {
    for (const [properties, explained] of [
      [{}, true],
      [{ maximumPacketSize: SMALL_BYTES }, false],
    ] as const) {
      brokers.door.refusal = undefined
      const client = await connect(properties)
      refuseWith(ReasonCode.ServerUnavailable)
      await show(client, ReasonCode.Reauthenticate)
      const answer = client.expect('auth').properties
      assert.equal(answer?.reasonString !== undefined, explained)
      assert.equal(answer?.userProperties, undefined)
    }
  })

  it('v5 [MQTT-4.12.0-2] the AUTH of a server that needs more says 0x18', async () => {
    const client = await connect()
    refuseWith(ReasonCode.ServerBusy)
    await show(client, ReasonCode.Reauthenticate)
    assert.equal(client.expect('auth').reasonCode, ReasonCode.ContinueAuthentication)
  })

  it('v5 [MQTT-4.12.0-4] a rejected authentication closes the connection', async () => {
    refuseWith(ReasonCode.NotAuthorized)
    const client = await connect()
    assert.equal(client.expect('connack').reasonCode, ReasonCode.NotAuthorized)
    assert.equal(client.closedByBroker, true)
  })

  it('v5 [MQTT-4.12.0-5] CONNACK and AUTH repeat the Authentication Method', async () => {
    const client = await connect()
    assert.equal(client.expect('connack').properties?.authenticationMethod, METHOD)
    await show(client, ReasonCode.Reauthenticate)
    assert.equal(client.expect('auth').properties?.authenticationMethod, METHOD)
  })

  it('v5 [MQTT-4.12.1-2] a failed re-authentication gets a DISCONNECT with its reason and closes the connection', async () => {
    const client = await connect()
    refuseWith(ReasonCode.NotAuthorized)
    await show(client, ReasonCode.Reauthenticate)
    assert.equal(client.expect('disconnect').reasonCode, ReasonCode.NotAuthorized)
    assert.equal(client.closedByBroker, true)
  })
})
