import type { RunningBroker } from '../cluster/primary.ts'
import type { CommandContext } from './command.ts'
import { STATUS_FAILED } from './command.ts'
import { errorText } from './error-text.ts'

const STOP_MS_MAX = 20_000
/** One Ctrl-C may come twice: from the terminal, and passed on by npm. */
const SAME_SIGNAL_MS = 1_000

/**
 * Waits for the end of the broker and gives its exit status. The first signal stops it; one a second or more
 * later, or a stop that takes 20 seconds longer than its clients are given to leave, ends without waiting.
 */
export async function serve(broker: RunningBroker, context: CommandContext): Promise<number> {
  const { clock, signals, terminal } = context
  const impatient = Promise.withResolvers<number>()
  let stopAskedAtMs: number | undefined
  const giveUp = (why: string): void => {
    terminal.complain(why)
    impatient.resolve(STATUS_FAILED)
  }
  const unsubscribe = signals.subscribe(() => {
    if (stopAskedAtMs !== undefined) {
      if (clock.nowMs() - stopAskedAtMs >= SAME_SIGNAL_MS) giveUp('Ended without waiting.')
      return
    }
    stopAskedAtMs = clock.nowMs()
    terminal.complain('Stopping; once more to end at once.')
    const stopMsMax = broker.drainMs + STOP_MS_MAX
    clock.after(stopMsMax, () => giveUp(`Not stopped within ${stopMsMax / 1000} seconds: ended without waiting.`))
    broker.stop().catch((error: unknown) => giveUp(`Stopping failed: ${errorText(error)}`))
  })
  try {
    return await Promise.race([broker.done, impatient.promise])
  } finally {
    unsubscribe()
  }
}
