import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { filesBelow, readRepositoryFile } from '../tidy/source-tree.ts'

/** What other brokers fell to, by where it is told; where it has no name of its own, by the name of our test. */
const attacks: readonly (readonly string[])[] = [
  ['CVE-2021-33175', 'CVE-2021-33176', 'CVE-2021-22116'],
  ['GHSA-xxqp-5qx8-gj5q'],
  ['npm advisory 457'],
  ['CVE-2023-0809'],
  ['CVE-2023-28366'],
  ['CVE-2023-3592', 'CVE-2021-34431'],
  ['CVE-2021-34434'],
  ['CVE-2021-28166'],
  ['CVE-2021-34432'],
  ['CVE-2021-41039'],
  ['CVE-2020-13849'],
  ['CVE-2019-11779'],
  ['CVE-2019-11778'],
  ['CVE-2018-12543'],
  ['CVE-2017-7650'],
  ['CVE-2017-7651', 'CVE-2017-7652', 'CVE-2017-7654'],
  ['CVE-2017-7653'],
  ['CVE-2023-5632', 'CVE-2024-8376'],
  ['mosquitto#3702'],
  ['CVE-2026-21888'],
  ['CVE-2026-25627'],
  ['CVE-2026-32696'],
  ['CVE-2025-59946', 'CVE-2025-59947', 'CVE-2024-25767'],
  ['nanomq#2268', 'nanomq#2270'],
  ['CVE-2024-50948'],
  ['CVE-2024-42644', 'CVE-2024-42645', 'CVE-2026-42209'],
  ['CVE-2025-66168', 'CVE-2026-40046'],
  ['CVE-2026-44248'],
  ['rabbitmq#17093'],
  ['CVE-2026-33215', 'mosquitto#3551'],
  ['CVE-2026-33216'],
  ['CVE-2026-33217', 'NATS 2026-18', 'GHSA-7qmq-8cc4-hxwg'],
  ['CVE-2026-27571'],
  ['CVE-2026-44838'],
  ['CVE-2026-6564', 'CVE-2026-8741'],
  ['RabbitMQ 4.2.6'],
  ['rabbitmq#17039', 'rabbitmq#17035'],
  ['CVE-2025-56352'],
  ['lavinmq#2077'],
  ['CVE-2026-8686'],
  ['Mosquitto 2.0.16'],
  ['of CONNECTs of one client at the same moment one survives'],
  ['a second CONNECT', 'AUTH before CONNECT', 'another method than that of CONNECT'],
]

describe('attacks that other brokers fell to', () => {
  const itself = 'test/fuzz/named-attacks.test.ts'
  const tests = filesBelow('test').filter(file => file.endsWith('.ts') && file !== itself)
  const texts = tests.map(readRepositoryFile).join('\n')

  for (const names of attacks) {
    it(`have tests that name them: ${names.join(', ')}`, () => {
      const missing = names.filter(name => !texts.includes(name))
      assert.deepEqual(missing, [])
    })
  }
})
