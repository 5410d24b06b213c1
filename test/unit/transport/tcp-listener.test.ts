import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { describe, it } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ByteClient } from '../../support/byte-clients.ts'
import { openTcpListener } from '../../../src/transport/tcp-listener.ts'
import { connectTcp } from '../../support/byte-clients.ts'
import { ListenerHarness } from '../../support/listener-harness.ts'
import { waitFor } from '../../support/wait-for.ts'

const DESCRIPTORS = 60
const CLIENTS = 100

describe('openTcpListener', () => {
  it('takes several connections of a storm in one turn of the event loop', async test => {
    const harness = new ListenerHarness(openTcpListener, connectTcp)
    test.after(() => harness.stop())
    const { identity } = await harness.listen()
    const turns = new Set<number>()
    let turn = 0
    harness.onAccepted = () => turns.add(turn)
    const connected = Promise.all(Array.from({ length: CLIENTS }, () => harness.connect(identity.port)))
    while (harness.accepted.length < CLIENTS) {
      await nextTurn()
      turn++
    }
    await connected
    assert.ok(turns.size <= CLIENTS / 2, `${CLIENTS} connections took ${turns.size} turns`)
  })

  it('turns clients away when the process has no descriptors left, and accepts again when it has (CVE-2017-7652)', async () => {
    const program = path.join(import.meta.dirname, '../../support/echo-listener-process.ts')
    const run = `ulimit -n ${DESCRIPTORS}; exec "$0" "$1"`
    const echo = spawn('sh', ['-c', run, process.execPath, program], { stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      const [port] = await once(echo.stdout, 'data')
      const clients = await Promise.all(Array.from({ length: CLIENTS }, () => connectTcp(Number(port))))
      const turnedAway = (): ByteClient[] => clients.filter(client => client.closed)
      await waitFor('some to be turned away', () => turnedAway().length > CLIENTS - DESCRIPTORS)
      assert.ok(turnedAway().length < CLIENTS)
      for (const client of clients) client.end()
      await waitFor('all to be gone', () => clients.every(client => client.closed))
      const late = await connectTcp(Number(port))
      late.send(Buffer.from('hello'))
      await waitFor('the echo', () => late.received.toString() === 'hello')
      late.end()
    } finally {
      echo.kill()
      await once(echo, 'exit')
    }
  })
})
