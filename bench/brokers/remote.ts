import type { Broker } from './broker.ts'
import { FULL_ABILITIES } from './broker.ts'
import { isOpen } from './ports.ts'

/**
 * A broker that runs already, at `host:port`. It must let in everyone, for it does not know the issuer of the run, and
 * its CPU time and memory are not ours to read.
 */
export function remoteBroker(target: string): Broker {
  const separator = target.lastIndexOf(':')
  const host = target.slice(0, separator)
  const port = Number(target.slice(separator + 1))
  if (host === '' || !Number.isInteger(port) || port < 1 || port > 65_535)
    throw new Error(`--target wants host:port, not "${target}"`)
  return {
    name: target,
    abilities: { ...FULL_ABILITIES, keepsSessions: true, transports: ['tcp'] },
    version: async () => ((await isOpen(port, host)) ? 'unknown version' : undefined),
    start: async () => ({
      addresses: transport => (transport === 'tcp' ? [{ host, port, transport }] : []),
      redisPort: undefined,
      pids: () => [],
      stop: async () => {},
    }),
  }
}
