import type { Frame } from '../core/frame.ts'
import type { Bus, WorkerAddress } from '../ports/bus.ts'
import type { ClientRegistry } from './client-registry.ts'
import type { RouteSync } from './route-sync.ts'
import type { Router } from './router.ts'
import type { SubscriptionTable } from './subscription-table.ts'
import type { Takeovers } from './takeovers.ts'

/** What frames act on. */
export interface FrameContext {
  readonly bus: Bus
  readonly table: SubscriptionTable
  readonly router: Router
  readonly registry: ClientRegistry
  readonly routeSync: RouteSync
  readonly takeovers: Takeovers
}

/** Acts on what another worker says. */
export function dispatchFrame(context: FrameContext, from: WorkerAddress, frame: Frame): void {
  const { bus, table, router, registry } = context
  switch (frame.kind) {
    case 'deliver':
      return router.routeFrame(frame.message, frame.ordinary, frame.sharedFilters)
    case 'routes':
      for (const change of frame.changes) table.setRoute(from, change)
      return bus.send(from, { kind: 'routes-known', sequence: frame.sequence })
    case 'routes-known':
      return context.routeSync.confirmed(from, frame.sequence)
    case 'queue-routes':
      table.members.learn(from, frame.news)
      return bus.send(from, { kind: 'routes-known', sequence: frame.sequence })
    case 'wake':
      for (const clientId of frame.clientIds) registry.find(clientId)?.session?.drain?.wake()
      return
    case 'takeover':
      return yieldSession(context, from, frame.clientId, frame.epoch)
    case 'yielded':
      return context.takeovers.yielded(frame.clientId, frame.epoch)
  }
}

function yieldSession(context: FrameContext, to: WorkerAddress, clientId: string, epoch: number): void {
  const { registry, bus } = context
  registry.overtaken(clientId, epoch)
  const client = registry.find(clientId)
  if (client?.session !== undefined && client.session.epoch < epoch) client.takenOver()
  bus.send(to, { kind: 'yielded', clientId, epoch })
}
