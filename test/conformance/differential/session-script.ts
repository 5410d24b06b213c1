import type { SeededRandom } from '../../fuzz/seeded-random.ts'
import type { SuiteVersion } from '../../support/conformance-packets.ts'

/** One step of a script; every step is legal where it stands. */
export type Step =
  | {
      readonly kind: 'connect'
      readonly client: number
      readonly lasting: boolean
      readonly clean: boolean
      readonly will: WillStep | undefined
    }
  | { readonly kind: 'subscribe'; readonly client: number; readonly filter: string; readonly options: number }
  | { readonly kind: 'unsubscribe'; readonly client: number; readonly filter: string }
  | {
      readonly kind: 'publish'
      readonly client: number
      readonly topic: string
      readonly payload: string
      readonly qos: 0 | 1 | 2
      readonly retain: boolean
    }
  | { readonly kind: 'disconnect' | 'lose'; readonly client: number }

/** A will of a step. */
export interface WillStep {
  readonly topic: string
  readonly payload: string
  readonly qos: 0 | 1 | 2
  readonly retain: boolean
}

/** A script with the version that each client speaks. */
export interface Script {
  readonly versions: readonly SuiteVersion[]
  readonly steps: readonly Step[]
}

const CLIENTS = 3
/** The topics of all scripts. */
export const TOPICS = ['a', 'a/b', 'a/b/c', 'b', 'b/c', '/a'] as const
/** Each client keeps to one of these, in none of which two filters match the same topic. */
const FILTER_SETS = [
  ['#'],
  ['a/#', 'b', 'b/c', '/a'],
  ['+', '+/+', 'a/b/c'],
  ['a', 'a/+', 'a/+/c', 'b/#', '/+'],
  ['+/b', 'b/+', '/#', 'a', 'b', 'a/b/c'],
] as const
/** No Local, Retain As Published and Retain Handling of MQTT 5; a client keeps those that it chose for a filter. */
const OPTIONS = [0, 0, 0, 0x04, 0x08, 0x10, 0x20, 0x0c] as const

/** A random script of `length` steps. */
export function makeScript(random: SeededRandom, length: number): Script {
  const versions = Array.from({ length: CLIENTS }, () => random.pick([4, 5] as const))
  const filters: readonly (readonly string[])[] = versions.map(() => random.pick(FILTER_SETS))
  const connected = new Map<number, { readonly will: boolean }>()
  const options = new Map<string, number>()
  let messages = 0
  const newPayload = (): string => `m${(messages += 1)}`
  const qos = (): 0 | 1 | 2 => random.pick([0, 1, 2] as const)
  const connect = (client: number): Step => {
    const will = { topic: random.pick(TOPICS), payload: newPayload(), qos: qos(), retain: random.fraction() < 0.3 }
    const clean = random.fraction() < 0.4
    // MQTT 3.1.1 has one flag for both.
    const lasting = versions[client] === 4 ? !clean : random.fraction() < 0.6
    const mortal = random.fraction() < 0.4
    connected.set(client, { will: mortal })
    return { kind: 'connect', client, lasting, clean, will: mortal ? will : undefined }
  }
  const next = (): Step => {
    const client = random.below(CLIENTS)
    if (!connected.has(client)) return connect(client)
    const dice = random.fraction()
    if (dice < 0.25) {
      const filter = random.pick(filters[client] ?? ['#'])
      const key = `${client} ${filter}`
      if (!options.has(key)) options.set(key, versions[client] === 5 ? random.pick(OPTIONS) : 0)
      return { kind: 'subscribe', client, filter, options: qos() | (options.get(key) ?? 0) }
    }
    if (dice < 0.32) return { kind: 'unsubscribe', client, filter: random.pick(filters[client] ?? ['#']) }
    if (dice < 0.84) {
      const retain = random.fraction() < 0.3
      const payload = retain && random.fraction() < 0.3 ? '' : newPayload()
      return { kind: 'publish', client, topic: random.pick(TOPICS), payload, qos: qos(), retain }
    }
    if (dice < 0.9 && connected.get(client)?.will === false) return connect(client) // a take-over
    connected.delete(client)
    return { kind: dice < 0.95 ? 'disconnect' : 'lose', client }
  }
  return { versions, steps: Array.from({ length }, next) }
}
