import assert from 'node:assert/strict'

/** Fails with every offence on a line of its own and what to do instead. */
export function assertNone(offences: readonly string[], instead: string): void {
  assert.equal(offences.length, 0, `\n${offences.map(offence => `  ${offence}`).join('\n')}\n${instead}`)
}
