import assert from 'node:assert/strict'
import { it } from 'node:test'
import { RedisCommands } from '../../../../bench/load/redis-commands.ts'
import { RedisServer } from '../../../support/redis-server.ts'

it('RedisCommands counts what others asked since the start, and nothing without a Redis', async () => {
  const server = await RedisServer.start(undefined, { appendonly: 'no' })
  const client = await server.connect()
  const commands = new RedisCommands(server.port)
  await commands.start()
  for (let number = 0; number < 7; number += 1) await client.incr('n')
  assert.equal(await commands.count(), 7)
  client.disconnect()
  await server.stop()
  const none = new RedisCommands(undefined)
  await none.start()
  assert.equal(await none.count(), undefined)
})
