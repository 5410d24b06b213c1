import { shortened } from './printable-text.ts'

interface CauseRow {
  /** Whether something about the client is wrong, or something on our side of the door. */
  readonly fault: 'client' | 'ours'
  readonly sentence: string
}

/** Every reason for which a client is not let in, with the sentence that explains it to an operator. */
export const REFUSAL_CAUSES = {
  no_token: { fault: 'client', sentence: 'The client sent no token: the MQTT password is absent or empty.' },
  token_too_large: { fault: 'client', sentence: 'The token is longer than a token may be.' },
  token_malformed: {
    fault: 'client',
    sentence: 'The password is not a signed JWT: three base64url parts, of which two hold JSON objects.',
  },
  not_canonical: {
    fault: 'client',
    sentence:
      'The token is spelled otherwise than its issuer wrote it: padding, spaces, a "Bearer " prefix, other digits.',
  },
  duplicate_claim: { fault: 'client', sentence: 'A member name occurs twice in one JSON object of the token.' },
  not_access_token: {
    fault: 'client',
    sentence: 'The token says of itself that it is of another kind than an access token.',
  },
  algorithm_not_allowed: {
    fault: 'client',
    sentence: 'The token is not signed, or not by RS, PS or ES 256 to 512 or Ed25519.',
  },
  unsupported_critical_header: {
    fault: 'client',
    sentence: 'The token demands by "crit" that an extension be understood, and none is supported.',
  },
  unknown_kid: { fault: 'client', sentence: 'The key that the token names is not in the key set of the realm.' },
  no_kid_ambiguous: {
    fault: 'client',
    sentence: 'More than one key fits the token, and its kid does not tell which.',
  },
  key_unsuitable: {
    fault: 'client',
    sentence: 'The key is there but may not be used for this signature: its type, size, use, or algorithm is another.',
  },
  bad_signature: { fault: 'client', sentence: 'The signature does not belong to the token.' },
  token_expired: { fault: 'client', sentence: 'The token was valid until a time that has passed.' },
  token_not_yet_valid: { fault: 'client', sentence: 'The token is valid from a time that has not come yet (nbf).' },
  issued_in_future: { fault: 'client', sentence: 'The token was issued at a time that has not come yet (iat).' },
  lifetime_too_long: {
    fault: 'client',
    sentence: 'The token is good for a longer time than is configured: one that was stolen would be too.',
  },
  missing_expiry: {
    fault: 'client',
    sentence: 'The token has no exp claim, and one that never expires is not accepted.',
  },
  invalid_time_claim: { fault: 'client', sentence: 'A time of the token (exp, nbf, iat) is not a number of seconds.' },
  issuer: { fault: 'client', sentence: 'The token is of another issuer than those configured.' },
  audience: {
    fault: 'client',
    sentence: 'The token is meant for others: the configured audience is not among its own.',
  },
  subject: { fault: 'client', sentence: 'The subject of the token is not the one that is required of this client.' },
  scope: { fault: 'client', sentence: 'The token lacks a required scope.' },
  custom_claim: {
    fault: 'client',
    sentence: 'A custom claim is absent or has another value than is required of this client.',
  },
  not_bearer: {
    fault: 'client',
    sentence: 'The token is bound to a key (cnf) whose possession the client cannot show here.',
  },
  unknown_authentication_key: {
    fault: 'client',
    sentence: 'No realm of the pipeline has a user of that name, or the client gave none.',
  },
  wrong_authentication_secret: { fault: 'client', sentence: 'The password is not that of the user.' },
  unknown_authorization_key: {
    fault: 'client',
    sentence: 'No authorization manager of the pipeline knows permissions for the client.',
  },
  unsafe_placeholder: {
    fault: 'client',
    sentence:
      'A value that would stand in a permission has +, #, /, NUL or a leading $ in it, so it would reach too far.',
  },
  malformed_permissions: {
    fault: 'client',
    sentence: 'The permissions in the token are not of the configured format.',
  },
  certificate_mismatch: {
    fault: 'client',
    sentence:
      'The token is bound to a client certificate (cnf) that is not the one of the connection, if there is one.',
  },
  token_inactive: { fault: 'client', sentence: 'The authorization server says that the token is not active.' },
  introspection_mismatch: {
    fault: 'client',
    sentence: 'What the authorization server says of the token is not what stands in it.',
  },
  token_revoked: { fault: 'client', sentence: 'The token was revoked here: it, its subject, client, or issuer.' },
  authentication_method: {
    fault: 'client',
    sentence: 'The client asks for an authentication method that is not supported.',
  },
  will_not_permitted: { fault: 'client', sentence: 'The client may not publish the Will Message of its CONNECT.' },
  session_of_another_subject: {
    fault: 'client',
    sentence: 'The session of this Client Identifier belongs to another issuer or subject.',
  },
  reauthenticated_as_another: {
    fault: 'client',
    sentence: 'The client showed a new token on its open connection, and it is of another issuer or subject.',
  },
  no_pipeline: { fault: 'ours', sentence: 'No pipeline is configured for the listener, so nobody may come in by it.' },
  keys_unavailable: {
    fault: 'ours',
    sentence:
      'There are no keys of the realm to verify with: its JWKS endpoint has not given any, or not for too long.',
  },
  key_not_asked_for: {
    fault: 'ours',
    sentence:
      'The key that the token names is not known here, and the issuer cannot be asked for it now: it gives no answer, or was asked for too many.',
  },
  introspection_unavailable: {
    fault: 'ours',
    sentence: 'The introspection endpoint gives no answer, and nothing is known of the token that would still count.',
  },
  address_over_budget: {
    fault: 'ours',
    sentence:
      'Too many bad tokens or passwords came from the address of the client (an IPv6 /64 counts as one): what is not known to be good is not looked at for now.',
  },
  issuer_over_budget: {
    fault: 'ours',
    sentence: 'Too many tokens of the issuer were bad: what is not known to be good is not looked at for now.',
  },
  overloaded: { fault: 'ours', sentence: 'As many tokens as may wait for their verification are waiting.' },
  internal: { fault: 'ours', sentence: 'Something of the broker failed; the log has the error.' },
} as const satisfies Readonly<Record<string, CauseRow>>

/** The stable code of a refusal. */
export type RefusalCause = keyof typeof REFUSAL_CAUSES

/** What was wanted and what was there, for the log; never a token or a part of one. */
export type RefusalDetail = Readonly<Record<string, string | number>>

export interface Refusal {
  readonly kind: 'refused'
  readonly cause: RefusalCause
  readonly detail: RefusalDetail
}

const NO_DETAIL: RefusalDetail = {}
const DETAIL_CHARACTERS_MAX = 200

/** A refusal that needs no explanation beyond its cause. */
export function refused(cause: RefusalCause, detail: RefusalDetail = NO_DETAIL): Refusal {
  return { kind: 'refused', cause, detail }
}

/** A refusal that names the claim or header parameter it is about. */
export function refusedFor(cause: RefusalCause, subject: string): Refusal {
  return refused(cause, { of: shortened(subject, DETAIL_CHARACTERS_MAX) })
}

/** A refusal because `subject` (a claim, a header parameter) is not as expected. */
export function unexpected(cause: RefusalCause, subject: string, expected: string, found: unknown): Refusal {
  return refused(cause, {
    of: shortened(subject, DETAIL_CHARACTERS_MAX),
    expected: shortened(expected, DETAIL_CHARACTERS_MAX),
    found: shortened(valueText(found), DETAIL_CHARACTERS_MAX),
  })
}

function valueText(value: unknown): string {
  if (value === undefined) return 'absent'
  return typeof value === 'string' ? value : JSON.stringify(value)
}
