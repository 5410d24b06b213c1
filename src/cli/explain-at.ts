import { readSettings } from '../config/settings.ts'
import type { CommandContext } from './command.ts'
import { refusalText } from './problem-text.ts'
import type { Explained } from './explained.ts'

const ANSWER_MS = 20_000

/** Has a running node explain; or says why it does not. The token goes in the body, never in the address. */
export async function explainAt(
  at: string,
  form: URLSearchParams,
  { environment, facts, clock }: CommandContext,
): Promise<Explained | string> {
  const { settings, problems } = readSettings(environment, facts, [])
  if (settings === undefined) return refusalText(problems)
  if (settings.adminToken === undefined) return 'GUARDBEE_ADMIN_TOKEN must be that of the running node.'
  const abort = new AbortController()
  const timer = clock.after(ANSWER_MS, () => abort.abort())
  try {
    const headers = { authorization: `Bearer ${settings.adminToken}` }
    const url = new URL('/token/why', at)
    const response = await fetch(url, { method: 'POST', body: form, headers, redirect: 'manual', signal: abort.signal })
    const said = await response.text()
    if (response.status !== 200) return `The node refuses with status ${response.status}: ${said.trim()}`
    return readAnswer(JSON.parse(said)) ?? 'The node answers in a form that this version does not know.'
  } finally {
    timer.cancel()
  }
}

function readAnswer(answer: unknown): Explained | undefined {
  if (typeof answer !== 'object' || answer === null) return undefined
  if (!('allowed' in answer && 'text' in answer && 'explanation' in answer)) return undefined
  const { allowed, text, explanation } = answer
  return typeof allowed === 'boolean' && typeof text === 'string' ? { allowed, text, explanation } : undefined
}
