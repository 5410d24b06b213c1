import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EseVariables } from '../../../../src/auth/ese-variables.ts'
import type { PreprocessorModel } from '../../../../src/auth/preprocessor-model.ts'
import { dnsNames } from '../../../../src/auth/preprocessors/certificate-field.ts'
import type { PreprocessorContext } from '../../../../src/auth/preprocessors/preprocessor.ts'
import { preprocessorOf } from '../../../../src/auth/preprocessors/preprocessors.ts'
import type { Credentials } from '../../../../src/ports/auth.ts'
import { RecordingLog } from '../../../support/recording-log.ts'

const MARKS = { prefix: '{{', postfix: '}}' }
/** O=Bees, OU=Hive, OU=Door, CN=drone-7, DNS names drone-7.example and 7.example. */
const CERTIFICATE = Buffer.from(
  [
    'MIIB6zCCAZCgAwIBAgICC+4wCgYIKoZIzj0EAwIwPzENMAsGA1UECgwEQmVlczENMAsGA1UECwwESGl2ZTENMAsGA1UECwwERG9v',
    'cjEQMA4GA1UEAwwHZHJvbmUtNzAgFw0yNjExMjMxNzI2MDBaGA8yMTI2MTAzMDE3MjYwMFowPzENMAsGA1UECgwEQmVlczENMAsG',
    'A1UECwwESGl2ZTENMAsGA1UECwwERG9vcjEQMA4GA1UEAwwHZHJvbmUtNzBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABIrr32QC',
    'ad1gAhGH4YCPl1zCZdHdhQuxP25hsDb8cf4lo5eTRfaqcTKgpF2Cnx31rqN+b/JTgS/rn2El2+qMtxqjejB4MB0GA1UdDgQWBBSh',
    'drSEKFYi3VxOwX7ChvVGpoppzzAfBgNVHSMEGDAWgBShdrSEKFYi3VxOwX7ChvVGpoppzzAPBgNVHRMBAf8EBTADAQH/MCUGA1Ud',
    'EQQeMByCD2Ryb25lLTcuZXhhbXBsZYIJNy5leGFtcGxlMAoGCCqGSM49BAMCA0kAMEYCIQDZm3aLpRvgdgXoG/nHRcLTw7Nugq7Y',
    '/gP2B0GNXmsMmAIhALaGbutZD4eFeF2rR2Og7Dubq+PwNfC6X2HCSgB+XR/C',
  ].join(''),
  'base64',
)

interface Prepared extends PreprocessorContext {
  readonly log: RecordingLog
}

function client(fields: Partial<Credentials> = {}, verified?: PreprocessorContext['verified']): Prepared {
  const credentials: Credentials = {
    listener: { name: 'tcp-listener-1883', transport: 'tcp', port: 1883 },
    remoteAddress: '127.0.0.1',
    clientId: 'Device-17',
    username: 'user',
    password: Buffer.from('hunter2'),
    authenticationMethod: undefined,
    authenticationData: undefined,
    ...fields,
  }
  const log = new RecordingLog()
  return { credentials, variables: new EseVariables(credentials), verified, log, attributes: [] }
}

function after(context: Prepared, ...models: readonly PreprocessorModel[]): EseVariables {
  for (const model of models) preprocessorOf(model)(context)
  return context.variables
}

describe('ESE variables', () => {
  it('begin with what the client sent', () => {
    const { variables } = client({ authenticationMethod: 'JWT', authenticationData: Buffer.from('token') })
    assert.equal(variables.string('mqtt-clientid'), 'Device-17')
    assert.equal(variables.string('mqtt-username'), 'user')
    assert.equal(variables.string('authentication-key'), 'user')
    assert.equal(variables.string('mqtt-authentication-method'), 'JWT')
    assert.equal(variables.bytes('mqtt-password')?.toString(), 'hunter2')
    assert.equal(variables.bytes('mqtt-authentication-data')?.toString(), 'token')
    assert.equal(variables.bytes('authentication-byte-secret')?.toString(), 'token')
    assert.equal(client().variables.bytes('authentication-byte-secret')?.toString(), 'hunter2')
    assert.equal(variables.string('authorization-key'), undefined)
  })

  it('take a value that is too long for none', () => {
    const { variables } = client()
    variables.setString('string-a', 'x'.repeat(65_537), false)
    variables.setBytes('byte-a', Buffer.alloc(65_537), false)
    assert.deepEqual([variables.string('string-a'), variables.bytes('byte-a')], [undefined, undefined])
  })
})

describe('preprocessors', () => {
  it('set and copy, with an encoding between text and bytes', () => {
    const variables = after(
      client(),
      { kind: 'set-string', variable: 'string-a', value: 'aGk=' },
      { kind: 'copy', from: 'string-a', to: 'byte-a', encoding: 'Base64' },
      { kind: 'copy', from: 'byte-a', to: 'string-b', encoding: 'Hex' },
      { kind: 'copy', from: 'string-b', to: 'authentication-key', encoding: 'UTF8' },
      { kind: 'set-bytes', variable: 'authentication-byte-secret', value: 'AP8=' },
      { kind: 'copy', from: 'authentication-byte-secret', to: 'byte-c', encoding: 'UTF8' },
      { kind: 'copy', from: 'byte-c', to: 'string-c', encoding: 'UTF8' },
    )
    assert.equal(variables.bytes('byte-a')?.toString(), 'hi')
    assert.equal(variables.string('authentication-key'), '6869')
    assert.deepEqual(variables.bytes('byte-c'), Buffer.from([0, 255]))
    assert.equal(variables.string('string-c'), undefined)
  })

  it('leave no value where a text is not of its encoding', () => {
    const variables = after(
      client({ username: 'not hex' }),
      { kind: 'copy', from: 'mqtt-username', to: 'byte-a', encoding: 'Hex' },
      { kind: 'copy', from: 'string-none', to: 'authentication-key', encoding: 'UTF8' },
    )
    assert.equal(variables.bytes('byte-a'), undefined)
    assert.equal(variables.string('authentication-key'), undefined)
  })

  it('replace a variable by what a pattern finds, by nothing where it finds nothing', () => {
    const copied: PreprocessorModel = { kind: 'copy', from: 'mqtt-clientid', to: 'string-id', encoding: 'UTF8' }
    const pattern: PreprocessorModel = { kind: 'regex', pattern: '^Device-(\\d+)$', group: 1, variable: 'string-id' }
    assert.equal(after(client(), copied, pattern).string('string-id'), '17')
    assert.equal(after(client({ clientId: 'Device-17x' }), copied, pattern).string('string-id'), undefined)
    assert.equal(after(client(), pattern).string('string-id'), undefined)
  })

  it('change the case of letters', () => {
    const upper = after(client(), { kind: 'letter-case', variable: 'authentication-key', upper: true })
    assert.equal(upper.string('authentication-key'), 'USER')
    const lower = after(client({ username: 'US' }), {
      kind: 'letter-case',
      variable: 'authentication-key',
      upper: false,
    })
    assert.equal(lower.string('authentication-key'), 'us')
  })

  it('take lists apart and put them together', () => {
    const variables = after(
      client({ username: '[a][b]' }),
      {
        kind: 'split',
        from: 'mqtt-username',
        to: ['string-1', 'string-2', 'authentication-key'],
        prefix: '[',
        postfix: ']',
      },
      { kind: 'concatenation', from: ['string-2', 'string-none', 'string-1'], to: 'authorization-role-key', ...MARKS },
      { kind: 'concatenation', from: ['string-none'], to: 'string-empty', ...MARKS },
    )
    assert.equal(variables.string('authorization-role-key'), '{{b}}{{a}}')
    assert.equal(variables.string('authentication-key'), undefined)
    assert.equal(variables.string('string-empty'), undefined)
  })

  it('log texts, and never a secret however it was passed on', () => {
    const context = client()
    after(
      context,
      { kind: 'copy', from: 'mqtt-password', to: 'string-p', encoding: 'Hex' },
      { kind: 'concatenation', from: ['mqtt-clientid', 'string-p'], to: 'string-both', ...MARKS },
      { kind: 'split', from: 'string-both', to: ['string-x', 'string-y'], ...MARKS },
      { kind: 'regex', pattern: '^..', group: 0, variable: 'string-y' },
      {
        kind: 'logging',
        message: 'a ${mqtt-clientid} b ${mqtt-password} c ${string-y} d ${string-none} e ${authentication-byte-secret}',
        level: 'warn',
        name: 'door',
        encoding: 'UTF8',
      },
    )
    const message = 'a Device-17 b [secret] c [secret] d [no value] e [secret]'
    assert.deepEqual(context.log.entries, [
      { level: 'warn', event: 'preprocessor', fields: { message, logger: 'door', clientId: 'Device-17' } },
    ])
  })

  it('log a variable again once it has a value that is no secret', () => {
    const context = client()
    after(
      context,
      { kind: 'copy', from: 'mqtt-password', to: 'string-p', encoding: 'UTF8' },
      { kind: 'set-string', variable: 'string-p', value: 'open' },
      { kind: 'logging', message: '${string-p}', level: 'error', name: '', encoding: 'UTF8' },
    )
    assert.deepEqual(
      context.log.entries.map(({ level, fields }) => [level, fields?.['message']]),
      [['warn', 'open']],
    )
  })

  it('take claims of the token that was verified, and of no other', () => {
    const token = Buffer.from('hunter2')
    const claims = { sub: 's', realm_access: { roles: ['a', 'b'] }, level: 7, nothing: {} }
    const take = (claim: string, source: string, verified: PreprocessorContext['verified']): string | undefined =>
      after(client({}, verified), { kind: 'jwt', source, claim, variable: 'authorization-role-key', ...MARKS }).string(
        'authorization-role-key',
      )
    assert.equal(take('sub', 'mqtt-password', { token, claims }), 's')
    assert.equal(take('realm_access.roles', 'authentication-byte-secret', { token, claims }), '{{a}}{{b}}')
    assert.equal(take('level', 'mqtt-password', { token, claims }), '7')
    assert.equal(take('nothing', 'mqtt-password', { token, claims }), undefined)
    assert.equal(take('sub', 'mqtt-username', { token, claims }), undefined)
    assert.equal(take('sub', 'mqtt-password', { token: Buffer.from('other'), claims }), undefined)
    assert.equal(take('sub', 'mqtt-password', undefined), undefined)
  })

  it('take credentials from the headers of an upgrade request', () => {
    const from = (scheme: 'basic' | 'bearer' | 'cookie', name: string, header: string, value: string): unknown[] => {
      const context = client({ username: undefined, password: undefined, upgradeHeaders: new Map([[header, value]]) })
      const variables = after(context, { kind: 'http-credentials', scheme, name })
      return [variables.string('authentication-key'), variables.bytes('authentication-byte-secret')?.toString()]
    }
    assert.deepEqual(from('basic', 'Authorization', 'authorization', 'Basic dXNlcjpwYTpzcw=='), ['user', 'pa:ss'])
    assert.deepEqual(from('basic', 'Authorization', 'authorization', 'Basic dXNlcg=='), [undefined, undefined])
    assert.deepEqual(from('bearer', 'X-Token', 'x-token', 'bearer abc.def.ghi'), [undefined, 'abc.def.ghi'])
    assert.deepEqual(from('bearer', 'Authorization', 'authorization', 'Basic abc'), [undefined, undefined])
    assert.deepEqual(from('cookie', 'token', 'cookie', 'a=b; token="abc"; token=x'), [undefined, 'abc'])
    assert.deepEqual(from('cookie', 'token', 'cookie', 'mytoken=abc'), [undefined, undefined])
  })

  it('leave the variables alone where a header is missing', () => {
    const variables = after(client(), { kind: 'http-credentials', scheme: 'bearer', name: 'Authorization' })
    assert.equal(variables.bytes('authentication-byte-secret')?.toString(), 'hunter2')
  })

  it('take fields of the client certificate', () => {
    const field = (name: Extract<PreprocessorModel, { kind: 'x509' }>['field'], der?: Buffer): string | undefined => {
      const clientCertificate = der === undefined ? undefined : { der, thumbprint: '' }
      const context = client({ clientCertificate })
      return after(context, { kind: 'x509', field: name, variable: 'string-f', ...MARKS }).string('string-f')
    }
    assert.equal(field('subject-common-name', CERTIFICATE), 'drone-7')
    assert.equal(field('subject-organization', CERTIFICATE), 'Bees')
    assert.equal(field('subject-organizational-unit', CERTIFICATE), '{{Hive}}{{Door}}')
    assert.equal(field('subject-country', CERTIFICATE), undefined)
    assert.equal(field('issuer-common-name', CERTIFICATE), 'drone-7')
    assert.equal(field('subject-alternative-common-names', CERTIFICATE), '{{drone-7.example}}{{7.example}}')
    assert.equal(field('serial-number', CERTIFICATE), '0BEE')
    assert.match(field('fingerprint-sha256', CERTIFICATE) ?? '', /^[0-9A-F]{64}$/)
    assert.match(field('fingerprint-sha1', CERTIFICATE) ?? '', /^[0-9A-F]{40}$/)
    assert.equal(field('subject-common-name'), undefined)
  })

  it('note attributes for the log', () => {
    const context = client()
    after(
      context,
      { kind: 'attribute', of: 'session', variable: 'mqtt-username', attribute: 'owner' },
      { kind: 'copy', from: 'mqtt-password', to: 'string-p', encoding: 'UTF8' },
      { kind: 'attribute', of: 'connection', variable: 'string-p', attribute: 'p' },
      { kind: 'attribute', of: 'connection', variable: 'string-none', attribute: 'none' },
    )
    assert.deepEqual(context.attributes, ['session.owner=user', 'connection.p=[secret]'])
  })

  it('cannot be made of a pattern that is not understood', () => {
    const model: PreprocessorModel = { kind: 'regex', pattern: '(', group: 0, variable: 'string-a' }
    assert.throws(() => preprocessorOf(model), { code: 'CONFIGURATION' })
  })
})

describe('dnsNames', () => {
  it('takes no name out of another one', () => {
    assert.deepEqual(dnsNames('DNS:a.example, email:"x, DNS:evil.example", DNS:b.example'), ['a.example', 'b.example'])
    assert.deepEqual(dnsNames('email:"\\", DNS:evil.example", IP Address:127.0.0.1'), [])
    assert.deepEqual(dnsNames(''), [])
  })
})
