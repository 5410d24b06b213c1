/** Mutates packets for a set time: a third of it against the decoder, the rest against a live broker. */
import { parseArgs } from 'node:util'
import { startOpenGuardbee } from '../test/conformance/brokers/guardbee.ts'
import { runBroker } from '../test/fuzz/broker-run.ts'
import { runDecoder } from '../test/fuzz/decoder-run.ts'

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string' } } })
const totalMs = count('--seconds', values.seconds) * 1000
const seed = values.seed === undefined ? Math.floor(Math.random() * 0x1_0000_0000) : count('--seed', values.seed)

process.stdout.write(`seed ${seed}\n`)
process.stdout.write(`decoder: ${JSON.stringify(runDecoder(seed, performance.now() + totalMs / 3))}\n`)
const broker = await startOpenGuardbee()
try {
  const run = await runBroker(broker, seed, performance.now() + (totalMs * 2) / 3)
  process.stdout.write(`broker: ${JSON.stringify(run)}\n`)
} finally {
  await broker.stop()
}

function count(option: string, text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new Error(`${option} wants a whole number`)
  return Number(text)
}
