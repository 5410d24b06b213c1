import { ClusterSeal, type Seal } from '../auth/cluster-seal.ts'
import { IntrospectionSource } from '../auth/introspection-source.ts'
import { KeySetSource } from '../auth/key-set-source.ts'
import { openSeal } from '../auth/open-seal.ts'
import { RevocationFile } from '../auth/revocation-file.ts'
import type { RevocationKeeper } from '../auth/revocation-keeper.ts'
import { RevocationSync } from '../auth/revocation-sync.ts'
import { RolledSeal } from '../auth/rolled-seal.ts'
import { Revocations, type Revocation } from '../auth/revocations.ts'
import type { JwtRealmModel } from '../auth/security-model.ts'
import { SharedAnswers } from '../auth/shared-answers.ts'
import type { Settings } from '../config/settings-type.ts'
import type { Random } from '../ports/clock.ts'
import type { KeySetSnapshot } from '../ports/key-sets.ts'
import { renderPrometheus } from '../telemetry/metrics.ts'
import {
  introspectionMetrics,
  keySetMetrics,
  revocationMetrics,
  sharedMetrics,
  sharedRevocationMetrics,
} from '../telemetry/metrics-table.ts'
import { RedisSharing, type RedisSharingParts } from './redis-sharing.ts'

/** What this node knows of tokens from elsewhere: keys, introspection and revocations, shared with the other nodes. */
export class TokenSources {
  readonly keySets: KeySetSource
  readonly introspections: IntrospectionSource
  readonly revocations: Revocations = new Revocations()
  #answers: SharedAnswers | undefined
  #sync: RevocationSync | undefined
  #keeper: RevocationKeeper | undefined
  readonly #sharing: RedisSharing | undefined
  #learnt: (revocations: readonly Revocation[]) => void = () => undefined

  private constructor(
    settings: Settings,
    realms: readonly JwtRealmModel[],
    parts: RedisSharingParts,
    sharing: RedisSharing | undefined,
  ) {
    if (sharing !== undefined) this.#share(settings, parts, sharing)
    const { clock, random, log } = parts
    this.keySets = new KeySetSource({ realms, clock, random, log, shared: this.#answers })
    this.introspections = new IntrospectionSource({ realms, clock, log, shared: this.#answers })
    this.#sharing = sharing
  }

  /** Takes in what this node had revoked before. Rejects with `STORE_DAMAGED` where that cannot be read. */
  static async open(
    settings: Settings,
    realms: readonly JwtRealmModel[],
    parts: RedisSharingParts,
  ): Promise<TokenSources> {
    const sources = new TokenSources(settings, realms, parts, await RedisSharing.open(settings, parts))
    if (sources.#sharing === undefined && settings.durability !== 'memory') {
      const { revocations } = sources
      sources.#keeper = await RevocationFile.open(settings.dataDir, { ...parts, revocations })
    }
    return sources
  }

  /** Set once, before `start`. Called with what was revoked at another node. */
  onRevoked(listener: (revocations: readonly Revocation[]) => void): void {
    this.#learnt = listener
  }

  /** Resolves when what was revoked is known, and the keys of the issuers are here, see {@link KeySetSource.start}. */
  async start(): Promise<void> {
    await Promise.all([this.keySets.start(), this.#keeper?.start()])
  }

  /** Makes what those of these realms need that are new; see {@link KeySetSource.prepare}. */
  async prepare(realms: readonly JwtRealmModel[]): Promise<() => void> {
    const takeIntrospections = await this.introspections.prepare(realms)
    const takeKeys = await this.keySets.prepare(realms)
    return () => {
      takeIntrospections()
      takeKeys()
    }
  }

  /** The keys that are here, for workers that need them. */
  snapshots(): readonly KeySetSnapshot[] {
    return this.keySets.snapshots()
  }

  /** Closes what no other realm than these had a use for. */
  retain(realms: readonly JwtRealmModel[]): void {
    this.keySets.retain(realms)
    this.introspections.retain(realms)
  }

  /** Resolves with whether these are as safe as the settings ask for. */
  async keep(revocations: readonly Revocation[]): Promise<boolean> {
    return this.#keeper === undefined || (await this.#keeper.keep(revocations))
  }

  /** In Prometheus' text format. */
  metrics(): string {
    const { keySets, introspections, revocations } = this
    const own =
      renderPrometheus(keySetMetrics, keySets) +
      renderPrometheus(introspectionMetrics, introspections) +
      renderPrometheus(revocationMetrics, revocations)
    const answers = this.#answers === undefined ? '' : renderPrometheus(sharedMetrics, this.#answers)
    return own + answers + (this.#sync === undefined ? '' : renderPrometheus(sharedRevocationMetrics, this.#sync))
  }

  async close(): Promise<void> {
    this.keySets.close()
    this.introspections.close()
    await this.#keeper?.close()
    this.#sharing?.close()
  }

  #share(settings: Settings, parts: RedisSharingParts, { cache, records }: RedisSharing): void {
    const seal = sealOf(settings, parts.random)
    if (seal === undefined) {
      parts.log.warn(
        'GUARDBEE_CLUSTER_SECRET is not given: each node asks for keys and introspection by itself, and shared revocations are not sealed',
      )
    } else {
      this.#answers = new SharedAnswers({ ...parts, cache, seal })
    }
    const { revocations } = this
    const learnt = (added: readonly Revocation[]): void => this.#learnt(added)
    // Whoever writes to Redis can shut clients out in other ways too; a revocation that does not spread would be worse.
    this.#sync = new RevocationSync({ ...parts, records, seal: seal ?? openSeal, revocations, learnt })
    this.#keeper = this.#sync
  }
}

/** Undefined: the nodes have no secret. */
function sealOf({ clusterSecret, clusterSecretAccepted, clusterName }: Settings, random: Random): Seal | undefined {
  if (clusterSecret === undefined) return undefined
  const current = new ClusterSeal(clusterSecret, clusterName, random)
  if (clusterSecretAccepted === undefined) return current
  return new RolledSeal(current, new ClusterSeal(clusterSecretAccepted, clusterName, random))
}
