import assert from 'node:assert/strict'
import { startOpenGuardbee } from '../conformance/brokers/guardbee.ts'
import type { OpenGuardbee } from '../conformance/brokers/guardbee.ts'
import { ConformanceClient } from '../support/conformance-client.ts'
import { connectBytes } from '../support/conformance-packets.ts'
import type { ConnectFields, SuiteVersion } from '../support/conformance-packets.ts'
import { openWire } from '../support/conformance-wire.ts'
import type { Target } from '../support/conformance-wire.ts'
import { residentBytes } from './process-memory.ts'
import { Witness } from './witness.ts'

const MEBIBYTE = 1024 * 1024
const LATENCY_P99_MS_MAX = 1_500

/** What an attack may cost. */
export interface Toll {
  /** Growth of all workers' memory when the attack is over, in MiB. */
  readonly grownMebibytesMax: number
}

/** A live guardbee that is attacked, and the ordinary client beside it that must not notice. */
export class Siege {
  readonly broker: OpenGuardbee
  #clients = 0
  readonly #opened: ConformanceClient[] = []

  private constructor(broker: OpenGuardbee) {
    this.broker = broker
  }

  static async start(): Promise<Siege> {
    // Attackers send hundreds of messages at once, and are to get further than the Receive Maximum.
    return new Siege(await startOpenGuardbee({ GUARDBEE_RECEIVE_MAXIMUM: '1024' }))
  }

  get target(): Target {
    return this.broker.target
  }

  /** A name that no other client has. */
  name(): string {
    this.#clients += 1
    return `client${this.#clients}`
  }

  async open(version: SuiteVersion = 5): Promise<ConformanceClient> {
    const client = new ConformanceClient(version, this.name())
    this.#opened.push(client)
    return client.attach(await openWire(this.target, client))
  }

  async connect(fields: ConnectFields = {}, version: SuiteVersion = 5): Promise<ConformanceClient> {
    const client = await this.open(version)
    client.send(connectBytes(version, { clientId: client.clientId, ...fields }))
    const { reasonCode, returnCode } = await client.expect('connack')
    assert.equal(reasonCode ?? returnCode, 0)
    return client
  }

  /** Value of a metric, its labels included in the name; 0 where it is not there. */
  async metric(name: string): Promise<number> {
    const [started] = this.broker.guardbee.eventsNamed('guardbee started')
    const response = await fetch(new URL('/metrics', String(started?.fields['admin'])))
    const lines = (await response.text()).split('\n').filter(line => line.startsWith(`${name} `))
    return lines.reduce((sum, line) => sum + Number(line.slice(name.length)), 0)
  }

  /** Attacks; then no worker has been replaced, no error is ours, memory is bounded and the witness was served. */
  async withstand(attack: () => Promise<void>, { grownMebibytesMax }: Toll): Promise<void> {
    const { guardbee } = this.broker
    const workers = guardbee.startedWorkers
    const pids = workers.map(({ pid }) => pid)
    const witness = await Witness.start(this.target, this.name())
    const beforeBytes = residentBytes(pids)
    try {
      await attack()
      const grown = (residentBytes(pids) - beforeBytes) / MEBIBYTE
      assert.ok(grown < grownMebibytesMax, `memory has grown by ${Math.round(grown)} MiB`)
    } finally {
      await witness.stop()
    }
    assert.deepEqual(guardbee.startedWorkers, workers, 'a worker was replaced')
    const errors = guardbee.events.filter(({ fields }) => fields['level'] === 'error')
    assert.deepEqual(errors, [], 'errors of our own were logged')
    const p99Ms = Math.round(witness.latencyMs(0.99))
    assert.ok(p99Ms < LATENCY_P99_MS_MAX, `the witness waited ${p99Ms} ms`)
    for (const client of this.#opened.splice(0)) client.lose()
  }

  async stop(): Promise<void> {
    for (const client of this.#opened) client.lose()
    await this.broker.stop()
  }
}
