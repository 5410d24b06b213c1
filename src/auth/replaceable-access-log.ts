import { isDeepStrictEqual } from 'node:util'
import type { Permission } from '../core/permissions.ts'
import { background } from '../ports/telemetry.ts'
import { openAccessLog, type AccessLog, type AccessLogOptions } from './access-log.ts'
import type { AccessLogModel } from './security-model.ts'

/** The access log that the configuration of the moment names. */
export class ReplaceableAccessLog implements AccessLog {
  readonly #options: Omit<AccessLogOptions, 'model'>
  #model: AccessLogModel
  #current: AccessLog
  /** Of those before. */
  #closed: Promise<void> = Promise.resolve()

  private constructor({ model, ...options }: AccessLogOptions, current: AccessLog) {
    this.#options = options
    this.#model = model
    this.#current = current
  }

  /** Rejects as `openAccessLog` does. */
  static async open(options: AccessLogOptions): Promise<ReplaceableAccessLog> {
    return new ReplaceableAccessLog(options, await openAccessLog(options))
  }

  /** Opens another one, if it is another one, to be written to from the call of the function on that it resolves with. */
  async prepare(model: AccessLogModel): Promise<() => void> {
    if (isDeepStrictEqual(model, this.#model)) return () => {}
    const next = await openAccessLog({ ...this.#options, model })
    return () => {
      const before = this.#current
      this.#closed = this.#closed.then(() => before.close())
      background(this.#options.log, 'close the access log', this.#closed)
      this.#current = next
      this.#model = model
    }
  }

  authenticationSucceeded(clientId: string, ip: string): void {
    this.#current.authenticationSucceeded(clientId, ip)
  }

  authenticationFailed(clientId: string, ip: string, reason: string): void {
    this.#current.authenticationFailed(clientId, ip, reason)
  }

  authorizationSucceeded(clientId: string, ip: string, permissions: readonly Permission[]): void {
    this.#current.authorizationSucceeded(clientId, ip, permissions)
  }

  authorizationFailed(clientId: string, ip: string, reason: string): void {
    this.#current.authorizationFailed(clientId, ip, reason)
  }

  reopen(): void {
    this.#current.reopen()
  }

  async close(): Promise<void> {
    await Promise.all([this.#closed, this.#current.close()])
  }
}
