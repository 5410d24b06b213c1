import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import path from 'node:path'

const PREFIX = 'guardbee-sockets-'
const NAME = /^guardbee-sockets-(\d+)-/

/**
 * Makes the folder for the sockets between the processes of this node, which only their user may enter (mode 0700), and
 * removes those of primaries of the same user that were killed and could not do it themselves.
 */
export async function openSocketFolder(parent: string, pid: number): Promise<string> {
  await removeAbandoned(parent)
  return await mkdtemp(path.join(parent, `${PREFIX}${pid}-`))
}

async function removeAbandoned(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const pid = Number(NAME.exec(name)?.[1])
    if (!Number.isInteger(pid) || alive(pid)) continue
    const folder = path.join(parent, name)
    const { uid } = await stat(folder).catch(() => ({ uid: undefined }))
    if (uid === process.geteuid?.()) await rm(folder, { recursive: true, force: true })
  }
}

/** A process of another user counts as alive. */
function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
