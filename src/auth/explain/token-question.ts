import type { TokenQuestion } from './explanation.ts'

const FIELDS: ReadonlySet<string> = new Set([
  'token',
  'listener',
  'client_id',
  'username',
  'publish',
  'subscribe',
  'qos',
  'retain',
])
const VALUE_CHARACTERS_MAX = 16_384
const CLIENT_ID = 'guardbee-token-why'

/** Reads a question from a form, or says what is wrong with it; nothing of the token is in that. */
export function readTokenQuestion(form: URLSearchParams, listener: string): TokenQuestion | string {
  for (const name of form.keys()) if (!FIELDS.has(name)) return `unknown field ${JSON.stringify(name.slice(0, 40))}`
  for (const [name, value] of form) {
    if (value.length > VALUE_CHARACTERS_MAX) return `${name}: expected at most ${VALUE_CHARACTERS_MAX} characters`
  }
  const qos = ([0, 1, 2] as const).find(one => String(one) === (form.get('qos') ?? '0'))
  if (qos === undefined) return 'qos: expected 0, 1 or 2'
  return {
    token: form.get('token') ?? '',
    listener: form.get('listener') ?? listener,
    clientId: form.get('client_id') ?? CLIENT_ID,
    username: form.get('username') ?? undefined,
    publish: form.get('publish') ?? undefined,
    subscribe: form.get('subscribe') ?? undefined,
    qos,
    retain: form.get('retain') === 'true',
  }
}
