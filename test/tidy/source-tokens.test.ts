import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { importsOf } from './source-imports.ts'
import { scanSource } from './source-tokens.ts'
import { sourceFiles } from './source-tree.ts'

describe('the scanner under the tidy tests', () => {
  it('tells code from strings, templates, regular expressions and comments', () => {
    const { tokens, comments } = scanSource(
      [
        "const a = 'any' // any",
        'const b = `any ${code(`in ${deep}`)} any`',
        'const c = /any "\\/[/]/g /* any',
        '*/ + d / e / f',
      ].join('\n'),
    )
    const words = tokens.filter(({ kind }) => kind === 'word').map(({ text }) => text)
    assert.deepEqual(words, ['const', 'a', 'const', 'b', 'code', 'deep', 'const', 'c', 'd', 'e', 'f'])
    assert.deepEqual(
      comments.map(({ line }) => line),
      [1, 3],
    )
    assert.equal(tokens.at(-1)?.line, 4)
  })

  it('knows whether a mark stands close to the word before it', () => {
    const marks = scanSource('a! && !b && c !== d').tokens.filter(({ text }) => text === '!')
    assert.deepEqual(
      marks.map(({ adjacent }) => adjacent),
      [true, false],
    )
  })

  it('finds every way of naming a module', () => {
    const source = [
      "import a from './a.ts'",
      "import type { B } from './b.ts'",
      "import './c.ts'",
      "export { d } from './d.ts'",
      "const e = await import('./e.ts')",
      "const f = new URL('./f.ts', import.meta.url)",
      "const not = 'from ./g.ts'",
    ]
    const found = importsOf(scanSource(source.join('\n'))).map(({ specifier }) => specifier)
    assert.deepEqual(found, ['./a.ts', './b.ts', './c.ts', './d.ts', './e.ts', './f.ts'])
    const typesOnly = importsOf(scanSource(source.join('\n'))).filter(({ typeOnly }) => typeOnly)
    assert.deepEqual(
      typesOnly.map(({ specifier }) => specifier),
      ['./b.ts'],
    )
  })

  it('scans every file of src to its end with its braces paired', () => {
    for (const { path, scanned } of sourceFiles) {
      const count = (text: string): number =>
        scanned.tokens.filter(token => token.kind === 'punctuation' && token.text === text).length
      for (const [open, close] of ['{}', '()', '[]'])
        assert.equal(count(open ?? ''), count(close ?? ''), `${path}: ${open} ${close}`)
    }
  })
})
