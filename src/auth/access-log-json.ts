import { withoutTokens } from '../core/without-tokens.ts'
import type { AccessDetail, AccessEvent } from './access-log-line.ts'
import { shortened } from './printable-text.ts'

/** One line of the access log as a JSON object. A client that sends its token in the wrong field does not find it there. */
export function accessLogJson(
  nowMs: number,
  event: AccessEvent,
  clientId: string,
  ip: string,
  detail: AccessDetail,
): string {
  const time = new Date(nowMs).toISOString()
  return JSON.stringify({ time, event, clientId: shortened(withoutTokens(clientId)), ip, ...detail })
}
