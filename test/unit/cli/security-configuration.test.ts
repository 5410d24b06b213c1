import assert from 'node:assert/strict'
import { rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import type { IssuerMetadata } from '../../../src/auth/discovery.ts'
import { ownRealms } from '../../../src/auth/realm-id.ts'
import type { SecurityModel } from '../../../src/auth/security-model.ts'
import type { CommandContext } from '../../../src/cli/command.ts'
import { SecurityConfiguration } from '../../../src/cli/security-configuration.ts'
import { readSettings } from '../../../src/config/settings.ts'
import { BrokerError } from '../../../src/core/errors.ts'
import { securityFile, USERS_AND_ROLES } from '../../support/ese/security-file.ts'
import { makeTemporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts'
import { RecordingContext } from './recording-context.ts'

const A = 'https://a.example'
const B = 'https://b.example'

function found(jwksUri: string): IssuerMetadata {
  return { jwksUri, introspectionEndpoint: undefined, mtlsIntrospectionEndpoint: undefined }
}

describe('the security configuration of start', () => {
  let folder: TemporaryFolder
  let context: RecordingContext
  let configuration: SecurityConfiguration
  let discover: CommandContext['discoverIssuer']

  beforeEach(async () => {
    folder = await makeTemporaryFolder()
    context = new RecordingContext()
    discover = async issuer => found(`${issuer}/keys`)
    context.discoverIssuer = (issuer, options) => discover(issuer, options)
    configuration = new SecurityConfiguration(context)
  })
  afterEach(() => folder.remove())

  const file = (name: string): string => path.join(folder.path, name)

  async function first(environment: RecordingContext['environment']): Promise<SecurityModel> {
    context.environment = environment
    const { settings, problems } = readSettings(environment, context.facts)
    return await configuration.first(settings ?? assert.fail(JSON.stringify(problems)))
  }

  it('is read again from the file of issuers, in which one may come and another go', async () => {
    const names = (model: SecurityModel): readonly string[] => ownRealms(model.realms).map(({ name }) => name)
    await writeFile(file('issuers.json'), JSON.stringify([{ issuer: A }]))
    const model = await first({ GUARDBEE_JWT_ISSUERS_FILE: file('issuers.json') })
    assert.deepEqual([names(model), configuration.files], [[A], [file('issuers.json')]])
    await writeFile(file('issuers.json'), JSON.stringify([{ issuer: A }, { issuer: B }]))
    assert.deepEqual(names(await configuration.read()), [A, B])
    await writeFile(file('issuers.json'), '[{')
    await assert.rejects(configuration.read(), { code: 'CONFIGURATION' })
  })

  it('looks for secrets in their files, those that the file of issuers names too', async () => {
    const passwords = (model: SecurityModel): readonly unknown[] =>
      ownRealms(model.realms).map(({ introspection }) => introspection?.password)
    const asked = {
      introspection: 'after-verification',
      introspection_uri: `${A}/ask`,
      introspection_client_id: 'c',
      introspection_client_secret_file: file('one'),
    }
    await writeFile(file('one'), 'first')
    await writeFile(file('issuers.json'), JSON.stringify([{ issuer: A, ...asked }]))
    const model = await first({ GUARDBEE_JWT_ISSUERS_FILE: file('issuers.json') })
    assert.deepEqual([passwords(model), configuration.files], [['first'], [file('issuers.json'), file('one')]])
    await writeFile(file('one'), 'second')
    assert.deepEqual(passwords(await configuration.read()), ['second'])
    await rm(file('one'))
    await assert.rejects(configuration.read(), { code: 'CONFIGURATION' })
  })

  it('is read again from the variables, for a secret may stand in a file and an issuer may have moved', async () => {
    await writeFile(file('one'), 'first')
    const model = await first({
      GUARDBEE_JWT_ISSUER: A,
      GUARDBEE_JWT_INTROSPECTION: 'after-verification',
      GUARDBEE_JWT_INTROSPECTION_URI: `${A}/ask`,
      GUARDBEE_JWT_INTROSPECTION_CLIENT_ID: 'c',
      GUARDBEE_JWT_INTROSPECTION_CLIENT_SECRET_FILE: file('one'),
    })
    assert.deepEqual([model.realms[0]?.introspection?.password, configuration.files], ['first', [file('one')]])
    await writeFile(file('one'), 'second')
    discover = async () => found(`${A}/other`)
    const [realm] = (await configuration.read()).realms
    assert.deepEqual([realm?.introspection?.password, realm?.jwksUri], ['second', `${A}/other`])
  })

  it('is read again from the file of roles, or the security file', async () => {
    await writeFile(file('roles.xml'), USERS_AND_ROLES)
    await first({
      GUARDBEE_JWT_ISSUER: A,
      GUARDBEE_JWT_PERMISSIONS: 'roles',
      GUARDBEE_JWT_ROLES_FILE: file('roles.xml'),
    })
    await writeFile(file('roles.xml'), USERS_AND_ROLES.replace('up/#', 'upwards/#'))
    const changed = await configuration.read()
    assert.equal(changed.fileRealms?.[0]?.roles[0]?.permissions[0]?.topicFilter, 'upwards/#')
    await writeFile(file('roles.xml'), '<x/>')
    await assert.rejects(configuration.read(), { code: 'SECURITY_FILE' })
    const open = securityFile('<allow-all-authentication-manager/><allow-all-authorization-manager/>')
    await writeFile(file('ese.xml'), open.replace('conf/realm.xml', 'realm.xml'))
    await writeFile(file('realm.xml'), USERS_AND_ROLES)
    const model = await first({ GUARDBEE_SECURITY_FILE: file('ese.xml') })
    assert.deepEqual([configuration.files, await configuration.read()], [[file('ese.xml')], model])
  })

  it('asks an issuer once when it is read again, and goes by what it has said before', async () => {
    await writeFile(file('issuers.json'), JSON.stringify([{ issuer: A }]))
    const model = await first({ GUARDBEE_JWT_ISSUERS_FILE: file('issuers.json') })
    let asked = 0
    discover = () => {
      asked++
      return Promise.reject(new BrokerError('KEY_SET_UNAVAILABLE', 'nobody there'))
    }
    assert.deepEqual(await configuration.read(), model)
    await writeFile(file('issuers.json'), JSON.stringify([{ issuer: A }, { issuer: B }]))
    await assert.rejects(configuration.read(), { code: 'CONFIGURATION', message: 'nobody there' })
    assert.equal(asked, 3)
  })

  it('warns of an issuer without an audience once, and says nothing else when it is read again', async () => {
    await writeFile(file('issuers.json'), JSON.stringify([{ issuer: A }]))
    await first({ GUARDBEE_JWT_ISSUERS_FILE: file('issuers.json') })
    const entries = (): readonly unknown[] =>
      context.log.entries.map(({ event, fields }) => [event, fields?.['issuer']])
    const warning = 'tokens are accepted whatever their audience is'
    const before = entries()
    assert.deepEqual(before.at(0), [warning, A])
    await configuration.read()
    assert.deepEqual(entries(), before)
    await writeFile(file('issuers.json'), JSON.stringify([{ issuer: A }, { issuer: B }]))
    await configuration.read()
    await configuration.read()
    assert.deepEqual(entries(), [...before, [warning, B]])
  })
})
