import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, it } from 'node:test'
import type { TestContext } from 'node:test'
import { runCommand } from '../../../src/cli/command-line.ts'
import { makeTemporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'
import { RecordingContext } from './recording-context.ts'

const SECRET = 'the-client-secret'
const GOOD = { access_token: 'the-token', token_type: 'Bearer', expires_in: 60 }

interface Asked {
  readonly path: string
  readonly authorization: string | undefined
  readonly form: Readonly<Record<string, string>>
}

/** An authorization server with a device flow, whose token endpoint gives these answers one after the other. */
async function serve(
  test: TestContext,
  answers: readonly (readonly [number, object])[],
): Promise<{ readonly issuer: string; readonly asked: Asked[] }> {
  const asked: Asked[] = []
  const left = [...answers]
  const server = createServer((request, response) => {
    void text(request).then(body => {
      const json = (status: number, value: object): void => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
      }
      const { pathname } = new URL(request.url ?? '', issuer)
      if (pathname.includes('.well-known')) {
        const device = `${issuer}/device`
        return json(200, {
          issuer,
          jwks_uri: `${issuer}/keys`,
          token_endpoint: `${issuer}/token`,
          device_authorization_endpoint: device,
        })
      }
      const form = Object.fromEntries(new URLSearchParams(body))
      asked.push({ path: pathname, authorization: request.headers.authorization, form })
      if (pathname === '/device') {
        const grant = {
          device_code: 'the-device-code',
          user_code: 'WDJB-MJHT',
          verification_uri: 'https://id.example/d',
        }
        return json(200, { ...grant, expires_in: 60, interval: 5 })
      }
      const [status, answer] = left.shift() ?? [500, { error: 'server_error' }]
      json(status, answer)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  test.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  assert(typeof address === 'object' && address !== null)
  const issuer = `http://127.0.0.1:${address.port}`
  return { issuer, asked }
}

const get = (issuer: string, ...more: readonly string[]): readonly string[] => [
  'token',
  'get',
  '--issuer',
  issuer,
  '--client-id',
  'app',
  ...more,
]

describe('guardbee token get', () => {
  it('asks for a token of the client itself and prints nothing else', async test => {
    const { issuer, asked } = await serve(test, [[200, GOOD]])
    const context = new RecordingContext()
    context.environment = { OAUTH_CLIENT_SECRET: SECRET }
    assert.equal(await runCommand(get(issuer, '--scope', 'mqtt a', '--audience', 'm'), context), 0)
    assert.deepEqual([context.terminal.printed, context.terminal.complained], ['the-token\n', ''])
    const authorization = `Basic ${Buffer.from(`app:${encodeURIComponent(SECRET).replaceAll('-', '%2D')}`).toString('base64')}`
    const form = { scope: 'mqtt a', audience: 'm', grant_type: 'client_credentials' }
    assert.deepEqual(asked, [{ path: '/token', authorization, form }])
  })

  it('takes the secret from a file or standard input, and warns of one among the arguments', async test => {
    const folder = await makeTemporaryFolder()
    test.after(() => folder.remove())
    const file = path.join(folder.path, 'secret')
    await writeFile(file, `${SECRET}\n`)
    const { issuer, asked } = await serve(test, [
      [200, GOOD],
      [200, GOOD],
      [200, GOOD],
    ])
    const post = ['--client-auth', 'post']
    const context = new RecordingContext()
    context.input = `${SECRET}\r\n`
    for (const way of [
      ['--client-secret-file', file],
      ['--client-secret-file', '-'],
      ['--client-secret', SECRET],
    ]) {
      assert.equal(await runCommand(get(issuer, ...way, ...post), context), 0)
    }
    assert.deepEqual(
      asked.map(({ form }) => form['client_secret']),
      [SECRET, SECRET, SECRET],
    )
    assert.equal(context.terminal.complained.match(/history of the shell/g)?.length, 1)
    assert.doesNotMatch(context.terminal.complained, new RegExp(SECRET))
  })

  it('tells the person where to agree, waits as long as the server wants, and prints the token', async test => {
    const { issuer, asked } = await serve(test, [
      [400, { error: 'authorization_pending' }],
      [400, { error: 'slow_down' }],
      [200, GOOD],
    ])
    const context = new RecordingContext()
    const running = runCommand(get(issuer, '--device'), context)
    for (const [polls, waitMs] of [
      [0, 5_000],
      [1, 5_000],
      [2, 10_000],
    ] as const) {
      await waitFor(`poll ${polls}`, () => asked.length === polls + 1 && context.clock.nextTimerMs === waitMs)
      context.clock.advance(waitMs)
    }
    assert.equal(await running, 0)
    assert.equal(context.terminal.printed, 'the-token\n')
    assert.equal(context.terminal.complained, 'Open https://id.example/d and enter the code WDJB-MJHT\n')
    assert.equal(asked[1]?.form['device_code'], 'the-device-code')
    assert.equal(asked[0]?.form['client_id'], 'app')
  })

  it('gives up when nobody has agreed in time', async test => {
    const pending = [400, { error: 'authorization_pending' }] as const
    const { issuer, asked } = await serve(
      test,
      Array.from({ length: 20 }, () => pending),
    )
    const context = new RecordingContext()
    let status: number | undefined
    void runCommand(get(issuer, '--device'), context).then(ended => {
      status = ended
    })
    await waitFor('the end', () => {
      // Finding the issuer has a timer of the same length, which must not run out.
      if (asked.length > 0 && context.clock.nextTimerMs === 5_000) context.clock.advance(5_000)
      return status !== undefined
    })
    assert.equal(status, 1)
    assert.match(context.terminal.complained, /No token: nobody agreed in time\n$/)
  })

  it('says why there is no token, without the secret', async test => {
    const { issuer } = await serve(test, [
      [401, { error: 'invalid_client', error_description: 'wrong\u001b[31m secret' }],
    ])
    const context = new RecordingContext()
    context.environment = { OAUTH_CLIENT_SECRET: SECRET }
    assert.equal(await runCommand(get(issuer), context), 1)
    assert.match(
      context.terminal.complained,
      /^No token: the authorization server answers 401: invalid_client \(wrong\\u001b\[31m secret\)\n/,
    )
    assert.doesNotMatch(context.terminal.complained, new RegExp(SECRET))
    assert.equal(context.terminal.printed, '')
  })

  it('has status 2 for a wrong command line', async () => {
    for (const args of [['--issuer', 'https://a'], ['--client-id', 'a'], ['--client-auth', 'mtls'], ['more']]) {
      const context = new RecordingContext()
      assert.equal(await runCommand(['token', 'get', ...args], context), 2)
      assert.match(context.terminal.complained, /Usage: guardbee token get/)
    }
    const context = new RecordingContext()
    assert.equal(await runCommand(get('https://a', '--client-secret-file', '/nowhere/secret'), context), 2)
  })
})
