import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startOpenGuardbee } from '../conformance/brokers/guardbee.ts'
import type { OpenGuardbee } from '../conformance/brokers/guardbee.ts'
import { runProgram } from '../support/programs.ts'

const TOPICS = ['version', 'clients/connected', 'load/messages/sent/1min'].map(name => `$SYS/broker/${name}`)

describe('$SYS of a node with two workers', { timeout: 60_000 }, () => {
  let broker: OpenGuardbee

  before(async () => {
    broker = await startOpenGuardbee({ GUARDBEE_SYS_INTERVAL: '1' })
  })

  after(() => broker.stop())

  it('is what mosquitto_sub expects of it, at whichever worker it comes out', async () => {
    const port = String(broker.target.port)
    for (let client = 0; client < 4; client++) {
      const where = ['-h', '127.0.0.1', '-p', port, '-i', `watcher${client}`]
      const args = [...where, '-W', '20', '-C', '3', '-v', ...TOPICS.flatMap(topic => ['-t', topic])]
      const { status, stdout, stderr } = await runProgram('mosquitto_sub', args)
      assert.equal(status, 0, stderr)
      assert.match(stdout, /^\$SYS\/broker\/version guardbee version \d/m)
      assert.match(stdout, /^\$SYS\/broker\/clients\/connected \d+$/m)
      assert.match(stdout, /^\$SYS\/broker\/load\/messages\/sent\/1min \d+\.\d\d$/m)
    }
  })
})
