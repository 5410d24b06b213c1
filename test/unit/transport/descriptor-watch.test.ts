import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { DescriptorWatch } from '../../../src/transport/descriptor-watch.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { RecordingLog } from '../../support/recording-log.ts'

const OUT = 'no file descriptors are left: connections are not taken'
const AGAIN = 'there are file descriptors again'

describe('the watch over file descriptors', () => {
  it('says once per spell that there are none, and suspends the listeners until enough are free', async () => {
    const { clock, log, calls, state } = watched()
    clock.advance(5_000)
    assert.deepEqual([calls, log.entries], [[], []])
    state.free = 0
    clock.advance(3_000)
    assert.deepEqual(calls, ['suspend', 'suspend', 'suspend'])
    state.free = 31
    clock.advance(1_000)
    assert.equal(calls.includes('resume'), false)
    state.free = 32
    clock.advance(1_000)
    await nextTurn()
    assert.equal(calls.at(-1), 'resume')
    state.free = 0
    clock.advance(1_000)
    state.free = 100
    clock.advance(4_000)
    assert.deepEqual(
      log.entries.map(({ event }) => event),
      [OUT],
    )
    clock.advance(1_000)
    assert.deepEqual(
      log.entries.map(({ event, fields }) => [event, fields?.['code']]),
      [
        [OUT, 'EMFILE'],
        [AGAIN, undefined],
      ],
    )
  })

  it('tries a listener again that could not be resumed', async () => {
    const { clock, log, calls, state } = watched()
    state.free = 0
    clock.advance(1_000)
    state.free = 100
    state.resumable = false
    clock.advance(1_000)
    await nextTurn()
    state.resumable = true
    clock.advance(1_000)
    await nextTurn()
    clock.advance(2_000)
    assert.deepEqual(calls, ['suspend', 'resume', 'resume'])
    assert.equal(log.errors.length, 1)
  })

  it('looks at what this process has, and ends', () => {
    const clock = new FakeClock()
    const log = new RecordingLog()
    const watch = new DescriptorWatch({ listeners: [], clock, log })
    clock.advance(2_000)
    assert.deepEqual(log.entries, [])
    watch.close()
    assert.equal(clock.pendingTimers, 0)
  })
})

function watched(): {
  readonly clock: FakeClock
  readonly log: RecordingLog
  readonly calls: string[]
  readonly state: { free: number; resumable: boolean }
} {
  const [clock, log] = [new FakeClock(), new RecordingLog()]
  const calls: string[] = []
  const state = { free: 100, resumable: true }
  const listener = {
    identity: { name: 'l', transport: 'websocket', port: 1 },
    suspend: () => void calls.push('suspend'),
    resume: () => {
      calls.push('resume')
      return state.resumable ? Promise.resolve() : Promise.reject(new Error('cannot listen'))
    },
    close: () => Promise.resolve(),
  } as const
  const tryOpen = (count: number): string | undefined => (count > state.free ? 'EMFILE' : undefined)
  new DescriptorWatch({ listeners: [listener], clock, log, tryOpen })
  return { clock, log, calls, state }
}
