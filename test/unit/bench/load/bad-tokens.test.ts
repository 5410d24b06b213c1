import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isBad, spoiled } from '../../../../bench/load/bad-tokens.ts'

const TOKEN = [{ alg: 'ES256', kid: 'k' }, { sub: 'a' }, 'a signature that is long enough']
  .map(part => Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url'))
  .join('.')

describe('bad tokens', () => {
  it('are as many as the share says, spread evenly', () => {
    const count = (share: number, clients: number): number =>
      Array.from({ length: clients }, (_, number) => isBad(number, share)).filter(Boolean).length
    assert.deepEqual([count(0, 100), count(0.1, 100), count(0.5, 100), count(1, 100)], [0, 10, 50, 100])
    assert.deepEqual([count(0.5, 10), count(0.1, 10)], [5, 1])
  })

  it('have another signature, or a kid of their own', () => {
    const [header, payload, signature] = TOKEN.split('.')
    const forged = spoiled(TOKEN, 'forged', 1).split('.')
    assert.deepEqual(forged.slice(0, 2), [header, payload])
    assert.notEqual(forged[2], signature)
    const unknown = spoiled(TOKEN, 'unknown-kid', 7).split('.')
    assert.deepEqual(JSON.parse(Buffer.from(unknown[0] ?? '', 'base64url').toString()), {
      alg: 'ES256',
      kid: 'flood-7',
    })
    assert.deepEqual(unknown.slice(1), [payload, signature])
  })
})
