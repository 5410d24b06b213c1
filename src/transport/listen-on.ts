import { once } from 'node:events'
import type { Server } from 'node:net'
import { BrokerError } from '../core/errors.ts'
import { ACCEPT_BACKLOG } from './limits.ts'

/** Lets `server` listen beside others on the same port (`SO_REUSEPORT`) and resolves with the port that it got. */
export async function listenOn(server: Server, host: string, port: number): Promise<number> {
  try {
    server.listen({ host, port, reusePort: true, backlog: ACCEPT_BACKLOG })
    await once(server, 'listening')
  } catch (error) {
    throw new BrokerError('LISTENER', `cannot listen on ${host} port ${port}`, { cause: error })
  }
  const address = server.address()
  return address !== null && typeof address === 'object' ? address.port : port
}
