import type { X509Certificate } from 'node:crypto'
import { createHash } from 'node:crypto'
import type { Clock } from '../ports/clock.ts'
import type { ClientCertificate } from '../ports/connection.ts'

/** What the broker is told of a certificate that a client has shown. */
export function clientCertificate({ raw }: X509Certificate): ClientCertificate {
  return { der: raw, thumbprint: createHash('sha256').update(raw).digest('base64url') }
}

/** Whether a certificate has ended: that of a resumed session was verified when the session began, hours ago maybe. */
export function hasExpired({ validToDate }: X509Certificate, clock: Clock): boolean {
  return validToDate.getTime() < clock.nowMs()
}
