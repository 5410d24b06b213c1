import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startOpenGuardbee } from '../conformance/brokers/guardbee.ts'
import type { OpenGuardbee } from '../conformance/brokers/guardbee.ts'
import { waitFor } from '../support/wait-for.ts'

const SPARE_DESCRIPTORS = 20
const OFFERED_AT_ONCE = 5
const AGAIN = 'there are file descriptors again'
const SAID = 'no file descriptors are left: connections are not taken'
const CONNECT_PACKET = Buffer.from('\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01c', 'latin1')
const CONNACK = Buffer.from([0x20, 2, 0, 0])
const UPGRADE = Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
const WINDOW_MS = 2_000
/** Of one core. */
const SPINNING = 0.8

describe('a worker without file descriptors', { timeout: 90_000 }, () => {
  let broker: OpenGuardbee
  const sockets: Socket[] = []

  before(async () => {
    broker = await startOpenGuardbee({ GUARDBEE_WORKERS: '1' })
  })

  after(async () => {
    for (const socket of sockets) socket.destroy()
    await broker.stop()
  })

  for (const { scheme, request, answer } of [
    { scheme: 'mqtt', request: CONNECT_PACKET, answer: CONNACK },
    { scheme: 'ws', request: UPGRADE, answer: Buffer.from('HTTP/1.1 404') },
  ] as const) {
    it(`says so, does not spin, and takes clients of ${scheme} again when it has some`, async () => {
      const port = Number(broker.guardbee.listenerUrl(scheme).port)
      const [worker] = broker.guardbee.startedWorkers
      assert.ok(worker !== undefined)
      const { pid } = worker
      const said = broker.guardbee.eventsNamed(SAID).length
      limitFiles(pid, readdirSync(`/proc/${pid}/fd`).length + SPARE_DESCRIPTORS)
      await waitFor('the broker to say so', () => {
        // Node closes what it cannot take, and some descriptors of the start may become free.
        for (let socket = 0; socket < OFFERED_AT_ONCE; socket++) sockets.push(open(port))
        return broker.guardbee.eventsNamed(SAID).length > said
      })
      const usedMs = processorMs(pid)
      await sleep(WINDOW_MS)
      assert.ok(processorMs(pid) - usedMs < WINDOW_MS * SPINNING, 'the worker spins')
      limitFiles(pid, 4_096)
      for (const socket of sockets.splice(0)) socket.destroy()
      const bytes = await waitFor('a client to be answered', () => answered(port, request))
      await waitFor('the end of the spell', () => broker.guardbee.eventsNamed(AGAIN).length > said)
      assert.ok(bytes.subarray(0, answer.length).equals(answer), bytes.toString('latin1'))
    })
  }
})

function open(port: number): Socket {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {}) // it may be refused
  return socket
}

/** Undefined: nobody takes the connection yet. */
async function answered(port: number, request: Buffer): Promise<Buffer | undefined> {
  const socket = open(port)
  try {
    socket.write(request)
    const [bytes]: unknown[] = await Promise.race([once(socket, 'data'), sleep(1_000, [])])
    return Buffer.isBuffer(bytes) ? bytes : undefined
  } catch {
    return undefined // refused
  } finally {
    socket.destroy()
  }
}

function limitFiles(pid: number, count: number): void {
  execFileSync('prlimit', ['--pid', String(pid), `--nofile=${count}:`])
}

/** Processor time of a process so far; the kernel counts it in hundredths of a second. */
function processorMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10
}
