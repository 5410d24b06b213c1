import { describe, it } from 'node:test'
import { assertNone } from './report.ts'
import { importedFile, sourceFiles } from './source-tree.ts'
import type { SourceFile } from './source-tree.ts'

// src/ARCHITECTURE.md draws these floors. A file imports from lower floors and from its own folder, types included.
const FLOORS: Readonly<Record<string, number>> = {
  protocol: 0,
  core: 1,
  ports: 2,
  broker: 3,
  auth: 3,
  store: 3,
  bus: 3,
  transport: 3,
  telemetry: 3,
  admin: 3,
  cluster: 4,
  cli: 5,
  'main.ts': 5,
}
/** Stands beside the floors: imports nothing and is imported from here upwards only. */
const CONFIG = 'config'
const CONFIG_READERS_FROM = 4

describe('floors', () => {
  it('every file of src stands on a floor', () => {
    const lost = sourceFiles
      .map(file => file.path)
      .filter(path => !(folderOf(path) in FLOORS) && folderOf(path) !== CONFIG)
    assertNone(
      lost,
      'Move the file into a folder that has a floor, or give its folder one in src/ARCHITECTURE.md and here.',
    )
  })

  it('imports lead to a lower floor or stay in their folder', () => {
    const offences = sourceFiles.flatMap(file =>
      file.imports.flatMap(imported => {
        const target = importedFile(file, imported)
        if (target === undefined || mayImport(folderOf(file.path), folderOf(target))) return []
        return [`${file.path}:${imported.line} imports ${target}`]
      }),
    )
    assertNone(
      offences,
      'Ask for it through a port (src/ports) and let src/cluster put the parts together, or move what both need to a lower floor.',
    )
  })

  it('relative imports lead to a file and name its ending', () => {
    const paths = new Set(sourceFiles.map(file => file.path))
    const offences = sourceFiles.flatMap(file =>
      file.imports.flatMap(imported => {
        const target = importedFile(file, imported)
        return target === undefined || paths.has(target) ? [] : [`${file.path}:${imported.line} imports ${target}`]
      }),
    )
    assertNone(offences, 'Write the whole path with its `.ts`; JSON and other data are read, not imported.')
  })

  it('no file imports itself by way of others, types included', () => {
    assertNone(
      findCycles(sourceFiles).map(cycle => cycle.join(' → ')),
      'Move what both need into a third file, or let one side say in an interface of its own what it needs of the other.',
    )
  })
})

function folderOf(path: string): string {
  return path.split('/')[1] ?? ''
}

function mayImport(from: string, to: string): boolean {
  if (from === to) return true
  if (from === CONFIG) return false
  const floor = FLOORS[from] ?? -1
  if (to === CONFIG) return floor >= CONFIG_READERS_FROM
  const targetFloor = FLOORS[to] ?? Number.POSITIVE_INFINITY
  // main.ts is the door of cli, on the same floor.
  return targetFloor < floor || (from === 'main.ts' && to === 'cli')
}

/** One cycle for each file that closes one, found by going down every import once. */
function findCycles(files: readonly SourceFile[]): readonly (readonly string[])[] {
  const importsByPath = new Map(files.map(file => [file.path, targetsOf(file)]))
  const finished = new Set<string>()
  const cycles: string[][] = []

  function visit(path: string, way: readonly string[]): void {
    const start = way.indexOf(path)
    if (start !== -1) cycles.push([...way.slice(start), path])
    if (start !== -1 || finished.has(path)) return
    for (const target of importsByPath.get(path) ?? []) visit(target, [...way, path])
    finished.add(path)
  }

  for (const path of importsByPath.keys()) visit(path, [])
  return cycles
}

function targetsOf(file: SourceFile): readonly string[] {
  return file.imports.flatMap(imported => importedFile(file, imported) ?? [])
}
