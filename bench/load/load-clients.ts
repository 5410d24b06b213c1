import type { ClientGroup } from './client-group.ts'
import { openAll } from './connecting.ts'
import type { ClientListener, MqttClient } from './mqtt-client.ts'
import { nodesOfPair } from './nodes.ts'
import { candidatesFor, chooseEnds } from './placement.ts'
import type { LoadPlan } from './plan.ts'
import { ownersOfPeers } from './socket-owners.ts'
import { idleFilter, topicFilterOf } from './topics.ts'

const CONNECTING_AT_ONCE = { window: 50 }
const FILTERS_PER_CLIENT = 1_000
const FILTERS_PER_PACKET = 100

/** Connects publishers and subscribers where the plan wants them, subscribes, and gives the publishers in order. */
export async function openLoadClients(
  plan: LoadPlan,
  group: ClientGroup,
  listener: ClientListener,
): Promise<readonly MqttClient[]> {
  const { publishers, subscribers } = await openEnds(plan, group, listener)
  await openAll(subscribers.length, CONNECTING_AT_ONCE, async number => {
    await subscribers[number]?.subscribe([topicFilterOf(plan, number)], plan.qos)
  })
  await openIdleFilters(plan, group, listener)
  return publishers
}

/** How many clients hold that many idle filters. */
export function idleFilterHolders(idleFilters: number): number {
  return Math.ceil(idleFilters / FILTERS_PER_CLIENT)
}

interface OpenedEnds {
  readonly publishers: readonly MqttClient[]
  readonly subscribers: readonly MqttClient[]
}

async function openEnds(plan: LoadPlan, group: ClientGroup, listener: ClientListener): Promise<OpenedEnds> {
  const clients: MqttClient[] = []
  await openAll(endsOpened(plan), CONNECTING_AT_ONCE, async number => {
    clients[number] = await group.connect(number, listener, {
      persistent: plan.persistent && number < plan.subscribers,
      node: nodeOf(plan, number),
    })
  })
  const { publishers, subscribers } =
    plan.placement === 'any'
      ? { subscribers: clients.slice(0, plan.subscribers), publishers: clients.slice(plan.subscribers) }
      : placedEnds(plan, plan.placement, clients)
  for (const ends of [publishers, subscribers]) for (const [number, client] of ends.entries()) client.index = number
  return { publishers, subscribers }
}

function placedEnds(plan: LoadPlan, placement: 'crossing' | 'local', clients: readonly MqttClient[]): OpenedEnds {
  const ports = clients.map(client => client.localPort)
  const ends = chooseEnds(ownersOfPeers(ports, plan.brokerPids), plan.publishers, placement)
  const chosen = (place: number): MqttClient[] => clients.slice(place, place + 1)
  return {
    publishers: ends.flatMap(({ publisher }) => chosen(publisher)),
    subscribers: ends.flatMap(({ subscriber }) => chosen(subscriber)),
  }
}

/** Subscribers have the first numbers. Only pairs are placed. */
function nodeOf({ layout, subscribers, addresses, crossingShare }: LoadPlan, number: number): number {
  if (layout !== 'pairs') return number
  const nodes = nodesOfPair(number % subscribers, subscribers, addresses.length, crossingShare)
  return number < subscribers ? nodes.subscriber : nodes.publisher
}

/** Clients that are opened to become publishers and subscribers. */
function endsOpened(plan: LoadPlan): number {
  return plan.placement === 'any' ? plan.subscribers + plan.publishers : candidatesFor(plan.publishers)
}

async function openIdleFilters(plan: LoadPlan, group: ClientGroup, listener: ClientListener): Promise<void> {
  const firstNumber = endsOpened(plan)
  await openAll(idleFilterHolders(plan.idleFilters), CONNECTING_AT_ONCE, async number => {
    const client = await group.connect(firstNumber + number, listener)
    client.index = -1
    const end = Math.min(plan.idleFilters, (number + 1) * FILTERS_PER_CLIENT)
    for (let first = number * FILTERS_PER_CLIENT; first < end; first += FILTERS_PER_PACKET) {
      const filters = Array.from({ length: Math.min(FILTERS_PER_PACKET, end - first) }, (_, at) =>
        idleFilter(first + at),
      )
      await client.subscribe(filters, plan.qos)
    }
  })
}
