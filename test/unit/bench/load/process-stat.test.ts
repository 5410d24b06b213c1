import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { cpuSecondsIn, cpuSecondsOf, memoryOf, processTree, stealSeconds } from '../../../../bench/load/process-stat.ts'

describe('process-stat', () => {
  it('reads the CPU time of a process whose name holds spaces and parentheses', () => {
    const stat = '42 (a (b) c) S 1 42 42 0 -1 4194560 9 0 0 0 150 50 7 7 20 0 1 0 100 1000 200'
    assert.equal(cpuSecondsIn(stat), 2)
  })

  it('reads the time that the host took', () => {
    assert.equal(stealSeconds('cpu  10 20 30 40 50 60 70 250 0 0\ncpu0 1 2 3 4 5 6 7 8 0 0\n'), 2.5)
  })

  it('counts the time and memory of this process, and none of one that has ended', () => {
    assert.ok(cpuSecondsOf([process.pid]) > 0)
    assert.ok(memoryOf([process.pid]).residentBytes > 10_000_000)
    assert.equal(cpuSecondsOf([2 ** 30]), 0)
  })

  it('finds the descendants of a process', async () => {
    const child = spawn('sh', ['-c', 'sleep 60 & echo $!; wait'], { stdio: ['ignore', 'pipe', 'ignore'] })
    const [line]: unknown[] = await once(child.stdout, 'data')
    const grandchild = Number(String(line))
    const tree = processTree(process.pid)
    process.kill(grandchild)
    await once(child, 'exit')
    assert.equal(tree[0], process.pid)
    assert.ok(tree.includes(child.pid ?? 0) && tree.includes(grandchild))
  })
})
