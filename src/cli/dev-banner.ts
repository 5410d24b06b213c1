import type { RunningBroker } from '../cluster/primary.ts'
import type { RunningListener } from '../cluster/running-listener.ts'
import { DEV_AUDIENCE, DEV_SCOPE } from './dev-issuer/access-tokens.ts'
import { DEV_CLIENTS } from './dev-issuer/clients.ts'
import type { DevIssuer } from './dev-issuer/dev-issuer.ts'
import type { Terminal } from './terminal.ts'

/** What the banner tells of. */
export interface DevBannerFacts {
  readonly broker: Pick<RunningBroker, 'listeners' | 'adminUrl'>
  readonly issuer: Pick<DevIssuer, 'issuer' | 'tokenEndpoint'>
  readonly accessLog: string
  /** Whether the commands can be those of mosquitto-clients; else they are those of MQTT.js. */
  readonly mosquitto: boolean
  readonly terminal: Pick<Terminal, 'bold' | 'warning'>
}

/** What `guardbee dev` prints once everything listens. */
export function devBanner({ broker, issuer, accessLog, mosquitto, terminal }: DevBannerFacts): string {
  const places: (readonly [string, string])[] = [
    ...broker.listeners.map(listener => [titleOf(listener), listener.url] as const),
    ['Admin', broker.adminUrl === undefined ? 'off' : `${broker.adminUrl}/metrics`],
    ['Issuer', `${issuer.issuer}   audience ${DEV_AUDIENCE}, scope ${DEV_SCOPE}`],
    ...DEV_CLIENTS.map(client => ['Client', `${client.id}, secret ${client.secret}, ${client.algorithm}`] as const),
    ['Access log', accessLog],
  ]
  return [
    '',
    terminal.warning('DEVELOPMENT MODE: never use it in production.'),
    'Everything is in memory, on the loopback address only, and the secrets below are public.',
    '',
    ...places.map(([title, place]) => `${title.padEnd(14)}${place}`),
    '',
    ...commandLines(broker.listeners, issuer.tokenEndpoint, mosquitto).flatMap(([title, command]) => [
      terminal.bold(`# ${title}`),
      command,
    ]),
    '',
    'Your own issuer: GUARDBEE_JWT_ISSUER=https://… GUARDBEE_JWT_AUDIENCE=… guardbee start',
    'Ctrl-C stops everything.',
  ].join('\n')
}

function titleOf({ transport }: RunningListener): string {
  switch (transport) {
    case 'tcp':
      return 'MQTT'
    case 'tls':
      return 'MQTT TLS'
    case 'websocket':
      return 'WebSocket'
    case 'secure-websocket':
      return 'WebSocket TLS'
  }
}

/** Commands with a comment above each, so that the whole block can be pasted into a shell. */
function commandLines(
  listeners: readonly RunningListener[],
  tokenEndpoint: string,
  mosquitto: boolean,
): readonly (readonly [string, string])[] {
  const [{ id, secret }] = DEV_CLIENTS
  const client = clientPrograms(listeners, mosquitto)
  if (client === undefined) return []
  const request = `curl -s -u ${id}:${secret} -d grant_type=client_credentials ${tokenEndpoint}`
  const token = `-u ${id} -P "$TOKEN"`
  return [
    ['get a token', `TOKEN=$(${request} | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')`],
    // The pause lets the subscription come first when everything is pasted at once.
    ['subscribe, in the background', `${client.subscribe} -i subscriber ${token} -t 'demo/#' -v &\nsleep 1`],
    ['publish', `${client.publish} -i publisher ${token} -t demo/hello -m hi`],
    ['be refused without a token', `${client.publish} -i nobody -t demo/hello -m hi`],
  ]
}

interface ClientPrograms {
  readonly subscribe: string
  readonly publish: string
}

/** Undefined: there is no listener that a program could be pointed at. */
function clientPrograms(listeners: readonly RunningListener[], mosquitto: boolean): ClientPrograms | undefined {
  const tcp = listeners.find(listener => listener.transport === 'tcp')
  const listener = tcp ?? listeners.find(({ transport }) => transport === 'websocket')
  if (listener === undefined) return undefined
  const { hostname, port, pathname } = new URL(listener.url)
  const address = `-h ${hostname.replace(/^\[|\]$/g, '')} -p ${port}`
  if (tcp !== undefined && mosquitto) {
    return { subscribe: `mosquitto_sub ${address}`, publish: `mosquitto_pub ${address}` }
  }
  const options = tcp === undefined ? `-l ws ${address} --path ${pathname}` : address
  return { subscribe: `npx --yes mqtt sub ${options}`, publish: `npx --yes mqtt pub ${options}` }
}
