import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import mqtt, { type IClientOptions } from 'mqtt'
import { generate, parser } from 'mqtt-packet'
import { type GuardbeeProcess, startGuardbee } from '../support/guardbee-process.ts'
import { makeTemporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'

const OPEN_DOOR = `<?xml version="1.0" encoding="UTF-8" ?>
<enterprise-security-extension version="1">
  <pipelines>
    <listener-pipeline name="open" listener="ALL">
      <allow-all-authentication-manager/>
      <allow-all-authorization-manager/>
    </listener-pipeline>
  </pipelines>
</enterprise-security-extension>`

const CONNECTS = 1_000
/** Connections that are being opened at a time: the kernel spreads them over both workers. */
const LANES = 16
const DEADLINE_MS = 60_000

const session: IClientOptions = {
  clientId: 'restless',
  protocolVersion: 5,
  clean: false,
  properties: { sessionExpiryInterval: 3600 },
  reconnectPeriod: 0,
}

describe('a client that connects a thousand times at both workers, as fast as it can', () => {
  let folder: TemporaryFolder
  let guardbee: GuardbeeProcess

  before(async () => {
    folder = await makeTemporaryFolder()
    const securityFile = path.join(folder.path, 'open.xml')
    await writeFile(securityFile, OPEN_DOOR)
    guardbee = await startGuardbee({
      GUARDBEE_SECURITY_FILE: securityFile,
      GUARDBEE_DATA_DIR: path.join(folder.path, 'data'),
    })
  })

  after(async () => {
    await guardbee.destroy()
    await folder.remove()
  })

  it('has one connection at the end, and its session with everything in it', async () => {
    const url = `mqtt://127.0.0.1:${guardbee.mqttPort}`
    const owner = await mqtt.connectAsync(url, session)
    await owner.subscribeAsync('kept/#', { qos: 1 })
    await owner.endAsync()
    const publisher = await mqtt.connectAsync(url, { protocolVersion: 5, reconnectPeriod: 0 })
    const texts = Array.from({ length: 20 }, (_, index) => `message ${index}`)
    for (const text of texts) await publisher.publishAsync('kept/a', text, { qos: 1 })

    const storm = new Storm(guardbee.mqttPort)
    await storm.run()
    assert.equal(storm.admitted + storm.cutOff, CONNECTS)
    assert.ok(storm.admitted > 0)
    await waitFor('exactly one connection to be left', () => storm.open === 1, DEADLINE_MS)
    storm.end()

    const received: string[] = []
    const last = mqtt.connect(url, session)
    last.on('message', (_topic, payload) => received.push(payload.toString()))
    const present = new Promise<boolean>(resolve =>
      last.once('connect', ({ sessionPresent }) => resolve(sessionPresent)),
    )
    assert.equal(await present, true)
    await waitFor('all that was kept for it', () => received.length >= texts.length)
    assert.deepEqual(received, texts)
    await publisher.publishAsync('kept/b', 'once more', { qos: 1 })
    await waitFor('what comes afterwards', () => received.length > texts.length)
    assert.deepEqual(received, [...texts, 'once more'])
    await Promise.all([last.endAsync(), publisher.endAsync()])
  })
})

/** Connections of one client that never close by themselves. */
class Storm {
  admitted = 0
  /** Connections that another one took the place of before they were let in. */
  cutOff = 0
  /** Connections that stand. */
  open = 0
  readonly #port: number
  readonly #sockets = new Set<Socket>()
  #begun = 0

  constructor(port: number) {
    this.#port = port
  }

  async run(): Promise<void> {
    const lane = async (): Promise<void> => {
      while (this.#begun < CONNECTS) {
        this.#begun++
        await this.#connect()
      }
    }
    await Promise.all(Array.from({ length: LANES }, lane))
  }

  end(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Resolves when the connection is let in, or cut off before. */
  #connect(): Promise<void> {
    return new Promise(resolve => {
      const socket = connect(this.#port, '127.0.0.1')
      const packets = parser({ protocolVersion: 5 })
      let isIn = false
      packets.on('packet', ({ cmd }) => {
        if (cmd !== 'connack' || isIn) return
        isIn = true
        this.admitted++
        this.open++
        resolve()
      })
      socket.on('data', (bytes: Buffer) => packets.parse(bytes))
      socket.on('error', () => {}) // a connection that is cut off may be reset
      socket.on('close', () => {
        this.#sockets.delete(socket)
        if (isIn) this.open--
        else this.cutOff++
        resolve()
      })
      this.#sockets.add(socket)
      socket.write(
        generate(
          {
            cmd: 'connect',
            protocolId: 'MQTT',
            protocolVersion: 5,
            clientId: 'restless',
            clean: false,
            keepalive: 60,
            properties: { sessionExpiryInterval: 3600 },
          },
          { protocolVersion: 5 },
        ),
      )
    })
  }
}
