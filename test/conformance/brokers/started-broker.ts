import type { Target } from '../../support/conformance-wire.ts'
import type { SuiteVersion } from '../../support/conformance-packets.ts'

/** A broker that runs for the suite. */
export interface StartedBroker {
  readonly name: string
  /** As it says itself. */
  readonly release: string
  /** Versions of MQTT that it claims to speak. */
  readonly versions: readonly SuiteVersion[]
  readonly target: Target
  /** Process id of what is watched for its memory. */
  readonly pid: number
  stop(): Promise<void>
}

/** Starts one broker; undefined: it is not installed here. */
export type StartBroker = () => Promise<StartedBroker | undefined>

/** A target on the loopback without credentials. */
export function loopback(port: number, websocketUrl?: string): Target {
  return {
    host: '127.0.0.1',
    port,
    transport: 'tcp',
    ca: undefined,
    websocketUrl,
    username: undefined,
    password: undefined,
  }
}
