import { EseElement, label, textElement } from './ese-element.ts'
import type { EseFile } from './ese-element.ts'
import { readFileRealm } from './ese-file-realm.ts'
import { quoted, readBoolean, readText, readUrl, readWholeNumber } from './ese-value.ts'
import type { FileRealmModel } from './file-realm-model.ts'
import type { IntrospectionModel, JwtRealmModel } from './security-model.ts'
import type { XmlElement } from './xml-document.ts'

/** HiveMQ's default for `<jwks-default-cache-duration>`. */
export const JWKS_DEFAULT_CACHE_SECONDS = 1800
/** The largest value of the schema's `int`. */
const SECONDS_MAX = 2_147_483_647

/** `<realms>`. */
export interface EseRealms {
  readonly models: readonly JwtRealmModel[]
  readonly fileModels: readonly FileRealmModel[]
  /** How each name in the file may be referred to; `unsupported` ones have been reported. */
  readonly states: ReadonlyMap<string, RealmState>
}

/** What is known of a realm's name. */
export interface RealmState {
  readonly element: string
  readonly state: 'enabled' | 'disabled' | 'unsupported'
}

/** Reads `<realms>`. The result is of use only while the file has no problems. */
export function readRealms(file: EseFile, xml: XmlElement): EseRealms {
  const models: JwtRealmModel[] = []
  const fileModels: FileRealmModel[] = []
  const states = new Map<string, RealmState>()
  const kinds = ['jwt-realm', 'file-realm']
  const realms = new EseElement(file, xml, { children: kinds, repeatable: kinds })
  for (const child of realms.childrenWhere(name => name.endsWith('-realm'))) {
    if (!kinds.includes(child.name)) {
      const name = child.children.find(candidate => candidate.name === 'name')?.text.trim() ?? ''
      states.set(name, { element: child.name, state: 'unsupported' })
      continue
    }
    const { name, enabled, configuration } = readRealm(file, child, states)
    states.set(name, { element: child.name, state: enabled ? 'enabled' : 'disabled' })
    if (child.name === 'file-realm') {
      const model = enabled ? readFileRealm(file, configuration, name) : undefined
      if (model !== undefined) fileModels.push(model)
      continue
    }
    const model = readConfiguration(file, configuration, name)
    if (enabled) models.push(model)
  }
  return { models, fileModels, states }
}

/** What realms of every kind have. */
interface RealmFrame {
  readonly name: string
  readonly enabled: boolean
  readonly configuration: XmlElement | undefined
}

function readRealm(file: EseFile, xml: XmlElement, names: ReadonlyMap<string, unknown>): RealmFrame {
  const realm = new EseElement(file, xml, { children: ['name', 'enabled', 'configuration'] })
  const nameXml = realm.requiredChild('name')
  const enabledXml = realm.requiredChild('enabled')
  const configuration = realm.requiredChild('configuration')
  const name = nameXml && readText(file, textElement(file, nameXml).value)
  const enabled = enabledXml && readBoolean(file, textElement(file, enabledXml).value)
  if (nameXml !== undefined && name !== undefined && names.has(name)) {
    file.problems.add(nameXml.offset, `another realm is already called ${quoted(nameXml.text.trim())}`)
  }
  return { name: name ?? '', enabled: enabled ?? true, configuration }
}

function readConfiguration(file: EseFile, xml: XmlElement | undefined, name: string): JwtRealmModel {
  const nothing: JwtRealmModel = {
    kind: 'jwt',
    name,
    jwksUri: '',
    jwksDefaultCacheSeconds: JWKS_DEFAULT_CACHE_SECONDS,
    introspection: undefined,
  }
  if (xml === undefined) return nothing
  const configuration = new EseElement(file, xml, {
    children: ['jwks-endpoint', 'jwks-default-cache-duration', 'introspection-endpoint', 'simple-auth'],
  })
  const jwksXml = configuration.requiredChild('jwks-endpoint')
  const cacheXml = configuration.child('jwks-default-cache-duration')
  const cache = cacheXml && readWholeNumber(file, textElement(file, cacheXml).value, 1, SECONDS_MAX)
  return {
    ...nothing,
    jwksUri: (jwksXml && readUrl(file, textElement(file, jwksXml).value)) ?? '',
    jwksDefaultCacheSeconds: cache ?? JWKS_DEFAULT_CACHE_SECONDS,
    introspection: readIntrospection(file, configuration),
  }
}

function readIntrospection(file: EseFile, configuration: EseElement): IntrospectionModel | undefined {
  const authentication = readSimpleAuth(file, configuration.child('simple-auth'))
  const xml = configuration.child('introspection-endpoint')
  if (xml === undefined) return undefined
  const element = textElement(file, xml, ['timeout'])
  const timeout = element.attribute('timeout')
  // Its unit is not documented, so the number is checked and our own time limit holds.
  if (timeout !== undefined) readWholeNumber(file, timeout, 1, SECONDS_MAX)
  return { endpoint: readUrl(file, element.value) ?? '', ...authentication }
}

function readSimpleAuth(file: EseFile, xml: XmlElement | undefined): Pick<IntrospectionModel, 'username' | 'password'> {
  if (xml === undefined) return { username: undefined, password: undefined }
  const element = new EseElement(file, xml, { children: ['username', 'password'] })
  const username = element.requiredChild('username')
  const password = element.requiredChild('password')
  return {
    username: username && readText(file, textElement(file, username).value, 'secret'),
    password: password && readText(file, textElement(file, password).value, 'secret'),
  }
}

/** Reports a reference to a realm that is not there, not enabled, or of another kind than `element`. */
export function checkRealmReference(
  file: EseFile,
  realms: EseRealms,
  xml: XmlElement,
  name: string,
  element: 'jwt-realm' | 'file-realm',
): void {
  const realm = realms.states.get(name)
  const reference = `${label(xml.name)} ${quoted(xml.text.trim())}`
  if (realm === undefined) return file.problems.add(xml.offset, `${reference} names no realm of this file`)
  if (realm.state === 'unsupported') return
  if (realm.state === 'disabled') file.problems.add(xml.offset, `${reference} names a realm that is not enabled`)
  if (realm.element === element) return
  file.problems.add(xml.offset, `${reference} names a ${label(realm.element)}; expected a ${label(element)}`)
}
