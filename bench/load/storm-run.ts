import { isBad, spoiled } from './bad-tokens.ts'
import { ClientGroup } from './client-group.ts'
import { sleep, sleepUntil } from './clock.ts'
import { MassConnect } from './mass-connect.ts'
import { Meter } from './meter.ts'
import type { LoaderResult, StormPlan } from './plan.ts'
import { RedisCommands } from './redis-commands.ts'
import type { Run } from './run.ts'
import { Turn } from './turn.ts'

/** Connects many clients at once. */
export class StormRun implements Run {
  readonly #plan: StormPlan
  readonly #storm: MassConnect

  constructor(plan: StormPlan) {
    this.#plan = plan
    this.#storm = newStorm(plan)
  }

  async prepare(): Promise<void> {
    const { twice, clients, warmUpClients } = this.#plan
    if (warmUpClients > 0) await visit(newWarmUp(this.#plan), warmUpClients, this.#plan)
    if (twice) await visit(newStorm(this.#plan), clients, this.#plan)
  }

  async measure(startMicroseconds: number): Promise<LoaderResult> {
    await sleepUntil(startMicroseconds)
    const commands = new RedisCommands(this.#plan.redisPort)
    await commands.start()
    const meter = new Meter(this.#plan.brokerPids)
    meter.start()
    await this.#storm.run(this.#plan.clients, this.#plan.pace)
    const elapsed = meter.elapsed()
    return this.#storm.result({ ...elapsed, redisCommands: await commands.count() })
  }

  finish(): void {}

  close(): void {
    this.#storm.close()
  }
}

/** All of them come, and leave. */
async function visit(storm: MassConnect, clients: number, { pace, settleSeconds }: StormPlan): Promise<void> {
  await storm.run(clients, pace)
  storm.close()
  await sleep(settleSeconds * 1_000)
}

function newWarmUp(plan: StormPlan): MassConnect {
  const { prefix, tokens, clients } = plan
  const others = new ClientGroup({ ...plan, prefix: `${prefix}w`, tokens: tokens.slice(clients) }, new Turn())
  return new MassConnect(others, () => false, plan.persistent)
}

function newStorm(plan: StormPlan): MassConnect {
  const { badShare, bad } = plan
  const isOut = (number: number): boolean => isBad(number, badShare)
  const tokens = plan.tokens.map((token, number) => (isOut(number) ? spoiled(token, bad, number) : token))
  return new MassConnect(new ClientGroup({ ...plan, tokens }, new Turn()), isOut, plan.persistent)
}
