import { describe, it } from 'node:test'
import { assertNone } from './report.ts'
import { readRepositoryFile, sourceFiles } from './source-tree.ts'
import type { SourceImport } from './source-imports.ts'

/** Where each library may be imported; its types also beside that home. The rest of the code does not know that it exists. */
const HOMES: Readonly<Record<string, readonly string[]>> = {
  'mqtt-packet': ['src/protocol/'],
  ioredis: ['src/store/redis', 'src/bus/redis', 'src/cluster/redis-connection.ts'],
  'uWebSockets.js': ['src/transport/uws.ts'],
  ws: ['src/transport/'],
  jose: ['src/auth/', 'src/cli/dev-issuer'],
  oauth4webapi: ['src/auth/'],
  piscina: ['src/auth/'],
  saxes: ['src/auth/'],
  pino: ['src/telemetry/'],
}

describe('one home for each library', () => {
  it('a library is imported in its home only', () => {
    const offences = sourceFiles.flatMap(file =>
      file.imports
        .filter(({ specifier }) => !specifier.startsWith('.') && !specifier.startsWith('node:'))
        .filter(imported => !isAtHome(file.path, imported))
        .map(({ specifier, line }) => `${file.path}:${line} imports ${specifier}`),
    )
    assertNone(
      offences,
      'Call the module that is the home of the library (the table is in this test); write modules of Node as `node:…`.',
    )
  })

  it('every dependency has a home, and a row in CONTRIBUTING.md that says what it replaces', () => {
    const guide = readRepositoryFile('CONTRIBUTING.md')
    const offences = runtimeDependencies().flatMap(name => [
      ...(name in HOMES ? [] : [`${name} has no home in this test`]),
      ...(guide.includes(`| \`${name}\` |`) ? [] : [`${name} has no row in CONTRIBUTING.md`]),
    ])
    assertNone(offences, 'Add the home here and the row there, or do without the dependency.')
  })
})

function isAtHome(file: string, { specifier, typeOnly }: SourceImport): boolean {
  return homesOf(specifier).some(home => file.startsWith(typeOnly ? folderOf(home) : home))
}

function folderOf(home: string): string {
  return `${home.split('/').slice(0, 2).join('/')}/`
}

function homesOf(specifier: string): readonly string[] {
  const name = Object.keys(HOMES).find(library => specifier === library || specifier.startsWith(`${library}/`))
  return name === undefined ? [] : (HOMES[name] ?? [])
}

function runtimeDependencies(): readonly string[] {
  const description: unknown = JSON.parse(readRepositoryFile('package.json'))
  if (typeof description !== 'object' || description === null || !('dependencies' in description)) return []
  return Object.keys(description.dependencies ?? {})
}
