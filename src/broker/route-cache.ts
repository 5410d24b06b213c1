import { Route } from './route.ts'
import type { SubscriptionTable } from './subscription-table.ts'

/** Routes by Topic Name; bounded, at the bound all are forgotten and found again. */
export class RouteCache {
  readonly #table: SubscriptionTable
  readonly #routesMax: number
  readonly #routes = new Map<string, Route>()
  readonly #match: SubscriptionTable['match']

  constructor(table: SubscriptionTable, routesMax: number) {
    this.#table = table
    this.#routesMax = routesMax
    this.#match = (topicName, visit) => table.match(topicName, visit)
  }

  /** The route of a valid Topic Name, up to date. */
  find(topicName: string): Route {
    let route = this.#routes.get(topicName)
    if (route === undefined) {
      if (this.#routes.size >= this.#routesMax) this.#routes.clear()
      route = new Route(topicName)
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
