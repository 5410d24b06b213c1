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
import { RecordingContext } from './recording-context.ts'

const SECRET = 'the-admin-secret'

/** The admin port of a node that answers always the same; gives what it was asked. */
async function serve(test: TestContext, status: number, body: string): Promise<{ at: string; asked: string[] }> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    void text(request).then(form => {
      asked.push(`${request.method} ${request.url} ${request.headers.authorization} ${form}`)
      response.writeHead(status).end(body)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  test.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  assert(typeof address === 'object' && address !== null)
  return { at: `http://127.0.0.1:${address.port}`, asked }
}

function contextWith(environment: RecordingContext['environment'], input = ''): RecordingContext {
  const context = new RecordingContext()
  context.environment = environment
  context.input = input
  return context
}

describe('guardbee token why --at', () => {
  it('asks the node, in the body, and says what it said', async test => {
    const explained = { allowed: true, text: 'Allowed in.\nand why', explanation: { steps: [] } }
    const { at, asked } = await serve(test, 200, JSON.stringify(explained))
    const args = ['token', 'why', '--at', at, '--publish', 'a b', '--client-id', 'c', '--qos', '1', '--retain']
    const context = contextWith({ GUARDBEE_ADMIN_TOKEN: SECRET }, 'the-token\n')
    assert.equal(await runCommand(args, context), 0)
    assert.equal(context.terminal.printed, 'Allowed in.\nand why\n')
    assert.deepEqual(asked, [
      `POST /token/why Bearer ${SECRET} publish=a+b&client_id=c&qos=1&retain=true&token=the-token`,
    ])
    const json = contextWith({ GUARDBEE_ADMIN_TOKEN: SECRET }, 'the-token')
    assert.equal(await runCommand(['token', 'why', '-', '--at', at, '--json'], json), 0)
    assert.deepEqual(JSON.parse(json.terminal.printed), { steps: [] })
  })

  it('says that it waits for the token where somebody sits at a terminal, and there alone', async test => {
    const { at } = await serve(test, 200, JSON.stringify({ allowed: true, text: 'Allowed in.', explanation: {} }))
    for (const inputIsTyped of [true, false]) {
      const context = contextWith({ GUARDBEE_ADMIN_TOKEN: SECRET }, 'the-token\n')
      context.terminal.inputIsTyped = inputIsTyped
      assert.equal(await runCommand(['token', 'why', '--at', at], context), 0)
      assert.equal(context.terminal.complained.startsWith('Waiting for the token on standard input'), inputIsTyped)
    }
  })

  it('has status 1 for a token that is refused, 2 where no answer is to be had', async test => {
    const status = async (answer: number, body: string): Promise<number> => {
      const { at } = await serve(test, answer, body)
      return await runCommand(['token', 'why', '--at', at], contextWith({ GUARDBEE_ADMIN_TOKEN: SECRET }, 't'))
    }
    assert.equal(await status(200, '{"allowed":false,"text":"Refused: issuer.","explanation":{}}'), 1)
    assert.equal(await status(401, 'no'), 2)
    assert.equal(await status(200, '{"allowed":"yes"}'), 2)
    assert.equal(await status(200, 'not JSON'), 2)
    const gone = contextWith({ GUARDBEE_ADMIN_TOKEN: SECRET }, 'the-token')
    assert.equal(await runCommand(['token', 'why', '--at', 'http://127.0.0.1:1'], gone), 2)
    assert.doesNotMatch(gone.terminal.complained, /the-token/)
  })

  it('sends no token to another machine, and none without the secret', async () => {
    for (const at of ['http://127.evil.example:8080', 'https://127.0.0.1', 'http://10.0.0.1:8080', 'x']) {
      const context = contextWith({ GUARDBEE_ADMIN_TOKEN: SECRET }, 't')
      assert.equal(await runCommand(['token', 'why', '--at', at], context), 2, at)
      assert.match(context.terminal.complained, /--at expects the admin port/)
    }
    const context = contextWith({}, 't')
    assert.equal(await runCommand(['token', 'why', '--at', 'http://localhost:1'], context), 2)
    assert.match(context.terminal.complained, /GUARDBEE_ADMIN_TOKEN/)
  })
})

describe('guardbee token why', () => {
  const jwks = { keys: [{ kty: 'OKP', crv: 'Ed25519', kid: 'a', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }] }

  async function configured(
    test: TestContext,
  ): Promise<{ folder: string; environment: RecordingContext['environment'] }> {
    const folder = await makeTemporaryFolder()
    test.after(() => folder.remove())
    const file = path.join(folder.path, 'keys.json')
    await writeFile(file, JSON.stringify(jwks))
    const environment = {
      GUARDBEE_JWT_ISSUER: 'https://id.example',
      GUARDBEE_JWT_JWKS_FILE: file,
      GUARDBEE_JWT_AUDIENCE: 'a',
    }
    return { folder: folder.path, environment }
  }

  it('decides by the configuration here; the token may come from a file', async test => {
    const { folder, environment } = await configured(test)
    const file = path.join(folder, 'token')
    await writeFile(file, 'not-a-token\r\n')
    const context = contextWith(environment)
    const running = runCommand(['token', 'why', '--file', file], context)
    assert.equal(await settledWhileTimePasses(context, running), 1)
    assert.match(context.terminal.printed, /^Refused: token_malformed\./)
    assert.doesNotMatch(context.terminal.printed + context.terminal.complained, /not-a-token/)
  })

  it('takes a token among the arguments and warns of it once', async test => {
    const { environment } = await configured(test)
    const context = contextWith(environment)
    assert.equal(await settledWhileTimePasses(context, runCommand(['token', 'why', 'some.opaque'], context)), 1)
    assert.equal(context.terminal.complained.match(/history of the shell/g)?.length, 1)
    assert.doesNotMatch(context.terminal.complained, /some\.opaque/)
  })

  it('has status 2 for a wrong command line, a wrong configuration, and a token that cannot be read', async () => {
    for (const [args, said] of [
      [['token'], /Usage/],
      [['token', 'who'], /Usage/],
      [['token', 'why', '--publish'], /Usage/],
      [['token', 'why', 'a', 'b'], /More than one token/],
      [['token', 'why', 'a', '--file', 'b'], /given twice/],
      [['token', 'why', '--file', '/nowhere/token'], /cannot be read/],
      [['token', 'why', '-'], /setting/],
    ] as const) {
      const context = contextWith({})
      assert.equal(await runCommand(args, context), 2, args.join(' '))
      assert.match(context.terminal.complained, said)
    }
  })
})

/** Keys are waited for by the clock of the context. */
async function settledWhileTimePasses(context: RecordingContext, running: Promise<number>): Promise<number> {
  let status: number | undefined
  void running.then(ended => {
    status = ended
  })
  while (status === undefined) {
    context.clock.advance(20)
    await new Promise(resolve => setImmediate(resolve))
  }
  return status
}
