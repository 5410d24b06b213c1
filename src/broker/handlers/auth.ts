import type { Credentials } from '../../ports/auth.ts'
import { appendAuth } from '../../protocol/encoder.ts'
import type { AuthPacket } from '../../protocol/packets.ts'
import { ReasonCode } from '../../protocol/reason-codes.ts'
import type { Channel, ConnectedClient } from '../channel.ts'
import type { ProofWatch } from '../proof-watch.ts'
import { refuse, refuseUnder } from '../refusal.ts'
import { replacePermissions } from '../replaced-permissions.ts'

/** Refusals that say nothing about the client: it may be let in when whom we ask is back. */
const PASSING: ReadonlySet<number> = new Set([ReasonCode.ServerUnavailable, ReasonCode.ServerBusy])

/**
 * AUTH (v5 3.15, 4.12.1): the client shows a new token on its open connection. It must be of the same issuer and
 * subject; its expiry and its permissions replace the old ones at one moment.
 */
export async function handleAuth(channel: Channel, client: ConnectedClient, packet: AuthPacket): Promise<void> {
  const { proof } = client
  const shown = proof?.shown
  const method = shown?.authenticationMethod
  if (proof === undefined || shown === undefined || method === undefined) {
    // v5 [MQTT-4.12.0-6]
    return channel.disconnect(refuse(ReasonCode.ProtocolError, 'AUTH without an Authentication Method in CONNECT'))
  }
  if (packet.authenticationMethod !== method) {
    // v5 [MQTT-4.12.1-1]
    return channel.disconnect(refuse(ReasonCode.ProtocolError, 'another Authentication Method than in CONNECT'))
  }
  // Continue follows a Continue of ours, and the client does nothing else while it waits for an answer.
  const expected = client.reauthentication === 'continues' || packet.reasonCode === ReasonCode.Reauthenticate
  if (!expected || client.reauthentication === 'runs') {
    return channel.disconnect(refuse(ReasonCode.ProtocolError, 'AUTH out of turn'))
  }
  client.reauthentication = 'runs'
  await reauthenticate(channel, client, proof, {
    ...shown,
    password: undefined,
    authenticationData: packet.authenticationData,
    again: true,
  })
}

async function reauthenticate(
  channel: Channel,
  client: ConnectedClient,
  proof: ProofWatch,
  credentials: Credentials,
): Promise<void> {
  const method = credentials.authenticationMethod ?? ''
  const admission = await channel.broker.door.admit(credentials)
  if (channel.ended) return
  if (admission.kind === 'refused') {
    if (PASSING.has(admission.reasonCode) && !proof.ended) return tryAgain(channel, client, method)
    return channel.disconnect(refuseUnder(admission.reference, ReasonCode.NotAuthorized, 'Re-authentication failed'))
  }
  if (admission.identity.owner !== proof.identity.owner) {
    const reference = channel.broker.door.refuseAdmitted(credentials, 'reauthenticated_as_another')
    return channel.disconnect(
      refuseUnder(reference, ReasonCode.NotAuthorized, 'Re-authentication failed: another subject'),
    )
  }
  client.reauthentication = 'none'
  proof.start(admission.identity)
  const revocation = proof.revocation()
  if (revocation !== undefined) return channel.disconnect(revocation)
  await replacePermissions(channel, client, admission.permissions)
  if (!channel.ended) answer(channel, client, ReasonCode.Success, method)
}

/** The old token goes on until its end; the client shows the new one again by then. */
function tryAgain(channel: Channel, client: ConnectedClient, method: string): void {
  client.reauthentication = 'continues'
  answer(channel, client, ReasonCode.ContinueAuthentication, method, 'the token cannot be verified now: try again')
}

function answer(channel: Channel, client: ConnectedClient, code: number, method: string, why?: string): void {
  const reasonString = client.requestProblemInformation ? why : undefined
  channel.broker.counters.controlPacketsSent++
  const said = { authenticationMethod: method, reasonString }
  if (appendAuth(channel.connection.out, code, said, client.session.subscriber.maximumPacketSizeBytes)) return
  // v5 [MQTT-3.1.2-24]
  channel.disconnect(refuse(ReasonCode.PacketTooLarge, 'AUTH exceeds the Maximum Packet Size'))
}
