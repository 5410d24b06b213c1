import { EseElement, label, textElement } from './ese-element.ts'
import type { EseFile } from './ese-element.ts'
import { NO_CLAIMS_CHECKED, readJwtValidation } from './ese-jwt-validation.ts'
import { checkRealmReference } from './ese-realms.ts'
import type { EseRealms } from './ese-realms.ts'
import { quoted, readBoolean, readText } from './ese-value.ts'
import type { AuthenticationManagerModel, ListenerPipelineModel } from './security-model.ts'
import type { XmlElement } from './xml-document.ts'

const JWT = 'jwt-authentication-manager'
const ALLOW_ALL_AUTHENTICATION = 'allow-all-authentication-manager'
const ALLOW_ALL_AUTHORIZATION = 'allow-all-authorization-manager'

/** Reads `<pipelines>`. The result is of use only while the file has no problems. */
export function readPipelines(file: EseFile, xml: XmlElement, realms: EseRealms): readonly ListenerPipelineModel[] {
  const pipelines = new EseElement(file, xml, { children: ['listener-pipeline'], repeatable: ['listener-pipeline'] })
  const children = pipelines.childrenWhere(name => name === 'listener-pipeline')
  if (children.length === 0) {
    file.problems.add(xml.offset, 'no <listener-pipeline> in <pipelines>: no MQTT client could connect')
  }
  const listeners = new Set<string>()
  const names = new Set<string>()
  return children.map(child => readListenerPipeline(file, child, realms, listeners, names))
}

function readListenerPipeline(
  file: EseFile,
  xml: XmlElement,
  realms: EseRealms,
  listeners: Set<string>,
  names: Set<string>,
): ListenerPipelineModel {
  const pipeline = new EseElement(file, xml, {
    attributes: ['name', 'listener', 'clear-client-password-on-connection'],
    children: [JWT, ALLOW_ALL_AUTHENTICATION, ALLOW_ALL_AUTHORIZATION],
  })
  const listener = readUniqueAttribute(file, pipeline, 'listener', listeners)
  const name = readUniqueAttribute(file, pipeline, 'name', names)
  const clearPassword = pipeline.attribute('clear-client-password-on-connection')
  // Nothing keeps the password once the client is in, so either value holds.
  if (clearPassword !== undefined) readBoolean(file, clearPassword)
  if (pipeline.attribute('listener') === undefined) {
    file.problems.add(xml.offset, '<listener-pipeline> lacks its attribute listener (ALL or the name of a listener)')
  }
  return {
    name: name ?? listener ?? '',
    listener: listener ?? '',
    authentication: readManagers(file, pipeline, realms),
    authorization: { kind: 'allow-all' },
  }
}

function readUniqueAttribute(
  file: EseFile,
  pipeline: EseElement,
  attributeName: string,
  seen: Set<string>,
): string | undefined {
  const attribute = pipeline.attribute(attributeName)
  const text = attribute && readText(file, attribute)
  if (attribute === undefined || text === undefined) return undefined
  if (seen.has(text)) {
    file.problems.add(attribute.offset, `two pipelines have the ${attributeName} ${quoted(attribute.raw)}`)
  }
  seen.add(text)
  return text
}

/** Exactly one authentication manager, then exactly one authorization manager. */
function readManagers(file: EseFile, pipeline: EseElement, realms: EseRealms): AuthenticationManagerModel {
  const authentication = onlyManager(file, pipeline, 'authentication', [JWT, ALLOW_ALL_AUTHENTICATION])
  const authorization = onlyManager(file, pipeline, 'authorization', [ALLOW_ALL_AUTHORIZATION])
  if (authentication !== undefined && authorization !== undefined && authorization.offset < authentication.offset) {
    file.problems.add(authorization.offset, `${label(authorization.name)} stands before ${label(authentication.name)}`)
  }
  if (authorization?.name === ALLOW_ALL_AUTHORIZATION) checkAllowAll(file, authorization)
  if (authentication?.name === JWT) return readJwtManager(file, authentication, realms)
  if (authentication?.name === ALLOW_ALL_AUTHENTICATION) checkAllowAll(file, authentication)
  return { kind: 'allow-all' }
}

/** A manager that is not supported counts as one: it has been reported already. */
function onlyManager(
  file: EseFile,
  pipeline: EseElement,
  step: 'authentication' | 'authorization',
  supported: readonly string[],
): XmlElement | undefined {
  const [first, ...others] = pipeline.childrenWhere(name => name.endsWith(`-${step}-manager`))
  if (first === undefined) {
    const expected = supported.map(label).join(' or ')
    file.problems.add(pipeline.offset, `${label(pipeline.name)} lacks its ${step} manager: expected ${expected}`)
  }
  for (const { name, offset } of others) {
    if (name !== first?.name) file.problems.add(offset, `${label(name)} is a second ${step} manager of one pipeline`)
  }
  return first
}

function checkAllowAll(file: EseFile, xml: XmlElement): void {
  readManagerName(file, new EseElement(file, xml, { attributes: ['name'] }))
}

function readJwtManager(file: EseFile, xml: XmlElement, realms: EseRealms): AuthenticationManagerModel {
  const manager = new EseElement(file, xml, { attributes: ['name'], children: ['realm', 'jwt-validation'] })
  readManagerName(file, manager)
  const realmXml = manager.requiredChild('realm')
  const realm = realmXml && readText(file, textElement(file, realmXml).value)
  if (realmXml !== undefined && realm !== undefined) checkRealmReference(file, realms, realmXml, realm)
  const validation = manager.child('jwt-validation')
  return {
    kind: 'jwt',
    realm: realm ?? '',
    validation: validation === undefined ? NO_CLAIMS_CHECKED : readJwtValidation(file, validation),
  }
}

/** The name is of no use to us; it is checked like any other text. */
function readManagerName(file: EseFile, manager: EseElement): void {
  const name = manager.attribute('name')
  if (name !== undefined) readText(file, name)
}
