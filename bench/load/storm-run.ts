import { isBad, spoiled } from './bad-tokens.ts'
import { ClientGroup } from './client-group.ts'
import { sleep, sleepUntil } from './clock.ts'
import { MassConnect } from './mass-connect.ts'
import { Meter } from './meter.ts'
import type { LoaderResult, Pace, StormPlan } from './plan.ts'
import type { Run } from './run.ts'
import { Turn } from './turn.ts'

/** Time for the broker to get over a departure. */
const SETTLE_MS = 1_000

/** Connects many clients at once. */
export class StormRun implements Run {
  readonly #plan: StormPlan
  readonly #storm: MassConnect

  constructor(plan: StormPlan) {
    this.#plan = plan
    this.#storm = newStorm(plan)
  }

  async prepare(): Promise<void> {
    const { twice, clients, warmUpClients, pace } = this.#plan
    if (warmUpClients > 0) await visit(newWarmUp(this.#plan), warmUpClients, pace)
    if (twice) await visit(newStorm(this.#plan), clients, pace)
  }

  async measure(startMicroseconds: number): Promise<LoaderResult> {
    await sleepUntil(startMicroseconds)
    const meter = new Meter(this.#plan.brokerPids)
    meter.start()
    await this.#storm.run(this.#plan.clients, this.#plan.pace)
    return this.#storm.result(meter.elapsed())
  }

  finish(): void {}

  close(): void {
    this.#storm.close()
  }
}

/** All of them come, and leave. */
async function visit(storm: MassConnect, clients: number, pace: Pace): Promise<void> {
  await storm.run(clients, pace)
  storm.close()
  await sleep(SETTLE_MS)
}

function newWarmUp(plan: StormPlan): MassConnect {
  const { prefix, tokens, clients } = plan
  return new MassConnect(new ClientGroup({ ...plan, prefix: `${prefix}w`, tokens: tokens.slice(clients) }, new Turn()))
}

function newStorm(plan: StormPlan): MassConnect {
  const { badShare, bad } = plan
  const isOut = (number: number): boolean => isBad(number, badShare)
  const tokens = plan.tokens.map((token, number) => (isOut(number) ? spoiled(token, bad, number) : token))
  return new MassConnect(new ClientGroup({ ...plan, tokens }, new Turn()), isOut)
}
