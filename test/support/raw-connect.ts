import { connect } from 'node:net'
import { parser } from 'mqtt-packet'
import { within } from './wait-for.ts'
import type { Socket } from 'node:net'
import type { IConnackPacket } from 'mqtt-packet'

/** The parts of a CONNECT that the suites vary. */
export interface RawConnect {
  readonly clientId: string
  readonly version?: 4 | 5
  readonly username?: string
  readonly password?: string
  /** True when left out. */
  readonly cleanStart?: boolean
}

/** What a client was told, and whether the broker closed the connection after it. */
export interface ConnackAnswer {
  readonly code: number
  readonly reasonString: string | undefined
}

const CLEAN_START = 0x02
const PASSWORD_FLAG = 0x40
const USERNAME_FLAG = 0x80
const KEEP_ALIVE_SECONDS = 60

/** The bytes of a CONNECT packet (3.1), made by hand so that a client costs next to nothing. */
export function encodeConnect({ clientId, version = 5, username, password, cleanStart }: RawConnect): Buffer {
  const flags =
    (cleanStart === false ? 0 : CLEAN_START) |
    (username === undefined ? 0 : USERNAME_FLAG) |
    (password === undefined ? 0 : PASSWORD_FLAG)
  const body = Buffer.concat([
    lengthPrefixed('MQTT'),
    Buffer.from([version, flags, KEEP_ALIVE_SECONDS >> 8, KEEP_ALIVE_SECONDS & 0xff]),
    version === 5 ? Buffer.from([0]) : Buffer.alloc(0), // no properties
    lengthPrefixed(clientId),
    username === undefined ? Buffer.alloc(0) : lengthPrefixed(username),
    password === undefined ? Buffer.alloc(0) : lengthPrefixed(password),
  ])
  return Buffer.concat([Buffer.from([0x10]), variableByteInteger(body.length), body])
}

/** Connects to the loopback, sends one CONNECT and resolves with the answer once the broker has closed the connection. */
export async function refusedConnect(port: number, packet: RawConnect): Promise<ConnackAnswer> {
  const socket = connect(port, '127.0.0.1').setNoDelay()
  try {
    return await within(`refusal of ${packet.clientId}`, readConnackUntilClosed(socket, packet))
  } finally {
    socket.destroy()
  }
}

function readConnackUntilClosed(socket: Socket, packet: RawConnect): Promise<ConnackAnswer> {
  return new Promise((resolve, reject) => {
    let answer: ConnackAnswer | undefined
    const packets = parser({ protocolVersion: packet.version ?? 5 })
    packets.on('packet', received => {
      if (received.cmd === 'connack') answer = toAnswer(received)
    })
    packets.on('error', reject)
    socket.on('data', (bytes: Buffer) => packets.parse(bytes))
    socket.on('error', reject)
    socket.on('close', () => (answer === undefined ? reject(new Error('closed without a CONNACK')) : resolve(answer)))
    socket.write(encodeConnect(packet))
  })
}

function toAnswer(connack: IConnackPacket): ConnackAnswer {
  return { code: connack.reasonCode ?? connack.returnCode ?? 0, reasonString: connack.properties?.reasonString }
}

function lengthPrefixed(text: string): Buffer {
  const bytes = Buffer.from(text)
  const prefixed = Buffer.allocUnsafe(2 + bytes.length)
  prefixed.writeUInt16BE(bytes.length, 0)
  bytes.copy(prefixed, 2)
  return prefixed
}

function variableByteInteger(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  do {
    const more = rest > 0x7f
    bytes.push((rest & 0x7f) | (more ? 0x80 : 0))
    rest >>= 7
  } while (rest > 0)
  return Buffer.from(bytes)
}
