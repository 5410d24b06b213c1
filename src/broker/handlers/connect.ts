import { Message, NEVER_EXPIRES } from '../../core/message.ts'
import type { Permissions } from '../../core/permissions.ts'
import type { Admission, Identity, LateRefusalCause } from '../../ports/auth.ts'
import type { SessionClaim, StoredWill } from '../../ports/store.ts'
import { appendConnack } from '../../protocol/encoder.ts'
import type { ConnectPacket } from '../../protocol/packets.ts'
import { ReasonCode } from '../../protocol/reason-codes.ts'
import { validTopicName } from '../../protocol/topic.ts'
import type { Channel, ConnectedClient } from '../channel.ts'
import { reviewNewClient } from '../client-review.ts'
import type { ConnectedSession } from '../connected-session.ts'
import { Load } from '../load-guard.ts'
import { ProofWatch, type ShownAgain } from '../proof-watch.ts'
import { type Refusal, refuse, refuseUnder } from '../refusal.ts'
import { reservedTopic } from '../../core/reserved-topic.ts'
import type { Claimed } from '../local-claims.ts'
import {
  clientIdRefusal,
  connackLimits,
  keepAlive,
  responseInformation,
  sessionExpiryInterval,
  willRefusal,
} from './connect-limits.ts'

const ASSIGNED_ID_BYTES = 12
const OVERTAKEN = 'another connection of the same client was quicker'

/** A CONNECT on its way through the steps; each step adds what it found. */
interface ConnectAttempt {
  readonly channel: Channel
  readonly connect: ConnectPacket
  clientId: string
  identity: Identity | undefined
  shown: ShownAgain | undefined
  permissions: Permissions | undefined
  claim: SessionClaim | undefined
  claimed: Claimed | undefined
  session: ConnectedSession | undefined
}

type Step = (attempt: ConnectAttempt) => Refusal | undefined | Promise<Refusal | undefined>

/** The steps of CONNECT (v5 3.1.4) in their order; the first refusal ends it. */
const connectSteps: readonly Step[] = [
  checkTraffic,
  checkLoad,
  checkClientId,
  checkWill,
  admit,
  authorizeWill,
  claimSession,
  openSession,
  sendConnack,
]

/** CONNECT: lets the client in with its session, or answers why not. */
export async function handleConnect(channel: Channel, connect: ConnectPacket): Promise<void> {
  channel.broker.counters.connects++
  const attempt: ConnectAttempt = {
    channel,
    connect,
    clientId: connect.clientId,
    identity: undefined,
    shown: undefined,
    permissions: undefined,
    claim: undefined,
    claimed: undefined,
    session: undefined,
  }
  for (const step of connectSteps) {
    const outcome = step(attempt)
    const refusal = outcome instanceof Promise ? await outcome : outcome
    if (refusal !== undefined) {
      return channel.refuseConnect(refusal, connect.protocolVersion, connect.maximumPacketSizeBytes)
    }
    if (channel.ended) return abandon(attempt)
  }
}

function checkTraffic({ channel }: ConnectAttempt): Refusal | undefined {
  return channel.traffic?.connectRefusal()
}

function checkLoad({ channel }: ConnectAttempt): Refusal | undefined {
  const { load, counters, limits } = channel.broker
  if (load.level === Load.normal) return undefined
  counters.connectsShed++
  const { serverReference } = limits
  if (serverReference === undefined) return refuse(ReasonCode.ServerBusy, 'overloaded')
  return { reasonCode: ReasonCode.UseAnotherServer, why: 'overloaded', serverReference }
}

function checkClientId(attempt: ConnectAttempt): Refusal | undefined {
  const { connect, channel } = attempt
  if (connect.clientId !== '') return clientIdRefusal(connect.clientId, channel.broker.limits)
  // v3.1.1 [MQTT-3.1.3-8]; MQTT 3.1 wants at least one character.
  if (connect.protocolVersion === 3 || (connect.protocolVersion === 4 && !connect.cleanStart)) {
    return refuse(ReasonCode.ClientIdentifierNotValid, 'a Client Identifier is needed')
  }
  attempt.clientId = `guardbee-${channel.broker.random.hex(ASSIGNED_ID_BYTES)}`
  return undefined
}

function checkWill({ channel, connect }: ConnectAttempt): Refusal | undefined {
  if (connect.will === undefined) return undefined
  if (validTopicName(connect.will.topicName)) return willRefusal(connect, channel.broker.limits)
  return refuse(ReasonCode.TopicNameInvalid, 'the will has no Topic Name')
}

async function admit(attempt: ConnectAttempt): Promise<Refusal | undefined> {
  const { channel, connect, clientId } = attempt
  const { connection, broker } = channel
  const shown: ShownAgain = {
    listener: connection.listener,
    remoteAddress: connection.remoteAddress,
    clientCertificate: connection.clientCertificate,
    clientId,
    username: connect.username,
    authenticationMethod: connect.authenticationMethod,
  }
  const { password, authenticationData } = connect
  const { upgradeHeaders } = connection
  const admission: Admission = await broker.door.admit({ ...shown, upgradeHeaders, password, authenticationData })
  if (admission.kind === 'refused') {
    if (admission.reasonCode === ReasonCode.ConnectionRateExceeded) broker.counters.connectsOverBudget++
    return refuseUnder(admission.reference, admission.reasonCode, 'Authentication failed')
  }
  attempt.identity = admission.identity
  attempt.shown = shown
  attempt.permissions = admission.permissions
  return undefined
}

/** HiveMQ decides at CONNECT whether the will may be published. */
function authorizeWill(attempt: ConnectAttempt): Refusal | undefined {
  const { permissions } = attempt
  const { will } = attempt.connect
  if (will === undefined) return undefined
  const { topicName, qos, retain } = will
  if (!reservedTopic(topicName) && permissions?.mayPublish(topicName, qos, retain) === true) return undefined
  return refuseAdmitted(
    attempt,
    'will_not_permitted',
    `Will Publish is not authorized to topic '${topicName}' with QoS '${qos}' and retain '${retain}'`,
  )
}

/** A refusal after the door: the door tells the logs, and the client gets the reference as with any other. */
function refuseAdmitted({ channel, shown }: ConnectAttempt, cause: LateRefusalCause, why: string): Refusal {
  if (shown === undefined) throw new Error('steps out of order')
  const reference = channel.broker.door.refuseAdmitted(shown, cause)
  return refuseUnder(reference, ReasonCode.NotAuthorized, why)
}

async function claimSession(attempt: ConnectAttempt): Promise<Refusal | undefined> {
  const { channel, connect, clientId, identity } = attempt
  if (identity === undefined) throw new Error('steps out of order')
  const claim: SessionClaim = {
    clientId,
    home: channel.broker.address,
    cleanStart: connect.cleanStart,
    owner: identity.owner,
    sessionExpiryIntervalSeconds: sessionExpiryInterval(connect, channel.broker.limits),
    will: storedWill(attempt),
  }
  const claimed = await channel.broker.sessions.claim(claim)
  switch (claimed.kind) {
    case 'owned-by-another':
      return refuseAdmitted(attempt, 'session_of_another_subject', 'the session belongs to another subject')
    case 'store-away':
      return refuse(ReasonCode.ServerUnavailable, 'the store of sessions cannot be reached')
    case 'overtaken':
      return refuse(ReasonCode.ServerBusy, OVERTAKEN)
    case 'claimed':
      attempt.claim = claim
      attempt.claimed = claimed
      return undefined
  }
}

function openSession(attempt: ConnectAttempt): Refusal | undefined {
  const { channel, connect, claim, claimed, permissions, identity, shown } = attempt
  if (claim === undefined || claimed === undefined || permissions === undefined) throw new Error('steps out of order')
  if (identity === undefined || shown === undefined) throw new Error('steps out of order')
  const session = channel.broker.sessions.open(channel.connection, claim, claimed, {
    clientId: claim.clientId,
    protocolVersion: connect.protocolVersion,
    receiveMaximum: connect.receiveMaximum,
    maximumPacketSizeBytes: connect.maximumPacketSizeBytes,
    topicAliasMaximum: connect.topicAliasMaximum,
  })
  if (session === undefined) return refuse(ReasonCode.ServerBusy, OVERTAKEN)
  attempt.session = session
  const { requestProblemInformation } = connect
  const proof = ProofWatch.needed(identity, shown)
    ? new ProofWatch(channel.broker, channel, identity, shown)
    : undefined
  const client: ConnectedClient = {
    session,
    permissions,
    requestProblemInformation,
    proof,
    reauthentication: 'none',
  }
  channel.connected(client, keepAlive(connect, channel.broker.limits))
  // Clients that are connected are told of a revocation, and those that connect later refused: this one was neither.
  return proof?.revocation() ?? reviewNewClient(channel, client)
}

function sendConnack(attempt: ConnectAttempt): Refusal | undefined {
  const { channel, connect, clientId, claimed, session } = attempt
  const { broker, connection } = channel
  const { limits, log, counters } = broker
  counters.controlPacketsSent++
  const fits = appendConnack(
    connection.out,
    connect.protocolVersion,
    {
      sessionPresent: claimed?.present === true,
      reasonCode: ReasonCode.Success,
      assignedClientIdentifier: connect.clientId === '' ? clientId : undefined,
      ...connackLimits(connect, limits),
      responseInformation: responseInformation(connect, clientId, limits),
      authenticationMethod: connect.authenticationMethod, // v5 4.12
    },
    connect.maximumPacketSizeBytes,
  )
  // v5 [MQTT-3.1.2-24]: a client that takes no answer cannot be served.
  if (!fits) return refuse(ReasonCode.PacketTooLarge, 'the Maximum Packet Size is too small for CONNACK')
  log.debug('client connected', {
    clientId,
    peer: connection.remoteAddress,
    listener: connection.listener.name,
    sessionPresent: claimed?.present === true,
  })
  session?.drain?.wake()
  return undefined
}

/** The connection went while the client was let in: a session that is claimed already is left again. */
function abandon({ channel, claim, claimed, session }: ConnectAttempt): void {
  if (claim === undefined || claimed === undefined || session !== undefined) return
  const { sessions } = channel.broker
  const opened = sessions.open(channel.connection, claim, claimed, {
    clientId: claim.clientId,
    protocolVersion: channel.protocolVersion,
    receiveMaximum: 1,
    maximumPacketSizeBytes: undefined,
    topicAliasMaximum: 0,
  })
  if (opened !== undefined) sessions.leave(opened, { publishWill: true, takenOver: false })
}

function storedWill({ channel, connect, clientId }: ConnectAttempt): StoredWill | undefined {
  const { will } = connect
  if (will === undefined) return undefined
  const message = new Message({
    topicName: will.topicName,
    payload: will.payload,
    properties: will.properties,
    qos: will.qos,
    retain: will.retain,
    expiresAtMs: NEVER_EXPIRES,
    publisher: clientId,
  })
  const { messageExpirySecondsMax } = channel.broker.limits
  const expirySeconds = Math.min(will.messageExpiryIntervalSeconds ?? Infinity, messageExpirySecondsMax)
  const messageExpiryIntervalSeconds = expirySeconds === Infinity ? undefined : expirySeconds
  return { message, delayIntervalSeconds: will.delayIntervalSeconds, messageExpiryIntervalSeconds }
}
