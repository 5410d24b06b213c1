import { ClientGroup } from './client-group.ts'
import { sleep, sleepUntil } from './clock.ts'
import { MassConnect } from './mass-connect.ts'
import { Meter } from './meter.ts'
import type { IdlePlan, LoaderResult } from './plan.ts'
import type { Run } from './run.ts'
import { Turn } from './turn.ts'

const CONNECTING_AT_ONCE = { window: 100 }

/** Connects clients, subscribes each to a topic of its own, and holds them; measures the time of holding. */
export class IdleRun implements Run {
  readonly #plan: IdlePlan
  readonly #connects: MassConnect

  constructor(plan: IdlePlan) {
    this.#plan = plan
    this.#connects = new MassConnect(new ClientGroup(plan, new Turn()))
  }

  async prepare(): Promise<void> {}

  async measure(startMicroseconds: number): Promise<LoaderResult> {
    const { clients, prefix, brokerPids, heldSeconds } = this.#plan
    await sleepUntil(startMicroseconds)
    await this.#connects.run(clients, CONNECTING_AT_ONCE, async client => {
      await client.subscribe([`${prefix}/${client.index}`], 0)
    })
    const meter = new Meter(brokerPids)
    meter.start()
    await sleep(heldSeconds * 1_000)
    return this.#connects.result(meter.elapsed())
  }

  finish(): void {}

  close(): void {
    this.#connects.close()
  }
}
