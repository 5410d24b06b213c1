import assert from 'node:assert/strict'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, it } from 'node:test'
import { runProgram } from '../support/programs.ts'
import { makeTemporaryFolder } from '../support/temporary-folder.ts'
import type { ProgramEnd } from '../support/programs.ts'

const SCRIPT = path.resolve(import.meta.dirname, '../../scripts/ensure-system-packages.ts')
const FAST_MS = 3000

describe('ensure-system-packages', { timeout: 60_000 }, () => {
  it('says nothing and is quick when everything is there', async () => {
    const startMs = performance.now()
    const { status, stdout, stderr } = await runProgram(process.execPath, [SCRIPT])
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' })
    assert.ok(performance.now() - startMs < FAST_MS)
  })

  it('stops with one line that names what is missing and the command where it may not install', async () => {
    const { status, stderr } = await inFolder({}, folder => runScript(folder))
    assert.equal(status, 1)
    assert.match(
      stderr,
      /^npm test needs [^\n]*mosquitto_pub, mosquitto_sub[^\n]*apt-get install --yes [^\n]*mosquitto-clients\n$/,
    )
  })

  it('installs as root from apt without a question, after an update, and looks again', async () => {
    const aptGet = [
      '#!/bin/sh',
      'printf "%s %s\\n" "$DEBIAN_FRONTEND" "$*" >> "$APT_CALLS"',
      'case "$*" in *" install "*) for name in curl redis-server mosquitto_pub mosquitto_sub; do',
      '  printf "#!/bin/sh\\n" > "$APT_FOLDER/$name"; /bin/chmod 755 "$APT_FOLDER/$name"; done;; esac',
    ]
    await inFolder({ 'apt-get': aptGet.join('\n') }, async folder => {
      const calls = path.join(folder, 'calls')
      const { status, stderr } = await runScript(folder, { APT_CALLS: calls, APT_FOLDER: folder })
      if (process.getuid?.() !== 0) return assert.equal(status, 1, 'only root installs')
      assert.equal(status, 0, stderr)
      const [update, install, ...others] = (await readFile(calls, 'utf8')).trimEnd().split('\n')
      assert.match(update ?? '', /^noninteractive .*\bupdate\b/)
      assert.match(install ?? '', /^noninteractive .*\binstall\b.*--yes.*\bcurl redis-server mosquitto-clients\b/)
      assert.deepEqual(others, [])
    })
  })
})

// With a PATH of one folder only the system's servers (found without PATH) and what the folder has are there.
function runScript(folder: string, env: Readonly<Record<string, string>> = {}): Promise<ProgramEnd> {
  return runProgram(process.execPath, [SCRIPT], { env: { PATH: folder, ...env } })
}

async function inFolder<T>(files: Readonly<Record<string, string>>, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await makeTemporaryFolder()
  try {
    for (const [name, text] of Object.entries(files)) {
      await writeFile(path.join(folder.path, name), text)
      await chmod(path.join(folder.path, name), 0o755)
    }
    return await work(folder.path)
  } finally {
    await folder.remove()
  }
}
