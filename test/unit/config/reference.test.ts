import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { settingsReference } from '../../../src/config/reference.ts'
import { sections } from '../../../src/config/schema.ts'

describe('settingsReference', () => {
  it('has one line for each setting, with its default and what it takes', () => {
    const lines = settingsReference().split('\n')
    for (const row of sections.flatMap(section => Object.values(section.settings))) {
      const own = lines.filter(line => line.startsWith(`| \`${row.name}\` |`))
      assert.equal(own.length, 1, row.name)
      assert.ok(own[0]?.includes(row.type.expected))
      assert.ok(own[0]?.includes(row.sentence))
    }
    assert.ok(lines.some(line => line.startsWith('| `GUARDBEE_WORKERS` | the number of cores | ')))
    assert.ok(lines.some(line => line.startsWith('| `GUARDBEE_MQTT_PORT` | `1883` | ')))
  })
})
