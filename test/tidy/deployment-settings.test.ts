import { describe, it } from 'node:test'
import { sections } from '../../src/config/schema.ts'
import { readSettings } from '../../src/config/settings.ts'
import { assertNone } from './report.ts'
import { filesBelow, readRepositoryFile } from './source-tree.ts'

/** Files that set settings, where no compiler looks. */
const FILES = [...filesBelow('docker'), 'scripts/cluster.sh', 'README.md']

describe('settings in deployment files', () => {
  it('each is in the table of settings', () => {
    const known = new Set(sections.flatMap(({ settings }) => Object.values(settings).map(({ name }): string => name)))
    const offences = FILES.flatMap(file =>
      [...new Set(readRepositoryFile(file).match(/\bGUARDBEE_[A-Z_]+\b/g))]
        .filter(name => !known.has(name))
        .map(name => `${file} sets ${name}`),
    )
    assertNone(offences, 'Write it as src/config/schema.ts does.')
  })

  it('what the image sets goes with Redis, or it could not be a node of a cluster', () => {
    const given = readRepositoryFile('docker/Dockerfile').match(/\bGUARDBEE_[A-Z_]+(?==)/g) ?? []
    const environment = Object.fromEntries(given.map(name => [name, '/folder']))
    const { problems } = readSettings(
      { ...environment, GUARDBEE_JWT_ISSUER: 'https://issuer.example', GUARDBEE_REDIS_URL: 'redis://redis' },
      { cores: 1 },
    )
    assertNone(
      problems.map(({ names, text }) => `${names.join(', ')}: ${text}`),
      'Leave the setting out of the image.',
    )
  })
})
