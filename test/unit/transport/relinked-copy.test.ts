import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { chmod, mkdir, readdir, readFile, stat, symlink, unlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { relinkForOlderGlibc } from '../../../src/transport/elf-relink.ts'
import type { PinnedBinary } from '../../../src/transport/relinked-copy.ts'
import { relinkedCopy } from '../../../src/transport/relinked-copy.ts'
import { makeElfImage } from '../../support/elf-image.ts'
import type { TemporaryFolder } from '../../support/temporary-folder.ts'
import { makeTemporaryFolder } from '../../support/temporary-folder.ts'

const image = makeElfImage({
  machine: 62,
  library: 'libc.so.6',
  versions: ['GLIBC_2.2.5', 'GLIBC_2.38'],
  symbols: [{ name: '__isoc23_strtol', version: 1 }],
})
const relinked = relinkForOlderGlibc(image)

describe('relinkedCopy', () => {
  let folder: TemporaryFolder
  let cache: string
  let binary: PinnedBinary

  beforeEach(async () => {
    folder = await makeTemporaryFolder()
    cache = path.join(folder.path, 'deep', 'cache')
    binary = { path: path.join(folder.path, 'original'), sha256: sha256(image), relinkedSha256: sha256(relinked) }
    await writeFile(binary.path, image)
  })

  afterEach(() => folder.remove())

  it('makes the copy in a folder that is closed to others, and leaves nothing else there', async () => {
    const copy = relinkedCopy(binary, cache)
    assert.ok((await readFile(copy)).equals(relinked))
    assert.equal((await stat(cache)).mode & 0o777, 0o700)
    assert.deepEqual(await readdir(cache), [path.basename(copy)])
  })

  it('uses a copy that is there', async () => {
    const copy = relinkedCopy(binary, cache)
    await unlink(binary.path) // it would be needed to make another one
    assert.equal(relinkedCopy(binary, cache), copy)
  })

  it('replaces a copy that was changed', async () => {
    const copy = relinkedCopy(binary, cache)
    const changed = Buffer.from(relinked)
    changed[changed.length - 1] = 0xff
    await writeFile(copy, changed)
    relinkedCopy(binary, cache)
    assert.ok((await readFile(copy)).equals(relinked))
  })

  it('replaces a copy that others may write, and a link in its place', async () => {
    const copy = relinkedCopy(binary, cache)
    await chmod(copy, 0o666)
    relinkedCopy(binary, cache)
    assert.equal((await stat(copy)).mode & 0o022, 0)
    const elsewhere = path.join(folder.path, 'elsewhere')
    await writeFile(elsewhere, relinked)
    await unlink(copy)
    await symlink(elsewhere, copy)
    relinkedCopy(binary, cache)
    await unlink(elsewhere)
    assert.ok((await readFile(copy)).equals(relinked))
  })

  it('closes a folder of ours that was open to others', async () => {
    await mkdir(cache, { recursive: true, mode: 0o777 })
    await chmod(cache, 0o777)
    relinkedCopy(binary, cache)
    assert.equal((await stat(cache)).mode & 0o777, 0o700)
  })

  it('refuses a folder that is a link', async () => {
    await mkdir(path.dirname(cache), { recursive: true })
    await symlink(folder.path, cache)
    assert.throws(() => relinkedCopy(binary, cache), { code: 'LISTENER' })
  })

  it('gives up where no folder can be made, and does not try for ever', () => {
    for (const impossible of ['/proc/guardbee', '/proc/guardbee/deeper']) {
      assert.throws(() => relinkedCopy(binary, impossible), { code: 'ENOENT' })
    }
  })

  it('refuses a binary that is not the pinned one', async () => {
    await writeFile(binary.path, Buffer.concat([image, Buffer.from('x')]))
    assert.throws(() => relinkedCopy(binary, cache), { code: 'LISTENER', message: /not the known one/ })
    assert.deepEqual(await readdir(cache), [])
  })

  it('refuses a result that is not the pinned one', async () => {
    const other = { ...binary, relinkedSha256: sha256(image) }
    assert.throws(() => relinkedCopy(other, cache), { code: 'LISTENER', message: /not the expected one/ })
    assert.deepEqual(await readdir(cache), [])
  })
})

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
