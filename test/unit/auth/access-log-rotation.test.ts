import assert from 'node:assert/strict'
import { appendFile, mkdir, readdir, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, it } from 'node:test'
import type { TestContext } from 'node:test'
import { AccessLogRotation } from '../../../src/auth/access-log-rotation.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { makeTemporaryFolder } from '../../support/temporary-folder.ts'
import { RecordingLog } from '../../support/recording-log.ts'

const DAY_MS = 86_400_000
// The times of files are those of this machine.
const NOON_MS = Math.floor(Date.now() / DAY_MS) * DAY_MS + DAY_MS / 2
const TODAY = day(0)

function day(later: number): string {
  return new Date(NOON_MS + later * DAY_MS).toISOString().slice(0, 10)
}

async function setUp(test: TestContext, filesMax = 3) {
  const folder = await makeTemporaryFolder()
  test.after(() => folder.remove())
  const file = path.join(folder.path, 'access.log')
  const clock = new FakeClock(NOON_MS)
  const log = new RecordingLog()
  const rotation = new AccessLogRotation({ file, bytesMax: 100, filesMax, clock, log })
  const looksAfterMs = clock.nextTimerMs
  // From now on it looks when the test says so.
  rotation.close()
  const names = async (): Promise<readonly string[]> => (await readdir(folder.path)).sort()
  return { folder: folder.path, file, clock, log, rotation, names, looksAfterMs }
}

describe('the rotation of the access log', () => {
  it('moves the file aside when it is full, by the day and a number', async test => {
    const { file, rotation, names } = await setUp(test)
    await writeFile(file, 'x'.repeat(99))
    await rotation.look()
    assert.deepEqual(await names(), ['access.log'])
    await appendFile(file, 'x')
    await rotation.look()
    assert.deepEqual(await names(), [`access.${TODAY}.1.log`])
    await rotation.look()
    await writeFile(file, 'x'.repeat(100))
    await rotation.look()
    assert.deepEqual(await names(), [`access.${TODAY}.1.log`, `access.${TODAY}.2.log`])
  })

  it('moves it aside when its day has ended, named after that day, unless nothing is in it', async test => {
    const { file, clock, rotation, names } = await setUp(test)
    await writeFile(file, 'a line')
    await rotation.look()
    clock.advance(DAY_MS)
    await rotation.look()
    assert.deepEqual(await names(), [`access.${TODAY}.1.log`])
    await writeFile(file, '')
    clock.advance(DAY_MS)
    await rotation.look()
    assert.deepEqual(await names(), [`access.${TODAY}.1.log`, 'access.log'])
    await appendFile(file, 'a line of that day')
    await rotation.look()
    assert.deepEqual(await names(), [`access.${TODAY}.1.log`, 'access.log'])
  })

  it('finds at the start that the file is of an earlier day', async test => {
    const { file, rotation, names } = await setUp(test)
    await writeFile(file, 'a line')
    await utimes(file, new Date(NOON_MS - 3 * DAY_MS), new Date(NOON_MS - 3 * DAY_MS))
    await rotation.look()
    assert.deepEqual(await names(), [`access.${day(-3)}.1.log`])
  })

  it('keeps so many and no file of anybody else goes', async test => {
    const { folder, file, clock, rotation, names } = await setUp(test, 2)
    const others = ['access.2026-01-01.log', 'access.2026-01-01.1.log.gz', 'other.2026-01-01.1.log', 'access-2.log']
    for (const name of others) await writeFile(path.join(folder, name), '')
    for (let number = 0; number < 11; number += 1) {
      await writeFile(file, 'x'.repeat(100))
      await rotation.look()
    }
    clock.advance(DAY_MS)
    await rotation.look()
    await writeFile(file, 'x'.repeat(100))
    await rotation.look()
    const expected = [...others, `access.${TODAY}.11.log`, `access.${day(1)}.1.log`]
    assert.deepEqual(await names(), expected.sort())
  })

  it('looks once a second, and says what it cannot do', async test => {
    const { folder, file, clock, log, rotation, names, looksAfterMs } = await setUp(test, 1)
    assert.deepEqual([looksAfterMs, clock.pendingTimers], [1_000, 0])
    await rotation.look()
    assert.deepEqual(log.entries, [], 'there is no file yet')
    await mkdir(path.join(folder, `access.${day(-1)}.1.log`))
    await writeFile(file, 'x'.repeat(100))
    await rotation.look()
    assert.deepEqual(await names(), [`access.${day(-1)}.1.log`, `access.${TODAY}.1.log`])
    assert.deepEqual(
      log.entries.map(({ level, event }) => [level, event]),
      [['error', 'access log cannot be moved aside']],
    )
  })
})
