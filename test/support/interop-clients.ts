import { connectClient } from './mqtt-clients.ts'
import { pahoScript, runProgram, startProgram, systemProgram } from './programs.ts'
import { waitFor } from './wait-for.ts'
import type { ReceivedMessage, TestClient } from './mqtt-clients.ts'
import type { RunningProgram } from './programs.ts'

/** Where the broker is and what lets a client in. */
export interface Door {
  readonly mqttPort: number
  readonly websocketUrl: string
  readonly token: string
}

/** A message to publish. */
export interface OutgoingMessage {
  readonly topicName: string
  readonly payload: string
  readonly qos: 0 | 1 | 2
  readonly retain: boolean
}

/** A client that has subscribed. */
export interface Subscriber {
  readonly clientId: string
  messages(): readonly ReceivedMessage[]
  end(): Promise<void>
}

/** One MQTT client program or library in one protocol version, driven the way its users do. */
export interface InteropClient {
  readonly name: string
  /** Resolves once the SUBACK is here; every message is asked for with QoS 2. */
  subscribe(door: Door, clientId: string, topicFilter: string): Promise<Subscriber>
  /** Resolves once the message is acknowledged as its QoS demands and the client has left. */
  publish(door: Door, clientId: string, message: OutgoingMessage): Promise<void>
  /** Connects with a Will Message; the returned function cuts the connection without a DISCONNECT. */
  connectWithWill(door: Door, clientId: string, will: OutgoingMessage): Promise<() => void>
}

/** Every client that the broker is tried with. */
export const INTEROP_CLIENTS: readonly InteropClient[] = [
  mosquitto('3.1.1'),
  mosquitto('5'),
  mqttJs('tcp', 4),
  mqttJs('websocket', 5),
  paho('3.1.1'),
  paho('5'),
]

// The programs' C library would keep what they say until its buffer is full.
const LINE_BUFFERED = ['--output=L']

function mosquitto(version: '3.1.1' | '5'): InteropClient {
  const common = ({ mqttPort, token }: Door, clientId: string): string[] => {
    const protocol = version === '5' ? 'mqttv5' : 'mqttv311'
    const who = ['-i', clientId, '-u', 'token-user', '-P', token]
    return ['-d', '-h', '127.0.0.1', '-p', String(mqttPort), '-V', protocol, ...who]
  }
  return {
    name: `mosquitto ${version}`,
    subscribe: async (door, clientId, topicFilter) => {
      const format = ['-F', '%t %q %r %p']
      const args = [...common(door, clientId), '-q', '2', '-t', topicFilter, ...format]
      const program = startProgram(systemProgram('stdbuf'), [...LINE_BUFFERED, systemProgram('mosquitto_sub'), ...args])
      await program.waitForOutput('Subscribed')
      return programSubscriber(clientId, program)
    },
    publish: async (door, clientId, { topicName, payload, qos, retain }) => {
      const message = ['-t', topicName, '-q', String(qos), '-m', payload, ...(retain ? ['-r'] : [])]
      await mustSucceed(systemProgram('mosquitto_pub'), [...common(door, clientId), ...message])
    },
    connectWithWill: async (door, clientId, { topicName, payload, qos, retain }) => {
      const will = ['--will-topic', topicName, '--will-payload', payload, '--will-qos', String(qos)]
      const args = [...common(door, clientId), ...will, ...(retain ? ['--will-retain'] : []), '-t', 'unused', '-l']
      const program = startProgram(systemProgram('stdbuf'), [...LINE_BUFFERED, systemProgram('mosquitto_pub'), ...args])
      await program.waitForOutput('CONNACK (0)')
      return () => program.kill('SIGKILL')
    },
  }
}

function mqttJs(transport: 'tcp' | 'websocket', version: 4 | 5): InteropClient {
  const url = (door: Door): string => (transport === 'tcp' ? `mqtt://127.0.0.1:${door.mqttPort}` : door.websocketUrl)
  const open = (door: Door, clientId: string, will?: OutgoingMessage): Promise<TestClient> =>
    connectClient(url(door), {
      clientId,
      token: door.token,
      version,
      options:
        will === undefined ? {} : { will: { ...will, topic: will.topicName, payload: Buffer.from(will.payload) } },
    })
  return {
    name: `MQTT.js over ${transport}, ${version === 5 ? '5' : '3.1.1'}`,
    subscribe: async (door, clientId, topicFilter) => {
      const { client, messages } = await open(door, clientId)
      await client.subscribeAsync(topicFilter, { qos: 2 })
      return { clientId, messages: () => messages, end: () => client.endAsync(true) }
    },
    publish: async (door, clientId, { topicName, payload, qos, retain }) => {
      const { client } = await open(door, clientId)
      await client.publishAsync(topicName, payload, { qos, retain })
      await client.endAsync()
    },
    connectWithWill: async (door, clientId, will) => {
      const { client } = await open(door, clientId, will)
      return () => client.stream.destroy()
    },
  }
}

function paho(version: '3.1.1' | '5'): InteropClient {
  const common = ({ mqttPort }: Door, clientId: string): string[] => {
    return ['--port', String(mqttPort), '--version', version, '--id', clientId]
  }
  const content = ({ topicName, payload, qos, retain }: OutgoingMessage): string[] => {
    return ['--topic-name', topicName, '--payload', payload, '--qos', String(qos), ...(retain ? ['--retain'] : [])]
  }
  const environment = ({ token }: Door): Record<string, string | undefined> => {
    return { ...process.env, MQTT_TOKEN: token, PYTHONDONTWRITEBYTECODE: '1', PYTHONWARNINGS: 'ignore' }
  }
  return {
    name: `paho-mqtt ${version}`,
    subscribe: async (door, clientId, topicFilter) => {
      const { python, script } = pahoScript('subscribe.py')
      const args = [script, ...common(door, clientId), '--topic-filter', topicFilter]
      const program = startProgram(python, args, { env: environment(door) })
      await program.waitForOutput('subscribed')
      return programSubscriber(clientId, program)
    },
    publish: async (door, clientId, message) => {
      const { python, script } = pahoScript('publish.py')
      const args = [script, ...common(door, clientId), ...content(message)]
      await mustSucceed(python, args, environment(door))
    },
    connectWithWill: async (door, clientId, will) => {
      const { python, script } = pahoScript('publish.py')
      const args = [script, ...common(door, clientId), ...content(will), '--will']
      const program = startProgram(python, args, { env: environment(door) })
      await program.waitForOutput('connected')
      return () => program.kill('SIGKILL')
    },
  }
}

/** Waits until `subscriber` has a message for which `matches` holds. */
export function waitForDelivery(
  subscriber: Subscriber,
  what: string,
  matches: (message: ReceivedMessage) => boolean,
): Promise<ReceivedMessage> {
  return waitFor(`${what} at ${subscriber.clientId}`, () => subscriber.messages().find(matches))
}

function programSubscriber(clientId: string, program: RunningProgram): Subscriber {
  return { clientId, messages: () => parseMessages(program.stdout), end: () => program.destroy() }
}

// Lines of the form "topic name, QoS, retain flag, payload"; what else a program prints does not look like that.
function parseMessages(output: string): readonly ReceivedMessage[] {
  return [...output.matchAll(/^(\S+) ([012]) ([01]) (.*)$/gm)].map(([, topicName = '', qos, retain, payload = '']) => ({
    topicName,
    qos: Number(qos),
    retain: retain === '1',
    payload,
  }))
}

async function mustSucceed(
  file: string,
  args: readonly string[],
  env?: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const { status, stdout, stderr } = await runProgram(file, args, env === undefined ? {} : { env })
  if (status !== 0) throw new Error(`${file} ended with ${status}: ${stdout}${stderr}`)
}
