import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, it } from 'node:test'
import type { TestContext } from 'node:test'
import type { JwtRealmModel, SecurityModel } from '../../../src/auth/security-model.ts'
import { runCommand } from '../../../src/cli/command-line.ts'
import { securityModelFromFile, securityModelFromVariables } from '../../../src/cli/security.ts'
import { readSettings } from '../../../src/config/settings.ts'
import { makeTemporaryFolder } from '../../support/temporary-folder.ts'
import { RecordingContext } from './recording-context.ts'

const PASSWORD = 'the-password-of-simple-auth'

const REALM = `
  <jwt-realm><name>Okta</name><enabled>true</enabled><configuration>
    <jwks-endpoint>https://id.example/keys</jwks-endpoint>
    <introspection-endpoint>https://id.example/introspect</introspection-endpoint>
    <simple-auth><username>broker</username><password>${PASSWORD}</password></simple-auth>
  </configuration></jwt-realm>`

function file(validation: string, more = '', listener = 'ALL'): string {
  return `<enterprise-security-extension><realms>${REALM}</realms><pipelines>
    <listener-pipeline listener="${listener}">
      <jwt-authentication-manager><realm>Okta</realm><jwt-validation>${validation}</jwt-validation></jwt-authentication-manager>
      <allow-all-authorization-manager/>
    </listener-pipeline></pipelines>${more}</enterprise-security-extension>`
}

const ISSUER = '<iss>https://id.example</iss>'

async function importing(
  test: TestContext,
  text: string,
): Promise<{ readonly status: number; readonly context: RecordingContext; readonly path: string }> {
  const folder = await makeTemporaryFolder()
  test.after(() => folder.remove())
  const written = path.join(folder.path, 'ese.xml')
  await writeFile(written, text)
  const context = new RecordingContext()
  const status = await runCommand(['import', 'ese', written], context)
  return { status, context, path: written }
}

/** The environment that a shell makes of what was printed. */
function environmentOf(printed: string): Record<string, string> {
  const lines = printed.split('\n').filter(line => line !== '' && !line.startsWith('#'))
  return Object.fromEntries(
    lines.map(line => {
      const [name = '', ...value] = line.split('=')
      return [name, value.join('=').replace(/^'(.*)'$/, '$1')]
    }),
  )
}

/** What decides, whatever realms are called. */
function deciding({ realms, pipelines }: SecurityModel): unknown {
  return {
    keys: realms.map(({ jwksUri }: JwtRealmModel) => jwksUri),
    validations: pipelines.map(({ authentication }) =>
      authentication.kind === 'jwt'
        ? { ...authentication.validation, preset: 'any', customClaims: [] }
        : authentication,
    ),
    authorizations: pipelines.map(({ authorization }) => authorization),
  }
}

describe('guardbee import ese', () => {
  it('prints variables that make the same model, where one issuer is enough', async test => {
    const validation = `
      <exp-grace>60</exp-grace><enable-introspection sampling="0.5">true</enable-introspection>
      <reserved-claims><aud>it's MQTT</aud>${ISSUER}<scope alt="scp">a b</scope></reserved-claims>
      <custom-claims><claim><name>device</name><value>\${mqtt-clientid}</value></claim></custom-claims>`
    const { status, context, path: written } = await importing(test, file(validation))
    assert.equal(status, 0, context.terminal.complained)
    assert.equal(
      context.terminal.printed,
      `# Add GUARDBEE_JWT_INTROSPECTION_CLIENT_SECRET, or …_FILE, with the password of <simple-auth>, which is not shown here.
GUARDBEE_JWT_ISSUER=https://id.example
GUARDBEE_JWT_AUDIENCE='it'\\''s MQTT'
GUARDBEE_JWT_SCOPE='a b'
GUARDBEE_JWT_SCOPE_CLAIM=scp
GUARDBEE_JWT_EXP_GRACE_SECONDS=60
GUARDBEE_BIND_CLIENT_ID=device
GUARDBEE_JWT_JWKS_URI=https://id.example/keys
GUARDBEE_JWT_INTROSPECTION=after-verification
GUARDBEE_JWT_INTROSPECTION_URI=https://id.example/introspect
GUARDBEE_JWT_INTROSPECTION_CLIENT_ID=broker
GUARDBEE_JWT_INTROSPECTION_SAMPLING=0.5
`,
    )
    const environment = {
      ...environmentOf(context.terminal.printed.replace(String.raw`'it'\''s MQTT'`, "it's MQTT")),
      GUARDBEE_JWT_INTROSPECTION_CLIENT_SECRET: PASSWORD,
    }
    const { settings, problems } = readSettings(environment, { cores: 2 })
    assert(settings !== undefined, JSON.stringify(problems))
    const made = await securityModelFromVariables(settings, context.log, context)
    assert.deepEqual(deciding(made), deciding(await securityModelFromFile(written, {})))
    assert.deepEqual([settings.bindClientId, settings.bindUsername], ['device', undefined])
  })

  it('tells of an issuer that the file does not check, and guesses it', async test => {
    const tutorial = file('<reserved-claims><aud>HiveMQ</aud></reserved-claims>')
    const okta = tutorial.replace('https://id.example/keys', 'https://dev.okta.example/oauth2/default/v1/keys')
    const { status, context } = await importing(test, okta)
    assert.equal(status, 0)
    assert.equal(
      context.terminal.printed,
      `# Add GUARDBEE_JWT_ISSUER with the iss of your tokens, to the letter, which the file does not check; by the address of the keys it may be https://dev.okta.example/oauth2/default.
GUARDBEE_JWT_AUDIENCE=HiveMQ
GUARDBEE_JWT_JWKS_URI=https://dev.okta.example/oauth2/default/v1/keys
`,
    )
    assert.doesNotMatch((await importing(test, tutorial)).context.terminal.printed, /it may be/)
  })

  it('never prints the password in the file', async test => {
    const enabled = `<enable-introspection>true</enable-introspection><reserved-claims>${ISSUER}</reserved-claims>`
    for (const text of [file(enabled), file(enabled, '', 'x')]) {
      const { terminal } = (await importing(test, text)).context
      assert.equal(`${terminal.printed}${terminal.complained}`.includes(PASSWORD), false)
    }
  })

  it('says which elements need the file, and prints no variables then', async test => {
    const claims = (text: string): string => `<reserved-claims>${text}</reserved-claims>`
    for (const [text, said] of [
      [file(claims(ISSUER), '', 'tcp-listener-1883'), /<listener-pipeline listener="tcp-listener-1883">/],
      [file(claims('<iss>https://a https://b</iss>')), /<iss>: 2 issuers/],
      [file(claims(`${ISSUER}<sub>s</sub>`)), /<sub> with a text of its own/],
      [
        file(`${claims(ISSUER)}<custom-claims><claim><name>plant</name><value>7</value></claim></custom-claims>`),
        /<claim> "plant"/,
      ],
      [file(`<exp-grace disconnect-after-expiry="false">1</exp-grace>${claims(ISSUER)}`), /disconnect-after-expiry/],
      [file(claims(ISSUER), '<access-log><enabled>false</enabled></access-log>'), /<access-log>/],
      [file(claims(ISSUER)).replaceAll('allow-all-authorization', 'x-authorization'), /./],
    ] as const) {
      const { status, context } = await importing(test, text)
      assert.notEqual(status, 0)
      assert.equal(context.terminal.printed, '')
      assert.match(context.terminal.complained, said)
    }
    const { status, context } = await importing(test, file(claims(ISSUER), '', 'x'))
    assert.equal(status, 1)
    assert.match(
      context.terminal.complained,
      /^These need the file itself; run with GUARDBEE_SECURITY_FILE=\S+ese\.xml:\n/,
    )
  })

  it('has status 2 for a file that cannot be used, and a wrong command line', async test => {
    assert.equal((await importing(test, '<x/>')).status, 2)
    for (const args of [[], ['ese'], ['xml', 'f'], ['ese', 'a', 'b'], ['ese', '/nowhere/ese.xml']]) {
      assert.equal(await runCommand(['import', ...args], new RecordingContext()), 2)
    }
  })
})
