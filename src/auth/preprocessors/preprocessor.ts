import type { Credentials } from '../../ports/auth.ts'
import type { Log } from '../../ports/telemetry.ts'
import type { EseVariables } from '../ese-variables.ts'
import type { JsonObject } from '../json-object.ts'

/** A token that was found good, and what is in it. */
export interface VerifiedToken {
  readonly token: Buffer
  readonly claims: JsonObject
}

/** The client that preprocessors work on. */
export interface PreprocessorContext {
  readonly credentials: Credentials
  readonly variables: EseVariables
  /** Undefined before the authentication, and where it was by other means than a token. */
  readonly verified: VerifiedToken | undefined
  readonly log: Log
  /** What the log shows of the client once it is in: `session.plant=7`. */
  readonly attributes: string[]
}

/** One step of HiveMQ ESE's preprocessors. What it cannot work out has no value afterwards; it never fails. */
export type Preprocessor = (context: PreprocessorContext) => void
