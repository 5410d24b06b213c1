import { ClusterSeal } from '../auth/cluster-seal.ts'
import { IntrospectionSource } from '../auth/introspection-source.ts'
import { KeySetSource } from '../auth/key-set-source.ts'
import { Revocations } from '../auth/revocations.ts'
import type { JwtRealmModel } from '../auth/security-model.ts'
import { SharedAnswers } from '../auth/shared-answers.ts'
import type { Settings } from '../config/settings-type.ts'
import { renderPrometheus } from '../telemetry/metrics.ts'
import { introspectionMetrics, keySetMetrics, sharedMetrics } from '../telemetry/metrics-table.ts'
import { RedisSharing, type RedisSharingParts } from './redis-sharing.ts'

/** What this node knows of tokens from elsewhere: keys, introspection and revocations, shared with the other nodes. */
export class TokenSources {
  readonly keySets: KeySetSource
  readonly introspections: IntrospectionSource
  readonly revocations: Revocations = new Revocations()
  readonly #sharing: RedisSharing | undefined
  readonly #answers: SharedAnswers | undefined

  private constructor(
    realms: readonly JwtRealmModel[],
    parts: RedisSharingParts,
    sharing: RedisSharing | undefined,
    shared: SharedAnswers | undefined,
  ) {
    const { clock, random, log } = parts
    this.keySets = new KeySetSource({ realms, clock, random, log, shared })
    this.introspections = new IntrospectionSource({ realms, clock, log, shared })
    this.#sharing = sharing
    this.#answers = shared
  }

  static async open(
    settings: Settings,
    realms: readonly JwtRealmModel[],
    parts: RedisSharingParts,
  ): Promise<TokenSources> {
    const { clusterSecret, clusterName } = settings
    const sharing = await RedisSharing.open(settings, parts)
    if (sharing === undefined) return new TokenSources(realms, parts, undefined, undefined)
    if (clusterSecret === undefined) {
      parts.log.info('keys and introspection are not shared between nodes: GUARDBEE_CLUSTER_SECRET is not given')
      return new TokenSources(realms, parts, sharing, undefined)
    }
    const seal = new ClusterSeal(clusterSecret, clusterName, parts.random)
    return new TokenSources(realms, parts, sharing, new SharedAnswers({ ...parts, cache: sharing.cache, seal }))
  }

  /** Resolves when the keys of the issuers are here, see {@link KeySetSource.start}. */
  async start(): Promise<void> {
    await this.keySets.start()
  }

  /** In Prometheus' text format. */
  metrics(): string {
    const asked =
      renderPrometheus(keySetMetrics, this.keySets) + renderPrometheus(introspectionMetrics, this.introspections)
    return this.#answers === undefined ? asked : asked + renderPrometheus(sharedMetrics, this.#answers)
  }

  close(): void {
    this.keySets.close()
    this.introspections.close()
    this.#sharing?.close()
  }
}
