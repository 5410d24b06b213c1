import { isDeepStrictEqual } from 'node:util'
import type { KnownUser } from './authenticator.ts'
import type { FileRealmModel, StoredPassword } from './file-realm-model.ts'
import type { ListenerPipelineModel, SecurityModel } from './security-model.ts'

/** What in a configuration a pipeline's decisions rest on, to be compared with that of the pipeline it replaces. */
export class PipelineBasis {
  /** Decides who a client is. */
  readonly #proving: unknown
  /** Decides what of its credentials is looked at. */
  readonly #preprocessing: unknown
  /** Decides what it may do. */
  readonly #granting: unknown
  readonly #realms: readonly FileRealmModel[]
  /** Many clients ask for the same comparison. */
  readonly #sameProving = new WeakMap<PipelineBasis, boolean>()
  readonly #samePreprocessing = new WeakMap<PipelineBasis, boolean>()
  readonly #sameGranting = new WeakMap<PipelineBasis, boolean>()
  readonly #passwords = new Map<string, ReadonlyMap<string, StoredPassword | undefined>>()

  constructor(pipeline: ListenerPipelineModel, { realms, fileRealms = [] }: SecurityModel) {
    const { authenticationPreprocessors, authentication, authorizationPreprocessors, authorization } = pipeline
    this.#preprocessing = { authenticationPreprocessors, authorizationPreprocessors }
    this.#proving = { preprocessing: this.#preprocessing, authentication, realms }
    this.#granting = { authorization, fileRealms }
    this.#realms = fileRealms
  }

  /** Whether both find out in the same way who a client is; users of realm files aside. */
  provesLike(other: PipelineBasis): boolean {
    return remembered(this.#sameProving, other, () => isDeepStrictEqual(this.#proving, other.#proving))
  }

  /** Whether both make the same of what a client shows. */
  preprocessesLike(other: PipelineBasis): boolean {
    const compare = (): boolean => isDeepStrictEqual(this.#preprocessing, other.#preprocessing)
    return remembered(this.#samePreprocessing, other, compare)
  }

  /** Whether both give a client the same permissions. */
  grantsLike(other: PipelineBasis): boolean {
    return remembered(this.#sameGranting, other, () => isDeepStrictEqual(this.#granting, other.#granting))
  }

  /** Whether the user of a realm file is there, with the same password. */
  knows({ realm, name, password }: KnownUser): boolean {
    let passwords = this.#passwords.get(realm)
    if (passwords === undefined) {
      const users = this.#realms.find(candidate => candidate.name === realm)?.users ?? []
      passwords = new Map(users.map(user => [user.name, user.password]))
      this.#passwords.set(realm, passwords)
    }
    return isDeepStrictEqual(passwords.get(name), password)
  }
}

function remembered(known: WeakMap<PipelineBasis, boolean>, other: PipelineBasis, compare: () => boolean): boolean {
  const before = known.get(other)
  if (before !== undefined) return before
  const same = compare()
  known.set(other, same)
  return same
}
