import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ByteReader, ByteWriter } from '../../../src/core/byte-codec.ts'
import { EndOfTick } from '../../../src/core/end-of-tick.ts'
import { BrokerError } from '../../../src/core/errors.ts'
import { PartlyRefused, refusalOf } from '../../../src/core/partly-refused.ts'
import type { QueueAppend } from '../../../src/ports/store.ts'
import { AnswerWriter } from '../../../src/store/append-codec.ts'
import type { RawAnswer } from '../../../src/store/raw-appends.ts'
import { RemoteAppendLine } from '../../../src/store/remote-append-line.ts'
import { atLeastOnce, message } from '../../contract/store-contract.ts'

const unavailable = { code: 'STORE_UNAVAILABLE' } as const

function append(text: string): QueueAppend {
  return { targets: [{ clientId: 'c', delivery: atLeastOnce }], message: message(text) }
}

/** A line to a store that a test plays. */
function lineOf(waitingMax = 100) {
  const endOfTick = new EndOfTick(() => {})
  const told: string[] = []
  const state: { sweeps: number; failure: BrokerError | undefined } = { sweeps: 0, failure: undefined }
  const sender = {
    send: (write: (writer: ByteWriter) => void) => {
      if (state.failure === undefined) write(new ByteWriter().start())
      return state.failure
    },
    lastSweep: () => state.sweeps + 1,
  }
  const line = new RemoteAppendLine<QueueAppend>(sender, endOfTick, waitingMax, ({ message: { payload } }) => {
    told.push(payload.toString())
  })
  const answers = new AnswerWriter()
  const answer = (...results: RawAnswer['result'][]): void => {
    const writer = new ByteWriter().start()
    writer.varuint(results.length)
    for (const result of results) answers.write(writer, { targets: append('').targets, result })
    line.answered(new ByteReader().over(writer.buffer, 0, writer.offset))
  }
  return { line, answer, told, state, endOfTick }
}

const stored = { wakes: [], dropped: 0 }

describe('RemoteAppendLine', () => {
  it('resolves those of a tick when the last of them is answered', async () => {
    const { line, answer, told, endOfTick } = lineOf()
    const first = line.add(append('a'))
    assert.equal(line.add(append('b')), first)
    endOfTick.flush()
    const second = line.add(append('c'))
    assert.notEqual(second, first)
    let resolved = false
    const waiting = first.then(() => {
      resolved = true
    })
    answer(stored)
    await Promise.resolve()
    assert.equal(resolved, false)
    answer(stored, stored)
    await Promise.all([waiting, second])
    assert.deepEqual(told, ['a', 'b', 'c'])
  })

  it('does not call safe what is added after everything before it was answered in the same tick', async () => {
    const { line, answer } = lineOf()
    const first = line.add(append('a'))
    answer(stored)
    await first
    assert.notEqual(line.add(append('b')), first)
  })

  it('rejects for a tick of which some are refused, says which, and tells only of what is stored', async () => {
    const { line, answer, told, endOfTick } = lineOf()
    const shares = ['a', 'b', 'c', 'd'].map(text => {
      line.add(append(text)).catch(() => {})
      return line.lastShare
    })
    assert.deepEqual(shares, [0, 1, 2, 3])
    const tick = line.add(append('e'))
    endOfTick.flush()
    const next = line.add(append('next'))
    assert.equal(line.lastShare, 0)
    const full = new BrokerError('STORE_FULL', 'the disk is full')
    answer(stored, full)
    answer(stored, full, stored, stored)
    const error: unknown = await tick.then(undefined, (reason: unknown) => reason)
    assert(error instanceof PartlyRefused)
    assert.equal(error.code, 'STORE_FULL')
    assert.deepEqual(
      [0, 1, 2, 3, 4].filter(share => refusalOf(error, share) !== undefined),
      [1, 3],
    )
    assert.deepEqual(told, ['a', 'c', 'e', 'next'])
    await next
  })

  it('gives up what is not answered in time, and still takes the late answer as that of the oldest', async () => {
    const { line, answer, told, state, endOfTick } = lineOf()
    const late = line.add(append('late'))
    endOfTick.flush()
    state.sweeps = 5
    const next = line.add(append('next'))
    line.sweep(1)
    await assert.rejects(late, unavailable)
    answer(stored, stored)
    await next
    assert.deepEqual(told, ['late', 'next'])
  })

  it('rejects everything that is under way when the link breaks, and begins anew', async () => {
    const { line, answer, told } = lineOf()
    const lost = line.add(append('lost'))
    line.lost('the link to it broke')
    await assert.rejects(lost, unavailable)
    const next = line.add(append('next'))
    answer(stored)
    await next
    assert.deepEqual(told, ['next'])
  })

  it('refuses what is past its bound, and what cannot be sent', async () => {
    const { line, state } = lineOf(1)
    state.failure = new BrokerError('STORE_UNAVAILABLE', 'there is no connection to it')
    await assert.rejects(line.add(append('a')), /no connection/)
    state.failure = undefined
    line.add(append('b')).catch(() => {})
    await assert.rejects(line.add(append('c')), /too many appends/)
  })

  it('takes an answer to nothing for a fault of the other end', () => {
    const { answer } = lineOf()
    assert.throws(() => answer(stored), { code: 'BUS_PROTOCOL' })
  })
})
