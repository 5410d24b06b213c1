import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { runCommand } from '../../../src/cli/command-line.ts'
import { EndOfTick } from '../../../src/core/end-of-tick.ts'
import { EmbeddedStore } from '../../../src/store/embedded/embedded-store.ts'
import { openFsDataFolder } from '../../../src/store/embedded/fs-data-folder.ts'
import { append, claim, message, subscription } from '../../contract/store-contract.ts'
import { FakeClock, FakeRandom } from '../../support/fake-clock.ts'
import { RecordingLog } from '../../support/recording-log.ts'
import { makeTemporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts'
import { RecordingContext } from './recording-context.ts'

describe('guardbee store check', () => {
  let folder: TemporaryFolder
  let dataDir: string

  before(async () => {
    folder = await makeTemporaryFolder()
    dataDir = path.join(folder.path, 'data')
    const store = await EmbeddedStore.open({
      folder: await openFsDataFolder(dataDir),
      durability: 'os',
      limits: { reserveBytes: 10 },
      clock: new FakeClock(),
      random: new FakeRandom(),
      log: new RecordingLog(),
      endOfTick: new EndOfTick(task => void setImmediate(task)),
    })
    const { epoch } = await claim(store)
    await store.subscriptions.put('c', epoch, [subscription('a'), subscription('b')])
    for (const text of ['1', '2', '3']) await append(store, text, 'c')
    await store.retained.put(message('r', { retain: true }))
    await store.close()
  })

  after(() => folder.remove())

  it('says what the store holds', async () => {
    const context = new RecordingContext()
    context.environment = { GUARDBEE_DATA_DIR: dataDir }
    assert.equal(await runCommand(['store', 'check'], context), 0)
    const { printed } = context.terminal
    assert.match(printed, /1 files, \d+ bytes/)
    for (const line of [/sessions +1$/m, /subscriptions +2$/m, /queued messages +3$/m, /retained messages +1$/m])
      assert.match(printed, line)
    assert.match(printed, /Every byte is as it was written/)
  })

  it('says how much at the end is not whole', async () => {
    const file = path.join(dataDir, 'segment-000000000001.journal')
    const whole = await readFile(file)
    // The record of the closing, and the end of the one before it.
    await writeFile(file, whole.subarray(0, -30))
    const context = new RecordingContext()
    assert.equal(await runCommand(['store', 'check', dataDir], context), 0)
    assert.match(context.terminal.printed, /The last \d+ bytes are not whole/)
    assert.match(context.terminal.printed, /retained messages +0$/m)
    await writeFile(file, whole)
  })

  it('names the file that is damaged, with status 1', async () => {
    const file = path.join(dataDir, 'segment-000000000001.journal')
    const whole = await readFile(file)
    const damaged = Buffer.from(whole)
    damaged[70] = (damaged[70] ?? 0) ^ 1
    await writeFile(file, damaged)
    const context = new RecordingContext()
    assert.equal(await runCommand(['store', 'check', dataDir], context), 1)
    assert(context.terminal.complained.includes(`${file} is damaged`))
    assert.equal(context.terminal.printed, '')
    await writeFile(file, whole)
  })

  it('needs a folder that is there, and the word check', async () => {
    const context = new RecordingContext()
    assert.equal(await runCommand(['store', 'check', path.join(folder.path, 'nowhere')], context), 1)
    assert.match(context.terminal.complained, /nowhere/)
    assert.equal(await runCommand(['store'], context), 2)
    assert.equal(await runCommand(['store', 'mend'], context), 2)
    assert.match(context.terminal.complained, /Usage: guardbee store check \[folder\]/)
  })
})
