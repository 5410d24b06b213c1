#!/usr/bin/env node
/** Where every process of guardbee begins. What an old Node cannot load is imported after its version was checked. */
import cluster from 'node:cluster'
import { nodeVersionProblem } from './cli/node-version.ts'

const problem = nodeVersionProblem(process.versions.node)
if (problem !== undefined) {
  console.error(problem)
  process.exit(2)
}

if (cluster.isWorker) {
  const { runWorker } = await import('./cli/run-broker.ts')
  await runWorker()
} else {
  // Timers of our Clock do not keep a process alive; a command does, until it has its exit status.
  setInterval(() => {}, 2 ** 30)
  const { runCommandLine } = await import('./cli/command-line.ts')
  process.exit(await runCommandLine(process.argv.slice(2)))
}
