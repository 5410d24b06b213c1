import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { readEseFile } from '../../../src/auth/ese-xml.ts'
import { BrokerError } from '../../../src/core/errors.ts'
import { ALLOW_ALL } from '../../../src/core/permissions.ts'
import { makeTemporaryFolder } from '../../support/temporary-folder.ts'
import { peopleRealm, securityFile, securityModel, USERS_AND_ROLES } from '../../support/ese/security-file.ts'

const OPEN = '<allow-all-authentication-manager/><allow-all-authorization-manager/>'

function problemsOf(realmFile: string): readonly string[] {
  try {
    securityModel(OPEN, realmFile)
  } catch (error) {
    assert(error instanceof BrokerError)
    assert.equal(error.code, 'SECURITY_FILE')
    return error.message.split('\n')
  }
  assert.fail('the file was accepted')
}

function realmWith(piece: string, replacement: string): string {
  assert(USERS_AND_ROLES.includes(piece), piece)
  return USERS_AND_ROLES.replace(piece, () => replacement)
}

describe('readFileRealm', () => {
  it('reads users with their passwords, roles and permissions', () => {
    const realm = peopleRealm()
    assert.deepEqual([realm.name, realm.path], ['People', '/etc/guardbee/conf/realm.xml'])
    assert.deepEqual(
      realm.users.map(({ name, password, roles }) => [name, password?.algorithm, password?.iterations, roles]),
      [
        ['plain', 'PLAIN', 1, []],
        ['hashed', 'PKCS5S2', 10, ['publisher', 'subscriber']],
        ['hexadecimal', 'MD5', 1, []],
        ['known-by-name-only', undefined, undefined, ['publisher']],
      ],
    )
    const [plain, hashed, hexadecimal] = realm.users
    assert.equal(plain?.password?.hash, Buffer.from('in the clear').toString('base64'))
    assert.equal(hashed?.password?.salt, Buffer.from('mqtt-password-2-salt').toString('base64'))
    assert.equal(hexadecimal?.password?.salt, Buffer.from('salt').toString('base64'))
    assert.deepEqual(plain?.permissions, [
      { ...ALLOW_ALL, topicFilter: 'plants/${mqtt-clientid}/#', qos: [0, 2], sharedGroup: 'readers', from: 'plain' },
    ])
  })

  it('takes what a permission leaves out for the narrow value', () => {
    const [publisher, subscriber] = peopleRealm().roles
    assert.deepEqual(publisher?.permissions, [
      {
        ...ALLOW_ALL,
        topicFilter: 'up/#',
        activity: ['publish'],
        retain: 'not-retained',
        shared: 'not-shared',
        from: 'publisher',
      },
    ])
    assert.equal(subscriber?.permissions[0]?.shared, 'shared')
    assert.equal(subscriber?.permissions[0]?.retain, 'not-retained')
  })

  it('finds the file in the folder of the security file, or in the one above conf', async context => {
    const { path: home, remove } = await makeTemporaryFolder()
    context.after(remove)
    mkdirSync(join(home, 'conf'))
    writeFileSync(join(home, 'conf', 'realm.xml'), USERS_AND_ROLES)
    const read = (fileName: string) => readEseFile(securityFile(OPEN), fileName, {}).fileRealms?.[0]?.path
    assert.equal(read(join(home, 'conf', 'config.xml')), join(home, 'conf', 'realm.xml'))
    assert.equal(read(join(home, 'enterprise-security-extension.xml')), join(home, 'conf', 'realm.xml'))
    assert.throws(() => read(join(home, 'elsewhere', 'config.xml')), /<file-path> "conf\/realm.xml" cannot be read/)
  })

  it('does not read the file of a realm that is not enabled', () => {
    const disabled = securityFile(OPEN).replace('<name>People</name><enabled>true', '<name>People</name><enabled>false')
    const model = readEseFile(disabled, 'ese.xml', {}, () => assert.fail('the file was read'))
    assert.equal(model.fileRealms, undefined)
  })

  const cases = [
    ['<role>subscriber</role>', '<role>nobody</role>', /<role> "nobody" names no role of this file/],
    ['<id>subscriber</id>', '<id>publisher</id>', /another <role> is already called "publisher"/],
    ['<name>hashed</name>', '<name>plain</name>', /another <user> is already called "plain"/],
    ['<name>hashed</name>', '', /<user> lacks its <name>/],
    ['<topic>up/#</topic>', '<topic>up/#/down</topic>', /<topic>: expected a Topic Filter, found "up\/#\/down"/],
    ['<topic>up/#</topic>', '<topic>$share/g/up</topic>', /write the filter alone/],
    [
      '<topic>up/#</topic>',
      '<topic>${mqtt-clientID}</topic>',
      /expected no placeholder but that of an ESE variable of text/,
    ],
    ['<qos>ZERO_TWO</qos>', '<qos>0</qos>', /<qos>: expected one of ZERO, ONE, TWO, .*found "0"/],
    ['<activity>ALL</activity>', '', /<permission> lacks its <activity>/],
    [
      '<algorithm>PKCS5S2</algorithm>',
      '<algorithm>ARGON2ID</algorithm>',
      /expected one of PLAIN, MD5, SHA512, BCRYPT, PKCS5S2/,
    ],
    ['<algorithm>PKCS5S2</algorithm>', '<algorithm>SHA512</algorithm>', /a hash of SHA512 has 64 bytes, this one 32/],
    ['<salt>mqtt-password-2-salt</salt>', '', /<user> lacks its <salt>, which PKCS5S2 needs/],
    ['<iterations>10</iterations>', '<iterations>1000000000</iterations>', /a whole number from 1 to 5000000/],
    ['<password encoding="Hex">D42A', '<password encoding="Hex">D42X', /<password>: the text is not Hex/],
    ['<mqtt>', '<mqtt><secrets/>', /<secrets> is not known in <mqtt>/],
    ['</ese-file-realm>', '', /not well-formed XML/],
    ['<?xml version="1.0" encoding="UTF-8"?>', '<!DOCTYPE x>', /a document type/],
  ] as const
  for (const [piece, replacement, expected] of cases) {
    it(`names ${expected.source}`, () => {
      const problems = problemsOf(realmWith(piece, replacement))
      assert.match(problems.join('\n'), expected)
      for (const line of problems) assert.match(line, /^\/etc\/guardbee\/conf\/realm\.xml:\d+:\d+: /)
    })
  }

  it('repeats no password in a problem', () => {
    const problems = problemsOf(realmWith('in the clear', 'hunter2${hunter2}'))
    assert.doesNotMatch(problems.join('\n'), /hunter2/)
  })

  it('names the problems of the security file before those of the realm file', () => {
    const security = securityFile(OPEN).replace('listener="ALL"', '')
    const read = () => readEseFile(security, 'ese.xml', {}, path => ({ path, text: '<x/>' }))
    assert.throws(
      read,
      /^BrokerError: ese\.xml:\d+:\d+: .*\nconf\/realm\.xml:1:1: expected <ese-file-realm>, found <x>$/,
    )
  })
})
