import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BodyCache } from '../../../../src/store/embedded/body-cache.ts'
import { StoredBody } from '../../../../src/store/embedded/stored-body.ts'

/** Bodies of these lengths, each wanted by somebody, that were committed together. */
function commit(cache: BodyCache, ...lengths: number[]): readonly StoredBody[] {
  let end = 0
  const offsets: number[] = []
  const bodies = lengths.map(length => {
    offsets.push(end)
    end += length
    const body = new StoredBody(length, 0)
    body.references = 1
    return body
  })
  cache.keep(Buffer.alloc(end, 'x'), bodies, offsets)
  return bodies
}

function isKept(body: StoredBody | undefined): boolean {
  return body?.kept?.bytes !== undefined
}

describe('BodyCache', () => {
  it('keeps the newest commits within its bytes', () => {
    const cache = new BodyCache(100)
    const bodies = [40, 40, 40, 20].flatMap(length => commit(cache, length))
    assert.deepEqual(bodies.map(isKept), [false, true, true, true])
    assert.equal(cache.bytes, 100)
  })

  it('knows where each message begins, and keeps bytes of its own', () => {
    const cache = new BodyCache(100)
    const written = Buffer.from('onetwo')
    const bodies = [new StoredBody(3, 0), new StoredBody(3, 0)]
    for (const body of bodies) body.references = 1
    cache.keep(written, bodies, [0, 3])
    written.fill('-')
    const texts = bodies.map(({ kept, keptAt, length }) => kept?.bytes?.toString('utf8', keptAt, keptAt + length))
    assert.deepEqual(texts, ['one', 'two'])
  })

  it('keeps nothing that is larger than all of it', () => {
    const cache = new BodyCache(100)
    const [small] = commit(cache, 10)
    const [large] = commit(cache, 101)
    assert.deepEqual([isKept(small), isKept(large), cache.bytes], [true, false, 10])
  })

  it('keeps a commit until the last of its messages is dropped, and none that nobody wants', () => {
    const cache = new BodyCache(100)
    const [one, other] = commit(cache, 20, 30)
    assert.ok(one !== undefined && other !== undefined)
    cache.drop(one)
    cache.drop(one)
    assert.deepEqual([isKept(other), cache.bytes], [true, 50])
    cache.drop(other)
    assert.equal(cache.bytes, 0)
    cache.keep(Buffer.alloc(10), [new StoredBody(10, 0)], [0])
    assert.equal(cache.bytes, 0)
  })

  it('has room again for each message that is dropped, however long an old one stays', () => {
    const cache = new BodyCache(100)
    const [old] = commit(cache, 50)
    for (let i = 0; i < 10_000; i++) for (const body of commit(cache, 50)) cache.drop(body)
    assert.deepEqual([isKept(old), cache.bytes], [true, 50])
  })
})
