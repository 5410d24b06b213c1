import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ExplainDesk } from '../../../../src/auth/explain/explain-desk.ts'

describe('an explanation', () => {
  it('is not given to a form with a fault in it, nor of more than four at a time', async () => {
    const explainer = { explain: () => new Promise<never>(() => {}) }
    const desk = new ExplainDesk(explainer, 'l')
    for (const form of ['tokn=a', 'qos=3', `publish=${'x'.repeat(20_000)}`]) {
      assert.equal((await desk.answer(new URLSearchParams(form))).kind, 'fault')
    }
    for (let index = 0; index < 4; index++) void desk.answer(new URLSearchParams({ token: 't' }))
    assert.equal((await desk.answer(new URLSearchParams({ token: 't' }))).kind, 'busy')
  })
})
