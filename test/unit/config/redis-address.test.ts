import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseRedisAddress, redisUrl, shownRedisAddress } from '../../../src/config/redis-address.ts'

describe('the address of Redis', () => {
  const right: readonly { readonly text: string; readonly shown: string; readonly has?: object }[] = [
    { text: 'redis://localhost', shown: 'redis://localhost:6379', has: { kind: 'server', encrypted: false } },
    { text: 'rediss://r.example:6380/3', shown: 'rediss://r.example:6380/3', has: { encrypted: true, database: 3 } },
    {
      text: 'redis://me:p%40ss%2F1@r.example',
      shown: 'redis://r.example:6379',
      has: { user: 'me', password: 'p@ss/1' },
    },
    {
      text: 'redis://:secret@r.example/',
      shown: 'redis://r.example:6379',
      has: { user: undefined, password: 'secret' },
    },
    { text: 'redis://[::1]:7000', shown: 'redis://[::1]:7000', has: { hosts: [{ host: '::1', port: 7000 }] } },
    {
      text: 'redis://a:1,b,c:3',
      shown: 'redis+cluster://a:1,b:6379,c:3',
      has: {
        kind: 'cluster',
        hosts: [
          { host: 'a', port: 1 },
          { host: 'b', port: 6379 },
          { host: 'c', port: 3 },
        ],
      },
    },
    { text: 'rediss+cluster://one', shown: 'rediss+cluster://one:6379', has: { kind: 'cluster' } },
    {
      text: 'redis+sentinel://:pw@s1,s2:26380/main/2',
      shown: 'redis+sentinel://s1:26379,s2:26380/main/2',
      has: { kind: 'sentinel', masterName: 'main', database: 2, password: 'pw' },
    },
  ]
  for (const { text, shown, has } of right) {
    it(`is read from ${text}, and shown without secrets`, () => {
      const address = parseRedisAddress(text)
      assert(address !== undefined)
      assert.equal(shownRedisAddress(address), shown)
      assert.partialDeepStrictEqual(address, has ?? {})
      assert.deepEqual(redisUrl.parse(text), { value: text })
    })
  }

  for (const text of [
    '',
    'localhost:6379',
    'http://localhost',
    'redis://',
    'redis://a,,b',
    'redis://a:0',
    'redis://a:70000',
    'redis://a b',
    'redis://a/x',
    'redis://a/1/2',
    'redis://a,b/1',
    'redis+sentinel://a',
    'redis+sentinel://a/',
    'redis://%zz@a',
    'redis+other://a',
  ]) {
    it(`is refused: "${text}"`, () => {
      assert.equal(redisUrl.parse(text), undefined)
    })
  }
})
