import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { describe, it } from 'node:test'
import type { TestContext } from 'node:test'
import { runCommand } from '../../../src/cli/command-line.ts'
import { RecordingContext } from './recording-context.ts'

const SECRET = 'the-admin-secret'

/** A node's admin server that answers always the same; gives what it was asked. */
async function serve(test: TestContext, status: number, body: string): Promise<{ port: string; asked: string[] }> {
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
  return { port: String(address.port), asked }
}

function contextFor(port: string, secret = SECRET): RecordingContext {
  const context = new RecordingContext()
  context.environment = { GUARDBEE_ADMIN_PORT: port, GUARDBEE_ADMIN_TOKEN: secret }
  return context
}

describe('guardbee revoke', () => {
  it('asks the node and says what it said', async test => {
    const { port, asked } = await serve(test, 200, 'revoked\n')
    const context = contextFor(port)
    const args = ['revoke', '--sub', 'a b', '--issuer', 'https://i', '--expires-in', '60']
    assert.equal(await runCommand(args, context), 0)
    assert.deepEqual(asked, [`POST /revocations Bearer ${SECRET} sub=a+b&issuer=https%3A%2F%2Fi&expires_in=60`])
    assert.equal(context.terminal.printed, 'revoked\n')
  })

  it('fails when the node refuses or is not there', async test => {
    const { port } = await serve(test, 400, 'expected a value')
    const refused = contextFor(port)
    assert.equal(await runCommand(['revoke', '--sub', 'a'], refused), 1)
    assert.match(refused.terminal.complained, /status 400: expected a value/)
    const gone = contextFor('1')
    assert.equal(await runCommand(['revoke', '--sub', 'a'], gone), 1)
    assert.match(gone.terminal.complained, /gives no answer/)
  })

  it('refuses arguments that it does not know, and needs one', async () => {
    for (const args of [[], ['--sub'], ['--subject', 'a'], ['a']]) {
      const context = contextFor('1')
      assert.equal(await runCommand(['revoke', ...args], context), 2)
      assert.match(context.terminal.complained, /Usage: guardbee revoke/)
    }
  })

  it('needs to know where the node is and its secret, and repeats neither wrong one', async () => {
    for (const [port, secret] of [
      ['', SECRET],
      ['0', SECRET],
      ['8080', ''],
    ] as const) {
      const context = contextFor(port, secret)
      assert.equal(await runCommand(['revoke', '--sub', 'a'], context), 2)
      assert.match(context.terminal.complained, /must be those of the running node/)
    }
    const short = contextFor('8080', 'hunter2')
    assert.equal(await runCommand(['revoke', '--sub', 'a'], short), 2)
    assert.doesNotMatch(short.terminal.complained, /hunter2/)
  })
})
