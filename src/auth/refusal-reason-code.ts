import { ReasonCode } from '../protocol/reason-codes.ts'
import type { RefusalCause } from './refusal-cause.ts'

/** A client whose token may be good is asked to come again; all others are not authorized, with or without a token. */
export function refusalReasonCode(cause: RefusalCause): number {
  switch (cause) {
    case 'keys_unavailable':
    case 'key_not_asked_for':
    case 'introspection_unavailable':
    case 'overloaded':
    case 'internal':
      return ReasonCode.ServerUnavailable
    case 'address_over_budget':
    case 'issuer_over_budget':
      return ReasonCode.ConnectionRateExceeded
    case 'authentication_method':
      return ReasonCode.BadAuthenticationMethod
    default:
      return ReasonCode.NotAuthorized
  }
}
