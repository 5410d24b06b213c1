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
import { RecordingLog } from './recording-log.ts'

const FILE = '<file-authentication-manager><realm>People</realm></file-authentication-manager>'
const BEFORE = securityFile(`${FILE}<allow-all-authorization-manager/>`).replace('conf/realm.xml', 'realm.xml')
const AFTER = BEFORE.replace('<allow-all-auth', '<file-auth').replace(
  '<file-authorization-manager/>',
  '<file-authorization-manager><realm>People</realm></file-authorization-manager>',
)

describe('SecuritySource', () => {
  let folder: TemporaryFolder
  let file: string
  let realm: string
  let source: SecuritySource
  let log: RecordingLog
  let told: SecurityModel[]

  beforeEach(async () => {
    folder = await makeTemporaryFolder()
    file = path.join(folder.path, 'config.xml')
    realm = path.join(folder.path, 'realm.xml')
    await writeFile(file, BEFORE)
    await writeFile(realm, USERS_AND_ROLES)
    log = new RecordingLog()
    told = []
    const read = async (): Promise<SecurityModel> => readEseFile(await readFile(file, 'utf8'), file, {})
    source = await SecuritySource.open({ model: await read(), read, file, clock: new FakeClock(), log })
    source.onChange(model => told.push(model))
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
    for (const spoil of [
      () => writeFile(file, '<oops>'),
      () => rm(realm),
      () => writeFile(file, BEFORE.replace('https://id.example', 'https://other.example')),
    ]) {
      await spoil()
      await source.look()
      await source.look()
    }
    assert.deepEqual(told, [])
    assert.equal(source.model.pipelines[0]?.authorization.kind, 'allow-all')
    const messages = log.entries.map(({ error }) => (error instanceof Error ? error.message : ''))
    assert.equal(messages.length, 3)
    assert.match(messages[0] ?? '', /config\.xml:1:\d+: /)
    assert.match(messages[1] ?? '', /config\.xml:1:\d+: /)
  })

  it('takes no other JWT realm or access log while it runs', async () => {
    await writeFile(file, BEFORE.replace('https://id.example', 'https://other.example'))
    await source.look()
    assert.match(String(log.entries[0]?.error), /a change of <jwt-realm> needs a restart/)
    await writeFile(file, BEFORE.replace('<pipelines>', '<access-log><enabled>false</enabled></access-log><pipelines>'))
    await source.look()
    assert.match(String(log.entries[1]?.error), /a change of <access-log> needs a restart/)
    assert.deepEqual(told, [])
  })

  it('reads again when it is told to, though the files look as before', async () => {
    await writeFile(file, AFTER)
    await source.reload()
    assert.equal(told.length, 1)
    await source.look()
    assert.equal(told.length, 1)
  })
})
