import { readdir, unlink } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { BrokerError } from '../../core/errors.ts'

const NAME = /^lock\.(\d{1,9})$/
const ATTEMPTS = 5
/** `sun_path` of Linux has room for 108 bytes with its end; the number may grow to nine digits. */
const FOLDER_BYTES_MAX = 107 - '/lock.123456789'.length

/** A data folder that no other process uses. */
export interface FolderLock {
  release(): Promise<void>
}

/**
 * Takes the data folder for this process. The lock is a socket in it that somebody listens on: it ends with the process
 * however that ends, and says more than the number of a process, which is soon given to another one. A socket that a
 * killed process has left is never taken over, for another might do so at the same moment: the next number is.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  if (Buffer.byteLength(folder) > FOLDER_BYTES_MAX) {
    throw new BrokerError('STORE_UNAVAILABLE', `the path of the data folder ${folder} is too long for its lock`)
  }
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const stale = await unansweredLocks(folder)
    if (stale === undefined) break
    const number = Math.max(0, ...stale) + 1
    const server = await listen(socketOf(folder, number))
    // Another one was faster: if it lives it is found the next time.
    if (server === undefined) continue
    // Everybody listens first and looks then, so of two at the same moment one at least sees the other.
    const others = await unansweredLocks(folder, number)
    if (others !== undefined) {
      await Promise.allSettled(others.map(other => unlink(socketOf(folder, other))))
      return { release: () => close(server) }
    }
    await close(server)
  }
  throw new BrokerError('STORE_UNAVAILABLE', `the data folder ${folder} is in use by another guardbee`)
}

/** Numbers of the locks that dead processes left; undefined: somebody listens on one of them. `own` does not count. */
async function unansweredLocks(folder: string, own?: number): Promise<readonly number[] | undefined> {
  const numbers = (await readdir(folder)).flatMap(name => {
    const digits = NAME.exec(name)?.[1]
    return digits === undefined || Number(digits) === own ? [] : Number(digits)
  })
  const answers = await Promise.all(numbers.map(number => answered(socketOf(folder, number))))
  return answers.includes(true) ? undefined : numbers
}

function socketOf(folder: string, number: number): string {
  return `${folder}/lock.${number}`
}

/** Undefined: there is such a socket already. */
function listen(socket: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer(connection => connection.destroy())
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined)
      else reject(error)
    })
    server.listen(socket, () => {
      server.unref()
      resolve(server)
    })
  })
}

/** Whether a process listens there. */
function answered(socket: string): Promise<boolean> {
  return new Promise(resolve => {
    const connection = connect(socket)
    const answer = (listening: boolean): void => {
      connection.destroy()
      resolve(listening)
    }
    connection.once('connect', () => answer(true))
    connection.once('error', () => answer(false))
  })
}

function close(server: Server): Promise<void> {
  return new Promise(resolve => server.close(() => resolve()))
}
