import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, describe, it } from 'node:test'
import { type GuardbeeProcess, startGuardbee } from '../support/guardbee-process.ts'
import { RedisSentinels } from '../support/redis-sentinels.ts'
import { Teardown } from '../support/teardown.ts'
import { makeTemporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'
import { ChaosPublisher } from './chaos-publisher.ts'
import { OPEN_DOOR } from './chaos-run.ts'
import { LiveSubscriber } from './live-subscriber.ts'

const PER_SECOND = 100
const MESSAGES = 200
const AGAIN_MS = 30_000

describe('two nodes whose Redis fails over by its Sentinels', { timeout: 120_000 }, () => {
  const teardown = new Teardown()

  after(() => teardown.run())

  it('go on by themselves, lose nothing between live workers, and keep every connection', async t => {
    const sentinels = teardown.add(await RedisSentinels.start(), opened => opened.stop())
    const folder = teardown.add(await makeTemporaryFolder(), opened => opened.remove())
    const securityFile = path.join(folder.path, 'open.xml')
    await writeFile(securityFile, OPEN_DOOR)
    const nodes: GuardbeeProcess[] = []
    for (const nodeId of ['left', 'right']) {
      const settings = {
        GUARDBEE_SECURITY_FILE: securityFile,
        GUARDBEE_REDIS_URL: sentinels.url,
        GUARDBEE_NODE_ID: nodeId,
      }
      nodes.push(teardown.add(await startGuardbee(settings), node => node.destroy()))
    }
    const everywhere = nodes.map(node => ({ at: () => node.mqttPort, name: `at-${node.mqttPort}` }))
    const live = everywhere.map(({ at, name }) => new LiveSubscriber(`live-${name}`, at))
    for (const one of live) teardown.add(one, client => client.stop())
    await waitFor('subscriptions', () => live.every(({ served }) => served))
    const publishers = everywhere.map(
      ({ at, name }) => new ChaosPublisher({ name, qos: 1, nextPort: at, perSecond: PER_SECOND }),
    )
    for (const one of publishers) teardown.add(one, client => client.stop())
    await waitFor('load', () => publishers.every(({ acknowledged }) => acknowledged.size >= MESSAGES))

    const killedAtMs = performance.now()
    await sentinels.failOver()
    const failedOverAtMs = performance.now()
    const before = publishers.map(({ acknowledged }) => acknowledged.size)
    await waitFor(
      'the load to go on',
      () => publishers.every(({ acknowledged }, index) => acknowledged.size >= (before[index] ?? 0) + MESSAGES),
      AGAIN_MS,
    )
    t.diagnostic(`a new master after ${Math.round(failedOverAtMs - killedAtMs)} ms`)
    const longest = publishers.map(publisher => longestSilenceMs(publisher))
    t.diagnostic(`the publishers waited for an acknowledgement for up to ${Math.round(Math.max(...longest))} ms`)
    await waitFor('the last acknowledgements', () => publishers.every(one => one.finish()), AGAIN_MS)
    await waitFor('all messages', () => live.every(one => publishers.every(publisher => one.has(publisher)))).catch(
      () => {}, // which ones are missing is asserted below
    )
    assert.deepEqual(
      live.flatMap(one => publishers.flatMap(publisher => one.missing(publisher))),
      [],
    )
    assert.deepEqual(
      [...live, ...publishers].map(({ connections }) => connections),
      [1, 1, 1, 1],
    )
    for (const node of nodes) assert.equal((await readiness(node)).status, 200)
  })
})

async function readiness(node: GuardbeeProcess): Promise<Response> {
  return await fetch(`${String(node.eventsNamed('guardbee started')[0]?.fields['admin'])}/readyz`)
}

function longestSilenceMs({ messages }: ChaosPublisher): number {
  return Math.max(
    ...Array.from(messages.values(), ({ sentAtMs, acknowledgedAtMs }) => (acknowledgedAtMs ?? sentAtMs) - sentAtMs),
  )
}
