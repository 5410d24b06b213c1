import type { AuthenticationManagerModel, AuthorizationManagerModel } from './security-model.ts'

/** Whether a token can let a client in by this manager. */
export function verifiesTokens(manager: AuthenticationManagerModel): boolean {
  return manager.kind === 'jwt' || (manager.kind === 'chain' && manager.managers.some(verifiesTokens))
}

/** Whether this manager takes permissions from the token. */
export function readsTokens(manager: AuthorizationManagerModel): boolean {
  switch (manager.kind) {
    case 'token':
    case 'by-issuer':
      return true
    case 'chain':
      return manager.managers.some(readsTokens)
    case 'file':
    case 'allow-all':
      return false
  }
}
