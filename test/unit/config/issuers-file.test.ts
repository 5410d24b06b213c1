import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readIssuers } from '../../../src/config/issuers-file.ts'
import type { Environment } from '../../../src/config/setting.ts'

const FACTS = { cores: 2 }

function problemsOf(file: unknown, environment: Environment = {}): string {
  const { problems } = readIssuers(typeof file === 'string' ? file : JSON.stringify(file), environment, FACTS)
  return problems.map(({ names, text }) => `${names.join('+')}: ${text}`).join('\n')
}

describe('the file of issuers', () => {
  it('gives each issuer what it says, else what the variables say, else the defaults', () => {
    const file = [
      { issuer: 'https://a.example', audience: 'a' },
      { issuer: 'https://b.example', exp_grace_seconds: 5 },
    ]
    const { issuers, problems } = readIssuers(JSON.stringify(file), { GUARDBEE_JWT_AUDIENCE: 'all' }, FACTS)
    assert.deepEqual(problems, [])
    assert.deepEqual(
      issuers.map(issuer => [issuer.jwtIssuer, issuer.jwtAudience, issuer.jwtExpGraceSeconds, issuer.jwtPreset]),
      [
        ['https://a.example', 'a', 0, 'generic'],
        ['https://b.example', 'all', 5, 'generic'],
      ],
    )
  })

  it('reports everything that is wrong, by the place in the file', () => {
    const text = problemsOf([
      { issuer: 'ftp://a', presett: 'okta' },
      { audience: 'a' },
      { issuer: 'https://a.example https://b.example' },
      { issuer: 'https://c.example', introspection: 'only', introspection_client_id: 'broker' },
    ])
    assert.match(text, /GUARDBEE_JWT_ISSUERS_FILE\[0\]\.issuer: found "ftp:\/\/a", expected absolute/)
    assert.match(text, /\[0\]\.presett: is not a setting; did you mean GUARDBEE_JWT_PRESET\?/)
    assert.match(text, /\[1\]\.issuer: expected exactly one issuer/)
    assert.match(text, /\[2\]\.issuer: expected exactly one issuer/)
    assert.match(text, /\[3\]\.introspection_client_secret: is missing, expected because .* basic/)
  })

  it('wants a list of objects of texts and numbers, each issuer once', () => {
    for (const file of ['', '{}', '[]', 'null', '[1'])
      assert.match(problemsOf(file), /FILE: expected a JSON array of 1 to 64/)
    assert.match(
      problemsOf(['x', null, [], { issuer: { a: 1 } }]),
      /\[0\]: expected an object[^]*\[3\]: expected an object/,
    )
    assert.match(
      problemsOf([{ issuer: 'https://a' }, { issuer: 'https://a' }]),
      /\[1\]\.issuer: expected each issuer once/,
    )
  })

  it('repeats nothing of a file that cannot be read, nor a secret', () => {
    assert.doesNotMatch(problemsOf('[{"introspection_client_secret": "hunter2"'), /hunter2/)
    assert.doesNotMatch(problemsOf([{ issuer: 'https://a', introspection_client_secret: 'hunter2\n' }]), /hunter2/)
  })
})
