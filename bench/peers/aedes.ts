/**
 * Aedes for the benchmark: in memory, or in the Redis at REDIS_PORT, one process, no Nagle, unlimited queues. With a key
 * set its password is an access token, which jose verifies. Arguments: port of TCP, port of WebSocket, key set, issuer,
 * audience.
 */
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import type { AedesOptions, AuthenticateHandler } from 'aedes'
import { Aedes } from 'aedes'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { createWebSocketStream, WebSocketServer } from 'ws'

const HOST = '127.0.0.1'
const BACKLOG = 4_096

const [tcpPort, wsPort, jwksUri, issuer, audience] = process.argv.slice(2)
const redisPort = process.env['REDIS_PORT']
const broker = await Aedes.createBroker({
  concurrency: 65_535,
  queueLimit: 65_535,
  ...(redisPort === undefined ? {} : await partsOnRedis({ host: HOST, port: Number(redisPort) })),
})
if (jwksUri !== undefined && issuer !== undefined && audience !== undefined)
  broker.authenticate = tokenHook(jwksUri, issuer, audience)

const http = createHttpServer()
new WebSocketServer({ server: http, path: '/mqtt' }).on('connection', (socket, request) => {
  broker.handle(createWebSocketStream(socket), request)
})
http.listen({ host: HOST, port: Number(wsPort), backlog: BACKLOG })
createServer({ noDelay: true }, socket => {
  broker.handle(socket)
}).listen({ host: HOST, port: Number(tcpPort), backlog: BACKLOG })

type PartsOnRedis = Pick<AedesOptions, 'persistence' | 'mq'>

/** Loaded only where there is a Redis. */
async function partsOnRedis(connection: { readonly host: string; readonly port: number }): Promise<PartsOnRedis> {
  const [persistence, emitter] = await Promise.all(['aedes-persistence-redis', 'mqemitter-redis'].map(factoryOf))
  return { persistence: persistence?.(connection), mq: emitter?.(connection) }
}

async function factoryOf(name: string): Promise<(connection: object) => AedesOptions['mq']> {
  const module: unknown = await import(name)
  const factory = typeof module === 'object' && module !== null && 'default' in module ? module.default : undefined
  if (typeof factory !== 'function') throw new Error(`${name} exports no function`)
  return connection => Reflect.apply(factory, undefined, [connection])
}

function tokenHook(jwksUriText: string, expectedIssuer: string, expectedAudience: string): AuthenticateHandler {
  const keySet = createRemoteJWKSet(new URL(jwksUriText))
  return (_client, _username, password, done) => {
    jwtVerify(String(password), keySet, { issuer: expectedIssuer, audience: expectedAudience }).then(
      () => done(null, true),
      () => done(null, false),
    )
  }
}
