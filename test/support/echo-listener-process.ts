import { Counters } from '../../src/core/counters.ts'
import { EndOfTick } from '../../src/core/end-of-tick.ts'
import { SlabPool } from '../../src/protocol/slab-pool.ts'
import { openTcpListener } from '../../src/transport/tcp-listener.ts'
import { FakeClock } from './fake-clock.ts'
import { ListLog } from './listener-harness.ts'

// Run as a process of its own: echoes what it gets over TCP, and prints its port.
const listener = await openTcpListener({
  host: '127.0.0.1',
  port: 0,
  accept: ({ out }) => ({ received: (bytes, start, end) => out.append(bytes, start, end), drained() {}, closed() {} }),
  endOfTick: new EndOfTick(task => void setImmediate(task)),
  slabs: new SlabPool(),
  clock: new FakeClock(),
  counters: new Counters(),
  log: new ListLog(),
})
process.stdout.write(`${listener.identity.port}\n`)
