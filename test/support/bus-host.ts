import assert from 'node:assert/strict'
import type { Server } from 'node:net'
import { BusWorker, openMesh, RawPeer } from './bus-worker.ts'
import { makeTemporaryFolder, type TemporaryFolder } from './temporary-folder.ts'
import { within } from './wait-for.ts'

/** A host with its folder of sockets and everything that a test opened there. */
export class BusHost {
  readonly folder: TemporaryFolder
  readonly raw: RawPeer[] = []
  readonly servers: Server[] = []
  readonly #workers: BusWorker[] = []

  private constructor(folder: TemporaryFolder) {
    this.folder = folder
  }

  static async open(): Promise<BusHost> {
    return new BusHost(await makeTemporaryFolder())
  }

  async close(): Promise<void> {
    for (const peer of this.raw) peer.socket.destroy()
    for (const server of this.servers) server.close()
    await within('the workers to close', Promise.all(this.#workers.map(worker => worker.bus.close())))
    await this.folder.remove()
  }

  /** Workers `node/1` to `node/<count>`, all up for each other; two at least. */
  async mesh(count: number): Promise<[BusWorker, BusWorker, ...BusWorker[]]> {
    const [first, second, ...others] = await openMesh(this.folder.path, count)
    assert(first !== undefined && second !== undefined)
    this.#workers.push(first, second, ...others)
    return [first, second, ...others]
  }

  /** A worker that has no peers yet. */
  async worker(number: number, waitingBytesMax?: number): Promise<BusWorker> {
    const worker = await BusWorker.open(this.folder.path, number, waitingBytesMax)
    this.#workers.push(worker)
    return worker
  }

  /** A raw peer that has dialled worker `node/<number>` and said nothing yet. */
  dial(number: number): RawPeer {
    const peer = RawPeer.dial(this.folder.path, number)
    this.raw.push(peer)
    return peer
  }

  /** Worker `node/1` with the raw peer `node/9` that dialled it. */
  async workerAndRawPeer(waitingBytesMax?: number): Promise<[BusWorker, RawPeer]> {
    const worker = await this.worker(1, waitingBytesMax)
    worker.bus.setPeers(['node/1', 'node/9'])
    const peer = this.dial(1)
    await peer.greet('node/9')
    return [worker, peer]
  }
}
