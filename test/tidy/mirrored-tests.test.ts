import { existsSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { assertNone } from './report.ts'
import { filesBelow, importedFile, readSource, REPOSITORY, sourceFiles } from './source-tree.ts'
import type { SourceFile } from './source-tree.ts'

/** Files with logic and no unit test of their own: the suite that exercises them, which must be there, and why it does. */
const TESTED_ELSEWHERE: Readonly<Record<string, { readonly by: string; readonly why: string }>> = {
  'src/auth/token-verifier-thread.ts': {
    by: 'test/unit/auth/token-verifier.test.ts',
    why: 'it is a thread of the pool',
  },
  'src/cluster/primary.ts': { by: 'test/e2e/worker-crash.test.ts', why: 'it is the supervision of real processes' },
  'src/cluster/worker.ts': { by: 'test/e2e/interoperability.test.ts', why: 'it puts the real parts together' },
}

// What a file of types and tables does not have.
const LOGIC = new Set(['return', 'throw', 'if', 'for', 'while', 'switch'])
// The folders of what implements a port; what else a suite imports is there to set the stage.
const ADAPTERS = ['src/store/', 'src/bus/', 'src/transport/']
const tested = testedFiles()

describe('mirrored tests', () => {
  it('each file of src with logic has a unit test, or is part of one that has, or has a reason', () => {
    const offences = sourceFiles
      .filter(hasLogic)
      .filter(file => !tested.has(file.path))
      .map(file => `${file.path} has no ${unitTestOf(file.path)}, nor has a file of its folder that uses it`)
    assertNone(offences, 'Write the test, or name in this file the suite that exercises the code.')
  })

  it('each reason names a file that needs it and a suite that is there', () => {
    const paths = new Set(sourceFiles.map(file => file.path))
    const offences = Object.entries(TESTED_ELSEWHERE).flatMap(([file, { by }]) => [
      ...(paths.has(file) ? [] : [`${file} is not there`]),
      ...(existsSync(path.join(REPOSITORY, unitTestOf(file))) ? [`${file} has a unit test`] : []),
      ...(existsSync(path.join(REPOSITORY, by)) ? [] : [`${by} is not there`]),
    ])
    assertNone(offences, 'Take the row out or mend it.')
  })

  it('each unit test has its file of src or bench', () => {
    const offences = filesBelow('test/unit')
      .filter(file => file.endsWith('.test.ts'))
      .filter(file => !existsSync(path.join(REPOSITORY, sourceOf(file))))
      .map(file => `${file} has no ${sourceOf(file)}`)
    assertNone(offences, 'Move the test to where its code is, or to test/contract if it is a suite of a port.')
  })
})

/**
 * The files with a test at their own path, in a suite of a port or elsewhere, and those that such a file of the same
 * folder uses: a part is tested through the face of its module.
 */
function testedFiles(): ReadonlySet<string> {
  const inContracts = adaptersOfContracts()
  const reached = new Set<string>()
  const byPath = new Map(sourceFiles.map(file => [file.path, file]))
  const waiting = sourceFiles.filter(
    ({ path: file }) =>
      existsSync(path.join(REPOSITORY, unitTestOf(file))) || inContracts.has(file) || file in TESTED_ELSEWHERE,
  )
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    reached.add(file.path)
    for (const imported of file.imports.filter(({ typeOnly }) => !typeOnly)) {
      const part = byPath.get(importedFile(file, imported) ?? '')
      if (part !== undefined && folderOf(part.path) === folderOf(file.path) && !reached.has(part.path))
        waiting.push(part)
    }
  }
  return reached
}

/** Implementations of ports that the suites in test/contract run, themselves or by helpers of the tests. */
function adaptersOfContracts(): ReadonlySet<string> {
  const seen = new Set<string>()
  const waiting = filesBelow('test/contract').filter(file => file.endsWith('.test.ts'))
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    seen.add(file)
    if (!file.startsWith('test/')) continue
    const source = readSource(file)
    const targets = source.imports
      .filter(({ typeOnly }) => !typeOnly)
      .flatMap(imported => importedFile(source, imported) ?? [])
    waiting.push(...targets.filter(target => !seen.has(target) && existsSync(path.join(REPOSITORY, target))))
  }
  return new Set([...seen].filter(file => ADAPTERS.some(folder => file.startsWith(folder))))
}

function hasLogic({ scanned: { tokens } }: SourceFile): boolean {
  return tokens.some(
    (token, index) =>
      token.kind === 'word' &&
      LOGIC.has(token.text) &&
      tokens[index - 1]?.text !== '.' &&
      tokens[index + 1]?.text !== ':',
  )
}

function unitTestOf(source: string): string {
  return source.replace(/^src\//, 'test/unit/').replace(/\.ts$/, '.test.ts')
}

// A second test of one file names its aspect: `ese-xml.fuzz.test.ts`.
function sourceOf(unitTest: string): string {
  const file = unitTest.replace(/^test\/unit\//, '').replace(/(?:\.[a-z-]+)?\.test\.ts$/, '.ts')
  return file.startsWith('bench/') ? file : `src/${file}`
}

function folderOf(file: string): string {
  return file.split('/')[1] ?? ''
}
