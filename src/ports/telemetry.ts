/** Values of a log event; never a payload, a password or a token. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined | readonly string[]>>

/** The structured log. `event` is a short constant sentence; what varies stands in the fields. */
export interface Log {
  debug(event: string, fields?: LogFields): void
  info(event: string, fields?: LogFields): void
  warn(event: string, fields?: LogFields): void
  /** `error` is logged with its code, message, stack and causes. */
  error(event: string, error: unknown, fields?: LogFields): void
}

/** Keeps nothing. */
export const silentLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

/** Runs a promise whose end nobody waits for: a rejection is logged under `name` and never lost. */
export function background(log: Log, name: string, promise: Promise<unknown>): void {
  promise.catch((error: unknown) => log.error('background task failed', error, { task: name }))
}
