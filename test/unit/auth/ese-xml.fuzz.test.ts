import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { readEseFile } from '../../../src/auth/ese-xml.ts'
import { BrokerError } from '../../../src/core/errors.ts'

const FILES = ['okta-tutorial.xml', 'every-element.xml'].map(name =>
  readFileSync(new URL(`../../support/ese/${name}`, import.meta.url), 'utf8'),
)
const PIECES = ['<', '>', '</', '/>', '"', '&', '&amp;', '&#0;', '<!--', ']]>', '<![CDATA[', '${', '${ENV:', '<?', '']

interface Edit {
  readonly at: number
  readonly remove: number
  readonly insert: string
}

const edit: fc.Arbitrary<Edit> = fc.record({
  at: fc.nat(4000),
  remove: fc.nat(40),
  insert: fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 12, unit: 'binary' })),
})

function edited(text: string, edits: readonly Edit[]): string {
  let result = text
  for (const { at, remove, insert } of edits) result = result.slice(0, at) + insert + result.slice(at + remove)
  return result
}

/** Undefined when the file is accepted. */
function errorOf(text: string): BrokerError | undefined {
  try {
    readEseFile(text, 'ese.xml', {})
    return undefined
  } catch (error) {
    assert(error instanceof BrokerError, error instanceof Error ? error.stack : String(error))
    return error
  }
}

describe('readEseFile under mutation', () => {
  it('accepts a mutated file or throws SECURITY_FILE with a position in every line', () => {
    fc.assert(
      fc.property(fc.constantFrom(...FILES), fc.array(edit, { minLength: 1, maxLength: 6 }), (file, edits) => {
        const error = errorOf(edited(file, edits))
        if (error === undefined) return
        assert.equal(error.code, 'SECURITY_FILE')
        for (const line of error.message.split('\n')) assert.match(line, /^ese\.xml:\d+:\d+: ./)
      }),
      { numRuns: 2000 },
    )
  })

  it('accepts any text or throws SECURITY_FILE', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300, unit: 'binary' }), text => {
        assert.equal(errorOf(text)?.code, 'SECURITY_FILE')
      }),
    )
  })

  it('survives elements named like members of an object', () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty']
    const elements = names.map(name => `<${name} ${name}="1">${name}</${name}>`).join('')
    const error = errorOf(`<enterprise-security-extension>${elements}</enterprise-security-extension>`)
    for (const name of names) assert.match(error?.message ?? '', new RegExp(`<${name}> is not known`))
  })

  it('refuses elements that are nested too deep', () => {
    assert.match(
      errorOf('<a>'.repeat(100_000))?.message ?? '',
      /^ese\.xml:1:\d+: elements are nested more than 32 deep/,
    )
  })
})
