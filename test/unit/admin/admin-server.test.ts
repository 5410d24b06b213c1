import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { after, describe, it } from 'node:test'
import type { ExplainingView, RevokingFault, RevokingView } from '../../../src/admin/admin-routes.ts'
import type { AdminServer } from '../../../src/admin/admin-server.ts'
import { startAdminServer } from '../../../src/admin/admin-server.ts'
import type { HttpModule } from '../../../src/admin/http-app.ts'
import { loadUws } from '../../../src/transport/uws.ts'
import { RecordingLog } from '../../support/recording-log.ts'

const LOOPBACK = { address: '127.0.0.1', host: '127.0.0.1' }
const cache = mkdtempSync(path.join(os.tmpdir(), 'guardbee-test-'))
const uws = loadUws(cache)
const hosts: readonly {
  readonly name: string
  readonly http: HttpModule | undefined
  readonly skip: string | false
}[] = [
  { name: "Node's HTTP server", http: undefined, skip: false },
  'unavailable' in uws
    ? { name: 'uWebSockets.js', http: undefined, skip: uws.unavailable }
    : { name: 'uWebSockets.js', http: uws, skip: false },
]

after(() => rmSync(cache, { recursive: true }))

/** Explains one token. */
const explaining: ExplainingView = {
  answer: form => {
    const explained = { kind: 'explained', text: `of ${form.get('token')}` } as const
    const answers = { t: explained, f: { kind: 'fault', text: 'no such field' }, b: { kind: 'busy' } } as const
    return Promise.resolve(answers[form.get('token') === 't' ? 't' : form.get('token') === 'f' ? 'f' : 'b'])
  },
}

/** Takes in what it is asked to revoke. */
class RecordingDesk implements RevokingView {
  readonly asked: string[] = []

  knows(secret: string): boolean {
    return secret === 'the-admin-secret'
  }

  async revoke(form: URLSearchParams): Promise<RevokingFault | undefined> {
    this.asked.push(form.toString())
    if (form.get('sub') === 'full') return { kind: 'not-kept', text: 'no room' }
    return form.has('sub') ? undefined : { kind: 'wrong', text: 'expected a sub' }
  }

  async revokeToken(token: string): Promise<undefined> {
    this.asked.push(token)
  }

  async logout(token: string): Promise<RevokingFault | undefined> {
    this.asked.push(token)
    return token === 'good' ? undefined : { kind: 'wrong', text: 'refused' }
  }
}

/** A request that may name any host. */
function ask(
  url: string,
  method = 'GET',
  host?: string,
): Promise<{ status: number; type: string; length: string; body: string }> {
  return new Promise((resolve, reject) => {
    request(url, { method, agent: false, ...(host !== undefined && { headers: { host } }) }, response => {
      let body = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk
      })
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          type: response.headers['content-type'] ?? '',
          length: response.headers['content-length'] ?? '',
          body,
        }),
      )
    })
      .on('error', reject)
      .end()
  })
}

for (const { name, http, skip } of hosts) {
  describe(`admin server on ${name}`, { skip }, () => {
    const log = new RecordingLog()
    let ready = true
    let metrics: () => Promise<string> = () => Promise.resolve('guardbee_connections 1\n')
    const desk = new RecordingDesk()
    const view = { unready: () => (ready ? undefined : 'why'), metrics: () => metrics(), revoking: desk, explaining }

    async function withServer(act: (server: AdminServer) => Promise<void>): Promise<void> {
      const server = await startAdminServer({ ...LOOPBACK, port: 0, view, log, http })
      try {
        await act(server)
      } finally {
        await server.close()
      }
    }

    describe('what revokes tokens', () => {
      const bearer = { authorization: 'Bearer the-admin-secret' }

      async function post(
        at: string,
        body: string,
        headers: Readonly<Record<string, string>> = bearer,
      ): Promise<{ readonly status: number; readonly asked: readonly string[] }> {
        desk.asked.length = 0
        let status = 0
        await withServer(async ({ url }) => {
          status = (await fetch(`${url}${at}`, { method: 'POST', body, headers })).status
        })
        return { status, asked: [...desk.asked] }
      }

      it('takes a form from whoever knows the secret', async () => {
        assert.deepEqual(await post('/revocations', 'sub=a'), { status: 200, asked: ['sub=a'] })
        assert.deepEqual(await post('/revocations', 'x=a'), { status: 400, asked: ['x=a'] })
        assert.deepEqual(await post('/revocations', 'sub=full'), { status: 503, asked: ['sub=full'] })
        assert.deepEqual(await post('/revoke', 'token=t'), { status: 200, asked: ['t'] })
        const basic = Buffer.from('client:the-admin-secret').toString('base64')
        assert.deepEqual(await post('/revoke', 'token=t', { authorization: `Basic ${basic}` }), {
          status: 200,
          asked: ['t'],
        })
      })

      it('does nothing for anybody else', async () => {
        for (const authorization of [
          '',
          'Bearer ',
          'Bearer wrong',
          'Basic dGhlLWFkbWluLXNlY3JldA==',
          'the-admin-secret',
        ]) {
          const headers = authorization === '' ? {} : { authorization }
          assert.deepEqual(await post('/revocations', 'sub=a', headers), { status: 401, asked: [] })
          assert.deepEqual(await post('/revoke', 'token=t', headers), { status: 401, asked: [] })
        }
      })

      it('explains a token to whoever knows the secret, and to nobody else', async () => {
        await withServer(async ({ url }) => {
          const why = async (token: string, headers: Readonly<Record<string, string>>): Promise<unknown[]> => {
            const body = new URLSearchParams({ token })
            const response = await fetch(`${url}/token/why`, { method: 'POST', body, headers })
            return [response.status, (await response.text()).trim()]
          }
          assert.deepEqual(await why('t', bearer), [200, '{"kind":"explained","text":"of t"}'])
          assert.deepEqual(await why('f', bearer), [400, 'no such field'])
          assert.deepEqual(await why('b', bearer), [503, 'other tokens are being explained'])
          assert.equal((await why('t', {}))[0], 401)
          assert.equal((await fetch(`${url}/token/why?token=t`, { headers: bearer })).status, 405)
        })
      })

      it('takes the logout token of an issuer, which proves itself', async () => {
        assert.deepEqual(await post('/backchannel-logout', 'logout_token=good', {}), { status: 200, asked: ['good'] })
        assert.deepEqual(await post('/backchannel-logout', 'logout_token=bad', {}), { status: 400, asked: ['bad'] })
      })

      it('reads 32 KiB and answers POST only', async () => {
        assert.deepEqual(await post('/revoke', `token=${'t'.repeat(33 * 1024)}`), { status: 413, asked: [] })
        await withServer(async ({ url }) => assert.equal((await ask(`${url}/revocations`)).status, 405))
      })
    })

    it('says that the process lives, and whether it takes clients', () =>
      withServer(async ({ url }) => {
        assert.equal((await ask(`${url}/healthz`)).status, 200)
        assert.equal((await ask(`${url}/readyz`)).status, 200)
        ready = false
        const red = await ask(`${url}/readyz?verbose`)
        assert.equal(red.status, 503)
        assert.match(red.body, /not ready: why/)
        assert.equal((await ask(`${url}/healthz`)).status, 200)
        ready = true
      }))

    it('gives the metrics in the type that Prometheus asks for', () =>
      withServer(async ({ url }) => {
        const { status, type, body } = await ask(`${url}/metrics`)
        assert.deepEqual(
          [status, type, body],
          [200, 'text/plain; version=0.0.4; charset=utf-8', 'guardbee_connections 1\n'],
        )
      }))

    it('answers HEAD without a body, and no other method', () =>
      withServer(async ({ url }) => {
        const head = await ask(`${url}/healthz`, 'HEAD')
        assert.deepEqual([head.status, head.length, head.body], [200, '3', ''])
        assert.equal((await ask(`${url}/healthz`, 'POST')).status, 405)
        assert.equal((await ask(`${url}/nowhere`)).status, 404)
      }))

    it('answers only those who name it by an address, whatever their name server says', () =>
      withServer(async ({ url, port }) => {
        for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`, `10.1.2.3:${port}`]) {
          assert.equal((await ask(`${url}/metrics`, 'GET', host)).status, 200, host)
        }
        for (const host of [
          'evil.example',
          `127.0.0.1.evil.example:${port}`,
          `localhost.evil.example`,
          'guardbee:8080',
          '10.1.2.3.evil.example',
        ]) {
          assert.equal((await ask(`${url}/metrics`, 'GET', host)).status, 403, host)
        }
      }))

    it('answers 500 and logs the cause when a page fails', () =>
      withServer(async ({ url }) => {
        const works = metrics
        metrics = () => Promise.reject(new Error('a worker is silent'))
        const { status, body } = await ask(`${url}/metrics`)
        metrics = works
        assert.deepEqual([status, body], [500, 'failed\n'])
        assert.deepEqual(log.errors, ['Error: a worker is silent'])
      }))

    it('survives a client that leaves before its answer', () =>
      withServer(async ({ url }) => {
        const works = metrics
        const { promise, resolve } = Promise.withResolvers<string>()
        const asked = Promise.withResolvers<void>()
        metrics = () => {
          asked.resolve()
          return promise
        }
        const leaving = request(`${url}/metrics`, { agent: false }).on('error', () => {})
        leaving.end()
        await asked.promise
        leaving.destroy()
        metrics = works
        // The answer to somebody else comes after the server has seen the end of the first connection.
        await ask(`${url}/healthz`)
        resolve('late')
        assert.equal((await ask(`${url}/metrics`)).status, 200)
      }))

    it('rejects when the port is in use', async () => {
      const other = createServer().listen(0, '127.0.0.1')
      await once(other, 'listening')
      const address = other.address()
      const port = typeof address === 'object' ? (address?.port ?? 0) : 0
      await assert.rejects(startAdminServer({ ...LOOPBACK, port, view, log, http }), { code: 'LISTENER' })
      other.close()
    })
  })
}
