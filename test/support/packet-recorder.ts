import type { PacketReceiver, ProtocolViolation } from '../../src/protocol/decoder.ts'
import type { IncomingPublish } from '../../src/protocol/incoming-publish.ts'
import type { AcknowledgementType, ControlPacket, QoS } from '../../src/protocol/packets.ts'
import { decodeTopicName } from '../../src/protocol/topic.ts'

/** A PUBLISH as it was when the decoder reported it. */
export interface RecordedPublish {
  readonly type: 'publish'
  /** Undefined: not a valid Topic Name, or none because of an alias. */
  readonly topicName: string | undefined
  readonly qos: QoS
  readonly retain: boolean
  readonly duplicate: boolean
  readonly packetId: number
  readonly topicAlias: number
  readonly messageExpiryIntervalSeconds: number
  /** In hexadecimal. */
  readonly properties: string
  readonly payload: string
}

/** An acknowledgement as it was reported. */
export interface RecordedAcknowledgement {
  readonly type: 'acknowledgement'
  readonly packetType: AcknowledgementType
  readonly packetId: number
  readonly reasonCode: number
}

/** Anything a decoder reports but a violation. */
export type RecordedPacket = RecordedPublish | RecordedAcknowledgement | { readonly type: 'ping' } | ControlPacket

/** Keeps what a decoder reports, in order. */
export class PacketRecorder implements PacketReceiver {
  readonly packets: RecordedPacket[] = []
  readonly violations: ProtocolViolation[] = []

  publish(packet: IncomingPublish): void {
    this.packets.push({
      type: 'publish',
      topicName: decodeTopicName(packet.bytes, packet.topicStart, packet.topicEnd),
      qos: packet.qos,
      retain: packet.retain,
      duplicate: packet.duplicate,
      packetId: packet.packetId,
      topicAlias: packet.topicAlias,
      messageExpiryIntervalSeconds: packet.messageExpiryIntervalSeconds,
      properties: packet.propertiesBytes.toString('hex', packet.propertiesStart, packet.propertiesEnd),
      payload: packet.bytes.toString('hex', packet.payloadStart, packet.payloadEnd),
    })
  }

  acknowledgement(packetType: AcknowledgementType, packetId: number, reasonCode: number): void {
    this.packets.push({ type: 'acknowledgement', packetType, packetId, reasonCode })
  }

  pingRequest(): void {
    this.packets.push({ type: 'ping' })
  }

  control(packet: ControlPacket): void {
    this.packets.push(packet)
  }

  violation(violation: ProtocolViolation): void {
    this.violations.push(violation)
  }
}
