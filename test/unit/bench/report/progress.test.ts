import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Broker } from '../../../../bench/brokers/broker.ts'
import { FULL_ABILITIES } from '../../../../bench/brokers/broker.ts'
import { Progress } from '../../../../bench/report/progress.ts'
import { idle } from '../../../../bench/scenarios/scenario.ts'

const scenario = idle({ name: 'idle', title: 'some idlers', clients: 5 })
const broker: Broker = {
  name: 'guardbee',
  abilities: FULL_ABILITIES,
  version: () => Promise.resolve('1'),
  start: () => Promise.reject(new Error('not in this test')),
}

describe('Progress', () => {
  it('says what runs and, from the second on, about how long the rest takes', () => {
    const written: string[] = []
    let now = 1_000
    const progress = new Progress({ write: text => written.push(text) }, () => now)
    progress.began(0, 5, scenario, broker)
    now += 4_000
    progress.began(1, 5, scenario, broker)
    now += 400_000
    progress.began(2, 5, scenario, broker)
    assert.deepEqual(written, [
      '[1/5] some idlers · guardbee\n',
      '[2/5] some idlers · guardbee · about 16 s left\n',
      '[3/5] some idlers · guardbee · about 11 min left\n',
    ])
  })

  it('rewrites its line in a terminal and leaves none behind', () => {
    const written: string[] = []
    const progress = new Progress({ isTTY: true, write: text => written.push(text) }, () => 0)
    progress.began(0, 1, scenario, broker)
    progress.end()
    assert.deepEqual(written, ['\r\u001b[2K[1/1] some idlers · guardbee', '\r\u001b[2K'])
  })
})
