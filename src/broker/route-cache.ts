import type { BrokerLimits } from './limits.ts'
import { Route } from './route.ts'
import type { SubscriptionTable } from './subscription-table.ts'

/** What a route cache is bounded by, and its topics are held against. */
export type RouteLimits = Pick<BrokerLimits, 'routesCachedMax' | 'topicBytesMax' | 'topicLevelsMax'>

/** Routes by Topic Name; bounded, at the bound all are forgotten and found again. */
export class RouteCache {
  readonly #table: SubscriptionTable
  readonly #limits: RouteLimits
  readonly #routes = new Map<string, Route>()
  readonly #match: SubscriptionTable['match']

  constructor(table: SubscriptionTable, limits: RouteLimits) {
    this.#table = table
    this.#limits = limits
    this.#match = (topicName, visit) => table.match(topicName, visit)
  }

  /** The route of a valid Topic Name, up to date. */
  find(topicName: string): Route {
    let route = this.#routes.get(topicName)
    if (route === undefined) {
      if (this.#routes.size >= this.#limits.routesCachedMax) this.#routes.clear()
      route = new Route(topicName, this.#limits)
      this.#routes.set(topicName, route)
    }
    this.refresh(route)
    return route
  }

  /** Brings a route that a channel remembered up to date. */
  refresh(route: Route): void {
    if (route.version !== this.#table.version) route.update(this.#table.version, this.#match)
  }
}
