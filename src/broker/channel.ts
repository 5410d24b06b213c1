import type { Permissions } from '../core/permissions.ts'
import type { Connection } from '../ports/connection.ts'
import type { ProtocolVersion } from '../protocol/packets.ts'
import type { AcknowledgementLine } from './acknowledgement-line.ts'
import type { BrokerContext } from './broker-context.ts'
import type { RegisteredClient } from './client-registry.ts'
import type { ConnectedSession } from './connected-session.ts'
import type { ProofWatch } from './proof-watch.ts'
import type { PublishedTopics } from './published-topics.ts'
import type { Refusal } from './refusal.ts'
import type { ConnectionTraffic } from './traffic.ts'

/** What a CONNECT that was accepted leaves behind for the connection's other packets; its password is not among it. */
export interface ConnectedClient {
  readonly session: ConnectedSession
  /** Replaced by a re-authentication. */
  permissions: Permissions
  /** False: reason strings stand in CONNACK and DISCONNECT only (v5 [MQTT-3.1.2-29]). */
  readonly requestProblemInformation: boolean
  /** Undefined: nothing about the client's proof can change. */
  readonly proof: ProofWatch | undefined
  /** `continues`: the client was asked to show its new token again. */
  reauthentication: 'none' | 'runs' | 'continues'
}

/** One Network Connection, as the handlers of its packets see it. */
export interface Channel extends RegisteredClient {
  readonly broker: BrokerContext
  readonly connection: Connection
  /** Undefined where nothing bounds it. */
  readonly traffic: ConnectionTraffic | undefined
  /** Nothing is handled or sent any more. */
  readonly ended: boolean
  readonly protocolVersion: ProtocolVersion
  /** Topics of the PUBLISH packets that the client sends. */
  readonly topics: PublishedTopics
  readonly acknowledgements: AcknowledgementLine
  /** Whether acknowledgements may be sent at once, because none waits before them. */
  readonly acknowledgesAtOnce: boolean
  /** `bytes` of what the client sent are under way until `safe` settles; it is held back when these become many. */
  awaitSafety(bytes: number, safe: Promise<unknown>): void
  /** CONNECT was accepted: packets are handled from now on. */
  connected(client: ConnectedClient, keepAliveSeconds: number): void
  /** Answers CONNECT with a refusal and closes; what the client has pipelined behind it is not looked at. */
  refuseConnect(refusal: Refusal, version: ProtocolVersion, maximumPacketSizeBytes?: number): void
  /** The client said goodbye: its Will Message is discarded unless it asked otherwise (v5 3.14.4). */
  goodbye(publishWill: boolean): void
  /** Waits for what a packet has begun; when it fails the connection ends, so that nobody waits for an answer in vain. */
  run(name: string, handling: Promise<unknown>): void
  /** Ends the connection because `name` failed. */
  failed(name: string, error: unknown): void
}
