import { checkManagerName, readChain, readRealmName } from './ese-authentication-managers.ts'
import { EseElement, textElement } from './ese-element.ts'
import type { EseFile } from './ese-element.ts'
import type { EseRealms } from './ese-realms.ts'
import { readTokenManager } from './ese-token-manager.ts'
import { readBoolean } from './ese-value.ts'
import type { AuthorizationChainStrategy, AuthorizationManagerModel } from './security-model.ts'
import type { XmlElement } from './xml-document.ts'

/** Our own manager, in a namespace of its own: HiveMQ has none for permissions in the token. */
export const TOKEN_AUTHORIZATION = 'guardbee:token-authorization-manager'

/** The elements that authorize. */
export const AUTHORIZATION_MANAGERS: readonly string[] = [
  'file-authorization-manager',
  'chain-authorization-manager',
  'allow-all-authorization-manager',
  TOKEN_AUTHORIZATION,
]

const STRATEGIES: Readonly<Record<string, AuthorizationChainStrategy>> = {
  'check-next-on-unknown-authorization-keys': 'unknown-keys',
  'check-next-on-unknown-authorization-keys-or-empty-permissions': 'unknown-keys-or-empty',
  'merge-all-permissions': 'merge',
}

/** Reads an authorization manager; undefined: it is not supported, which was reported. */
export function readAuthorizationManager(
  file: EseFile,
  xml: XmlElement,
  realms: EseRealms,
): AuthorizationManagerModel | undefined {
  switch (xml.name) {
    case 'file-authorization-manager':
      return readFileManager(file, xml, realms)
    case 'chain-authorization-manager': {
      const { strategy, managers } = readChain(file, xml, STRATEGIES, AUTHORIZATION_MANAGERS)
      const chain = managers.flatMap(next => readAuthorizationManager(file, next, realms) ?? [])
      return { kind: 'chain', strategy: strategy ?? 'unknown-keys', managers: chain }
    }
    case TOKEN_AUTHORIZATION:
      return readTokenManager(file, xml, realms)
    case 'allow-all-authorization-manager':
      checkManagerName(file, new EseElement(file, xml, { attributes: ['name'] }))
      return { kind: 'allow-all' }
    default:
      return undefined
  }
}

function readFileManager(file: EseFile, xml: XmlElement, realms: EseRealms): AuthorizationManagerModel {
  const manager = new EseElement(file, xml, {
    attributes: ['name'],
    children: ['realm', 'use-authorization-key', 'use-authorization-role-key'],
  })
  checkManagerName(file, manager)
  const flag = (name: string): boolean => {
    const child = manager.child(name)
    return (child && readBoolean(file, textElement(file, child).value)) ?? true
  }
  return {
    kind: 'file',
    realm: readRealmName(file, manager, realms, 'file-realm'),
    useAuthorizationKey: flag('use-authorization-key'),
    useAuthorizationRoleKey: flag('use-authorization-role-key'),
  }
}
