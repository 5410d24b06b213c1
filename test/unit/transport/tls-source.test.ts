import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { TICKET_PERIOD_MS } from '../../../src/transport/ticket-keys.ts'
import type { TlsFiles } from '../../../src/transport/tls-files.ts'
import type { TlsSetup } from '../../../src/transport/tls-setup.ts'
import { TlsSource } from '../../../src/transport/tls-source.ts'
import { FakeClock, FakeRandom } from '../../support/fake-clock.ts'
import { RecordingLog } from '../../support/recording-log.ts'
import { makeTemporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts'
import { TestAuthority } from '../../support/test-certificates.ts'
import { writeTlsFiles } from '../../support/test-tls.ts'
import { waitFor } from '../../support/wait-for.ts'

const POLL_MS = 10_000
const authority = TestAuthority.root()

describe('TlsSource', () => {
  let folder: TemporaryFolder
  let files: TlsFiles
  let clock: FakeClock
  let log: RecordingLog
  let source: TlsSource
  let told: TlsSetup[]

  beforeEach(async () => {
    folder = await makeTemporaryFolder()
    files = await writeTlsFiles(folder.path, authority)
    clock = new FakeClock(TICKET_PERIOD_MS * 40_000)
    log = new RecordingLog()
    source = await open(undefined)
    told = []
    source.onChange(setup => told.push(setup))
  })

  afterEach(async () => {
    source.close()
    await folder.remove()
  })

  async function open(ticketSecret: string | undefined, seed = 1): Promise<TlsSource> {
    const policy = { minVersion: '1.2', clientCertificates: 'none' } as const
    return await TlsSource.open({ files, policy, ticketSecret, clock, random: new FakeRandom(seed), log })
  }

  it('rejects when the files cannot be used at the start', async () => {
    await writeFile(files.keyFile, 'no key')
    await assert.rejects(open(undefined), { code: 'CONFIGURATION' })
  })

  it('finds replaced files within ten seconds', async () => {
    const before = source.setup
    await writeTlsFiles(folder.path, authority)
    clock.advance(POLL_MS)
    await waitFor('the change', () => told.length === 1)
    assert.equal(told[0], source.setup)
    assert.notEqual(source.setup.certificates.standard.certificate, before.certificates.standard.certificate)
    assert.equal(source.setup.ticketKeys, before.ticketKeys)
  })

  it('keeps the last good files when new ones cannot be used, says so once, and takes the next good ones', async () => {
    const before = source.setup
    await writeFile(files.keyFile, 'half of a k')
    clock.advance(POLL_MS)
    await waitFor('the error', () => log.errors.length === 1)
    assert.match(log.errors[0] ?? '', /broker\.key does not hold the key/)
    for (let looks = 0; looks < 5; looks++) {
      clock.advance(POLL_MS)
      await new Promise(resolve => void setImmediate(resolve))
    }
    assert.equal(source.setup, before)
    await writeTlsFiles(folder.path, authority)
    await waitFor('the change', () => {
      clock.advance(POLL_MS)
      return told.length === 1
    })
    assert.equal(log.errors.length, 1)
  })

  it('reads at once when it is told to, and tells nobody when nothing is new', async () => {
    await source.reload()
    assert.equal(told.length, 0)
    await writeTlsFiles(folder.path, authority)
    await source.reload()
    assert.equal(told.length, 1)
  })

  it('takes new ticket keys every twelve hours, with the certificates as they are', () => {
    const before = source.setup
    clock.advance(TICKET_PERIOD_MS - 1)
    assert.equal(told.length, 0)
    clock.advance(1)
    clock.advance(TICKET_PERIOD_MS)
    assert.equal(new Set([before, ...told].map(({ ticketKeys }) => ticketKeys)).size, 3)
    assert.ok(told.every(({ certificates }) => certificates === before.certificates))
  })

  it('nodes with the same secret have the same ticket keys, also after they were changed', async () => {
    const [one, other] = [await open('the secret of all', 1), await open('the secret of all', 2)]
    const first = one.setup.ticketKeys
    assert.equal(other.setup.ticketKeys, first)
    clock.advance(TICKET_PERIOD_MS)
    assert.notEqual(one.setup.ticketKeys, first)
    assert.equal(other.setup.ticketKeys, one.setup.ticketKeys)
    one.close()
    other.close()
  })

  it('leaves no timer behind', () => {
    source.close()
    assert.equal(clock.pendingTimers, 0)
  })
})
