import { describe, it } from 'node:test'
import { assertNone } from './report.ts'
import { sourceFiles } from './source-tree.ts'
import type { SourceFile } from './source-tree.ts'
import type { SourceToken } from './source-tokens.ts'

/** The folders that give the others their time and randomness, or run before there are ports. */
const SOURCES = ['src/telemetry/', 'src/cluster/', 'src/cli/', 'src/main.ts']

const GLOBAL_CALLS = new Set(['setTimeout', 'setInterval'])
const MEMBER_CALLS = new Set(['Date.now', 'Math.random', 'performance.now', 'process.hrtime', 'crypto.randomUUID'])
const RANDOM_IMPORTS = new Set(['randomBytes', 'randomInt', 'randomUUID', 'randomFillSync', 'getRandomValues'])

describe('time and randomness', () => {
  it('are taken from their ports', () => {
    const offences = sourceFiles
      .filter(file => !SOURCES.some(source => file.path.startsWith(source)))
      .flatMap(file => usesOf(file, isTimeOrRandomness))
    assertNone(
      offences,
      'Take a Clock or a Random of src/ports/clock.ts in the constructor, so that a test can hold it.',
    )
  })

  it('setImmediate is called in src/cluster only', () => {
    const offences = sourceFiles
      .filter(file => !file.path.startsWith('src/cluster/'))
      .flatMap(file => usesOf(file, (token, before) => token.text === 'setImmediate' && before?.text !== '.'))
    assertNone(offences, 'Add yourself to the EndOfTick that the broker was given (src/core/end-of-tick.ts).')
  })

  it('timer modules of Node are not imported', () => {
    const offences = sourceFiles
      .filter(file => !SOURCES.some(source => file.path.startsWith(source)))
      .flatMap(file =>
        file.imports
          .filter(({ specifier }) => specifier.startsWith('node:timers') || specifier === 'node:perf_hooks')
          .map(({ specifier, line }) => `${file.path}:${line} imports ${specifier}`),
      )
    assertNone(offences, 'Take a Clock of src/ports/clock.ts in the constructor.')
  })
})

type Judge = (token: SourceToken, before: SourceToken | undefined, after: readonly SourceToken[]) => boolean

function usesOf(file: SourceFile, judge: Judge): readonly string[] {
  const { tokens } = file.scanned
  return tokens.flatMap((token, index) =>
    token.kind === 'word' && judge(token, tokens[index - 1], tokens.slice(index + 1, index + 4))
      ? [`${file.path}:${token.line} uses ${token.text}`]
      : [],
  )
}

function isTimeOrRandomness(
  token: SourceToken,
  before: SourceToken | undefined,
  after: readonly SourceToken[],
): boolean {
  const [next, nextButOne] = after
  if (next?.text === '.' && MEMBER_CALLS.has(`${token.text}.${nextButOne?.text}`)) return true
  if (RANDOM_IMPORTS.has(token.text)) return true
  if (before?.text === '.') return false // a method of something else, such as a socket's setTimeout
  if (GLOBAL_CALLS.has(token.text)) return true
  // `Date` called without a time is the time of now.
  return token.text === 'Date' && next?.text === '(' && (nextButOne?.text === ')' || before?.text !== 'new')
}
