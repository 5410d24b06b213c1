import { ExplainDesk } from '../auth/explain/explain-desk.ts'
import { TokenExplainer } from '../auth/explain/token-explainer.ts'
import type { TokenExplainerParts } from '../auth/explain/token-explainer.ts'
import { clientPorts } from '../config/client-ports.ts'
import type { Settings } from '../config/settings-type.ts'
import { EndOfTick } from '../core/end-of-tick.ts'
import type { TransportKind } from '../ports/connection.ts'
import { listenerName } from '../transport/listener-options.ts'

/** Where questions about tokens are answered, with the parts that decide on this node. */
export function openExplainDesk(
  settings: Settings,
  parts: Omit<TokenExplainerParts, 'binding' | 'endOfTick'>,
): ExplainDesk {
  const binding = { clientIdClaim: settings.bindClientId, usernameClaim: settings.bindUsername }
  return new ExplainDesk(
    new TokenExplainer({ ...parts, binding, endOfTick: new EndOfTick(setImmediate) }),
    usualListener(settings),
  )
}

/** The listener that most clients come in by: the first that is on. */
function usualListener(settings: Settings): string {
  const { mqttPort, tlsPort, wsPort, wssPort } = clientPorts(settings)
  const ports: readonly (readonly [TransportKind, number | undefined])[] = [
    ['tcp', mqttPort],
    ['tls', tlsPort],
    ['websocket', wsPort],
    ['secure-websocket', wssPort],
  ]
  const [transport = 'tcp', port = 0] = ports.find(([, number]) => number !== undefined) ?? []
  return listenerName(transport, port)
}
