import type { IdleScenario, StormScenario } from './scenario.ts'
import { idle, storm } from './scenario.ts'

const crowd = { clients: 5_000, pace: { window: 100 }, warmUpClients: 2_000 } as const

/** Connections: how fast clients get in, without and with tokens, and what they cost when they stay. */
export const connectionScenarios: readonly (StormScenario | IdleScenario)[] = [
  storm({
    name: 'storm-plain',
    title: '5,000 connects, 100 at a time, no tokens',
    ...crowd,
    tokens: 'none',
    aimMicroseconds: 70,
    quick: true,
  }),
  storm({
    name: 'storm-rs256',
    title: '5,000 connects, 100 at a time, fresh RS256 tokens',
    ...crowd,
    tokens: 'rs256',
    needsTokens: true,
    aimMicroseconds: 160,
    quick: true,
  }),
  storm({
    name: 'storm-es256',
    title: '5,000 connects, 100 at a time, fresh ES256 tokens',
    ...crowd,
    needsTokens: true,
    aimMicroseconds: 260,
    quick: true,
  }),
  storm({
    name: 'storm-eddsa',
    title: '5,000 connects, 100 at a time, fresh EdDSA tokens',
    ...crowd,
    tokens: 'eddsa',
    needsTokens: true,
  }),
  storm({
    name: 'storm-cached',
    title: '5,000 reconnects, 100 at a time, tokens seen before',
    ...crowd,
    needsTokens: true,
    twice: true,
    aimMicroseconds: 85,
  }),
  storm({
    name: 'storm-background',
    title: '5,000 connects, 1,000 at a time, RS256, messages of others paced beside them',
    clients: 5_000,
    pace: { window: 1_000 },
    tokens: 'rs256',
    needsTokens: true,
    background: { pairs: 10, ratePerSecond: 500 },
  }),
  storm({
    name: 'storm-websocket',
    title: '5,000 connects over WebSocket, 100 at a time, fresh ES256 tokens',
    ...crowd,
    transport: 'ws',
  }),
  idle({ name: 'idle-10000', title: '10,000 idle clients, each subscribed', clients: 10_000, quick: true }),
  idle({
    name: 'idle-websocket',
    title: '10,000 idle clients over WebSocket, each subscribed',
    clients: 10_000,
    transport: 'ws',
  }),
]
