import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { compileRegex } from '../../../../src/auth/preprocessors/linear-regex.ts'

function found(pattern: string, text: string, group = 0): string | undefined {
  const compiled = compileRegex(pattern, group)
  assert(compiled.kind === 'regex', compiled.kind === 'fault' ? compiled.sentence : '')
  return compiled.regex.find(text)
}

/** A pattern that matches at least one character, so that repeating it means the same to every engine. */
const solid: fc.Arbitrary<string> = fc.letrec<{ node: string; leaf: string }>(tie => ({
  leaf: fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\w', '\\.', '[a-c\\-]', '\u{1f41d}'),
  node: fc.oneof(
    { depthSize: 'small' },
    tie('leaf'),
    fc.tuple(tie('node'), tie('node')).map(([one, other]) => `${one}${other}`),
    fc.tuple(tie('node'), tie('node')).map(([one, other]) => `(${one}|${other})`),
    fc
      .tuple(tie('node'), fc.constantFrom('+', '+?', '{2}', '{1,3}', '{1,2}?'))
      .map(([body, times]) => `(?:${body})${times}`),
    fc
      .tuple(tie('node'), fc.constantFrom('*', '?', '*?', '??'), tie('leaf'))
      .map(([body, times, next]) => `(?:${body})${times}${next}`),
  ),
})).node
const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '.', '-', ' ', '\u{1f41d}'), maxLength: 12 })

describe('LinearRegex', () => {
  it('finds what the engine of the language finds', () => {
    const anchored = fc.tuple(fc.constantFrom('', '^', '\\b'), solid, fc.constantFrom('', '$', '\\B'))
    fc.assert(
      fc.property(anchored, text, ([before, pattern, after], subject) => {
        const source = `${before}${pattern}${after}`
        assert.equal(found(source, subject), new RegExp(source, 'u').exec(subject)?.[0], source)
      }),
      { numRuns: 5000 },
    )
  })

  it('gives the wanted group, and nothing when the group took no part', () => {
    assert.equal(found('^device-(\\d+)-(?<site>[a-z]+)$', 'device-17-berlin', 1), '17')
    assert.equal(found('^device-(\\d+)-(?<site>[a-z]+)$', 'device-17-berlin', 2), 'berlin')
    assert.equal(found('(a)|(b)', 'b', 1), undefined)
    assert.equal(found('(a)|(b)', 'b', 2), 'b')
    assert.equal(found('(?:(a+)x)+', 'aaxax', 1), 'a')
    assert.equal(found('x(a*)', 'x', 1), '')
    assert.equal(found('.*?@(.+)', 'me@here@there', 1), 'here@there')
  })

  it('finds nothing in a text that does not match, or is too long to be looked at', () => {
    assert.equal(found('^a+$', 'ab'), undefined)
    assert.equal(found('a', 'a'.repeat(16_384)), 'a')
    assert.equal(found('a', 'a'.repeat(16_385)), undefined)
  })

  it('ignores the case of letters when the pattern begins with (?i)', () => {
    assert.equal(found('(?i)^BEARER ([a-z]+)', 'bearer Xyz', 1), 'Xyz')
    assert.equal(found('(?i)[^a]', 'A'), undefined)
    assert.equal(found('^BEARER', 'bearer'), undefined)
  })

  it('survives patterns that make an engine that goes back take for ever', () => {
    for (const pattern of [
      '^(a+)+$',
      '^(a|a)*$',
      '^(a|aa)+$',
      '(.*)(.*)(.*)(.*)(.*)x',
      '^((a*)*)*$',
      '(a?){100}a{100}',
    ]) {
      const started = process.cpuUsage()
      found(pattern, `${'a'.repeat(4_000)}b`)
      const { user } = process.cpuUsage(started)
      assert.ok(user < 2_000_000, `${pattern} took ${user} \u00b5s`)
    }
  })

  it('says what it does not support instead of reading it otherwise', () => {
    const faults = [
      ['(a', 'is not closed'],
      ['a)', 'closes nothing'],
      ['(?=a)', 'looking around'],
      ['(?<!a)', 'looking around'],
      ['(a)\\1', 'is not supported'],
      ['\\p{L}', 'is not supported'],
      ['a++', 'repeated, or possessive'],
      ['*a', 'repeats nothing'],
      ['a{2', 'no number of repetitions'],
      ['a{3,2}', 'not a number of repetitions'],
      ['a{9999}', 'not a number of repetitions'],
      ['((a{100}){100}){100}', 'too long'],
      ['[]', 'a class is empty'],
      ['[b-a]', 'ends before it begins'],
      ['[a[b]]', 'a class in a class'],
      ['a\\', 'ends too early'],
      [`${'('.repeat(60)}${')'.repeat(60)}`, 'nested more than'],
    ] as const
    for (const [pattern, sentence] of faults) {
      const compiled = compileRegex(pattern, 0)
      assert(compiled.kind === 'fault', pattern)
      assert.ok(compiled.sentence.includes(sentence), `${pattern}: ${compiled.sentence}`)
    }
    assert.deepEqual(compileRegex('(a)', 2), { kind: 'fault', sentence: 'the pattern has 1 groups' })
  })

  it('reads any pattern without failing', () => {
    const characters = fc.string({
      unit: fc.constantFrom(...Array.from('ab()[]{}*+?|\\^$.-,12:<>=!&dwbB')),
      maxLength: 14,
    })
    fc.assert(
      fc.property(characters, text, (pattern, subject) => {
        const compiled = compileRegex(pattern, 0)
        if (compiled.kind === 'regex') compiled.regex.find(subject)
      }),
      { numRuns: 3000 },
    )
  })
})
