import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, it } from 'node:test'
import { runGuardbee } from '../support/guardbee-process.ts'
import { makeTemporaryFolder } from '../support/temporary-folder.ts'
import { tutorialSecurityFile } from '../support/tutorial-security-file.ts'
import type { GuardbeeSettings } from '../support/guardbee-process.ts'

const CONFIGURATION_ERROR = 2

const WRONG_SETTINGS: GuardbeeSettings = {
  GUARDBEE_MQTT_PROT: '1883',
  GUARDBEE_MQTT_PORT: '70000',
  GUARDBEE_WORKERS: 'many',
  GUARDBEE_LOG_LEVEL: 'loud',
  GUARDBEE_JWT_ISSUER: 'not a URL',
}

const GOOD_SETTINGS: GuardbeeSettings = {
  GUARDBEE_JWT_ISSUER: 'https://issuer.example/oauth2/default',
  GUARDBEE_JWT_JWKS_URI: 'https://issuer.example/oauth2/default/v1/keys',
  GUARDBEE_JWT_AUDIENCE: 'HiveMQ',
}

describe('command line', { timeout: 60_000 }, () => {
  for (const command of ['start', 'check-config']) {
    it(`${command} without an issuer stops with status 2 and names the ways to give one`, async () => {
      const { status, stderr } = await runGuardbee([command])
      assert.equal(status, CONFIGURATION_ERROR)
      for (const way of ['GUARDBEE_JWT_ISSUER', 'GUARDBEE_SECURITY_FILE', 'guardbee dev'])
        assert.ok(stderr.includes(way), stderr)
    })

    it(`${command} names every wrong variable at once, what was expected, and the nearest known name`, async () => {
      const { status, stderr } = await runGuardbee([command], WRONG_SETTINGS)
      assert.equal(status, CONFIGURATION_ERROR)
      for (const name of Object.keys(WRONG_SETTINGS)) assert.match(stderr, new RegExp(`${name}\\b`))
      assert.match(stderr, /GUARDBEE_MQTT_PROT\b.*GUARDBEE_MQTT_PORT\b/)
      assert.match(stderr, /GUARDBEE_MQTT_PORT\b.*65535/)
      assert.match(stderr, /GUARDBEE_LOG_LEVEL\b.*debug/)
    })
  }

  it('check-config accepts good variables without starting anything', async () => {
    const { status, stderr } = await runGuardbee(['check-config'], GOOD_SETTINGS)
    assert.equal(status, 0, stderr)
  })

  it('check-config accepts the security file of the tutorial and names file, line and element of what it does not know', async () => {
    const folder = await makeTemporaryFolder()
    try {
      const file = path.join(folder.path, 'enterprise-security-extension.xml')
      const good = await tutorialSecurityFile('https://issuer.example', 'client', 'secret')
      await writeFile(file, good)
      const accepted = await runGuardbee(['check-config'], { GUARDBEE_SECURITY_FILE: file })
      assert.equal(accepted.status, 0, accepted.stderr)

      await writeFile(file, good.replace('<enabled>true</enabled>', '<enabled>true</enabled>\n<colour>red</colour>'))
      const refused = await runGuardbee(['check-config'], { GUARDBEE_SECURITY_FILE: file })
      assert.equal(refused.status, CONFIGURATION_ERROR)
      assert.match(refused.stderr, /enterprise-security-extension\.xml:10\b.*colour/)
    } finally {
      await folder.remove()
    }
  })

  it('an unknown command stops with status 2 and shows the known ones', async () => {
    const { status, stderr } = await runGuardbee(['strat'])
    assert.equal(status, CONFIGURATION_ERROR)
    for (const command of ['start', 'dev', 'check-config']) assert.match(stderr, new RegExp(`\\b${command}\\b`))
  })
})
