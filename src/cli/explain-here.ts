import { IntrospectionSource } from '../auth/introspection-source.ts'
import { KeySetSource } from '../auth/key-set-source.ts'
import { Revocations } from '../auth/revocations.ts'
import { openExplainDesk } from '../cluster/explaining.ts'
import { background } from '../ports/telemetry.ts'
import type { CommandContext } from './command.ts'
import { readConfiguration } from './configuration.ts'
import { refusalText } from './problem-text.ts'
import { firstKeys, securityOnce } from './security-once.ts'
import { terminalLog } from './terminal-log.ts'
import type { Explained } from './explained.ts'

/** Explains with the configuration of this process; or says why that cannot be used. */
export async function explainHere(form: URLSearchParams, context: CommandContext): Promise<Explained | string> {
  const { clock, random, terminal } = context
  const { settings, problems, fileProblems } = await readConfiguration(context)
  if (settings === undefined) return refusalText(problems)
  if (fileProblems.length > 0) return fileProblems.join('\n')
  const log = terminalLog(terminal)
  const model = await securityOnce(settings, log, context)
  // What keeps keys away is told with the step that lacks them.
  const keySets = new KeySetSource({ realms: model.realms, clock, random, log: { ...log, warn: () => {} } })
  const introspections = new IntrospectionSource({ realms: model.realms, clock, log })
  try {
    background(log, 'fetch of the keys', keySets.start())
    await firstKeys(keySets, clock)
    const parts = { model: () => model, keySets, introspections, revocations: new Revocations(), clock, log }
    const answer = await openExplainDesk(settings, parts).answer(form)
    if (answer.kind === 'explained') return answer
    return answer.kind === 'fault' ? answer.text : 'busy'
  } finally {
    keySets.close()
    introspections.close()
  }
}
