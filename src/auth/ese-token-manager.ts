import { checkManagerName, readRealmName } from './ese-authentication-managers.ts'
import { EseElement, textElement } from './ese-element.ts'
import type { EseFile } from './ese-element.ts'
import type { EseRealms } from './ese-realms.ts'
import { readChoice, readList, readText } from './ese-value.ts'
import { DEFAULT_PERMISSION_CLAIMS } from './token-permissions-model.ts'
import type { RabbitmqScopesModel, TokenPermissionFormat, TokenPermissionsModel } from './token-permissions-model.ts'
import type { XmlElement } from './xml-document.ts'

const FORMATS: Readonly<Record<TokenPermissionFormat, TokenPermissionFormat>> = {
  emqx: 'emqx',
  rabbitmq: 'rabbitmq',
  aif: 'aif',
  lists: 'lists',
  roles: 'roles',
}
const OF_EVERY_FORMAT = ['format', 'claim']
const OF_RABBITMQ = ['scope-prefix', 'vhost', 'resource-type', 'scope-aliases']

/** Reads our manager of permissions in the token. */
export function readTokenManager(file: EseFile, xml: XmlElement, realms: EseRealms): TokenPermissionsModel {
  const manager = new EseElement(file, xml, {
    attributes: ['name', 'xmlns:guardbee'],
    children: [...OF_EVERY_FORMAT, 'realm', ...OF_RABBITMQ],
  })
  checkManagerName(file, manager)
  const formatXml = manager.requiredChild('format')
  const format = (formatXml && readChoice(file, textElement(file, formatXml).value, FORMATS)) ?? 'lists'
  checkChildren(file, manager, format)
  const claim = readChildText(file, manager, 'claim') ?? DEFAULT_PERMISSION_CLAIMS[format]
  return {
    kind: 'token',
    format,
    claim,
    ...(format === 'roles' ? { realm: readRealmName(file, manager, realms, 'file-realm') } : {}),
    ...(format === 'rabbitmq' ? { scopes: readScopes(file, manager) } : {}),
  }
}

function checkChildren(file: EseFile, manager: EseElement, format: TokenPermissionFormat): void {
  const allowed = [
    ...(format === 'lists' ? ['format'] : OF_EVERY_FORMAT),
    ...(format === 'roles' ? ['realm'] : []),
    ...(format === 'rabbitmq' ? OF_RABBITMQ : []),
  ]
  const strange = manager.childrenWhere(name => [...OF_EVERY_FORMAT, 'realm', ...OF_RABBITMQ].includes(name))
  for (const { name, offset } of strange) {
    if (!allowed.includes(name)) file.problems.add(offset, `<${name}> has no meaning for the format ${format}`)
  }
}

function readScopes(file: EseFile, manager: EseElement): RabbitmqScopesModel {
  return {
    prefix: readChildText(file, manager, 'scope-prefix') ?? '',
    vhost: readChildText(file, manager, 'vhost') ?? '/',
    resourceType: readChildText(file, manager, 'resource-type'),
    aliases: readAliases(file, manager.child('scope-aliases')),
  }
}

function readAliases(file: EseFile, xml: XmlElement | undefined): Readonly<Record<string, readonly string[]>> {
  if (xml === undefined) return {}
  const list = new EseElement(file, xml, { children: ['scope-alias'], repeatable: ['scope-alias'] })
  const aliases = list
    .childrenWhere(name => name === 'scope-alias')
    .map(child => {
      const alias = new EseElement(file, child, { children: ['alias', 'scopes'] })
      const nameXml = alias.requiredChild('alias')
      const scopesXml = alias.requiredChild('scopes')
      const name = (nameXml && readText(file, textElement(file, nameXml).value)) ?? ''
      return [name, (scopesXml && readList(file, textElement(file, scopesXml).value, 'pattern')) ?? []] as const
    })
  return Object.fromEntries(aliases)
}

function readChildText(file: EseFile, manager: EseElement, name: string): string | undefined {
  const xml = manager.child(name)
  return xml && readText(file, textElement(file, xml).value)
}
