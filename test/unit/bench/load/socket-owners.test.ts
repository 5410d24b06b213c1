import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { describe, it } from 'node:test'
import { inodesByRemotePort, ownersOfPeers } from '../../../../bench/load/socket-owners.ts'

describe('inodesByRemotePort', () => {
  it('reads the kernel’s table and leaves out sockets that are closing', () => {
    const table = [
      '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
      '   0: 0100007F:075B 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4411 1 0',
      '   1: 0100007F:075B 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 4412 1 0',
      '   2: 0100007F:075B 0100007F:C351 06 00000000:00000000 03:00000EB6 00000000     0        0 0 3 0',
    ].join('\n')
    const inodes = inodesByRemotePort(table)
    assert.equal(inodes.get(0xc350), '4412')
    assert.equal(inodes.has(0xc351), false)
  })
})

describe('ownersOfPeers', () => {
  it('finds the process at the other end of a connection', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    assert.ok(address !== null && typeof address === 'object')
    const accepted = once(server, 'connection')
    const socket = connect(address.port, '127.0.0.1')
    await Promise.all([once(socket, 'connect'), accepted])
    assert.deepEqual(ownersOfPeers([socket.localPort ?? 0, 1], [process.pid]), [process.pid, undefined])
    socket.destroy()
    server.close()
  })
})
