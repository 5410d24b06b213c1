import { EseElement, label } from './ese-element.ts'
import type { EseFile } from './ese-element.ts'
import { AUTHENTICATION_MANAGERS, onlyManager, readAuthenticationManager } from './ese-authentication-managers.ts'
import { AUTHORIZATION_MANAGERS, readAuthorizationManager, TOKEN_AUTHORIZATION } from './ese-authorization-managers.ts'
import { readPreprocessors } from './ese-preprocessors.ts'
import type { EseRealms } from './ese-realms.ts'
import { quoted, readBoolean, readText } from './ese-value.ts'
import type { PreprocessorModel } from './preprocessor-model.ts'
import type { AuthenticationManagerModel, AuthorizationManagerModel, ListenerPipelineModel } from './security-model.ts'
import { readsTokens, verifiesTokens } from './token-use.ts'
import type { XmlElement } from './xml-document.ts'

/** What stands for a manager that was reported to be missing or not supported: one that lets nobody do anything. */
const NOBODY: AuthenticationManagerModel = { kind: 'chain', strategy: 'unknown-key', managers: [] }
const NOTHING: AuthorizationManagerModel = { kind: 'chain', strategy: 'unknown-keys', managers: [] }

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
    children: [
      'authentication-preprocessors',
      ...AUTHENTICATION_MANAGERS,
      'authorization-preprocessors',
      ...AUTHORIZATION_MANAGERS,
    ],
  })
  const listener = readUniqueAttribute(file, pipeline, 'listener', listeners)
  const name = readUniqueAttribute(file, pipeline, 'name', names)
  const clearPassword = pipeline.attribute('clear-client-password-on-connection')
  // Nothing keeps the password once the client is in, so either value holds.
  if (clearPassword !== undefined) readBoolean(file, clearPassword)
  if (pipeline.attribute('listener') === undefined) {
    file.problems.add(xml.offset, '<listener-pipeline> lacks its attribute listener (ALL or the name of a listener)')
  }
  const parts = readParts(file, pipeline, realms)
  checkTokens(file, parts)
  const { authenticationPreprocessors, authentication, authorizationPreprocessors, authorization } = parts
  return {
    name: name ?? listener ?? '',
    listener: listener ?? '',
    ...(authenticationPreprocessors.length === 0 ? {} : { authenticationPreprocessors }),
    authentication,
    ...(authorizationPreprocessors.length === 0 ? {} : { authorizationPreprocessors }),
    authorization,
  }
}

/** What runs in a pipeline, and where it stands. */
interface PipelineParts {
  readonly offset: number
  readonly authenticationPreprocessors: readonly PreprocessorModel[]
  readonly authentication: AuthenticationManagerModel
  readonly authorizationPreprocessors: readonly PreprocessorModel[]
  readonly authorization: AuthorizationManagerModel
}

function readParts(file: EseFile, pipeline: EseElement, realms: EseRealms): PipelineParts {
  const beforeAuthentication = pipeline.child('authentication-preprocessors')
  const authentication = onlyManager(file, pipeline, 'authentication', AUTHENTICATION_MANAGERS)
  const beforeAuthorization = pipeline.child('authorization-preprocessors')
  const authorization = onlyManager(file, pipeline, 'authorization', AUTHORIZATION_MANAGERS)
  checkOrder(file, [beforeAuthentication, authentication, beforeAuthorization, authorization])
  return {
    offset: pipeline.offset,
    authenticationPreprocessors: readPreprocessors(file, beforeAuthentication, 'authentication'),
    authentication: (authentication && readAuthenticationManager(file, authentication, realms)) ?? NOBODY,
    authorizationPreprocessors: readPreprocessors(file, beforeAuthorization, 'authorization'),
    authorization: (authorization && readAuthorizationManager(file, authorization, realms)) ?? NOTHING,
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

/** The parts of a pipeline stand in the order in which they run. */
function checkOrder(file: EseFile, parts: readonly (XmlElement | undefined)[]): void {
  const present = parts.filter(part => part !== undefined)
  for (const [index, part] of present.entries()) {
    const before = present[index - 1]
    if (before === undefined || part.offset > before.offset) continue
    file.problems.add(part.offset, `${label(part.name)} stands before ${label(before.name)}`)
  }
}

/** Claims can only be taken from a token that a manager of the pipeline has verified. */
function checkTokens(file: EseFile, pipeline: PipelineParts): void {
  const { authentication, authorizationPreprocessors, authorization, offset } = pipeline
  if (verifiesTokens(authentication)) return
  const reading = authorizationPreprocessors.some(({ kind }) => kind === 'jwt')
    ? '<jwt-preprocessor>'
    : readsTokens(authorization)
      ? label(TOKEN_AUTHORIZATION)
      : undefined
  if (reading === undefined) return
  file.problems.add(
    offset,
    `${reading} reads the token, and no <jwt-authentication-manager> of the pipeline verifies one`,
  )
}
