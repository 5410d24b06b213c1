import { isDeepStrictEqual } from 'node:util'
import type { Permissions } from '../core/permissions.ts'
import type { Credentials, Review, Standing } from '../ports/auth.ts'
import type { KnownUser } from './authenticator.ts'
import type { JsonObject } from './json-object.ts'
import type { PipelineBasis } from './pipeline-basis.ts'

/** What is kept of a client that was let in, so that another configuration can be held against it; no secret is. */
export interface AdmissionTicket {
  /** Of the pipeline by which it was let in. */
  readonly basis: PipelineBasis
  readonly credentials: Credentials
  /** The user of a realm file that it proved to be; undefined: none. */
  readonly user: KnownUser | undefined
  readonly authorizationKey: string | undefined
  readonly claims: JsonObject | undefined
  readonly permissions: Permissions
}

/** A pipeline that a client may be held against. */
export interface ReviewingPipeline {
  readonly basis: PipelineBasis
  /** What the client may do by this pipeline; undefined: it would not be let in as it was. */
  permissionsAgain(ticket: AdmissionTicket): Permissions | undefined
}

/** How an admission stands: as its proof does, and by the configuration of the moment. */
export class ReviewedStanding implements Standing {
  readonly #proof: Standing | undefined
  readonly #pipelineOf: (listener: string) => ReviewingPipeline | undefined
  #ticket: AdmissionTicket

  constructor(
    proof: Standing | undefined,
    ticket: AdmissionTicket,
    pipelineOf: (listener: string) => ReviewingPipeline | undefined,
  ) {
    this.#proof = proof
    this.#ticket = ticket
    this.#pipelineOf = pipelineOf
  }

  get recheckMs(): number | undefined {
    return this.#proof?.recheckMs
  }

  revoked(): boolean {
    return this.#proof?.revoked() === true
  }

  async holds(): Promise<boolean> {
    return (await this.#proof?.holds()) ?? true
  }

  review(): Review {
    const ticket = this.#ticket
    const pipeline = this.#pipelineOf(ticket.credentials.listener.name)
    if (pipeline?.basis === ticket.basis) return { kind: 'stands' }
    const permissions = pipeline?.permissionsAgain(ticket)
    if (pipeline === undefined || permissions === undefined) return { kind: 'refused' }
    this.#ticket = { ...ticket, basis: pipeline.basis, permissions }
    return isDeepStrictEqual(permissions.list, ticket.permissions.list)
      ? { kind: 'stands' }
      : { kind: 'permissions', permissions }
  }
}
