import { connect } from 'mqtt'
import { waitFor } from './wait-for.ts'
import type { IClientOptions, MqttClient } from 'mqtt'

/** A message as a client got it. */
export interface ReceivedMessage {
  readonly topicName: string
  readonly payload: string
  readonly qos: number
  readonly retain: boolean
}

/** An MQTT.js client with all that it has received. */
export interface TestClient {
  readonly client: MqttClient
  readonly clientId: string
  readonly messages: readonly ReceivedMessage[]
  /** Reason code of the DISCONNECT that the broker has sent, if it has. */
  readonly disconnectReason: () => number | undefined
  readonly isClosed: () => boolean
  /** Waits for a message for which `matches` holds. */
  readonly waitForMessage: (what: string, matches: (message: ReceivedMessage) => boolean) => Promise<ReceivedMessage>
}

/** Who connects, and how. */
export interface TestClientOptions {
  readonly clientId: string
  readonly token: string
  readonly version?: 4 | 5
  readonly options?: IClientOptions
}

/** Connects an MQTT.js client that does not come back by itself; the test ends it. */
export async function connectClient(url: string, who: TestClientOptions): Promise<TestClient> {
  const messages: ReceivedMessage[] = []
  let disconnectReason: number | undefined
  let closed = false
  const client = connect(url, {
    clientId: who.clientId,
    username: 'token-user',
    password: who.token,
    protocolVersion: who.version ?? 5,
    reconnectPeriod: 0,
    connectTimeout: 10_000,
    ...who.options,
  })
  client.on('message', (topicName, payload, { qos, retain }) => {
    messages.push({ topicName, payload: payload.toString(), qos, retain })
  })
  client.on('disconnect', packet => {
    disconnectReason = packet.reasonCode
  })
  client.on('close', () => {
    closed = true
  })
  client.on('error', () => {}) // a close follows, and that is what tests look at
  await connected(client)
  return {
    client,
    clientId: who.clientId,
    messages,
    disconnectReason: () => disconnectReason,
    isClosed: () => closed,
    waitForMessage: (what, matches) => waitFor(what, () => messages.find(matches)),
  }
}

/** Rejects with the refusal, or when the connection ends before there is an answer. */
function connected(client: MqttClient): Promise<void> {
  return new Promise((resolve, reject) => {
    client.once('connect', () => resolve())
    client.once('error', reject)
    client.once('close', () => reject(new Error('closed before there was an answer')))
  })
}
