import { Server } from 'node:net'
import type { TemplatedApp, us_listen_socket } from 'uWebSockets.js'
import { BrokerError } from '../core/errors.ts'
import { listenOn } from './listen-on.ts'

/** A port that uSockets can share with other workers. */
export interface UwsPort {
  readonly host: string
  readonly port: number
  /** Called once uSockets listens, or does not after all. */
  release(): void
}

/** Finds a free port for 0. uSockets shares a port (SO_REUSEPORT) only when it was named, so a free one is held for it. */
export async function uwsPort(host: string, port: number): Promise<UwsPort> {
  return port === 0 ? await holdPort(host, 0) : { host, port, release() {} }
}

/** Lets `app` listen; rejects with `LISTENER`. */
export async function listenWithUws(app: TemplatedApp, held: UwsPort): Promise<us_listen_socket> {
  const { host, port } = held
  const listenSocket = await new Promise<us_listen_socket | false>(resolve => app.listen(host, port, resolve))
  held.release()
  if (listenSocket !== false) return listenSocket
  throw new BrokerError('LISTENER', `cannot listen on ${host} port ${port}`, { cause: await whyNot(host, port) })
}

/** Binds a port in a way that lets others of this user bind it too. */
async function holdPort(host: string, wanted: number): Promise<UwsPort> {
  const server = new Server()
  const port = await listenOn(server, host, wanted)
  return { host, port, release: () => void server.close() }
}

/** uSockets does not say why it cannot listen; Node does. */
async function whyNot(host: string, port: number): Promise<unknown> {
  try {
    const held = await holdPort(host, port)
    held.release()
    return undefined
  } catch (error) {
    return error instanceof Error ? error.cause : error
  }
}
