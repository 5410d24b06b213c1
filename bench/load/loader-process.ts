/** A process of the load generator: gets a plan from its parent, runs it once, tells the result, and ends. */
import { constants, setPriority } from 'node:os'
import { CliffRun } from './cliff-run.ts'
import { IdleRun } from './idle-run.ts'
import { LoadRun } from './load-run.ts'
import type { LoaderNews, LoaderOrder, LoaderPlan } from './plan.ts'
import { QueueRun } from './queue-run.ts'
import { ReplayRun } from './replay-run.ts'
import type { Run } from './run.ts'
import { StormRun } from './storm-run.ts'

let run: Run | undefined

process.on('message', (message: unknown) => {
  obey(orderFrom(message)).catch((error: unknown) => {
    tell({ kind: 'failed', why: error instanceof Error ? error.message : String(error) })
  })
})
// Without its parent it has nothing to do.
process.on('disconnect', () => process.exit())

async function obey(order: LoaderOrder): Promise<void> {
  switch (order.kind) {
    case 'plan':
      if (order.plan.yields) setPriority(constants.priority.PRIORITY_LOW)
      run = runOf(order.plan)
      await run.prepare()
      return tell({ kind: 'ready' })
    case 'begin':
      if (run === undefined) throw new Error('nothing to begin')
      return tell({ kind: 'result', result: await run.measure(order.atMicroseconds) })
    case 'finish':
      return run?.finish()
    case 'close':
      run?.close()
      process.disconnect()
  }
}

function runOf(plan: LoaderPlan): Run {
  switch (plan.kind) {
    case 'load':
      return new LoadRun(plan)
    case 'storm':
      return new StormRun(plan)
    case 'cliff':
      return new CliffRun(plan)
    case 'idle':
      return new IdleRun(plan)
    case 'replay':
      return new ReplayRun(plan)
    case 'queue':
      return new QueueRun(plan)
  }
}

function tell(news: LoaderNews): void {
  process.send?.(news)
}

// The parent is `loader.ts` of the same checkout, and sends nothing else.
function orderFrom(message: unknown): LoaderOrder {
  return message as LoaderOrder
}
