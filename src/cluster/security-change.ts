import { checkModel } from '../auth/checked-model.ts'
import type { SecurityModel } from '../auth/security-model.ts'
import type { SecurityChange } from '../auth/security-source.ts'
import type { AccessLogFiles } from './access-log-files.ts'
import type { Supervisor } from './supervisor.ts'
import type { TokenSources } from './token-sources.ts'

/** What a new security configuration is put in force with. */
export interface SecurityChangeParts {
  readonly tokens: Pick<TokenSources, 'prepare' | 'retain' | 'snapshots'>
  readonly accessLog: Pick<AccessLogFiles, 'prepare'>
  readonly supervisor: Pick<Supervisor, 'replaceSecurity'>
  /** Called with each that is in force. */
  readonly changed: () => void
}

/**
 * How another security configuration is put in force: what it needs is made beside what is there; then the workers are
 * given it, with the keys; and when all of them have it, what it has no use for is closed. So no worker asks for a realm
 * that is not there yet, or not any more.
 */
export function securityChange({ tokens, accessLog, supervisor, changed }: SecurityChangeParts): SecurityChange {
  return async (model: SecurityModel) => {
    checkModel(model)
    const keepAccessLog = await accessLog.prepare(model.accessLog)
    const takeRealms = await tokens.prepare(model.realms)
    return async () => {
      takeRealms()
      keepAccessLog()
      const taken = supervisor.replaceSecurity(model, tokens.snapshots())
      changed()
      await taken
      tokens.retain(model.realms)
    }
  }
}
