import { BrokerError } from '../core/errors.ts'
import type { AuthenticationManagerModel, JwtRealmModel, JwtValidationModel, SecurityModel } from './security-model.ts'

/** A JWT authentication manager of a pipeline, with the realm that it names. */
export interface JwtManager {
  readonly realm: JwtRealmModel
  readonly validation: JwtValidationModel
}

/** Every JWT authentication manager of the model, those in chains too. */
export function jwtManagers({ realms, pipelines }: SecurityModel): readonly JwtManager[] {
  return pipelines
    .flatMap(pipeline => flattened(pipeline.authentication))
    .flatMap(({ realm: name, validation }) => {
      const realm = realms.find(one => one.kind === 'jwt' && one.name === name)
      return realm?.kind === 'jwt' ? [{ realm, validation }] : []
    })
}

/** Throws `SECURITY_FILE` where tokens are to be introspected and the realm does not say where. */
export function checkIntrospectionEndpoints(model: SecurityModel): void {
  for (const { realm, validation } of jwtManagers(model)) {
    if (validation.introspection === undefined || realm.introspection !== undefined) continue
    throw new BrokerError(
      'SECURITY_FILE',
      `<enable-introspection> is true, and realm "${realm.name}" has no <introspection-endpoint>`,
    )
  }
}

/** The realms and issuers any of whose tokens let a client in, as long as it is signed and has not expired. */
export function uncheckedRealms(model: SecurityModel): readonly string[] {
  const checked = jwtManagers(model).flatMap(({ realm, validation }) => realm.issuers ?? [{ realm, validation }])
  return [...new Set(checked.filter(({ validation }) => checksNothing(validation)).map(({ realm }) => realm.name))]
}

function checksNothing({ issuers, audience, subject, scope, customClaims }: JwtValidationModel): boolean {
  const texts = [audience, subject, scope].filter(value => value !== undefined)
  return issuers.length + customClaims.length + texts.length === 0
}

function flattened(
  model: AuthenticationManagerModel,
): readonly Extract<AuthenticationManagerModel, { readonly kind: 'jwt' }>[] {
  if (model.kind === 'chain') return model.managers.flatMap(flattened)
  return model.kind === 'jwt' ? [model] : []
}
