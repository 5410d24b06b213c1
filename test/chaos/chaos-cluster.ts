import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { BreakableProxy } from '../support/breakable-proxy.ts'
import { freePort } from '../support/free-port.ts'
import { type GuardbeeProcess, startGuardbee } from '../support/guardbee-process.ts'
import { RedisServer } from '../support/redis-server.ts'
import { Teardown } from '../support/teardown.ts'
import { makeTemporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'
import { OPEN_DOOR } from './chaos-run.ts'

const NODES = 3
const WORKERS = 2
const READY_MS = 30_000

/** A node of a {@link ChaosCluster}: its place stays, while one process after the other has it. */
export interface ChaosNode {
  readonly name: string
  readonly port: number
  readonly adminPort: number
  /** Between this node and Redis. */
  readonly way: BreakableProxy
  guardbee: GuardbeeProcess
}

/** Three nodes on one Redis that keeps what it has acknowledged, each with a way to Redis of its own. */
export class ChaosCluster {
  readonly redis: RedisServer
  readonly nodes: readonly ChaosNode[]
  readonly #start: (node: Omit<ChaosNode, 'guardbee'>) => Promise<GuardbeeProcess>
  readonly #teardown: Teardown
  #turn = 0

  private constructor(
    redis: RedisServer,
    nodes: readonly ChaosNode[],
    start: (node: Omit<ChaosNode, 'guardbee'>) => Promise<GuardbeeProcess>,
    teardown: Teardown,
  ) {
    this.redis = redis
    this.nodes = nodes
    this.#start = start
    this.#teardown = teardown
  }

  static async start(): Promise<ChaosCluster> {
    const teardown = new Teardown()
    try {
      const folder = teardown.add(await makeTemporaryFolder(), opened => opened.remove())
      const securityFile = path.join(folder.path, 'open.xml')
      await writeFile(securityFile, OPEN_DOOR)
      const redis = teardown.add(await RedisServer.start(), opened => opened.stop())
      const start = (node: Omit<ChaosNode, 'guardbee'>): Promise<GuardbeeProcess> => startNode(node, securityFile)
      const nodes: ChaosNode[] = []
      for (let number = 1; number <= NODES; number++) {
        const way = teardown.add(await BreakableProxy.open(redis.port), opened => opened.close())
        const place = { name: `node-${number}`, port: await freePort(), adminPort: await freePort(), way }
        const node = { ...place, guardbee: await start(place) }
        teardown.add(node, ({ guardbee }) => guardbee.destroy())
        nodes.push(node)
      }
      return new ChaosCluster(redis, nodes, start, teardown)
    } catch (error) {
      await teardown.run()
      throw error
    }
  }

  /** Where the next client goes: to each node in turn, as a balancer would have it. */
  readonly nextPort = (): number => {
    const node = this.nodes[this.#turn++ % this.nodes.length]
    if (node === undefined) throw new Error('there are no nodes')
    return node.port
  }

  /** Starts a node again whose process has ended. */
  async startAgain(node: ChaosNode): Promise<void> {
    await node.guardbee.destroy()
    node.guardbee = await this.#start(node)
  }

  /** Resolves when each node says that it is ready. */
  async ready(): Promise<void> {
    for (const { name, adminPort } of this.nodes) {
      await waitFor(`${name} to be ready`, () => isReady(adminPort), READY_MS)
    }
  }

  /** The sum of a metric over the nodes. */
  async metric(line: string): Promise<number> {
    const texts = await Promise.all(
      this.nodes.map(async ({ adminPort }) => (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text()),
    )
    return texts.reduce((sum, text) => sum + valueOf(text, line), 0)
  }

  /** Messages in the queues of persistent sessions. */
  async queuedMessages(): Promise<number> {
    const keys = await this.redis.command('KEYS', '{guardbee}:queue:*')
    const counts = await Promise.all(
      (Array.isArray(keys) ? keys : []).map(key => this.redis.command('ZCARD', String(key))),
    )
    return counts.reduce((sum: number, count) => sum + Number(count), 0)
  }

  async stop(): Promise<void> {
    for (const { way } of this.nodes) way.mend()
    await this.#teardown.run()
  }
}

function startNode(node: Omit<ChaosNode, 'guardbee'>, securityFile: string): Promise<GuardbeeProcess> {
  return startGuardbee({
    GUARDBEE_SECURITY_FILE: securityFile,
    GUARDBEE_REDIS_URL: `redis://127.0.0.1:${node.way.port}`,
    GUARDBEE_NODE_ID: node.name,
    GUARDBEE_WORKERS: String(WORKERS),
    GUARDBEE_MQTT_PORT: String(node.port),
    GUARDBEE_WS_PORT: '',
    GUARDBEE_ADMIN_PORT: String(node.adminPort),
    GUARDBEE_QUEUE_MESSAGES_MAX: '1000000',
    GUARDBEE_QUEUE_BYTES_MAX: String(2 ** 30),
  })
}

async function isReady(adminPort: number): Promise<boolean> {
  return await fetch(`http://127.0.0.1:${adminPort}/readyz`).then(
    ({ status }) => status === 200,
    () => false,
  )
}

function valueOf(text: string, line: string): number {
  const found = text.split('\n').find(candidate => candidate.startsWith(`${line} `))
  return Number(found?.slice(line.length) ?? 0)
}
