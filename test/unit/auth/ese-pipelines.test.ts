import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ListenerPipelineModel } from '../../../src/auth/security-model.ts'
import { BrokerError } from '../../../src/core/errors.ts'
import { securityModel } from '../../support/ese/security-file.ts'

const JWT = '<jwt-authentication-manager><realm>Tokens</realm></jwt-authentication-manager>'
const FILE = '<file-authentication-manager><realm>People</realm></file-authentication-manager>'
const ALLOW_ALL = '<allow-all-authorization-manager/>'
const FILE_PERMISSIONS = '<file-authorization-manager><realm>People</realm></file-authorization-manager>'
const MARKS = { prefix: '{{', postfix: '}}' }

function pipelineOf(text: string): ListenerPipelineModel {
  const [pipeline] = securityModel(text).pipelines
  assert(pipeline !== undefined)
  return pipeline
}

function problemOf(text: string): string {
  try {
    securityModel(text)
  } catch (error) {
    assert(error instanceof BrokerError && error.code === 'SECURITY_FILE', String(error))
    return error.message
  }
  assert.fail('the file was accepted')
}

function chain(step: string, strategy: string, ...managers: readonly string[]): string {
  return `<chain-${step}-manager><strategy>${strategy}</strategy><chain>${managers.join('')}</chain></chain-${step}-manager>`
}

describe('managers of a security file', () => {
  it('are read with their realms', () => {
    const { authentication, authorization } = pipelineOf(FILE + FILE_PERMISSIONS)
    assert.deepEqual(authentication, { kind: 'file', realm: 'People' })
    assert.deepEqual(authorization, {
      kind: 'file',
      realm: 'People',
      useAuthorizationKey: true,
      useAuthorizationRoleKey: true,
    })
    const flags =
      '<use-authorization-key>false</use-authorization-key><use-authorization-role-key>0</use-authorization-role-key>'
    assert.deepEqual(pipelineOf(FILE + FILE_PERMISSIONS.replace('</realm>', `</realm>${flags}`)).authorization, {
      kind: 'file',
      realm: 'People',
      useAuthorizationKey: false,
      useAuthorizationRoleKey: false,
    })
  })

  it('are read as chains, in chains', () => {
    const inner = chain('authentication', 'check-next-on-unknown-authentication-key-or-wrong-secret', JWT, FILE)
    const authentication = chain('authentication', 'check-next-on-unknown-authentication-key', FILE, inner)
    const authorizations = (strategy: string): string => chain('authorization', strategy, FILE_PERMISSIONS, ALLOW_ALL)
    const read = pipelineOf(authentication + authorizations('merge-all-permissions'))
    assert(read.authentication.kind === 'chain' && read.authorization.kind === 'chain')
    assert.equal(read.authentication.strategy, 'unknown-key')
    const [file, nested] = read.authentication.managers
    assert.equal(file?.kind, 'file')
    assert(nested?.kind === 'chain')
    assert.deepEqual(
      [nested.strategy, nested.managers.map(({ kind }) => kind)],
      ['unknown-key-or-wrong-secret', ['jwt', 'file']],
    )
    assert.deepEqual([read.authorization.strategy, read.authorization.managers.length], ['merge', 2])
    for (const [written, strategy] of [
      ['check-next-on-unknown-authorization-keys', 'unknown-keys'],
      ['check-next-on-unknown-authorization-keys-or-empty-permissions', 'unknown-keys-or-empty'],
    ] as const) {
      const { authorization } = pipelineOf(FILE + authorizations(written))
      assert.equal(authorization.kind === 'chain' && authorization.strategy, strategy)
    }
  })

  it('of our own take permissions from the token', () => {
    const token = (children: string): unknown =>
      pipelineOf(
        `${JWT}<guardbee:token-authorization-manager xmlns:guardbee="urn:guardbee">${children}</guardbee:token-authorization-manager>`,
      ).authorization
    assert.deepEqual(token('<format>emqx</format>'), { kind: 'token', format: 'emqx', claim: 'acl' })
    assert.deepEqual(token('<format>roles</format><claim>realm_access.roles</claim><realm>People</realm>'), {
      kind: 'token',
      format: 'roles',
      claim: 'realm_access.roles',
      realm: 'People',
    })
    const aliases =
      '<scope-aliases><scope-alias><alias>device</alias><scopes>write:*/* read:*/*</scopes></scope-alias></scope-aliases>'
    assert.deepEqual(
      token(
        `<format>rabbitmq</format><scope-prefix>rabbitmq.</scope-prefix><resource-type>rabbitmq</resource-type>${aliases}`,
      ),
      {
        kind: 'token',
        format: 'rabbitmq',
        claim: 'scope',
        scopes: {
          prefix: 'rabbitmq.',
          vhost: '/',
          resourceType: 'rabbitmq',
          aliases: { device: ['write:*/*', 'read:*/*'] },
        },
      },
    )
  })

  const problems = [
    [FILE.replace('People', 'Tokens') + ALLOW_ALL, /<realm> "Tokens" names a <jwt-realm>; expected a <file-realm>/],
    [JWT.replace('Tokens', 'People') + ALLOW_ALL, /<realm> "People" names a <file-realm>; expected a <jwt-realm>/],
    [FILE + FILE_PERMISSIONS.replace('People', 'x'), /<realm> "x" names no realm of this file/],
    [chain('authentication', 'ask-everyone', JWT, FILE) + ALLOW_ALL, /<strategy>: expected one of check-next-on-/],
    [chain('authentication', 'check-next-on-unknown-authentication-key', JWT) + ALLOW_ALL, /at least two managers/],
    [
      chain('authentication', 'check-next-on-unknown-authentication-key', JWT, ALLOW_ALL) + ALLOW_ALL,
      /<allow-all-authorization-manager> is not known in <chain>/,
    ],
    [
      chain('authentication', 'check-next-on-unknown-authentication-key', JWT, '<sql-authentication-manager/>') +
        ALLOW_ALL,
      /<sql-authentication-manager> is not supported by this version; use <file-authentication-manager>/,
    ],
    [`${JWT}<sql-authorization-manager/>`, /use <file-authorization-manager> with a <file-realm>, or <guardbee:token-/],
    [
      `${FILE}<guardbee:token-authorization-manager><format>emqx</format></guardbee:token-authorization-manager>`,
      /reads the token, and no <jwt-authentication-manager> of the pipeline verifies one/,
    ],
    [
      `${JWT}<guardbee:token-authorization-manager><format>emqx</format><vhost>x</vhost></guardbee:token-authorization-manager>`,
      /<vhost> has no meaning for the format emqx/,
    ],
    [`<authorization-preprocessors/>${FILE}${ALLOW_ALL}`, /<authorization-preprocessors> stands before <file-auth/],
  ] as const
  for (const [text, expected] of problems) {
    it(`name ${expected.source}`, () => assert.match(problemOf(text), expected))
  }
})

describe('preprocessors of a security file', () => {
  function before(text: string, authentication = FILE): unknown {
    const preprocessors = `<authentication-preprocessors>${text}</authentication-preprocessors>`
    return pipelineOf(preprocessors + authentication + ALLOW_ALL).authenticationPreprocessors
  }

  it('are read one after the other, each transformation by itself', () => {
    const text = `
      <set-string-preprocessor><variable>string-a</variable><value>b</value></set-string-preprocessor>
      <set-byte-preprocessor><variable>byte-a</variable><value encoding="Hex">00ff</value></set-byte-preprocessor>
      <copy-string-to-string-preprocessor><from>mqtt-clientid</from><to>authentication-key</to></copy-string-to-string-preprocessor>
      <copy-byte-to-byte-preprocessor><from>mqtt-password</from><to>byte-b</to></copy-byte-to-byte-preprocessor>
      <copy-string-to-byte-preprocessor><from encoding="Base64">mqtt-username</from><to>authentication-byte-secret</to></copy-string-to-byte-preprocessor>
      <copy-byte-to-string-preprocessor><from>mqtt-password</from><to encoding="Hex">string-c</to></copy-byte-to-string-preprocessor>
      <plain-preprocessor><transformations>
        <transformation encoding="Base64"><from>mqtt-username</from><to>byte-c</to></transformation>
        <transformation><from>string-a</from><to>string-d</to></transformation>
      </transformations></plain-preprocessor>
      <regex-preprocessor><pattern>[A-Z]</pattern><group>0</group><variable>string-a</variable><variable>string-c</variable></regex-preprocessor>
      <split-preprocessor prefix="[" postfix="]"><from>string-a</from><to>string-b</to><to>string-c</to></split-preprocessor>
      <concatenation-preprocessor><from>string-a</from><from>string-b</from><to>authorization-role-key</to></concatenation-preprocessor>
      <letter-case-preprocessor><transformations><transformation><variable>string-a</variable><case>UPPER</case></transformation></transformations></letter-case-preprocessor>
      <logging-preprocessor><message>client \${mqtt-clientid} \${byte-a}</message><level>trace</level><codec>Hex</codec></logging-preprocessor>
      <x509-preprocessor><x509-extractions><x509-extraction><x509-field>subject-common-name</x509-field><ese-variable>authentication-key</ese-variable></x509-extraction></x509-extractions></x509-preprocessor>
      <http-headers-preprocessor><bearer-auth-extraction/></http-headers-preprocessor>
      <http-headers-preprocessor><cookie-extraction><cookie-name>t</cookie-name></cookie-extraction></http-headers-preprocessor>
      <session-attribute-preprocessor><from-ese-variable>string-a</from-ese-variable><to-session-attribute>plant</to-session-attribute></session-attribute-preprocessor>
      <connection-attribute-preprocessor><from-ese-variable>string-a</from-ese-variable><to-connection-attribute>line</to-connection-attribute></connection-attribute-preprocessor>`
    assert.deepEqual(before(text), [
      { kind: 'set-string', variable: 'string-a', value: 'b' },
      { kind: 'set-bytes', variable: 'byte-a', value: 'AP8=' },
      { kind: 'copy', from: 'mqtt-clientid', to: 'authentication-key', encoding: 'UTF8' },
      { kind: 'copy', from: 'mqtt-password', to: 'byte-b', encoding: 'UTF8' },
      { kind: 'copy', from: 'mqtt-username', to: 'authentication-byte-secret', encoding: 'Base64' },
      { kind: 'copy', from: 'mqtt-password', to: 'string-c', encoding: 'Hex' },
      { kind: 'copy', from: 'mqtt-username', to: 'byte-c', encoding: 'Base64' },
      { kind: 'copy', from: 'string-a', to: 'string-d', encoding: 'UTF8' },
      { kind: 'regex', pattern: '[A-Z]', group: 0, variable: 'string-a' },
      { kind: 'regex', pattern: '[A-Z]', group: 0, variable: 'string-c' },
      { kind: 'split', from: 'string-a', to: ['string-b', 'string-c'], prefix: '[', postfix: ']' },
      { kind: 'concatenation', from: ['string-a', 'string-b'], to: 'authorization-role-key', ...MARKS },
      { kind: 'letter-case', variable: 'string-a', upper: true },
      { kind: 'logging', message: 'client ${mqtt-clientid} ${byte-a}', level: 'debug', name: '', encoding: 'Hex' },
      { kind: 'x509', field: 'subject-common-name', variable: 'authentication-key', ...MARKS },
      { kind: 'http-credentials', scheme: 'bearer', name: 'Authorization' },
      { kind: 'http-credentials', scheme: 'cookie', name: 't' },
      { kind: 'attribute', of: 'session', variable: 'string-a', attribute: 'plant' },
      { kind: 'attribute', of: 'connection', variable: 'string-a', attribute: 'line' },
    ])
  })

  const CLAIMS =
    '<jwt-preprocessor><source>authentication-byte-secret</source><jwt-extractions><jwt-extraction>' +
    '<jwt-claim>roles</jwt-claim><ese-variable>authorization-role-key</ese-variable></jwt-extraction></jwt-extractions></jwt-preprocessor>'

  it('take claims once the token is verified', () => {
    const after = `<authorization-preprocessors>${CLAIMS}</authorization-preprocessors>`
    assert.deepEqual(pipelineOf(JWT + after + FILE_PERMISSIONS).authorizationPreprocessors, [
      {
        kind: 'jwt',
        source: 'authentication-byte-secret',
        claim: 'roles',
        variable: 'authorization-role-key',
        ...MARKS,
      },
    ])
    assert.match(problemOf(FILE + after + FILE_PERMISSIONS), /<jwt-preprocessor> reads the token, and no <jwt-auth/)
    const early = `<authentication-preprocessors>${CLAIMS}</authentication-preprocessors>`
    assert.match(
      problemOf(early + JWT + FILE_PERMISSIONS),
      /stands before the token is verified; write it in <authorization-/,
    )
  })

  const problems = [
    ['<custom-preprocessor><implementation>x</implementation></custom-preprocessor>', /code in Java cannot be run/],
    [
      '<set-string-preprocessor><variable>mqtt-clientid</variable><value>x</value></set-string-preprocessor>',
      /<variable>: expected an ESE variable of text that can be set, found "mqtt-clientid"/,
    ],
    [
      '<copy-string-to-string-preprocessor><from>byte-a</from><to>string-a</to></copy-string-to-string-preprocessor>',
      /<from>: expected an ESE variable of text, found "byte-a"/,
    ],
    [
      '<copy-byte-to-byte-preprocessor><from>mqtt-password</from><to>byte-A</to></copy-byte-to-byte-preprocessor>',
      /<to>: expected an ESE variable of bytes that can be set, found "byte-A"/,
    ],
    [
      '<regex-preprocessor><pattern>(?=a)</pattern><variable>string-a</variable></regex-preprocessor>',
      /<pattern>: looking around and flags are not supported/,
    ],
    [
      '<regex-preprocessor><pattern>(a)</pattern><group>2</group><variable>string-a</variable></regex-preprocessor>',
      /<pattern>: the pattern has 1 groups/,
    ],
    [
      '<logging-preprocessor><message>${nothing}</message></logging-preprocessor>',
      /expected no placeholder but that of an ESE variable, /,
    ],
    [
      '<x509-preprocessor><x509-extractions><x509-extraction><x509-field>issuer-alternative-common-names</x509-field>' +
        '<ese-variable>string-a</ese-variable></x509-extraction></x509-extractions></x509-preprocessor>',
      /<x509-field>: expected one of subject-common-name, /,
    ],
    ['<http-headers-preprocessor/>', /expected one of <basic-auth-extraction>, <bearer-auth-extraction>, <cookie-/],
    ['<http-headers-preprocessor><cookie-extraction/></http-headers-preprocessor>', /lacks its <cookie-name>/],
    [
      '<set-byte-preprocessor><variable>byte-a</variable><value encoding="Hex">hunter2</value></set-byte-preprocessor>',
      /<value>: the text is not Hex/,
    ],
  ] as const
  for (const [text, expected] of problems) {
    it(`are refused with ${expected.source}`, () => {
      const problem = problemOf(
        `<authentication-preprocessors>${text}</authentication-preprocessors>${JWT}${ALLOW_ALL}`,
      )
      assert.match(problem, expected)
      assert.doesNotMatch(problem, /hunter2/)
    })
  }
})
