import assert from 'node:assert/strict'
import { readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { readEseFile } from '../../../src/auth/ese-xml.ts'
import type { SecurityModel } from '../../../src/auth/security-model.ts'
import { SecuritySource } from '../../../src/auth/security-source.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { securityFile, USERS_AND_ROLES } from '../../support/ese/security-file.ts'
import { makeTemporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts'
import { RecordingLog } from '../../support/recording-log.ts'
import { waitFor } from '../../support/wait-for.ts'

const FILE = '<file-authentication-manager><realm>People</realm></file-authentication-manager>'
const BEFORE = securityFile(`${FILE}<allow-all-authorization-manager/>`).replace('conf/realm.xml', 'realm.xml')
const AFTER = BEFORE.replace('<allow-all-auth', '<file-auth').replace(
  '<file-authorization-manager/>',
  '<file-authorization-manager><realm>People</realm></file-authorization-manager>',
)
const OTHER_KEYS = BEFORE.replace('https://id.example', 'https://other.example')

describe('SecuritySource', () => {
  let folder: TemporaryFolder
  let file: string
  let realm: string
  let source: SecuritySource
  let log: RecordingLog
  let told: SecurityModel[]
  /** What stands between a new model and its being in force. */
  let prepared: () => Promise<void>

  beforeEach(async () => {
    folder = await makeTemporaryFolder()
    file = path.join(folder.path, 'config.xml')
    realm = path.join(folder.path, 'realm.xml')
    await writeFile(file, BEFORE)
    await writeFile(realm, USERS_AND_ROLES)
    log = new RecordingLog()
    told = []
    const read = async (): Promise<SecurityModel> => readEseFile(await readFile(file, 'utf8'), file, {})
    const reader = { files: [file], read }
    source = await SecuritySource.open({ model: await read(), reader, clock: new FakeClock(), log })
    prepared = async () => {}
    source.onChange(async model => {
      await prepared()
      return async () => void told.push(model)
    })
  })

  afterEach(async () => {
    source.close()
    await folder.remove()
  })

  it('tells of nothing while nothing changes', async () => {
    await source.look()
    await source.reload()
    assert.deepEqual([told, log.entries], [[], []])
  })

  it('tells of a security file that was changed', async () => {
    await writeFile(file, AFTER)
    await source.look()
    assert.equal(told.length, 1)
    assert.equal(source.model.pipelines[0]?.authorization.kind, 'file')
    assert.deepEqual(
      log.entries.map(({ level, event }) => [level, event]),
      [['info', 'security configuration replaced']],
    )
  })

  it('tells of a realm file that was changed', async () => {
    await writeFile(realm, USERS_AND_ROLES.replace('plants/', 'farms/'))
    await source.look()
    assert.equal(told[0]?.fileRealms?.[0]?.users[0]?.permissions[0]?.topicFilter, 'farms/${mqtt-clientid}/#')
  })

  it('keeps the last good one and says why the new one cannot be used, once', async () => {
    for (const spoil of [() => writeFile(file, '<oops>'), () => rm(realm)]) {
      await spoil()
      await source.look()
      await source.look()
    }
    assert.deepEqual(told, [])
    assert.equal(source.model.pipelines[0]?.authorization.kind, 'allow-all')
    const messages = log.entries.map(({ error }) => (error instanceof Error ? error.message : ''))
    assert.equal(messages.length, 2)
    assert.match(messages[0] ?? '', /config\.xml:1:\d+: /)
    assert.match(messages[1] ?? '', /config\.xml:1:\d+: /)
  })

  it('gives a JWT realm that was changed an id that no realm has had, and leaves one that was not its own', async () => {
    const ids = (): readonly unknown[] => source.model.realms.map(({ name, id }) => [name, id])
    assert.deepEqual(ids(), [['Tokens', undefined]])
    await writeFile(file, OTHER_KEYS)
    await source.look()
    assert.deepEqual(ids(), [['Tokens', 'Tokens~1']])
    await writeFile(
      file,
      OTHER_KEYS.replace('<allow-all-auth', '<!-- --><allow-all-auth').replace('ALL', 'tcp-listener-1'),
    )
    await source.look()
    assert.deepEqual(ids(), [['Tokens', 'Tokens~1']])
    await writeFile(file, BEFORE)
    await source.look()
    assert.deepEqual(ids(), [['Tokens', 'Tokens~2']])
    assert.equal(told.length, 3)
  })

  it('keeps the last good one where the new one cannot be prepared, and tries it again', async () => {
    prepared = () => Promise.reject(new Error('the keys are not there'))
    await writeFile(file, OTHER_KEYS)
    await source.look()
    await source.look()
    assert.deepEqual([told.length, source.model.realms[0]?.jwksUri], [0, 'https://id.example/keys'])
    assert.deepEqual(
      log.entries.map(({ level, error }) => [level, String(error)]),
      [['error', 'Error: the keys are not there']],
    )
    await source.reload()
    assert.equal(log.entries.length, 2, 'whoever asks is told')
    prepared = async () => {}
    await source.look()
    assert.deepEqual([told.length, source.model.realms[0]?.jwksUri], [1, 'https://other.example/keys'])
    await source.look()
    assert.equal(told.length, 1)
  })

  it('reads once more, and no oftener, however often it is told to while it reads', async () => {
    const hindrance = Promise.withResolvers<void>()
    let preparations = 0
    prepared = () => {
      preparations++
      return hindrance.promise
    }
    await writeFile(file, OTHER_KEYS)
    const first = source.reload()
    await waitFor('the first reading', () => preparations === 1)
    await writeFile(file, AFTER)
    const others = [source.reload(), source.reload(), source.look()]
    hindrance.resolve()
    await Promise.all([first, ...others])
    assert.equal(preparations, 2)
    assert.equal(source.model.pipelines[0]?.authorization.kind, 'file')
  })

  it('reads again when it is told to, though the files look as before', async () => {
    await writeFile(file, AFTER)
    await source.reload()
    assert.equal(told.length, 1)
    await source.look()
    assert.equal(told.length, 1)
  })
})
