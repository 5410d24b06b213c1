import { silentLog } from '../ports/telemetry.ts'
import type { Authenticator } from './authenticator.ts'
import { checkIntrospectionEndpoints } from './jwt-managers.ts'
import { ListenerPipeline } from './listener-pipeline.ts'
import type { PasswordVerifier } from './password-pool.ts'
import { refused } from './refusal-cause.ts'
import type { SecurityModel } from './security-model.ts'

const nobody: Authenticator = { authenticate: () => refused('internal') }
const noPasswords: PasswordVerifier = { verify: async () => 'overloaded' }

/** Throws `CONFIGURATION` or `SECURITY_FILE` when a model does not fit together, which a worker would find out too late. */
export function checkModel(model: SecurityModel): void {
  checkIntrospectionEndpoints(model)
  const parts = { model, jwtAuthenticator: () => nobody, passwords: noPasswords }
  for (const pipeline of model.pipelines) new ListenerPipeline(pipeline, parts, silentLog)
}
