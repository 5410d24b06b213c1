import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import type { IssuerMetadata } from '../../../src/auth/discovery.ts'
import { KnownIssuers } from '../../../src/cli/known-issuers.ts'
import { BrokerError } from '../../../src/core/errors.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const FOUND: IssuerMetadata = {
  jwksUri: 'https://a.example/keys',
  introspectionEndpoint: undefined,
  mtlsIntrospectionEndpoint: undefined,
}
const KEYS = { clock: new FakeClock(), wanted: ['jwks_uri'] } as const

describe('issuers that are known', () => {
  let answer: () => Promise<IssuerMetadata>
  let issuers: KnownIssuers

  beforeEach(() => {
    issuers = new KnownIssuers(() => answer())
  })

  const away = (): Promise<never> => Promise.reject(new BrokerError('KEY_SET_UNAVAILABLE', 'nobody there'))

  it('are asked each time', async () => {
    answer = async () => FOUND
    await issuers.ask('a', KEYS)
    const moved = { ...FOUND, jwksUri: 'https://a.example/other' }
    answer = async () => moved
    assert.equal(await issuers.askOnce('a', KEYS), moved)
  })

  it('count by what they have said last while they are away', async () => {
    answer = async () => FOUND
    await issuers.ask('a', KEYS)
    answer = away
    assert.equal(await issuers.askOnce('a', KEYS), FOUND)
    await assert.rejects(issuers.ask('a', KEYS), { code: 'KEY_SET_UNAVAILABLE' })
  })

  it('are not those of which nothing is known, nor what was never asked for', async () => {
    answer = async () => FOUND
    await issuers.ask('a', KEYS)
    answer = away
    const isGivenUp = { code: 'CONFIGURATION', message: 'nobody there' }
    await assert.rejects(issuers.askOnce('b', KEYS), isGivenUp)
    await assert.rejects(issuers.askOnce('a', { ...KEYS, wanted: ['introspection_endpoint'] }), isGivenUp)
  })

  it('do not stand in for one that says something else than it should', async () => {
    answer = async () => FOUND
    await issuers.ask('a', KEYS)
    answer = () => Promise.reject(new BrokerError('CONFIGURATION', 'has a query'))
    await assert.rejects(issuers.askOnce('a', KEYS), { message: 'has a query' })
  })
})
