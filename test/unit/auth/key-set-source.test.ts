import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { KeySetSource } from '../../../src/auth/key-set-source.ts'
import { FakeClock, FakeRandom } from '../../support/fake-clock.ts'
import { RecordingLog } from '../../support/recording-log.ts'
import { waitFor } from '../../support/wait-for.ts'
import { JwksServer } from './jwks-server.ts'
import { rules } from './token-fixtures.ts'
import type { IssuerModel, JwtRealmModel } from '../../../src/auth/security-model.ts'
import type { KeySetSnapshot } from '../../../src/ports/key-sets.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
const JWK = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })
const key = (kid: string): object => ({ ...JWK, kid })

let server: JwksServer
let clock: FakeClock
let log: RecordingLog
let source: KeySetSource
let pushed: KeySetSnapshot[]

function realm(jwksUri: string, name = 'r'): JwtRealmModel {
  return { kind: 'jwt', name, jwksUri, jwksDefaultCacheSeconds: 1800, introspection: undefined }
}

function make(...realms: readonly JwtRealmModel[]): KeySetSource {
  const made = new KeySetSource({ realms, clock, random: new FakeRandom(), log })
  made.onSnapshot(snapshot => pushed.push(snapshot))
  return made
}

async function warm(...kids: readonly string[]): Promise<void> {
  server.serve(kids.map(key))
  await source.start()
  await settled()
}

function currentKids(): unknown[] {
  return source.current('r')?.keys.map(jwk => jwk['kid']) ?? []
}

/** Waits until every fetch that was begun has given a set or failed. */
async function settled(): Promise<void> {
  const sets = (): number => pushed.filter(snapshot => snapshot.keys.length > 0).length
  await waitFor('the fetch to end', () => source.fetches === sets() + source.failures)
}

/** Moves the clock to the next fetch, lets it end, and returns how long it was away. */
async function nextFetch(): Promise<number> {
  const delayMs = clock.nextTimerMs ?? 0
  const begun = source.fetches
  clock.advance(delayMs)
  assert.equal(source.fetches, begun + 1)
  await settled()
  return delayMs
}

beforeEach(async () => {
  server = new JwksServer()
  await server.open()
  clock = new FakeClock()
  log = new RecordingLog()
  pushed = []
  source = make(realm(server.uri))
})
afterEach(async () => {
  source.close()
  await server.close()
})

describe('a key set on this machine', () => {
  it('is read in place of the endpoint, and again while it may have changed', async () => {
    const file = path.join(await mkdtemp(path.join(tmpdir(), 'guardbee-')), 'keys.json')
    await writeFile(file, JSON.stringify({ keys: [key('k1')] }))
    source = make({ ...realm(''), jwksFile: file })
    await source.start()
    assert.deepEqual(currentKids(), ['k1'])
    await writeFile(file, JSON.stringify({ keys: [key('k2')] }))
    assert.deepEqual((await source.refresh('r', 'k2')).snapshot?.keys, [key('k2')])
    await writeFile(file, 'half a file')
    await nextFetch()
    assert.deepEqual(currentKids(), ['k2'])
    assert.equal(source.failures, 1)
    assert.equal(server.requests, 0)
  })
})

describe('the source of key sets', () => {
  it('has keys for each of several issuers, and none for one whose tokens are introspected only', async () => {
    const issuer = (name: string, only?: true): IssuerModel => {
      const introspection = only === undefined ? undefined : { endpoint: '', username: '', password: '', only }
      return { realm: { ...realm(server.uri, name), introspection }, validation: rules() }
    }
    source = make({ ...realm(''), issuers: [issuer('a'), issuer('b'), issuer('c', true)] })
    server.serve([key('k1')])
    await source.start()
    assert.deepEqual(pushed.map(snapshot => snapshot.realm).sort(), ['a', 'b'])
  })

  it('starts with the first set of every realm and hands each set on', async () => {
    source = make(realm(server.uri, 'a'), realm(server.uri, 'b'))
    const date = new Date(clock.nowMs() - 3_000).toUTCString()
    server.serve([key('k1')], { date })
    await source.start()
    assert.deepEqual(pushed.map(snapshot => snapshot.realm).sort(), ['a', 'b'])
    assert.deepEqual(source.snapshots(), [source.current('a'), source.current('b')])
    assert.deepEqual(source.current('a'), {
      realm: 'a',
      keys: [key('k1')],
      fetchedAtMs: clock.nowMs(),
      clockAheadMs: 3_000,
    })
    assert.equal(source.current('c'), undefined)
    assert.deepEqual(await source.refresh('c', 'k1'), { snapshot: undefined, absent: false })
  })

  it('takes a set whatever its content type', async () => {
    for (const type of ['application/jwk-set+json', 'application/json; charset=utf-8', 'text/plain', 'text/html']) {
      server.serve([key('k1')], { 'content-type': type })
      if (source.fetches === 0) await source.start()
      else await nextFetch()
    }
    assert.deepEqual([source.fetches, source.failures], [4, 0])
  })

  it('fetches again ahead of the end: by max-age, else Expires, else the configured default', async () => {
    const date = 'Tue, 14 Nov 2023 22:13:20 GMT'
    for (const [headers, seconds] of [
      [{}, 1800],
      [{ 'cache-control': 'public, max-age=600, must-revalidate' }, 600],
      [{ 'cache-control': 'MAX-AGE="600"' }, 600],
      [{ date, expires: 'Tue, 14 Nov 2023 22:23:20 GMT' }, 600],
      [{ 'cache-control': 'max-age=600', date, expires: 'Tue, 14 Nov 2023 23:13:20 GMT' }, 600],
      [{ 'cache-control': 'no-cache, x-max-age=5' }, 1800],
      [{ expires: '0' }, 30],
      [{ expires: 'never' }, 30],
      [{ 'cache-control': 'max-age=0' }, 30],
      [{ date, expires: date }, 30],
      [{ 'cache-control': 'max-age=9999999999' }, 86_400],
    ] as const) {
      server.serve([key('k1')], headers)
      if (source.fetches === 0) await source.start()
      else await nextFetch()
      await settled()
      const fraction = (clock.nextTimerMs ?? 0) / (seconds * 1000)
      assert.ok(fraction >= 0.75 && fraction <= 0.85, `${JSON.stringify(headers)}: ${fraction} of ${seconds} s`)
    }
    assert.equal(source.failures, 0)
  })

  it('spreads the fetches of several hosts', async () => {
    await warm('k1')
    const delays = new Set<number>()
    for (let i = 0; i < 10; i++) delays.add(await nextFetch())
    assert.ok(delays.size > 5)
  })

  it('keeps trying while the server is down at the start, a second later and then twice as long each time', async () => {
    await server.close()
    let started = false
    const starting = source.start().then(() => {
      started = true
    })
    await settled()
    const delays = []
    for (let i = 0; i < 8; i++) delays.push(await nextFetch())
    assert.deepEqual(delays, [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000])
    assert.equal(started, false)
    assert.deepEqual([source.fetches, source.failures], [9, 9])
    const warning = log.entries[0]
    assert.equal(warning?.level, 'warn')
    assert.match(String(warning?.fields?.['cause']), /ECONNREFUSED/)

    await server.open()
    server.serve([key('k1')])
    await nextFetch()
    await starting
    assert.deepEqual(currentKids(), ['k1'])
  })

  it('waits ten seconds, not for ever, for one issuer where another has its keys, and goes on asking it', async () => {
    const other = new JwksServer()
    await other.open()
    await other.close()
    server.serve([key('k1')])
    source = make(realm(server.uri), realm(other.uri, 'away'))
    let started = false
    const starting = source.start().then(() => {
      started = true
    })
    await settled()
    assert.deepEqual(currentKids(), ['k1'])
    clock.advance(9_999)
    await settled()
    assert.equal(started, false)
    clock.advance(1)
    await starting
    assert.equal(source.current('away'), undefined)
    assert.deepEqual(log.entries.at(-1)?.fields, { realm: 'away' })

    await other.open()
    other.serve([key('k2')])
    await nextFetch()
    await waitFor('the keys of the other', () => source.current('away')?.keys.length === 1)
    await other.close()
  })

  it('keeps the last good set while the server fails, for a day past its end and no longer', async () => {
    await warm('k1')
    await server.close()
    const fetchedAtMs = clock.nowMs()
    await nextFetch()
    assert.deepEqual(currentKids(), ['k1'])
    clock.advance(fetchedAtMs + 30 * MINUTE_MS + DAY_MS - 1 - clock.nowMs())
    await settled()
    assert.deepEqual(currentKids(), ['k1'])
    await nextFetch()
    assert.deepEqual(currentKids(), [])
    assert.deepEqual(pushed.at(-1)?.keys, [])
    assert.equal(pushed.length, 2)

    await server.open()
    server.serve([key('k2')])
    await nextFetch()
    assert.deepEqual(currentKids(), ['k2'])
    assert.ok((clock.nextTimerMs ?? 0) > 20 * MINUTE_MS)
  })

  it('writes neither the address nor an answer to the log', async () => {
    server.serveText('pa55word')
    const starting = source.start()
    await settled()
    await server.close()
    await nextFetch()
    source.close()
    await starting
    assert.equal(log.entries.length, 2)
    assert.doesNotMatch(JSON.stringify(log.entries), /s3cret|pa55/)
  })

  it('refuses an address that is no plain http or https URL, without repeating it', () => {
    for (const uri of ['ftp://host/keys', 'file:///etc/passwd', 'keys', 'https://user:pa55word@host/keys']) {
      assert.throws(
        () => make(realm(uri)),
        (error: Error) => error.message.includes('realm r') && !error.message.includes('pa55word'),
      )
    }
  })

  it('ends', async () => {
    server.answer = () => undefined
    const starting = source.start()
    await waitFor('the request', () => server.requests === 1)
    source.close()
    await starting
    await waitFor('the fetch to end', () => clock.pendingTimers === 0)
    assert.deepEqual(await source.refresh('r', 'k1'), { snapshot: undefined, absent: false })
    assert.equal(source.fetches, 1)
  })
})

describe('an answer that is not a usable key set', () => {
  const noFurther = Buffer.from(JSON.stringify({ keys: [key('evil')], padding: 'x'.repeat(600 * 1024) }))

  const cases: Readonly<Record<string, () => void>> = {
    'status 500': () => server.serveText(JSON.stringify({ keys: [key('evil')] }), {}, 500),
    'status 204': () => server.serveText('', {}, 204),
    'not JSON': () => server.serveText('<html>'),
    nothing: () => server.serveText(''),
    'not an object': () => server.serveText(JSON.stringify([key('evil')])),
    'no keys member': () => server.serveText('{"jwks":[]}'),
    'keys that are no objects': () => server.serveText(JSON.stringify({ keys: [key('evil'), null] })),
    'no key': () => server.serve([]),
    'no usable key': () =>
      server.serve([
        { kty: 'oct', k: 'c2VjcmV0' },
        { ...JWK, use: 'enc' },
      ]),
    'more than a hundred keys': () => server.serve(Array.from({ length: 101 }, (_, i) => key(`evil${i}`))),
    'too much': () => server.serveText(noFurther.toString()),
    'too much, without a length': () => {
      server.answer = response => {
        response.writeHead(200)
        response.write(noFurther.subarray(0, 400 * 1024))
        response.end(noFurther.subarray(400 * 1024))
      }
    },
    'too much once unpacked': () => {
      server.answer = response => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(noFurther))
    },
    'half an answer': () => {
      server.answer = response => {
        response.writeHead(200, { 'content-length': '100' }).write('{"keys":[')
        setImmediate(() => response.destroy())
      }
    },
  }

  for (const [name, answer] of Object.entries(cases)) {
    it(`is a failure: ${name}`, async () => {
      await warm('k1')
      answer()
      await nextFetch()
      assert.equal(source.failures, 1)
      assert.deepEqual(currentKids(), ['k1'])
      assert.equal(pushed.length, 1)
      assert.equal(clock.nextTimerMs, 1000)
    })
  }

  it('is a failure: a redirect, which is not followed', async () => {
    await warm('k1')
    const target = new JwksServer()
    await target.open()
    try {
      target.serve([key('evil')])
      for (const status of [301, 302, 303, 307, 308]) {
        server.serveText('', { location: target.uri }, status)
        await nextFetch()
      }
      assert.equal(target.requests, 0)
      assert.equal(source.failures, 5)
      assert.deepEqual(currentKids(), ['k1'])
    } finally {
      await target.close()
    }
  })

  it('is a failure: none within five seconds, or one that does not end', async () => {
    await warm('k1')
    for (const answer of [
      () => undefined,
      (response: { write: (text: string) => unknown }) => void response.write('{"keys":['),
    ]) {
      const requests = server.requests
      server.answer = answer
      clock.advance(clock.nextTimerMs ?? 0)
      await waitFor('the request', () => server.requests > requests)
      clock.advance(4_999)
      assert.equal(clock.nextTimerMs, 1)
      clock.advance(1)
      await settled()
    }
    assert.equal(source.failures, 2)
    assert.deepEqual(currentKids(), ['k1'])
  })
})

describe('a token with an unknown kid', () => {
  it('right after a rotation waits for the new set, and all of them for one fetch', async () => {
    await warm('k1')
    server.serve([key('k1'), key('k2')])
    const found = await Promise.all(Array.from({ length: 500 }, () => source.refresh('r', 'k2')))
    assert.ok(found.every(({ snapshot }) => snapshot?.keys.length === 2))
    assert.equal(source.fetches, 2)
    await source.refresh('r', 'k2')
    assert.equal(source.fetches, 2)
  })

  it('causes two fetches, then one in five seconds, however many kids there are', async () => {
    await warm('k1')
    const absent: boolean[] = []
    for (let i = 0; i < 2_000; i++) absent.push((await source.refresh('r', `bogus${i}`)).absent)
    assert.equal(server.requests, 3)
    assert.deepEqual([absent[0], absent[1], absent.indexOf(false)], [true, true, 2])
    clock.advance(4_999)
    await source.refresh('r', 'bogus')
    assert.equal(server.requests, 3)
    clock.advance(1)
    for (let i = 0; i < 100; i++) await source.refresh('r', `bogus too ${i}`)
    assert.equal(server.requests, 4)
  })

  it('is bounded in the same way when they all come at once', async () => {
    await warm('k1')
    await Promise.all(Array.from({ length: 2_000 }, (_, i) => source.refresh('r', `bogus${i}`)))
    assert.ok(server.requests <= 3, `${server.requests} requests`)
  })

  it('causes none for half a minute after the set was seen not to have it', async () => {
    await warm('k1')
    await source.refresh('r', 'bogus')
    assert.equal(source.fetches, 2)
    clock.advance(29_999)
    assert.equal((await source.refresh('r', 'bogus')).absent, true)
    assert.equal(source.fetches, 2)
    clock.advance(1)
    await source.refresh('r', 'bogus')
    assert.equal(source.fetches, 3)
  })

  it('does not keep the next rotation from being noticed', async () => {
    await warm('k1')
    await source.refresh('r', 'bogus')
    server.serve([key('k2')])
    await source.refresh('r', 'k2')
    assert.deepEqual(currentKids(), ['k2'])
  })

  it('is not judged by a fetch that began before it came', async () => {
    await warm('k1')
    const held: (() => void)[] = []
    server.answer = response => void held.push(() => response.end(JSON.stringify({ keys: [key('k1')] })))
    clock.advance(clock.nextTimerMs ?? 0)
    await waitFor('the request', () => held.length === 1)
    const found = Promise.all([source.refresh('r', 'k2'), source.refresh('r', 'k2')])
    server.serve([key('k1'), key('k2')])
    held[0]?.()
    assert.deepEqual(
      (await found).map(({ snapshot }) => snapshot?.keys.length),
      [2, 2],
    )
    assert.equal(source.fetches, 3)
  })

  it('waits two seconds at most', async () => {
    await warm('k1')
    server.answer = () => undefined
    const found = source.refresh('r', 'k2')
    await waitFor('the request', () => server.requests === 2)
    clock.advance(2_000)
    const { snapshot, absent } = await found
    assert.deepEqual([snapshot?.keys, absent], [[key('k1')], false])
  })

  it('causes no fetch beyond the back-off while the server fails', async () => {
    await warm('k1')
    await server.close()
    await source.refresh('r', 'k2')
    await settled()
    assert.deepEqual([source.fetches, source.failures], [2, 1])
    assert.match(source.lastFailure('r') ?? '', /ECONNREFUSED/)
    for (let i = 0; i < 100; i++) assert.equal((await source.refresh('r', `k${i + 3}`)).absent, false)
    assert.equal(source.fetches, 2)

    await server.open()
    server.serve([key('k2')])
    assert.equal(await nextFetch(), 1000)
    assert.deepEqual((await source.refresh('r', 'k2')).snapshot?.keys, [key('k2')])
  })
})

describe('key sets of another configuration', () => {
  beforeEach(() => warm('a'))

  it('are fetched beside those in use, and none is told of or fetched anew before it is taken', async () => {
    const take = await source.prepare([realm(server.uri), realm(server.uri, 'new')])
    assert.deepEqual([source.current('new'), pushed.length, server.requests], [undefined, 1, 2])
    const before = source.current('r')
    take()
    assert.deepEqual(
      source.snapshots().map(snapshot => snapshot.realm),
      ['r', 'new'],
    )
    assert.equal(source.current('r'), before)
    source.retain([realm(server.uri, 'new')])
    assert.deepEqual([source.current('r'), source.fetches], [undefined, 2])
    assert.deepEqual(await source.refresh('r', 'x'), { snapshot: undefined, absent: false })
  })

  it('are kept fresh once they are taken', async () => {
    const take = await source.prepare([realm(server.uri, 'new')])
    take()
    source.retain([realm(server.uri, 'new')])
    clock.advance(clock.nextTimerMs ?? 0)
    await waitFor('the next set', () => pushed.length === 2)
    assert.equal(pushed[1]?.realm, 'new')
  })

  it('are not taken where one of them cannot be had in ten seconds, which is said once', async () => {
    server.serveText('', {}, 404)
    const preparing = source.prepare([realm(server.uri), realm(server.uri, 'new')])
    const rejected = assert.rejects(preparing, {
      code: 'KEY_SET_UNAVAILABLE',
      message: /^realm new has no keys: .*the server answered with status 404$/,
    })
    // It is asked again after 1, 2 and 4 seconds.
    for (const nextMs of [1_000, 2_000, 4_000, 3_000]) {
      await waitFor('the answer', () => clock.nextTimerMs === nextMs)
      clock.advance(nextMs)
    }
    await rejected
    assert.deepEqual([log.entries, source.snapshots().length], [[], 1])
    const asked = server.requests
    clock.advance(20_000)
    assert.equal(server.requests, asked)
  })

  it('are not taken where their files cannot be used', async () => {
    const lacking = { ...realm(server.uri, 'new'), serverTls: { caFile: '/nowhere/ca.pem' } }
    await assert.rejects(source.prepare([lacking]), { code: 'CONFIGURATION', message: /ca\.pem cannot be read/ })
  })
})
