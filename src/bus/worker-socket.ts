import path from 'node:path'
import { BrokerError } from '../core/errors.ts'
import type { WorkerAddress } from '../ports/bus.ts'

/** What Linux has room for in a Unix socket's address, without the closing zero. */
const SOCKET_PATH_BYTES_MAX = 107

/** The number in `<node>/<number>`. */
export function workerNumber(address: WorkerAddress): number {
  const digits = /\/(\d{1,15})$/.exec(address)?.[1]
  if (digits === undefined) throw new TypeError(`not a worker address: ${address}`)
  return Number(digits)
}

/** Where a worker listens in the folder of its host. A path too long for a Unix socket is a `LISTENER` error. */
export function workerSocketPath(folder: string, address: WorkerAddress): string {
  const socketPath = path.join(folder, `${workerNumber(address)}.sock`)
  const size = Buffer.byteLength(socketPath)
  if (size <= SOCKET_PATH_BYTES_MAX) return socketPath
  throw new BrokerError(
    'LISTENER',
    `the socket path ${socketPath} has ${size} bytes, at most ${SOCKET_PATH_BYTES_MAX} fit`,
  )
}
