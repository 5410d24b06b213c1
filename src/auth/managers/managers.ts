import { ALLOW_ALL } from '../../core/permissions.ts'
import { BrokerError } from '../../core/errors.ts'
import type { Authenticator, JwtAuthenticatorFactory } from '../authenticator.ts'
import type { FileRealmModel } from '../file-realm-model.ts'
import type { PasswordVerifier } from '../password-pool.ts'
import type { AuthenticationManagerModel, AuthorizationManagerModel, SecurityModel } from '../security-model.ts'
import type { Authorizer } from './authorizer.ts'
import { ChainAuthenticator } from './chain-authenticator.ts'
import { ChainAuthorizer } from './chain-authorizer.ts'
import { FileAuthenticator } from './file-authenticator.ts'
import { FileAuthorizer } from './file-authorizer.ts'
import { IssuerAuthorizer } from './issuer-authorizer.ts'
import { TokenAuthorizer } from './token-authorizer.ts'

/** What the managers of all pipelines are made from. */
export interface ManagerParts {
  readonly model: SecurityModel
  readonly jwtAuthenticator: JwtAuthenticatorFactory
  readonly passwords: PasswordVerifier
}

const allowAllAuthenticator: Authenticator = {
  authenticate: ({ key }) => ({
    kind: 'authenticated',
    owner: '',
    expiresAtMs: undefined,
    ...(key === undefined ? {} : { authorizationKey: key }),
  }),
  // Also whoever has proved to be somebody is nobody in particular here.
  again: () => ({ kind: 'authenticated', owner: '', expiresAtMs: undefined }),
}

/** The authorizer that asks nobody. */
export const allowAllAuthorizer: Authorizer = {
  authorize: () => ({ kind: 'known', permissions: [ALLOW_ALL] }),
}

/** Makes the authentication step of a pipeline. Throws `CONFIGURATION` when its realm is not there. */
export function authenticatorOf(manager: AuthenticationManagerModel, parts: ManagerParts): Authenticator {
  switch (manager.kind) {
    case 'allow-all':
      return allowAllAuthenticator
    case 'file':
      return new FileAuthenticator(fileRealm(manager.realm, parts), parts.passwords)
    case 'chain':
      return new ChainAuthenticator(
        manager.strategy,
        manager.managers.map(next => authenticatorOf(next, parts)),
      )
    case 'jwt': {
      const realm = found(manager.realm, parts.model.realms)
      return parts.jwtAuthenticator(realm, manager.validation)
    }
  }
}

/** Makes the authorization step of a pipeline. Throws `CONFIGURATION` when its realm is not there. */
export function authorizerOf(manager: AuthorizationManagerModel, parts: ManagerParts): Authorizer {
  switch (manager.kind) {
    case 'allow-all':
      return allowAllAuthorizer
    case 'file':
      return new FileAuthorizer(fileRealm(manager.realm, parts), manager)
    case 'chain':
      return new ChainAuthorizer(
        manager.strategy,
        manager.managers.map(next => authorizerOf(next, parts)),
      )
    case 'by-issuer':
      return new IssuerAuthorizer(
        manager.issuers.map(({ issuers, authorization }) => ({
          issuers,
          authorizer: authorizerOf(authorization, parts),
        })),
      )
    case 'token':
      return new TokenAuthorizer(manager, manager.realm === undefined ? undefined : fileRealm(manager.realm, parts))
  }
}

function fileRealm(name: string, { model }: ManagerParts): FileRealmModel {
  return found(name, model.fileRealms ?? [])
}

function found<Realm extends { readonly name: string }>(name: string, realms: readonly Realm[]): Realm {
  const realm = realms.find(candidate => candidate.name === name)
  if (realm === undefined) throw new BrokerError('CONFIGURATION', `a pipeline names realm ${name}, which is not there`)
  return realm
}
