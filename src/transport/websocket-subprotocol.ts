/** Where MQTT over WebSocket is served. */
export const WEBSOCKET_PATH = '/mqtt'

/** Names of MQTT among WebSocket subprotocols: `mqttv3.1` is how clients from before MQTT 3.1.1 spell it. */
const SUBPROTOCOLS = ['mqtt', 'mqttv3.1'] as const

/**
 * The subprotocol to answer a `Sec-WebSocket-Protocol` header with. Undefined: the client offers none of ours, and is
 * to be refused before it becomes a WebSocket (v5 [MQTT-6.0.0-3], [MQTT-6.0.0-4]).
 */
export function chooseSubprotocol(header: string): (typeof SUBPROTOCOLS)[number] | undefined {
  const offered = header.split(',').map(name => name.trim())
  return SUBPROTOCOLS.find(name => offered.includes(name))
}
