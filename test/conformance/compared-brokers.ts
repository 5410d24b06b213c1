import { startAedes } from './brokers/aedes.ts'
import { startOpenGuardbee } from './brokers/guardbee.ts'
import { startMosquitto } from './brokers/mosquitto.ts'
import { startNats } from './brokers/nats.ts'
import { startRabbitMq } from './brokers/rabbitmq.ts'
import type { StartBroker } from './brokers/started-broker.ts'

/** The brokers whose scores stand beside each other; those that are not installed are left out. */
export const comparedBrokers: Readonly<Record<string, StartBroker>> = {
  guardbee: () => startOpenGuardbee(),
  mosquitto: startMosquitto,
  aedes: startAedes,
  rabbitmq: startRabbitMq,
  nats: startNats,
}
