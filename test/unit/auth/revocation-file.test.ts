import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { RevocationFile } from '../../../src/auth/revocation-file.ts'
import { Revocations, type Revocation } from '../../../src/auth/revocations.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { RecordingLog } from '../../support/recording-log.ts'
import { makeTemporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts'

const HOUR_MS = 3_600_000

describe('the file of revocations', () => {
  let folder: TemporaryFolder
  let file: string
  let clock: FakeClock
  let log: RecordingLog

  beforeEach(async () => {
    folder = await makeTemporaryFolder()
    file = path.join(folder.path, 'revocations.json')
    clock = new FakeClock()
    log = new RecordingLog()
  })
  afterEach(() => folder.remove())

  async function open(revocations = new Revocations()): Promise<{ kept: RevocationFile; revocations: Revocations }> {
    return { kept: await RevocationFile.open(folder.path, { revocations, clock, log }), revocations }
  }

  function revocation(value: string, more: Partial<Revocation> = {}): Revocation {
    const nowMs = clock.nowMs()
    return { kind: 'jti', value, issuer: undefined, revokedAtMs: nowMs, untilMs: nowMs + HOUR_MS, ...more }
  }

  it('has after a restart what was kept before, without what has ended', async () => {
    const { kept, revocations } = await open()
    const all = [
      revocation('a', { issuer: 'https://a.example', kind: 'sub' }),
      revocation('b'),
      revocation('short', { untilMs: clock.nowMs() + 1_000 }),
    ]
    for (const each of all) revocations.add(each, clock.nowMs())
    assert.equal(await kept.keep(), true)
    await kept.close()
    clock.advance(1_000)
    const again = await open()
    await again.kept.start()
    assert.deepEqual(again.revocations.list(clock.nowMs()), all.slice(0, 2))
  })

  it('is there only once something was revoked, for nobody but its user, and alone', async () => {
    const { kept, revocations } = await open()
    assert.deepEqual(await readdir(folder.path), [])
    revocations.add(revocation('a'), clock.nowMs())
    await kept.keep()
    assert.deepEqual(await readdir(folder.path), ['revocations.json'])
    assert.equal((await stat(file)).mode & 0o777, 0o600)
  })

  it('has all of those that came while it was written, each once it says so', async () => {
    const { kept, revocations } = await open()
    const answers: Promise<boolean>[] = []
    for (let number = 0; number < 1_000; number++) {
      revocations.add(revocation(`${number}`), clock.nowMs())
      answers.push(kept.keep())
    }
    assert.ok((await Promise.all(answers)).every(Boolean))
    assert.equal((await open()).revocations.size, 1_000)
  })

  it('that cannot be written is said, and tried again with the next one', async () => {
    await mkdir(`${file}.new`)
    const { kept, revocations } = await open()
    revocations.add(revocation('a'), clock.nowMs())
    assert.equal(await kept.keep(), false)
    assert.equal(log.errors.length, 1)
    await folder.remove()
    await mkdir(folder.path)
    revocations.add(revocation('b'), clock.nowMs())
    assert.equal(await kept.keep(), true)
    assert.equal((await open()).revocations.size, 2)
  })

  it('that is half written, or no such file, leaves the node shut, and is not quoted', async () => {
    const { kept, revocations } = await open()
    revocations.add(revocation('a-subject', { kind: 'sub' }), clock.nowMs())
    await kept.keep()
    const whole = await readFile(file, 'utf8')
    for (const text of [
      '',
      whole.slice(0, -1),
      '[]',
      '{"format":2,"revocations":[]}',
      '{"format":1}',
      '{"format":1,"revocations":[{}]}',
      whole.replace('"sub"', '"all"'),
    ]) {
      await writeFile(file, text)
      await assert.rejects(open(), (error: Error) => {
        assert.match(error.message, /revocations\.json/)
        assert.doesNotMatch(error.message, /a-subject/)
        return 'code' in error && error.code === 'STORE_DAMAGED'
      })
    }
  })

  it('of before stays whole when its successor was not', async () => {
    const { kept, revocations } = await open()
    revocations.add(revocation('a'), clock.nowMs())
    await kept.keep()
    await writeFile(`${file}.new`, '{"format":1,"revoc')
    assert.equal((await open()).revocations.size, 1)
  })
})
