import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, it } from 'node:test'
import { listenerPorts } from '../../../../bench/brokers/guardbee.ts'
import { filledIn, writeConfiguration } from '../../../../bench/brokers/peer.ts'
import { remoteBroker } from '../../../../bench/brokers/remote.ts'
import { makeTemporaryFolder } from '../../../support/temporary-folder.ts'

describe('filledIn', () => {
  it('fills in every placeholder, and leaves an at sign alone that is none', () => {
    assert.equal(
      filledIn('port @TCP_PORT@ of bench@127.0.0.1 and @TCP_PORT@', { TCP_PORT: 7 }),
      'port 7 of bench@127.0.0.1 and 7',
    )
  })

  it('refuses a name that nobody has a value for', () => {
    assert.throws(() => filledIn('@NO_SUCH@', {}), /no value for @NO_SUCH@/)
  })
})

describe('writeConfiguration', () => {
  it('joins its files under the name of the first', async () => {
    const folder = await makeTemporaryFolder()
    const values = {
      TCP_PORT: 1,
      WS_PORT: 2,
      FOLDER: folder.path,
      JWKS_URI: 'http://127.0.0.1/jwks',
      AUDIENCE: 'bench',
    }
    const file = await writeConfiguration(['emqx.conf', 'emqx-tokens.conf'], folder.path, values)
    const text = await readFile(file, 'utf8')
    await folder.remove()
    assert.equal(path.basename(file), 'emqx.conf')
    assert.match(text, /127\.0\.0\.1:1"[\s\S]*endpoint = "http:\/\/127\.0\.0\.1\/jwks"/)
  })
})

describe('listenerPorts', () => {
  it('reads the ports from the line that announces the listeners', () => {
    const line =
      '{"msg":"guardbee started","listeners":["mqtt=mqtt://127.0.0.1:40001","ws=ws://127.0.0.1:40002/mqtt","admin=http://127.0.0.1:40003"]}'
    assert.deepEqual(
      [...listenerPorts(line)],
      [
        ['mqtt', 40_001],
        ['ws', 40_002],
      ],
    )
  })
})

describe('remoteBroker', () => {
  it('wants a host and a port', () => {
    for (const target of ['localhost', 'localhost:', ':1883', 'localhost:0', 'localhost:70000'])
      assert.throws(() => remoteBroker(target), /wants host:port/)
    assert.equal(remoteBroker('[::1]:1883').name, '[::1]:1883')
  })
})
