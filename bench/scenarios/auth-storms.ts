import type { Renewal } from '../load/plan.ts'
import type { Ordeal, ServerConduct, StormScenario } from './scenario.ts'
import { storm } from './scenario.ts'

const CLIENTS = 5_000
const INTROSPECTED_CLIENTS = 1_000

const calm: Ordeal = { badShare: 0, bad: 'forged', server: 'up', rotation: false }

/** All clients come at once, so the 99th percentile is the time until 99 % of them are in. */
function authStorm(name: string, title: string, ordeal: Partial<Ordeal>): StormScenario {
  return storm({
    name: `auth-${name}`,
    title: `5,000 connects at once, fresh ES256 tokens, ${title}`,
    clients: CLIENTS,
    pace: { window: CLIENTS },
    needsTokens: true,
    background: { pairs: 10, ratePerSecond: 500 },
    ordeal: { ...calm, ...ordeal },
  })
}

function bad(percent: number, server: ServerConduct = 'up'): StormScenario {
  const name = server === 'up' ? `storm-${percent}` : `storm-${percent}-${server}`
  const asked = server === 'up' ? '' : `, key server ${server}`
  return authStorm(name, `${percent} % forged${asked}`, { badShare: percent / 100, server })
}

function cliff(renewal: Renewal, title: string): StormScenario {
  return storm({
    name: `auth-cliff-${renewal}`,
    title: `5,000 ES256 tokens with one exp: ${title}`,
    clients: CLIENTS,
    pace: { window: CLIENTS },
    protocolVersion: 5,
    needsTokens: true,
    background: { pairs: 10, ratePerSecond: 500 },
    renewal,
    brokers: ['guardbee'],
  })
}

function introspected(ms: number): StormScenario {
  return storm({
    name: `auth-introspection-${ms}`,
    title: `1,000 connects, 100 at a time, introspected in ${ms} ms`,
    clients: INTROSPECTED_CLIENTS,
    pace: { window: 100 },
    needsTokens: true,
    introspectionMs: ms,
    brokers: ['guardbee'],
  })
}

/** The door while it is attacked or its authorization server fails: only bad tokens are to be refused. */
export const authStormScenarios: readonly StormScenario[] = [
  bad(0),
  bad(10),
  bad(50),
  bad(50, 'slow'),
  bad(50, 'down'),
  authStorm('rotation', 'half of them signed with a key that is new', { rotation: true }),
  authStorm('unknown-kids', '50 % with a kid that nobody knows', { badShare: 0.5, bad: 'unknown-kid' }),
  cliff('reconnect', 'they are disconnected and come back at once'),
  cliff('reauthenticate', 'they show another one by AUTH before'),
  introspected(5),
  introspected(50),
  introspected(500),
]
