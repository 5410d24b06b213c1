import { isDeepStrictEqual } from 'node:util'
import type { Permissions } from '../core/permissions.ts'
import type { Identity, Review, Standing } from '../ports/auth.ts'
import type { EarlierProof } from './authenticator.ts'
import type { PipelineBasis } from './pipeline-basis.ts'

/** What is kept of a client that was let in, so that another configuration can be held against it; no secret is. */
export interface AdmissionTicket extends EarlierProof {
  /** Of the pipeline by which it was let in. */
  readonly basis: PipelineBasis
  readonly authorizationKey: string | undefined
  readonly identity: Identity
  readonly permissions: Permissions
}

/** A pipeline that a client may be held against. */
export interface ReviewingPipeline {
  readonly basis: PipelineBasis
  /** The client as it is by this pipeline; undefined: it would not be let in as it was. */
  again(ticket: AdmissionTicket): AdmissionTicket | undefined
}

/** How an admission stands: as its proof does, and by the configuration of the moment. */
export class ReviewedStanding implements Standing {
  readonly #pipelineOf: (listener: string) => ReviewingPipeline | undefined
  #ticket: AdmissionTicket

  constructor(ticket: AdmissionTicket, pipelineOf: (listener: string) => ReviewingPipeline | undefined) {
    this.#ticket = ticket
    this.#pipelineOf = pipelineOf
  }

  get recheckMs(): number | undefined {
    return this.#ticket.identity.standing?.recheckMs
  }

  revoked(): boolean {
    return this.#ticket.identity.standing?.revoked() === true
  }

  async holds(): Promise<boolean> {
    return (await this.#ticket.identity.standing?.holds()) ?? true
  }

  review(): Review {
    const before = this.#ticket
    const pipeline = this.#pipelineOf(before.credentials.listener.name)
    if (pipeline?.basis === before.basis) return { kind: 'stands' }
    const after = pipeline?.again(before)
    if (after === undefined) return { kind: 'refused' }
    this.#ticket = after
    const { owner, expiresAtMs } = after.identity
    const sameTimes =
      expiresAtMs === before.identity.expiresAtMs && this.recheckMs === before.identity.standing?.recheckMs
    const changed = sameTimes ? {} : { identity: { owner, expiresAtMs, standing: this } }
    return isDeepStrictEqual(after.permissions.list, before.permissions.list)
      ? { kind: 'stands', ...changed }
      : { kind: 'permissions', permissions: after.permissions, ...changed }
  }
}
