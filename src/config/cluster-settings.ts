import { redisUrl } from './redis-address.ts'
import type { SettingType } from './setting.ts'
import { setting } from './setting.ts'
import { integer, oneOf, optional, path, secretText } from './setting-types.ts'

/** Part of addresses, keys and channels, where other characters part one thing from the next. */
const name: SettingType<string> = {
  expected: '1 to 64 letters, digits, dots, hyphens or underscores',
  absent: 'none',
  emptyIsValue: false,
  parse: text => (/^[\w.-]{1,64}$/.test(text) ? { value: text } : undefined),
}

/** Settings of several nodes that are one broker. */
export const clusterSettings = {
  redisUrl: setting({
    name: 'GUARDBEE_REDIS_URL',
    type: optional(redisUrl),
    default: { value: undefined },
    secret: true,
    sentence:
      'Redis over which nodes find and reach each other, and which holds their sessions and retained messages; those with the same Redis and cluster name are one broker.',
  }),
  redisCaFile: setting({
    name: 'GUARDBEE_REDIS_CA_FILE',
    type: optional(path),
    default: { value: undefined },
    sentence:
      "Certificates in PEM of the authorities that vouch for Redis, where `GUARDBEE_REDIS_URL` starts with `rediss`; the system's without it.",
  }),
  redisWait: setting({
    name: 'GUARDBEE_REDIS_WAIT',
    type: integer(0, 100),
    default: { value: 0 },
    unit: 'replicas',
    sentence:
      'Replicas of Redis that must have what is stored before it is acknowledged (`WAIT`); where too few answer, it is not.',
  }),
  clusterName: setting({
    name: 'GUARDBEE_CLUSTER_NAME',
    type: name,
    default: { value: 'guardbee' },
    sentence: 'Start of all keys and channels in Redis, so that several clusters can share one.',
  }),
  clusterSecret: setting({
    name: 'GUARDBEE_CLUSTER_SECRET',
    type: optional(secretText),
    default: { value: undefined },
    secret: true,
    sentence:
      "The same on every node, as after `openssl rand -base64 48`: seals what nodes share in Redis of issuers' keys, introspection and revocations; without it each node asks issuers for itself, and revocations are not sealed.",
  }),
  clusterSecretAccepted: setting({
    name: 'GUARDBEE_CLUSTER_SECRET_ACCEPTED',
    type: optional(secretText),
    default: { value: undefined },
    secret: true,
    sentence:
      'A second secret with which other nodes may have sealed what they share, to roll the secret over: restart all nodes with the new one here, then all with the two exchanged, then all without the old one.',
  }),
  nodeId: setting({
    name: 'GUARDBEE_NODE_ID',
    type: optional(name),
    default: { value: undefined },
    sentence:
      'Name of this node in logs and in Redis, the host name without it; a random part is added at each start, so it need not be unique.',
  }),
  sharedPrefer: setting({
    name: 'GUARDBEE_SHARED_PREFER',
    type: oneOf(['none', 'node']),
    default: { value: 'none' },
    sentence:
      'Which members of a shared subscription get its messages: all in turn, or those at the node where a message was published, as long as it has some.',
  }),
  heartbeatMs: setting({
    name: 'GUARDBEE_HEARTBEAT_MS',
    type: integer(100, 60_000),
    default: { value: 1000 },
    unit: 'milliseconds',
    sentence: 'How often each worker tells Redis that it is alive.',
  }),
  deadAfterMs: setting({
    name: 'GUARDBEE_DEAD_AFTER_MS',
    type: integer(500, 600_000),
    default: { value: 5000 },
    unit: 'milliseconds',
    sentence: 'How long a worker may be silent before the others take it for dead.',
  }),
}
