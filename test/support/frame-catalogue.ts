import { messageWith } from './bus-worker.ts'
import type { KeptFrame } from './kept-frame.ts'

/** One frame of every kind, with values that are easily lost. */
export const everyKind: readonly KeptFrame[] = [
  {
    kind: 'deliver',
    message: messageWith('payload', {
      topicName: 'größe/∑',
      properties: Buffer.from([1, 1]),
      retain: true,
      expiresAtMs: 1_700_000_000_123,
      publisher: '',
    }),
    ordinary: false,
    sharedFilters: ['$share/group/a/+', '$share/other/#'],
  },
  {
    kind: 'routes',
    sequence: 300,
    changes: [
      { topicFilter: 'a/#', subscribers: 3, persistent: 0 },
      { topicFilter: '$share/g/b', subscribers: 0, persistent: 200 },
    ],
  },
  { kind: 'routes-known', sequence: 2 ** 40 },
  {
    kind: 'queue-routes',
    sequence: 0,
    news: {
      clientId: 'client',
      epoch: 2 ** 33,
      state: 'online',
      put: [
        {
          topicFilter: 'a/b',
          qos: 2,
          noLocal: true,
          retainAsPublished: true,
          retainHandling: 2,
          subscriptionIdentifier: 268_435_455,
        },
      ],
      removed: ['c', 'd/+'],
    },
  },
  ...(['opened', 'offline', 'over'] as const).map(
    state =>
      ({
        kind: 'queue-routes',
        sequence: 2,
        news: { clientId: '', epoch: 1, state, put: [], removed: [] },
      }) as const,
  ),
  { kind: 'wake', clientIds: ['one', 'two'] },
  { kind: 'takeover', clientId: 'one', epoch: 7 },
  { kind: 'yielded', clientId: 'one', epoch: 7 },
]
