import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readTable } from '../../../src/config/read-table.ts'
import { setting } from '../../../src/config/setting.ts'
import { integer } from '../../../src/config/setting-types.ts'

const pin = setting({
  name: 'GUARDBEE_PIN',
  type: integer(1, 9999),
  default: { value: 1 },
  secret: true,
  sentence: 'A secret.',
})
const sections = [{ title: 'Secrets', settings: { pin } }]

describe('readTable', () => {
  it('shows a secret neither when it is right nor when it is wrong', () => {
    for (const GUARDBEE_PIN of ['4711', '47114711']) {
      const { values, effective, problems } = readTable(sections, { GUARDBEE_PIN }, { cores: 1 })
      assert.doesNotMatch(JSON.stringify([effective, problems]), /4711/)
      assert.equal(values['pin'], GUARDBEE_PIN === '4711' ? 4711 : 1)
    }
  })
})
