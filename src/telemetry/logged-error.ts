import { withoutTokens } from '../core/without-tokens.ts'

const CAUSES_MAX = 5
const STACK_CHARACTERS_MAX = 4096

/** An error as it stands in the log. */
export interface LoggedError {
  readonly type: string
  readonly code: string | undefined
  readonly message: string
  readonly stack: string | undefined
  readonly cause: LoggedError | undefined
  /** The parts of an AggregateError. */
  readonly errors: readonly LoggedError[] | undefined
}

/** Turns whatever was thrown into plain data, with its causes to a bounded depth, so that a cycle ends too. */
export function loggedError(thrown: unknown, depth = 0): LoggedError {
  if (!(thrown instanceof Error)) return notAnError(thrown)
  const deeper = depth < CAUSES_MAX
  return {
    type: thrown.name,
    code: codeOf(thrown),
    message: cut(thrown.message),
    stack: thrown.stack === undefined ? undefined : cut(thrown.stack),
    cause: deeper && thrown.cause !== undefined ? loggedError(thrown.cause, depth + 1) : undefined,
    errors: deeper && thrown instanceof AggregateError ? partsOf(thrown, depth) : undefined,
  }
}

/** Only the type of an object that is no error is said: nothing is known of what it holds. */
function notAnError(thrown: unknown): LoggedError {
  const message = typeof thrown === 'string' ? cut(thrown) : `a thrown ${typeof thrown}`
  return { type: typeof thrown, code: undefined, message, stack: undefined, cause: undefined, errors: undefined }
}

function codeOf(error: Error): string | undefined {
  const code = 'code' in error ? error.code : undefined
  return typeof code === 'string' || typeof code === 'number' ? String(code) : undefined
}

function partsOf(error: AggregateError, depth: number): readonly LoggedError[] {
  const parts: readonly unknown[] = error.errors
  return parts.slice(0, CAUSES_MAX).map(part => loggedError(part, depth + 1))
}

/** Tokens go before the cut, so that no half of one is left. */
function cut(text: string): string {
  const clean = withoutTokens(text)
  return clean.length > STACK_CHARACTERS_MAX ? `${clean.slice(0, STACK_CHARACTERS_MAX)}…` : clean
}
