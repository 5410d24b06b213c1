import type { LoadScenario, StormScenario } from './scenario.ts'
import { load, storm } from './scenario.ts'

/** QoS 1 and 16 bytes throughout, as that suite has it. */
const suite = { qos: 1, payloadBytes: 16 } as const

/**
 * The common suite of Open MQTT Benchmarking, scaled from sixteen cores and half an hour to one core and seconds: the
 * shapes and rates per client are kept, the numbers of clients are not.
 */
export const openMqttScenarios: readonly (LoadScenario | StormScenario)[] = [
  storm({
    name: 'omb-connect',
    title: 'Open MQTT conn-tcp: 2,500 connects at 500/s',
    clients: 2_500,
    pace: { ratePerSecond: 500 },
  }),
  load({
    name: 'omb-p2p-1000',
    title: 'Open MQTT p2p: 1,000 pairs, 1 message/s each',
    ...suite,
    publishers: 1_000,
    subscribers: 1_000,
    layout: 'pairs',
    pace: { ratePerSecond: 1_000 },
  }),
  load({
    name: 'omb-fan-out-1000',
    title: 'Open MQTT fanout: 5 to 1,000, 5 messages/s each',
    ...suite,
    publishers: 5,
    subscribers: 1_000,
    layout: 'fan-out',
    pace: { ratePerSecond: 25 },
  }),
  load({
    name: 'omb-shared-1000',
    title: 'Open MQTT sharedsub: 1,000 to a group of 5, 1 message/s each',
    ...suite,
    publishers: 1_000,
    subscribers: 5,
    layout: 'fan-in',
    shared: true,
    pace: { ratePerSecond: 1_000 },
  }),
]
