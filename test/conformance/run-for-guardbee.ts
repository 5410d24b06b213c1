import assert from 'node:assert/strict'
import type { Target } from '../support/conformance-wire.ts'
import { NotApplicable } from './bench.ts'
import { runCase, titleOf } from './conformance-case.ts'
import type { ConformanceCase } from './conformance-case.ts'

/** Cases that guardbee gives no occasion for, each with the reason that they find. */
export const NO_OCCASION: Readonly<Record<string, string>> = {
  'v5 [MQTT-3.3.4-5] each of several copies has its own': 'the server sends a single copy',
  'v5 [MQTT-4.3.3-9] after a PUBREC of 0x80 or more the Packet Identifier is new': 'the server closes after the PUBREC',
}

/** Runs a case against guardbee; one that it gives no occasion for must find just that. */
export async function runForGuardbee(target: Target, conformanceCase: ConformanceCase): Promise<void> {
  const reason = NO_OCCASION[titleOf(conformanceCase)]
  if (reason === undefined) return runCase(target, conformanceCase)
  return assert.rejects(runCase(target, conformanceCase), new NotApplicable(reason))
}
