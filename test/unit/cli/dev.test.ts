import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, it } from 'node:test'
import { devCommand } from '../../../src/cli/dev.ts'
import { waitFor } from '../../support/wait-for.ts'
import { RecordingContext } from './recording-context.ts'

const FREE_PORTS = {
  GUARDBEE_MQTT_PORT: '0',
  GUARDBEE_WS_PORT: '0',
  GUARDBEE_ADMIN_PORT: '0',
  GUARDBEE_DEV_ISSUER_PORT: '0',
}

describe('guardbee dev', () => {
  it('runs two quiet workers on the loopback address, with an issuer that ends with it', async () => {
    const context = new RecordingContext()
    context.environment = { ...FREE_PORTS, GUARDBEE_WORKERS: '' }
    const status = devCommand.run(context)
    await waitFor('the banner', () => context.terminal.printed !== '')
    const [started] = context.started
    assert.equal(started?.settings.bindAddress, '127.0.0.1')
    assert.equal(started?.settings.workers, 2)
    assert.equal(started?.settings.logLevel, 'warn')
    const jwksUri = started?.security.realms[0]?.jwksUri ?? ''
    assert.equal((await fetch(jwksUri)).status, 200)
    context.signals.send()
    assert.equal(await status, 0)
    await assert.rejects(fetch(jwksUri))
  })

  it('keeps to what the environment says instead of its own defaults', async () => {
    const context = new RecordingContext()
    context.environment = { ...FREE_PORTS, GUARDBEE_WORKERS: '1', GUARDBEE_LOG_LEVEL: 'debug' }
    const status = devCommand.run(context)
    await waitFor('the banner', () => context.terminal.printed !== '')
    context.broker.end(0)
    await status
    assert.equal(context.started[0]?.settings.workers, 1)
    assert.equal(context.started[0]?.settings.logLevel, 'debug')
  })

  it('refuses to be reached from other machines', async () => {
    const context = new RecordingContext()
    context.environment = { ...FREE_PORTS, GUARDBEE_BIND_ADDRESS: '0.0.0.0' }
    assert.equal(await devCommand.run(context), 2)
    assert.match(context.terminal.complained, /GUARDBEE_BIND_ADDRESS: found "0\.0\.0\.0", expected a loopback address/)
    assert.deepEqual(context.started, [])
  })

  it('says which variable has a busy port', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const address = other.address()
    const context = new RecordingContext()
    const port = typeof address === 'object' ? String(address?.port) : ''
    context.environment = { ...FREE_PORTS, GUARDBEE_DEV_ISSUER_PORT: port }
    const status = await devCommand.run(context)
    other.close()
    assert.equal(status, 1)
    assert.match(context.terminal.complained, /GUARDBEE_DEV_ISSUER_PORT: port \d+ is in use/)
  })

  it('ends its issuer when the broker cannot start', async () => {
    const context = new RecordingContext()
    context.environment = FREE_PORTS
    let jwksUri = ''
    context.startBroker = (_, security) => {
      jwksUri = security.realms[0]?.jwksUri ?? ''
      return Promise.reject(new Error('no sockets left'))
    }
    assert.equal(await devCommand.run(context), 1)
    assert.match(context.terminal.complained, /could not start: no sockets left/)
    await assert.rejects(fetch(jwksUri))
  })
})
