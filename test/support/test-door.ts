import { allowAllPermissions, type Permissions } from '../../src/core/permissions.ts'
import type { Admission, AdmittedClient, Credentials, Door, Identity, LateRefusalCause } from '../../src/ports/auth.ts'

/** A door that lets everybody in, as long as a test says nothing else. The user name is the owner of the session. */
export class TestDoor implements Door {
  /** What it was shown, in order. */
  readonly shown: Credentials[] = []
  permissions: Permissions = allowAllPermissions
  /** What else is to be known of everybody who is let in. */
  identity: Partial<Identity> = {}
  refusal: Extract<Admission, { readonly kind: 'refused' }> | undefined = undefined
  /** Of whom it was told afterwards that they are refused, and why. */
  readonly refusedLate: { readonly clientId: string; readonly cause: LateRefusalCause }[] = []
  #opened: Promise<void> | undefined = undefined
  #open: () => void = () => {}

  async admit(credentials: Credentials): Promise<Admission> {
    this.shown.push(credentials)
    await this.#opened
    if (this.refusal !== undefined) return this.refusal
    const identity = { owner: credentials.username ?? '', expiresAtMs: undefined, ...this.identity }
    return { kind: 'admitted', identity, permissions: this.permissions }
  }

  refuseAdmitted({ clientId }: AdmittedClient, cause: LateRefusalCause): string {
    this.refusedLate.push({ clientId, cause })
    return 'r-late'
  }

  /** Nobody is told anything until {@link open}. */
  close(): void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#opened = promise
    this.#open = resolve
  }

  open(): void {
    this.#open()
    this.#opened = undefined
  }
}
