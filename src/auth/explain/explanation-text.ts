import { printable } from '../printable-text.ts'
import type { ExplainedAnswer, ExplainedStep, Explanation } from './explanation.ts'
import { permissionWords, quotedWords } from './plain-words.ts'

const MARKS: Readonly<Record<ExplainedStep['outcome'], string>> = {
  passed: '✓',
  refused: '✗',
  'not-asked': '·',
  'not-reached': ' ',
}
const PERMISSIONS_SHOWN_MAX = 50

/** An explanation for a terminal; the first line is the answer. */
export function explanationText(explanation: Explanation): string {
  const { steps, identity, permissions, answers } = explanation
  const width = Math.max(...steps.map(({ name }) => name.length))
  return [
    ...headLines(explanation),
    '',
    ...steps.flatMap(step => stepLines(step, width)),
    ...(identity === undefined ? [] : ['', ...identityLines(identity)]),
    ...(permissions === undefined ? [] : permissionLines(permissions.map(permissionWords))),
    ...(answers.length === 0 ? [] : ['', ...answers.flatMap(answerLines)]),
  ].join('\n')
}

function headLines({ allowed, refusal, answers }: Explanation): readonly string[] {
  if (refusal !== undefined) {
    const code = refusal.reasonCode.toString(16)
    return [`Refused: ${refusal.cause}. ${refusal.sentence}`, `The client is told 0x${code} and a reference.`]
  }
  if (allowed) return [answers.length === 0 ? 'Allowed in.' : 'Allowed in, and to do what was asked about.']
  return ['Allowed in, but not to do all that was asked about.']
}

function stepLines({ name, outcome, found, expected, hints }: ExplainedStep, width: number): readonly string[] {
  const label = `  ${MARKS[outcome]} ${name.padEnd(width)}  `
  const indent = ' '.repeat(label.length)
  if (outcome === 'not-reached') return [`${label}not reached`]
  if (outcome === 'not-asked') return [`${label}not checked: ${found ?? ''}`]
  const wanted = outcome === 'refused' && expected !== undefined ? [`${indent}expected ${expected}`] : []
  return [`${label}${found ?? ''}`, ...wanted, ...hints.map(hint => `${indent}→ ${hint}`)]
}

function identityLines({
  owner,
  authorizationKey,
  expiresAt,
}: NonNullable<Explanation['identity']>): readonly string[] {
  return [
    `  session owner      ${owner === '' ? 'nobody in particular' : printable(owner).replaceAll('\\"', '"')}`,
    ...(authorizationKey === undefined ? [] : [`  authorization key  ${quotedWords(authorizationKey)}`]),
    `  connection ends    ${expiresAt ?? 'not with the token'}`,
  ]
}

function permissionLines(permissions: readonly string[]): readonly string[] {
  const shown = permissions.slice(0, PERMISSIONS_SHOWN_MAX).map(text => `    ${text}`)
  const more = permissions.length - shown.length
  const rest = more > 0 ? [`    and ${more} more`] : []
  return [
    '  permissions, of which the first that applies decides',
    ...(shown.length === 0 ? ['    none'] : shown),
    ...rest,
  ]
}

function answerLines(answer: ExplainedAnswer): readonly string[] {
  const { activity, topic, qos, retain, allowed, decidedBy, fault, hints } = answer
  const asked = `${activity} ${quotedWords(topic)} with QoS ${qos}${retain ? ', retained' : ''}`
  const why = fault ?? (decidedBy === undefined ? 'no permission is about it' : `by ${permissionWords(decidedBy)}`)
  return [
    `  ${allowed ? '✓' : '✗'} ${asked}`,
    `    ${allowed ? 'allowed' : 'denied'}: ${why}`,
    ...hints.map(hint => `    → ${hint}`),
  ]
}
