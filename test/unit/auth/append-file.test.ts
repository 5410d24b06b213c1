import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { LineAppender } from '../../../src/auth/append-file.ts'
import type { AppendTarget } from '../../../src/auth/append-file.ts'
import { EndOfTick } from '../../../src/core/end-of-tick.ts'
import { waitFor } from '../../support/wait-for.ts'
import { RecordingLog } from '../../support/recording-log.ts'

/** A file whose writes end when the test says how. */
class HeldTarget implements AppendTarget {
  readonly writes: string[] = []
  readonly #results: PromiseWithResolvers<number>[] = []
  closed = false

  append(bytes: Uint8Array): Promise<number> {
    const result = Promise.withResolvers<number>()
    this.writes.push(Buffer.from(bytes).toString())
    this.#results.push(result)
    return result.promise
  }

  async close(): Promise<void> {
    this.closed = true
  }

  /** Ends the running write; all of it was taken unless `bytes` says otherwise. */
  take(bytes?: number): void {
    this.#results.at(-1)?.resolve(bytes ?? Buffer.byteLength(this.writes.at(-1) ?? ''))
  }

  fail(): void {
    this.#results.at(-1)?.reject(new Error('ENOSPC'))
  }
}

/** An end of tick that comes when the test says so. */
class HeldTick {
  readonly #tasks: (() => void)[] = []
  readonly endOfTick = new EndOfTick(task => this.#tasks.push(task))

  end(): void {
    for (const task of this.#tasks.splice(0)) task()
  }
}

interface Setup {
  readonly target: HeldTarget
  readonly tick: HeldTick
  readonly log: RecordingLog
  readonly file: LineAppender
}

function setUp(): Setup {
  const target = new HeldTarget()
  const tick = new HeldTick()
  const log = new RecordingLog()
  return { target, tick, log, file: new LineAppender(target, 'access.log', tick.endOfTick, log) }
}

describe('LineAppender', () => {
  it('hands over the lines of a tick with one write before the tick ends', () => {
    const { target, tick, file } = setUp()
    file.append('one')
    file.append('two')
    assert.deepEqual(target.writes, [])
    tick.end()
    assert.deepEqual(target.writes, ['one\ntwo\n'])
  })

  it('hands over what gathered during a write as soon as that has ended', async () => {
    const { target, tick, file } = setUp()
    file.append('one')
    tick.end()
    file.append('two')
    tick.end()
    file.append('three')
    assert.deepEqual(target.writes, ['one\n'])
    target.take()
    await waitFor('the second write', () => target.writes.length === 2)
    assert.equal(target.writes[1], 'two\nthree\n')
    target.take()
  })

  it('writes the rest after a write that took only a part', async () => {
    const { target, tick, file } = setUp()
    file.append('line')
    tick.end()
    target.take(2)
    await waitFor('the rest', () => target.writes.length === 2)
    assert.equal(target.writes[1], 'ne\n')
    target.take()
  })

  it('keeps 8 MiB while the disk is slow, drops further lines, and says so once', async () => {
    const { target, tick, log, file } = setUp()
    file.append('first')
    tick.end()
    const line = 'x'.repeat(1023)
    for (let i = 0; i < 8 * 1024 + 5; i += 1) file.append(line)
    assert.deepEqual(log.entries, [
      {
        level: 'warn',
        event: 'access log drops lines',
        fields: { path: 'access.log', why: 'the disk is too slow' },
      },
    ])
    target.take()
    await waitFor('the second write', () => target.writes.length === 2)
    assert.equal(target.writes[1]?.length, 8 * 1024 * 1024)
    assert.deepEqual(log.entries[1], {
      level: 'warn',
      event: 'access log is written again',
      fields: { path: 'access.log', linesLost: 5 },
    })
    target.take()
  })

  it('goes on after a failed write, starts on a new line, and counts what was lost', async () => {
    const { target, tick, log, file } = setUp()
    file.append('lost one')
    file.append('lost two')
    tick.end()
    target.take(3)
    await waitFor('the rest', () => target.writes.length === 2)
    target.fail()
    await waitFor('the error', () => log.entries.length === 1)
    file.append('kept')
    tick.end()
    assert.equal(target.writes[2], '\nkept\n')
    target.take()
    await waitFor('the recovery', () => log.entries.length === 2)
    assert.deepEqual(
      log.entries.map(({ level, event, fields }) => ({ level, event, fields })),
      [
        { level: 'error', event: 'access log cannot be written', fields: { path: 'access.log' } },
        { level: 'warn', event: 'access log is written again', fields: { path: 'access.log', linesLost: 2 } },
      ],
    )
  })

  it('writes what is left before it closes, and nothing afterwards', async () => {
    const { target, tick, log, file } = setUp()
    file.append('last')
    const closed = file.close()
    assert.deepEqual(target.writes, ['last\n'])
    assert.equal(target.closed, false)
    file.append('too late')
    tick.end()
    target.take()
    await closed
    assert.equal(target.closed, true)
    assert.deepEqual(target.writes, ['last\n'])
    assert.equal(log.entries[0]?.event, 'access log drops lines')
    await file.close()
  })
})
