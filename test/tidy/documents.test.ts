import { existsSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { assertNone } from './report.ts'
import { readRepositoryFile, REPOSITORY } from './source-tree.ts'

const DOCUMENTS = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', 'src/ARCHITECTURE.md']
// npm's own commands, which are not scripts of ours.
const NPM_COMMANDS = ['ci', 'install']

describe('documents', () => {
  it('links lead to files of the repository', () => {
    const offences = DOCUMENTS.filter(exists).flatMap(document =>
      [...readRepositoryFile(document).matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
        .map(([, target = '']) => path.join(path.dirname(document), target))
        .filter(target => !exists(target))
        .map(target => `${document} links to ${target}`),
    )
    assertNone(offences, 'Mend the link, or write the page.')
  })

  it('npm commands that they name are scripts of package.json', () => {
    const scripts = scriptNames()
    const offences = DOCUMENTS.filter(exists).flatMap(document =>
      [...readRepositoryFile(document).matchAll(/\bnpm (?:run )?(?:-s )?([a-z][\w:-]*)/g)]
        .map(([, name = '']) => name)
        .filter(name => !scripts.includes(name) && !NPM_COMMANDS.includes(name) && name !== 'scripts')
        .map(name => `${document} names npm ${name}`),
    )
    assertNone(offences, 'Name a script that is there.')
  })

  it('they are all there', () => {
    assertNone(
      [...DOCUMENTS, 'LICENSE'].filter(document => !exists(document)),
      'Write it, short and true.',
    )
  })
})

function exists(file: string): boolean {
  return existsSync(path.join(REPOSITORY, file))
}

function scriptNames(): readonly string[] {
  const description: unknown = JSON.parse(readRepositoryFile('package.json'))
  if (typeof description !== 'object' || description === null || !('scripts' in description)) return []
  return Object.keys(description.scripts ?? {})
}
