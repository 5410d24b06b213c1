import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Counters } from '../../../src/core/counters.ts'
import { EarlyWebSockets } from '../../../src/transport/early-web-sockets.ts'
import { EARLY_WEBSOCKETS_MAX } from '../../../src/transport/limits.ts'

describe('WebSockets without a CONNECT', () => {
  it('are bounded: the one that has taken longest goes, and who has shown a CONNECT does not count', () => {
    const counters = new Counters()
    const early = new EarlyWebSockets(counters)
    const gone: number[] = []
    const sockets = Array.from({ length: EARLY_WEBSOCKETS_MAX + 3 }, (_, number) => ({
      destroy: () => void gone.push(number),
    }))
    const [first] = sockets
    for (const socket of sockets) {
      early.add(socket)
      if (socket === first) early.remove(socket)
    }
    assert.deepEqual(gone, [1, 2])
    assert.equal(counters.webSocketsCrowdedOut, 2)
  })
})
