import { EseElement, label, textElement } from './ese-element.ts'
import type { EseFile } from './ese-element.ts'
import { NO_CLAIMS_CHECKED, readJwtValidation } from './ese-jwt-validation.ts'
import { checkRealmReference } from './ese-realms.ts'
import type { EseRealms } from './ese-realms.ts'
import { readChoice, readText } from './ese-value.ts'
import type { AuthenticationChainStrategy, AuthenticationManagerModel } from './security-model.ts'
import type { XmlElement } from './xml-document.ts'

/** The elements that authenticate. */
export const AUTHENTICATION_MANAGERS: readonly string[] = [
  'jwt-authentication-manager',
  'file-authentication-manager',
  'chain-authentication-manager',
  'allow-all-authentication-manager',
]

const STRATEGIES: Readonly<Record<string, AuthenticationChainStrategy>> = {
  'check-next-on-unknown-authentication-key': 'unknown-key',
  'check-next-on-unknown-authentication-key-or-wrong-secret': 'unknown-key-or-wrong-secret',
}

/** Reads an authentication manager; undefined: it is not supported, which was reported. */
export function readAuthenticationManager(
  file: EseFile,
  xml: XmlElement,
  realms: EseRealms,
): AuthenticationManagerModel | undefined {
  switch (xml.name) {
    case 'jwt-authentication-manager':
      return readJwtManager(file, xml, realms)
    case 'file-authentication-manager': {
      const manager = new EseElement(file, xml, { attributes: ['name'], children: ['realm'] })
      checkManagerName(file, manager)
      return { kind: 'file', realm: readRealmName(file, manager, realms, 'file-realm') }
    }
    case 'chain-authentication-manager': {
      const { strategy, managers } = readChain(file, xml, STRATEGIES, AUTHENTICATION_MANAGERS)
      const chain = managers.flatMap(next => readAuthenticationManager(file, next, realms) ?? [])
      return { kind: 'chain', strategy: strategy ?? 'unknown-key', managers: chain }
    }
    case 'allow-all-authentication-manager':
      checkManagerName(file, new EseElement(file, xml, { attributes: ['name'] }))
      return { kind: 'allow-all' }
    default:
      return undefined
  }
}

/** The only manager of a step; one that is not supported counts too, for it has been reported already. */
export function onlyManager(
  file: EseFile,
  pipeline: EseElement,
  step: 'authentication' | 'authorization',
  supported: readonly string[],
): XmlElement | undefined {
  const [first, ...others] = pipeline.childrenWhere(name => name.endsWith(`-${step}-manager`))
  if (first === undefined) {
    const expected = supported.map(label).join(', ')
    file.problems.add(pipeline.offset, `${label(pipeline.name)} lacks its ${step} manager: expected one of ${expected}`)
  }
  for (const { name, offset } of others) {
    if (name !== first?.name) file.problems.add(offset, `${label(name)} is a second ${step} manager of one pipeline`)
  }
  return first
}

/** The parts of a chain manager. */
export function readChain<Strategy>(
  file: EseFile,
  xml: XmlElement,
  strategies: Readonly<Record<string, Strategy>>,
  supported: readonly string[],
): { readonly strategy: Strategy | undefined; readonly managers: readonly XmlElement[] } {
  const manager = new EseElement(file, xml, { attributes: ['name'], children: ['strategy', 'chain'] })
  checkManagerName(file, manager)
  const strategyXml = manager.requiredChild('strategy')
  const strategy = strategyXml && readChoice(file, textElement(file, strategyXml).value, strategies)
  const chainXml = manager.requiredChild('chain')
  if (chainXml === undefined) return { strategy, managers: [] }
  const chain = new EseElement(file, chainXml, { children: supported, repeatable: supported })
  const managers = chain.childrenWhere(() => true)
  if (managers.length < 2) file.problems.add(chainXml.offset, `${label(chainXml.name)}: expected at least two managers`)
  return { strategy, managers: managers.filter(({ name }) => supported.includes(name)) }
}

/** The realm of a manager, which must be there and of the right kind. */
export function readRealmName(
  file: EseFile,
  manager: EseElement,
  realms: EseRealms,
  kind: 'jwt-realm' | 'file-realm',
): string {
  const xml = manager.requiredChild('realm')
  const name = xml && readText(file, textElement(file, xml).value)
  if (xml === undefined || name === undefined) return ''
  checkRealmReference(file, realms, xml, name, kind)
  return name
}

/** The name is of no use to us; it is checked like any other text. */
export function checkManagerName(file: EseFile, manager: EseElement): void {
  const name = manager.attribute('name')
  if (name !== undefined) readText(file, name)
}

function readJwtManager(file: EseFile, xml: XmlElement, realms: EseRealms): AuthenticationManagerModel {
  const manager = new EseElement(file, xml, { attributes: ['name'], children: ['realm', 'jwt-validation'] })
  checkManagerName(file, manager)
  const realm = readRealmName(file, manager, realms, 'jwt-realm')
  const validation = manager.child('jwt-validation')
  return {
    kind: 'jwt',
    realm,
    validation: validation === undefined ? NO_CLAIMS_CHECKED : readJwtValidation(file, validation),
  }
}
