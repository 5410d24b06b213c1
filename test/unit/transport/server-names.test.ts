import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ServerNames } from '../../../src/transport/server-names.ts'

describe('ServerNames', () => {
  const names = new ServerNames<string>()
  names.add('a.example', 'first')
  names.add('a.example', 'second')
  names.add('*.example', 'wild')

  for (const [asked, found] of [
    ['a.example', 'first'],
    ['A.Example', 'first'],
    ['b.example', 'wild'],
    ['x.b.example', undefined],
    ['example', undefined],
    ['*.example', 'wild'],
    ['', undefined],
    ['.example', 'wild'],
  ] as const) {
    it(`finds ${found ?? 'nothing'} for "${asked}"`, () => assert.equal(names.find(asked), found))
  }
})
