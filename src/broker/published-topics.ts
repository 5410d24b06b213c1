import { sameBytes } from '../protocol/bytes.ts'
import type { IncomingPublish } from '../protocol/incoming-publish.ts'
import { ReasonCode } from '../protocol/reason-codes.ts'
import { decodeTopicName } from '../protocol/topic.ts'
import { wellFormedUtf8 } from '../protocol/utf8.ts'
import { type Refusal, refuse } from './refusal.ts'
import type { Route } from './route.ts'
import type { RouteCache } from './route-cache.ts'

const NO_BYTES = Buffer.alloc(0)

/**
 * From the topic of a client's PUBLISH to its route. Most clients publish to one topic again and again, so the last
 * one is remembered as bytes, and a repeat costs a comparison; Topic Aliases (v5 3.3.2.3.4) are kept here too.
 */
export class PublishedTopics {
  readonly #routes: RouteCache
  readonly #aliasMaximum: number
  #lastBytes: Buffer = NO_BYTES
  #lastRoute: Route | undefined = undefined
  /** By alias; undefined until the client sets one. */
  #aliases: (Route | undefined)[] | undefined = undefined

  constructor(routes: RouteCache, aliasMaximum: number) {
    this.#routes = routes
    this.#aliasMaximum = aliasMaximum
  }

  /** The route of the packet's Topic Name or Topic Alias, up to date. */
  resolve(packet: IncomingPublish): Route | Refusal {
    if (packet.topicAlias !== 0) return this.#resolveAlias(packet)
    return this.#resolveName(packet)
  }

  #resolveName(packet: IncomingPublish): Route | Refusal {
    const { bytes, topicStart, topicEnd } = packet
    const last = this.#lastRoute
    if (last !== undefined && sameBytes(this.#lastBytes, bytes, topicStart, topicEnd)) {
      this.#routes.refresh(last)
      return last
    }
    const topicName = decodeTopicName(bytes, topicStart, topicEnd)
    if (topicName === undefined) return notATopicName(packet)
    const route = this.#routes.find(topicName)
    this.#lastBytes = route.topicBytes
    this.#lastRoute = route
    return route
  }

  #resolveAlias(packet: IncomingPublish): Route | Refusal {
    const { topicAlias } = packet
    if (topicAlias > this.#aliasMaximum) {
      return refuse(ReasonCode.TopicAliasInvalid, 'Topic Alias above the maximum') // v5 [MQTT-3.2.2-17]
    }
    if (packet.topicEnd > packet.topicStart) {
      const route = this.#resolveName(packet)
      if ('reasonCode' in route) return route
      this.#aliases ??= []
      this.#aliases[topicAlias] = route
      return route
    }
    const route = this.#aliases?.[topicAlias]
    if (route === undefined) return refuse(ReasonCode.ProtocolError, 'Topic Alias was never set')
    this.#routes.refresh(route)
    return route
  }
}

function notATopicName({ bytes, topicStart, topicEnd }: IncomingPublish): Refusal {
  if (wellFormedUtf8(bytes, topicStart, topicEnd)) return refuse(ReasonCode.TopicNameInvalid, 'not a Topic Name')
  return refuse(ReasonCode.MalformedPacket, 'the Topic Name is not well-formed') // v5 [MQTT-1.5.4-1], [MQTT-1.5.4-2]
}
