import { freePort } from './free-port.ts'
import { type GuardbeeProcess, type GuardbeeSettings, startGuardbee } from './guardbee-process.ts'
import { startHaproxy } from './haproxy.ts'
import { RedisServer } from './redis-server.ts'
import type { Teardown } from './teardown.ts'

/** Three nodes of two workers on one Redis, behind HAProxy, which passes the address of the client on. */
export interface BalancedCluster {
  readonly nodes: readonly GuardbeeProcess[]
  readonly redis: RedisServer
  /** Ports of HAProxy that lead to each node in turn. */
  readonly mqttPort: number
  readonly wsPort: number
  /** Ports of HAProxy that lead to one node each. */
  readonly nodePorts: readonly number[]
}

const NODES = 3

/** Starts the cluster with these settings on each node; `teardown` ends all of it. */
export async function startBalancedCluster(settings: GuardbeeSettings, teardown: Teardown): Promise<BalancedCluster> {
  const redis = teardown.add(await RedisServer.start(), opened => opened.stop())
  const start = async (nodeId: string): Promise<GuardbeeProcess> => {
    const guardbee = await startGuardbee({
      ...settings,
      GUARDBEE_LOG_LEVEL: 'debug',
      GUARDBEE_REDIS_URL: redis.url,
      GUARDBEE_NODE_ID: nodeId,
      GUARDBEE_WORKERS: '2',
      GUARDBEE_MQTT_PROXY_PROTOCOL: 'on',
      GUARDBEE_WS_PROXY_PROTOCOL: 'on',
      GUARDBEE_TRUSTED_PROXIES: '127.0.0.1',
    })
    return teardown.add(guardbee, opened => opened.destroy())
  }
  const nodes = await Promise.all(Array.from({ length: NODES }, (_, index) => start(`node-${index + 1}`)))
  const ports = nodes.map(({ mqttPort }) => mqttPort)
  const wsPorts = nodes.map(guardbee => Number(guardbee.listenerUrl('ws').port))
  const [mqttPort, wsPort] = [await freePort(), await freePort()]
  const nodePorts = await Promise.all(nodes.map(() => freePort()))
  const serverOptions = 'send-proxy-v2'
  const haproxy = await startHaproxy([
    { port: mqttPort, toPorts: ports, serverOptions },
    { port: wsPort, toPorts: wsPorts, serverOptions },
    ...ports.map((to, index) => ({ port: nodePorts[index] ?? 0, toPorts: [to], serverOptions })),
  ])
  teardown.add(haproxy, opened => opened.destroy())
  return { nodes, redis, mqttPort, wsPort, nodePorts }
}
