import { describe, it } from 'node:test'
import { assertNone } from './report.ts'
import { filesBelow, readRepositoryFile, REPOSITORY, sourceFiles } from './source-tree.ts'

const LINES_MAX = 300
const KEBAB_CASE = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:(?:\.[a-z-]+)?\.test|\.d)?\.ts$/
const NAMES_WITHOUT_A_JOB = ['index.ts', 'utils.ts', 'util.ts', 'types.ts', 'helpers.ts', 'common.ts', 'misc.ts']
const CODE_FOLDERS = ['src', 'test', 'scripts', 'bench', 'docker']
const EXPORTED_AGAIN = /^export (?:type )?(?:\*|\{[^}]*\}) from /m
const EXPORTED_FIRST = /^export (?:default|abstract|async|class|const|function|interface|let|type \w)/m
// Homes of people, and the folder of whoever runs this: such a path works on one machine only.
const ONE_MACHINE = [/\/home\/[a-z]/, /\/Users\/[A-Za-z]/, /\/root\//]

describe('shape of the files', () => {
  it(`no file of src is longer than ${LINES_MAX} lines`, () => {
    const offences = sourceFiles
      .map(file => ({ path: file.path, lines: file.text.trimEnd().split('\n').length }))
      .filter(({ lines }) => lines > LINES_MAX)
      .map(({ path, lines }) => `${path} has ${lines} lines`)
    assertNone(offences, 'A second job hides in it: find its name and give it a file.')
  })

  it('files have names in kebab-case that say what is in them', () => {
    const offences = filesBelow(...CODE_FOLDERS)
      .filter(file => file.endsWith('.ts'))
      .filter(file => !KEBAB_CASE.test(nameOf(file)) || NAMES_WITHOUT_A_JOB.includes(nameOf(file)))
    assertNone(offences, 'Name a file after its main export: inflight-window.ts exports InflightWindow.')
  })

  it('no file is a barrel', () => {
    const offences = sourceFiles
      .filter(({ text }) => EXPORTED_AGAIN.test(text) && !EXPORTED_FIRST.test(text))
      .map(({ path }) => path)
    assertNone(offences, 'Let the caller import from the file that has it.')
  })

  it('no file names a path of one machine', () => {
    const offences = [...filesBelow(...CODE_FOLDERS, '.ci'), ...markdownFiles()].flatMap(file => {
      const text = readRepositoryFile(file)
      // An image may well have its copy where this one is.
      const here = text.includes(REPOSITORY) && !file.startsWith('docker/') ? REPOSITORY : undefined
      const found = here ?? ONE_MACHINE.map(path => path.exec(text)?.[0]).find(Boolean)
      return found === undefined || file === 'test/tidy/file-shape.test.ts' ? [] : [`${file} names ${found}`]
    })
    assertNone(offences, 'Write paths from the repository, or take them from the environment.')
  })
})

function markdownFiles(): readonly string[] {
  return ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md']
}

function nameOf(file: string): string {
  return file.split('/').at(-1) ?? ''
}
