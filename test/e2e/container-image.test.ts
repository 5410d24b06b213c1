import assert from 'node:assert/strict'
import { chmod, chown, cp, mkdir, readFile, stat, symlink } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type AuthorizationServer, startAuthorizationServer } from '../support/authorization-server.ts'
import { freePort } from '../support/free-port.ts'
import { GuardbeeProcess, type GuardbeeSettings } from '../support/guardbee-process.ts'
import { jwtSettings } from '../support/jwt-settings.ts'
import { connectClient } from '../support/mqtt-clients.ts'
import { runProgram, startProgram } from '../support/programs.ts'
import { Teardown } from '../support/teardown.ts'
import { makeTemporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts'

const REPOSITORY = path.resolve(import.meta.dirname, '../..')
const NODE_FOLDER = path.dirname(process.execPath)
/** `nobody`, who owns nothing of the image. */
const NOBODY = 65_534
const EVERYBODY_READS = 0o755

/** What of a Dockerfile can be tried without Docker: what is copied, built and run, in two stages. */
class Dockerfile {
  readonly #lines: readonly string[]

  constructor(text: string) {
    this.#lines = text
      .split('\n')
      .filter(line => !line.trim().startsWith('#'))
      .join('\n')
      .replaceAll(/\\\n\s*/g, ' ')
      .split('\n')
  }

  /** The rest of the lines that begin with `instruction`. */
  all(instruction: string): readonly string[] {
    return this.#lines
      .filter(line => line.startsWith(`${instruction} `))
      .map(line => line.slice(instruction.length + 1))
  }

  one(instruction: string): string {
    const [found, ...others] = this.all(instruction)
    assert(found !== undefined && others.length === 0, `one ${instruction}`)
    return found
  }

  /** What is copied from the repository, each to where it is in it. */
  get sources(): readonly string[] {
    return this.all('COPY')
      .filter(line => !line.startsWith('--from'))
      .flatMap(line => line.split(' ').slice(0, -1))
  }

  /** What the image has of the first stage. */
  get kept(): readonly string[] {
    return this.all('COPY')
      .filter(line => line.startsWith('--from=build /build/'))
      .map(line => line.split(' ')[1]?.slice('/build/'.length) ?? '')
  }
}

describe('the container image, as its Dockerfile lays it out', { timeout: 120_000 }, () => {
  const teardown = new Teardown()
  let file: Dockerfile
  let root: TemporaryFolder
  let server: AuthorizationServer

  before(async () => {
    file = new Dockerfile(await readFile(path.join(REPOSITORY, 'docker/Dockerfile'), 'utf8'))
    const build = teardown.add(await makeTemporaryFolder(), folder => folder.remove())
    root = teardown.add(await makeTemporaryFolder(), folder => folder.remove())
    server = teardown.add(await startAuthorizationServer(), opened => opened.close())
    for (const source of file.sources) {
      await cp(path.join(REPOSITORY, source), path.join(build.path, source), { recursive: true })
    }
    await symlink(path.join(REPOSITORY, 'node_modules'), path.join(build.path, 'node_modules'))
    const compile = /npx (tsc [^&]*)/.exec(file.all('RUN').join('\n'))?.[1]?.trim().split(' ') ?? []
    const [program = '', ...args] = compile
    const { status, stdout } = await runProgram(path.join(REPOSITORY, 'node_modules/.bin', program), args, {
      cwd: build.path,
      env: { ...process.env, PATH: `${NODE_FOLDER}:${process.env['PATH']}` },
    })
    assert.equal(status, 0, stdout)
    for (const kept of file.kept) {
      const from = path.join(build.path, kept)
      if (kept === 'node_modules') await symlink(path.join(REPOSITORY, kept), path.join(root.path, kept))
      else await cp(from, path.join(root.path, kept), { recursive: true })
    }
    await chmod(root.path, EVERYBODY_READS)
  })

  after(() => teardown.run())

  /** A folder that belongs to who runs the image. */
  async function ownFolder(name: string): Promise<string> {
    const parent = teardown.add(await makeTemporaryFolder(), folder => folder.remove())
    await chmod(parent.path, EVERYBODY_READS)
    const folder = path.join(parent.path, name)
    await mkdir(folder)
    if (process.getuid?.() === 0) await chown(folder, NOBODY, NOBODY)
    return folder
  }

  async function start(settings: GuardbeeSettings): Promise<GuardbeeProcess> {
    const [data, log, temporary] = await Promise.all(['data', 'log', 'tmp'].map(ownFolder))
    const command = [...arrayIn(file.one('ENTRYPOINT')), ...arrayIn(file.all('CMD').at(-1) ?? '')]
    const [node = '', ...args] = command.map(word => word.replace(/^\/guardbee\//, `${root.path}/`))
    const env = {
      PATH: `${NODE_FOLDER}:/usr/bin:/bin`,
      TMPDIR: temporary,
      NODE_ENV: 'production',
      GUARDBEE_LOG_DIR: log,
    }
    // Root may write to what is read-only for everybody else.
    const asNobody = ['--reuid', String(NOBODY), '--regid', String(NOBODY), '--clear-groups']
    const program =
      process.getuid?.() === 0
        ? startProgram('setpriv', [...asNobody, node, ...args], { env: { ...env, ...settings }, cwd: data ?? '' })
        : startProgram(node, args, { env: { ...env, ...settings }, cwd: data ?? '' })
    // Removed with the process.
    const folder = await makeTemporaryFolder()
    return teardown.add(new GuardbeeProcess(program, folder), opened => opened.destroy())
  }

  it('copies what is there, and needs nothing else to be built', async () => {
    assert.deepEqual(file.kept, ['package.json', 'node_modules', 'dist'])
    for (const source of file.sources) await stat(path.join(REPOSITORY, source))
    const ignored = await readFile(path.join(REPOSITORY, '.dockerignore'), 'utf8')
    assert.deepEqual(
      file.sources.filter(source => !ignored.includes(`!${source}\n`)),
      [],
    )
  })

  it('is run by an ordinary user, who serves clients without a folder of the image to write to, and ends on SIGTERM', async () => {
    assert.equal(file.one('USER'), 'node')
    const adminPort = String(await freePort())
    const guardbee = await start({
      ...jwtSettings(server),
      GUARDBEE_BIND_ADDRESS: '127.0.0.1',
      GUARDBEE_MQTT_PORT: '0',
      GUARDBEE_WS_PORT: '0',
      GUARDBEE_ADMIN_PORT: adminPort,
      GUARDBEE_WORKERS: '1',
    })
    await guardbee.waitForEvent('guardbee started')
    const token = await server.requestToken()
    const { client } = await connectClient(guardbee.listenerUrl('mqtt').href, { clientId: 'c', token })
    await client.publishAsync('t', 'm', { qos: 1 })
    await client.endAsync()

    const check = /CMD (node -e .*)$/.exec(file.one('HEALTHCHECK'))?.[1] ?? ''
    assert.match(check, /127\.0\.0\.1:8080/)
    const health = async (port: string): Promise<number | null> => {
      const env = { PATH: `${NODE_FOLDER}:/usr/bin:/bin` }
      return (await runProgram('/bin/sh', ['-c', check.replace('8080', port)], { env })).status
    }
    assert.equal(await health(adminPort), 0)
    assert.equal((await guardbee.stop()).status, 0)
    assert.equal(await health(adminPort), 1)
  })
})

function arrayIn(text: string): readonly string[] {
  const value: unknown = JSON.parse(text)
  assert(Array.isArray(value))
  return value.map(String)
}
