import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { loggedError } from '../../../src/telemetry/logged-error.ts'

describe('loggedError', () => {
  it('ends although the causes go round in a circle', () => {
    const first = new Error('first')
    first.cause = new Error('second', { cause: first })
    const depthOf = (error: ReturnType<typeof loggedError> | undefined): number =>
      error === undefined ? 0 : 1 + depthOf(error.cause)
    assert.equal(depthOf(loggedError(first)), 6)
  })

  it('keeps the parts of an AggregateError, as a failed connect to several addresses is one', () => {
    const error = new AggregateError([new Error('::1 refused'), new Error('127.0.0.1 refused')], 'all failed')
    assert.deepEqual(
      loggedError(error).errors?.map(part => part.message),
      ['::1 refused', '127.0.0.1 refused'],
    )
  })

  it('says only the type of a thrown object that is no error', () => {
    assert.equal(loggedError({ password: 'hunter2' }).message, 'a thrown object')
    assert.equal(loggedError('text').message, 'text')
    assert.equal(loggedError(undefined).message, 'a thrown undefined')
  })

  it('cuts a message that is longer than anybody reads', () => {
    assert.equal(loggedError(new Error('x'.repeat(100_000))).message.length, 4097)
  })
})
