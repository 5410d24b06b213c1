import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { readEseFile } from '../../../src/auth/ese-xml.ts'
import { BrokerError } from '../../../src/core/errors.ts'

const TUTORIAL = readFileSync(new URL('../../support/ese/okta-tutorial.xml', import.meta.url), 'utf8')
const FILLED_IN = TUTORIAL.replaceAll('[OKTA DOMAIN]', 'https://dev.okta.example')
  .replace('[OKTA CLIENT ID]', 'broker-client')
  .replace('[OKTA CLIENT SECRET]', 'broker-secret')

/** The lines of the error that a file causes. */
function problemsOf(text: string, environment: Readonly<Record<string, string>> = {}): readonly string[] {
  try {
    readEseFile(text, 'ese.xml', environment)
  } catch (error) {
    assert(error instanceof BrokerError, String(error))
    assert.equal(error.code, 'SECURITY_FILE')
    return error.message.split('\n')
  }
  assert.fail('the file was accepted')
}

/** The tutorial's file with one piece of it replaced. */
function tutorialWith(piece: string, replacement: string): string {
  assert(FILLED_IN.includes(piece), `the tutorial's file has no ${piece}`)
  return FILLED_IN.replace(piece, () => replacement)
}

interface Case {
  readonly what: string
  readonly replace: string
  readonly by: string
  readonly problems: readonly string[]
}

const JWT_MANAGER = /<jwt-authentication-manager>[^]*<\/jwt-authentication-manager>/.exec(FILLED_IN)?.[0] ?? ''
const REALM = /<jwt-realm>[^]*<\/jwt-realm>/.exec(FILLED_IN)?.[0] ?? ''
const PIPELINE = /<listener-pipeline[^]*<\/listener-pipeline>/.exec(FILLED_IN)?.[0] ?? ''
const JWKS_ENDPOINT = /<jwks-endpoint>.*<\/jwks-endpoint>/.exec(FILLED_IN)?.[0] ?? ''
const ALLOW_ALL = '<allow-all-authorization-manager/>'
const SQL_REALM = '<sql-realm><name>Users</name></sql-realm>'

const cases: readonly Case[] = [
  {
    what: 'an element that is not known',
    replace: '<aud>HiveMQ</aud>',
    by: '<audience>HiveMQ</audience>',
    problems: ['ese.xml:26:25: <audience> is not known in <reserved-claims>; expected <aud>, <sub>, <iss>, <scope>'],
  },
  {
    what: 'a realm of a kind that is not supported',
    replace: '<realms>',
    by: `<realms>${SQL_REALM}`,
    problems: [
      'ese.xml:6:13: <sql-realm> is not supported by this version; use a <file-realm> for users with passwords, or a <jwt-realm> for tokens',
    ],
  },
  {
    what: 'a pipeline that refers to a realm of such a kind, for the realm only',
    replace: REALM,
    by: '<sql-realm><name>Okta</name></sql-realm>',
    problems: [
      'ese.xml:7:9: <sql-realm> is not supported by this version; use a <file-realm> for users with passwords, or a <jwt-realm> for tokens',
    ],
  },
  {
    what: 'preprocessors and managers that are not supported',
    replace: JWT_MANAGER,
    by: '<authentication-preprocessors><custom-preprocessor/></authentication-preprocessors><ldap-authentication-manager/>',
    problems: [
      'ese.xml:22:43: <custom-preprocessor> is not supported by this version; code in Java cannot be run; use the other preprocessors',
      'ese.xml:22:96: <ldap-authentication-manager> is not supported by this version; use <file-authentication-manager> with a <file-realm>, or <jwt-authentication-manager>',
    ],
  },
  {
    what: 'a Control Center pipeline',
    replace: '<pipelines>',
    by: '<pipelines><control-center-pipeline/>',
    problems: [
      'ese.xml:20:16: <control-center-pipeline> is not supported by this version; there is no Control Center; remove the pipeline (the admin port is on loopback only)',
    ],
  },
  {
    what: 'a trust store, in its older spelling',
    replace: '<simple-auth>',
    by: '<ssl-trust-store password="x">ca.jks</ssl-trust-store><simple-auth>',
    problems: [
      'ese.xml:13:17: <ssl-trust-store> is not supported by this version; name the certificate authority in a PEM file by the environment variable NODE_EXTRA_CA_CERTS',
    ],
  },
  {
    what: 'an attribute that is not known',
    replace: '<scope alt="scp">',
    by: '<scope  alternative="scp">',
    problems: ['ese.xml:27:33: attribute alternative of <scope> is not known; expected alt'],
  },
  {
    what: 'an attribute where none may stand',
    replace: '<realm>Okta',
    by: '<realm id="1">Okta',
    problems: ['ese.xml:23:24: attribute id of <realm> is not known; expected none'],
  },
  {
    what: 'an element that stands twice',
    replace: '<enabled>true</enabled>',
    by: '<enabled>true</enabled>\n<enabled>false</enabled>',
    problems: ['ese.xml:10:1: <enabled> stands more than once in <jwt-realm>'],
  },
  {
    what: 'an element that stands in both of its spellings',
    replace: '<username>',
    by: '<user-name>a</user-name><username>',
    problems: ['ese.xml:14:45: <username> stands more than once in <simple-auth>'],
  },
  {
    what: 'parts of a realm that are missing',
    replace: REALM,
    by: '<jwt-realm><name>Okta</name><configuration><simple-auth><username>a</username></simple-auth></configuration></jwt-realm>',
    problems: [
      'ese.xml:7:9: <jwt-realm> lacks its <enabled>',
      'ese.xml:7:37: <configuration> lacks its <jwks-endpoint>',
      'ese.xml:7:52: <simple-auth> lacks its <password>',
    ],
  },
  {
    what: 'two realms of one name',
    replace: REALM,
    by: `${REALM}<jwt-realm><name>Okta</name><enabled>false</enabled><configuration>${JWKS_ENDPOINT}</configuration></jwt-realm>`,
    problems: [
      'ese.xml:18:32: another realm is already called "Okta"',
      'ese.xml:23:17: <realm> "Okta" names a realm that is not enabled',
    ],
  },
  {
    what: 'a realm that is not there',
    replace: '<realm>Okta',
    by: '<realm>okta',
    problems: ['ese.xml:23:17: <realm> "okta" names no realm of this file'],
  },
  {
    what: 'a realm that is not enabled',
    replace: '<enabled>true',
    by: '<enabled>false',
    problems: ['ese.xml:23:17: <realm> "Okta" names a realm that is not enabled'],
  },
  {
    what: 'two pipelines for one listener',
    replace: PIPELINE,
    by: `${PIPELINE}${PIPELINE.replace('okta-pipeline', 'another')}`,
    problems: ['ese.xml:32:63: two pipelines have the listener "ALL"'],
  },
  {
    what: 'two pipelines of one name',
    replace: PIPELINE,
    by: `${PIPELINE}${PIPELINE.replace('ALL', 'websocket-listener-8083')}`,
    problems: ['ese.xml:32:48: two pipelines have the name "okta-pipeline"'],
  },
  {
    what: 'no pipeline for MQTT',
    replace: PIPELINE,
    by: '',
    problems: ['ese.xml:20:5: no <listener-pipeline> in <pipelines>: no MQTT client could connect'],
  },
  {
    what: 'pipelines that are left out',
    replace: FILLED_IN.slice(FILLED_IN.indexOf('<pipelines>'), FILLED_IN.indexOf('</enterprise')),
    by: '',
    problems: ['ese.xml:2:1: <enterprise-security-extension> lacks its <pipelines>'],
  },
  {
    what: 'a pipeline without a listener',
    replace: ' listener="ALL"',
    by: '',
    problems: ['ese.xml:21:9: <listener-pipeline> lacks its attribute listener (ALL or the name of a listener)'],
  },
  {
    what: 'a pipeline without managers',
    replace: PIPELINE,
    by: '<listener-pipeline listener="ALL"/>',
    problems: [
      'ese.xml:21:9: <listener-pipeline> lacks its authentication manager: expected one of <jwt-authentication-manager>, <file-authentication-manager>, <chain-authentication-manager>, <allow-all-authentication-manager>',
      'ese.xml:21:9: <listener-pipeline> lacks its authorization manager: expected one of <file-authorization-manager>, <chain-authorization-manager>, <allow-all-authorization-manager>, <guardbee:token-authorization-manager>',
    ],
  },
  {
    what: 'two authentication managers',
    replace: JWT_MANAGER,
    by: `${JWT_MANAGER}<allow-all-authentication-manager/>`,
    problems: ['ese.xml:30:42: <allow-all-authentication-manager> is a second authentication manager of one pipeline'],
  },
  {
    what: 'managers in the wrong order',
    replace: JWT_MANAGER,
    by: `${ALLOW_ALL}<allow-all-authentication-manager/><!--`,
    problems: ['ese.xml:22:13: <allow-all-authorization-manager> stands before <allow-all-authentication-manager>'],
  },
  {
    what: 'something in an element that is empty',
    replace: ALLOW_ALL,
    by: '<allow-all-authorization-manager>yes<really/></allow-all-authorization-manager>',
    problems: [
      'ese.xml:31:13: <allow-all-authorization-manager> takes no text of its own',
      'ese.xml:31:49: <really> is not known in <allow-all-authorization-manager>; expected no elements',
    ],
  },
  {
    what: 'what is neither true nor false',
    replace: '<enabled>true',
    by: '<enabled>TRUE',
    problems: ['ese.xml:9:13: <enabled>: expected true or false, found "TRUE"'],
  },
  {
    what: 'numbers that are none, or out of range',
    replace: '<simple-auth>',
    by: '<jwks-cache-duration>1e3</jwks-cache-duration><simple-auth>',
    problems: ['ese.xml:13:17: <jwks-cache-duration>: expected a whole number from 1 to 2147483647, found "1e3"'],
  },
  {
    what: 'a grace before the expiry',
    replace: '<reserved-claims>',
    by: '<exp-grace disconnect-after-expiry="maybe">-1</exp-grace><reserved-claims>',
    problems: [
      'ese.xml:25:21: <exp-grace>: expected a whole number from 0 to 2147483647, found "-1"',
      'ese.xml:25:32: attribute disconnect-after-expiry of <exp-grace>: expected true or false, found "maybe"',
    ],
  },
  {
    what: 'a URL that is neither http nor https',
    replace: 'https://dev.okta.example/oauth2/default/v1/keys',
    by: 'file:///etc/keys',
    problems: ['ese.xml:11:17: <jwks-endpoint>: expected an http or https URL'],
  },
  {
    what: 'a URL with a password, which is not repeated',
    replace: 'https://dev.okta.example/oauth2/default/v1/keys',
    by: 'https://user:hunter2@dev.okta.example/keys',
    problems: ['ese.xml:11:17: <jwks-endpoint>: expected a URL without user name and password'],
  },
  {
    what: 'a value that is empty',
    replace: '<aud>HiveMQ</aud>',
    by: '<aud> </aud>',
    problems: ['ese.xml:26:25: <aud> is empty; expected a value'],
  },
  {
    what: 'a placeholder where no claim value stands',
    replace: '<realm>Okta',
    by: '<realm>${mqtt-clientid}',
    problems: ['ese.xml:23:17: <realm>: expected no placeholder but ${ENV:NAME}, found "${mqtt-clientid}"'],
  },
  {
    what: 'a placeholder that does not exist in a claim value',
    replace: '<aud>HiveMQ',
    by: '<aud>${mqtt-clientId}',
    problems: [
      'ese.xml:26:25: <aud>: expected no placeholder but ${mqtt-clientid}, ${mqtt-username}, ${ENV:NAME}, found "${mqtt-clientId}"',
    ],
  },
  {
    what: 'a placeholder that does not end',
    replace: '<aud>HiveMQ',
    by: '<aud>${ENV:HOME',
    problems: [
      'ese.xml:26:25: <aud>: expected no placeholder but ${mqtt-clientid}, ${mqtt-username}, ${ENV:NAME}, found "${ENV:HOME"',
    ],
  },
  {
    what: 'a path of the access log that leaves its folder',
    replace: '<realms>',
    by: '<access-log><sub-folder>../../etc</sub-folder><file-name>a/b</file-name></access-log><realms>',
    problems: [
      'ese.xml:6:17: <sub-folder>: expected the name of a folder in the log folder, found "../../etc"',
      'ese.xml:6:51: <file-name>: expected the name of a file, found "a/b"',
    ],
  },
  {
    what: 'another kind of document',
    replace: FILLED_IN,
    by: '<hivemq><listeners/></hivemq>',
    problems: ['ese.xml:1:1: expected <enterprise-security-extension>, found <hivemq>'],
  },
  {
    what: 'an empty file',
    replace: FILLED_IN,
    by: '',
    problems: ['ese.xml:1:1: not well-formed XML: document must contain a root element'],
  },
  {
    what: 'a document type, and with it every entity',
    replace: '<enterprise-security-extension\n',
    by: '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>\n<enterprise-security-extension\n',
    problems: ['ese.xml:2:54: a document type (<!DOCTYPE …>) is not accepted'],
  },
  {
    what: 'XML that is not well-formed',
    replace: '</jwt-realm>',
    by: '</jwt-realms>',
    problems: ['ese.xml:18:21: not well-formed XML: expected </jwt-realm>'],
  },
  {
    what: 'a file that is too large',
    replace: '<realms>',
    by: `<!--${'x'.repeat(1024 * 1024)}--><realms>`,
    problems: ['ese.xml:1:1: the file is larger than 1 MiB'],
  },
]

describe('problems of a security file', () => {
  for (const { what, replace, by, problems } of cases) {
    it(`names ${what}`, () => {
      // A replacement that ends in an open comment hides the rest of the pipeline.
      const text = tutorialWith(replace, by)
      const closed = by.endsWith('<!--') ? text.replace(ALLOW_ALL + '\n', '-->\n') : text
      assert.deepEqual(problemsOf(closed), problems)
    })
  }

  it('says what to fill in when the file of the tutorial is used as it stands', () => {
    assert.deepEqual(problemsOf(TUTORIAL), [
      'ese.xml:11:17: <jwks-endpoint>: fill in [OKTA DOMAIN]',
      'ese.xml:12:17: <introspection-endpoint>: fill in [OKTA DOMAIN]',
      'ese.xml:14:21: <username>: fill in [OKTA CLIENT ID]',
      'ese.xml:15:21: <password>: fill in [OKTA CLIENT SECRET]',
    ])
  })

  it('names an environment variable that is not set, and none that an object merely inherits', () => {
    const text = tutorialWith('broker-secret', '${ENV:CLIENT_SECRET}').replace('HiveMQ', '${ENV:constructor}')
    assert.deepEqual(problemsOf(text), [
      'ese.xml:15:21: <password>: environment variable CLIENT_SECRET is not set',
      'ese.xml:26:25: <aud>: environment variable constructor is not set',
    ])
  })

  it('repeats neither a secret nor the value of an environment variable', () => {
    const secrets = { URL: 'ftp://hunter2', FLAG: 'hunter2', REALM: 'hunter2', AUD: '${hunter2}' }
    const text = tutorialWith('broker-secret', 'hunter2${hunter2}')
      .replace('https://dev.okta.example/oauth2/default/v1/keys', '${ENV:URL}')
      .replace('<enabled>true', '<enabled>${ENV:FLAG}')
      .replace('<realm>Okta', '<realm>${ENV:REALM}')
      .replace('<aud>HiveMQ', '<aud>${ENV:AUD}')
    assert.deepEqual(problemsOf(text, secrets), [
      'ese.xml:9:13: <enabled>: expected true or false, found "${ENV:FLAG}"',
      'ese.xml:11:17: <jwks-endpoint>: expected an http or https URL',
      'ese.xml:15:21: <password>: expected no placeholder but ${ENV:NAME}',
      'ese.xml:23:17: <realm> "${ENV:REALM}" names no realm of this file',
      'ese.xml:26:25: <aud>: environment variable AUD holds a placeholder; write it here',
    ])
  })

  it('does not repeat a password that is no XML', () => {
    for (const password of ['hunter2&hunter2;', 'hunter2<b', 'hunter2</hunter2>', 'a<hunter2/>', 'x]]>hunter2']) {
      for (const line of problemsOf(tutorialWith('broker-secret', password))) {
        assert.doesNotMatch(line.replace(/\(inside <\w+>\)/, ''), /hunter2/)
      }
    }
  })

  it('lists a hundred problems and counts the others', () => {
    const lines = problemsOf(tutorialWith('<realms>', `<realms>${'<x/>'.repeat(250)}`))
    assert.equal(lines.length, 101)
    assert.equal(lines.at(-1), 'ese.xml: and 150 more problems')
  })

  it('keeps control characters of the file out of the error', () => {
    const lines = problemsOf(tutorialWith('<enabled>true', '<enabled>\u009b31m\u202etrue'))
    assert.deepEqual(lines, ['ese.xml:9:13: <enabled>: expected true or false, found "\\u009b31m\\u202etrue"'])
  })
})
