import { Awaiting } from '../../core/inflight-window.ts'
import { appendAcknowledgement } from '../../protocol/encoder.ts'
import { type AcknowledgementType, PUBACK, PUBCOMP, PUBREC, PUBREL } from '../../protocol/packets.ts'
import { ReasonCode } from '../../protocol/reason-codes.ts'
import type { Channel, ConnectedClient } from '../channel.ts'
import type { ConnectedSession } from '../connected-session.ts'

/** PUBACK, PUBREC, PUBREL and PUBCOMP (v5 3.4 to 3.7). */
export function handleAcknowledgement(
  channel: Channel,
  client: ConnectedClient,
  type: AcknowledgementType,
  packetId: number,
  reasonCode: number,
): void {
  const { session } = client
  switch (type) {
    case PUBACK:
      return complete(session, session.subscriber.window.find(packetId, Awaiting.puback))
    case PUBREC:
      return handlePubrec(channel, session, packetId, reasonCode)
    case PUBREL:
      return handlePubrel(channel, session, packetId)
    case PUBCOMP:
      return complete(session, session.subscriber.window.find(packetId, Awaiting.pubcomp))
  }
}

/** An acknowledgement of something that is not in flight is ignored, as it may cross a resend. */
function complete(session: ConnectedSession, position: number): void {
  if (position === 0) return
  session.subscriber.complete(position)
  session.drain?.remove(position)
  session.subscriber.pump()
  session.drain?.pump()
}

function handlePubrec(channel: Channel, session: ConnectedSession, packetId: number, reasonCode: number): void {
  const { window } = session.subscriber
  const position = window.find(packetId, Awaiting.pubrec)
  if (position === 0) {
    const known = window.find(packetId, Awaiting.pubcomp) !== 0
    return sendPubrel(channel, packetId, known ? ReasonCode.Success : ReasonCode.PacketIdentifierNotFound)
  }
  // v5 4.3.3: a PUBREC of 0x80 or more ends the exchange.
  if (reasonCode >= ReasonCode.UnspecifiedError) return complete(session, position)
  window.release(position)
  if (!session.persistent) return sendPubrel(channel, packetId, ReasonCode.Success)
  // Before PUBREL is sent it must be known that the client has the message, or a crash would double it.
  const { broker } = channel
  const marked = broker.store.queues.markReleased(session.clientId, session.epoch, position)
  channel.run(
    'mark released',
    marked.then(() => sendPubrel(channel, packetId, ReasonCode.Success)),
  )
}

function sendPubrel(channel: Channel, packetId: number, reasonCode: number): void {
  if (channel.ended) return
  channel.broker.counters.controlPacketsSent++
  appendAcknowledgement(channel.connection.out, PUBREL, channel.protocolVersion, packetId, reasonCode)
}

function handlePubrel(channel: Channel, session: ConnectedSession, packetId: number): void {
  const known = session.forgetReceived(packetId)
  const reasonCode = known ? ReasonCode.Success : ReasonCode.PacketIdentifierNotFound
  if (!known || !session.persistent) return sendPubcomp(channel, packetId, reasonCode)
  // Before PUBCOMP the identifier must be free in the store too, or a crash would swallow its next message.
  const { broker } = channel
  const marked = broker.store.sessions.markReceived(session.clientId, session.epoch, packetId, false)
  channel.run(
    'mark received',
    marked.then(() => sendPubcomp(channel, packetId, reasonCode)),
  )
}

function sendPubcomp(channel: Channel, packetId: number, reasonCode: number): void {
  if (channel.ended) return
  channel.broker.counters.controlPacketsSent++
  appendAcknowledgement(channel.connection.out, PUBCOMP, channel.protocolVersion, packetId, reasonCode)
}
