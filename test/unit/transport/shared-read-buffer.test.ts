import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Server } from 'node:net'
import { describe, it } from 'node:test'
import { readThroughSharedBuffer } from '../../../src/transport/shared-read-buffer.ts'

const EMFILE = -24
const reader = { read() {} }

describe('readThroughSharedBuffer', () => {
  it('says no to a server without the handle it looks for', () => {
    assert.equal(readThroughSharedBuffer(new Server(), { take: () => reader, failed() {} }), false)
  })

  it('reports what could not be accepted, and lets go of a client that left before it was looked at', async () => {
    const server = new Server().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const seen: string[] = []
    const taken = readThroughSharedBuffer(server, {
      take: () => {
        seen.push('taken')
        return reader
      },
      failed: systemErrorName => void seen.push(systemErrorName),
    })
    assert.ok(taken)
    const handle: unknown = Reflect.get(server, '_handle')
    assert.ok(typeof handle === 'object' && handle !== null)
    const accept = (status: number, accepted: unknown): unknown =>
      Reflect.apply(Reflect.get(handle, 'onconnection'), handle, [status, accepted])
    accept(EMFILE, undefined)
    accept(0, { getpeername: () => -107, close: () => void seen.push('closed') })
    assert.deepEqual(seen, ['EMFILE', 'closed'])
    server.close()
  })
})
