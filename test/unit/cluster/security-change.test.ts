import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { securityChange } from '../../../src/cluster/security-change.ts'
import { securityModel } from '../../support/ese/security-file.ts'

const OPEN = '<allow-all-authentication-manager/><allow-all-authorization-manager/>'
const JWT = '<jwt-authentication-manager><realm>Tokens</realm></jwt-authentication-manager>'
const MODEL = securityModel(OPEN)

describe('a change of the security configuration', () => {
  let steps: string[]
  let taken: PromiseWithResolvers<void>
  let faults: ReadonlySet<string>

  beforeEach(() => {
    steps = []
    taken = Promise.withResolvers()
    faults = new Set()
  })

  /** Notes that the step was prepared, and when it is taken. */
  async function prepare(what: string): Promise<() => void> {
    steps.push(`prepare ${what}`)
    if (faults.has(what)) throw new Error(`no ${what}`)
    return () => void steps.push(`take ${what}`)
  }

  const change = securityChange({
    tokens: {
      prepare: () => prepare('realms'),
      snapshots: () => [],
      retain: () => void steps.push('close old realms'),
    },
    accessLog: { prepare: () => prepare('access log') },
    supervisor: {
      replaceSecurity: async () => {
        steps.push('tell workers')
        await taken.promise
        steps.push('all workers have it')
      },
    },
    changed: () => void steps.push('warn'),
  })

  it('has everything there before the workers are told, and what is old until all of them have it', async () => {
    const take = await change(MODEL)
    assert.deepEqual(steps, ['prepare access log', 'prepare realms'])
    steps = []
    const done = take()
    assert.deepEqual(steps, ['take realms', 'take access log', 'tell workers', 'warn'])
    taken.resolve()
    await done
    assert.deepEqual(steps.slice(-2), ['all workers have it', 'close old realms'])
  })

  it('does nothing where a part of it cannot be had', async () => {
    for (const fault of ['access log', 'realms']) {
      faults = new Set([fault])
      await assert.rejects(change(MODEL), { message: `no ${fault}` })
    }
    steps = []
    await assert.rejects(change({ ...securityModel(JWT + OPEN.replace(/^.*?\/>/, '')), realms: [] }), {
      code: 'CONFIGURATION',
    })
    assert.deepEqual(steps, [])
  })
})
