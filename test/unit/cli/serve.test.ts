import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { serve } from '../../../src/cli/serve.ts'
import { RecordingContext } from './recording-context.ts'

describe('serve', () => {
  it('ends with the status of a broker that ends by itself, and leaves the signals alone then', async () => {
    const context = new RecordingContext()
    const status = serve(context.broker, context)
    context.broker.end(3)
    assert.equal(await status, 3)
    assert.equal(context.signals.subscribers, 0)
    assert.equal(context.broker.stops, 0)
  })

  it('stops the broker at the first signal', async () => {
    const context = new RecordingContext()
    const status = serve(context.broker, context)
    context.signals.send()
    assert.equal(await status, 0)
    assert.equal(context.broker.stops, 1)
  })

  it('does not wait any longer at a second signal, but takes one that npm passed on for the same', async () => {
    const context = new RecordingContext()
    context.broker.onStop = () => new Promise(() => {})
    const status = serve(context.broker, context)
    context.signals.send()
    context.clock.advance(999)
    context.signals.send()
    assert.doesNotMatch(context.terminal.complained, /without waiting/)
    context.clock.advance(1)
    context.signals.send()
    assert.equal(await status, 1)
    assert.equal(context.broker.stops, 1)
  })

  it('does not wait longer than 20 seconds for a broker that does not stop', async () => {
    const context = new RecordingContext()
    context.broker.onStop = () => new Promise(() => {})
    const status = serve(context.broker, context)
    context.signals.send()
    context.clock.advance(19_999)
    assert.doesNotMatch(context.terminal.complained, /without waiting/)
    context.clock.advance(1)
    assert.equal(await status, 1)
    assert.match(context.terminal.complained, /Not stopped within 20 seconds/)
  })

  it('gives the clients their time to leave besides', async () => {
    const context = new RecordingContext()
    context.broker.onStop = () => new Promise(() => {})
    context.broker.drainMs = 90_000
    const status = serve(context.broker, context)
    context.signals.send()
    context.clock.advance(109_999)
    assert.doesNotMatch(context.terminal.complained, /without waiting/)
    context.clock.advance(1)
    assert.equal(await status, 1)
  })

  it('says why stopping failed and ends with 1', async () => {
    const context = new RecordingContext()
    context.broker.onStop = () => Promise.reject(new Error('worker 2 hangs'))
    const status = serve(context.broker, context)
    context.signals.send()
    assert.equal(await status, 1)
    assert.match(context.terminal.complained, /Stopping failed: worker 2 hangs/)
  })
})
