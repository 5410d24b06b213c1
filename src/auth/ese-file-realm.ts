import { resolve } from 'node:path'
import { BrokerError } from '../core/errors.ts'
import { EseElement, label, textElement } from './ese-element.ts'
import type { EseFile } from './ese-element.ts'
import { readRealmPassword } from './ese-realm-password.ts'
import { readRealmPermissions } from './ese-realm-permission.ts'
import { quoted, readText } from './ese-value.ts'
import type { FileRealmModel, FileRoleModel, FileUserModel } from './file-realm-model.ts'
import { readFileBeside } from './file-beside.ts'
import { SecurityFileProblems } from './security-file-problems.ts'
import { parseXml } from './xml-document.ts'
import type { XmlElement } from './xml-document.ts'

const ROOT = 'ese-file-realm'
/** Some ten thousand users. */
const TEXT_BYTES_MAX = 16 * 1024 * 1024

/** Reads the `<configuration>` of a `<file-realm>` and the file that it names. Of no use while there are problems. */
export function readFileRealm(file: EseFile, xml: XmlElement | undefined, name: string): FileRealmModel | undefined {
  if (xml === undefined) return undefined
  const configuration = new EseElement(file, xml, { children: ['file-path'] })
  const pathXml = configuration.requiredChild('file-path')
  const path = pathXml && readText(file, textElement(file, pathXml).value)
  if (pathXml === undefined || path === undefined) return undefined
  const other = file.otherFile(path)
  if (other === undefined) {
    file.problems.add(pathXml.offset, `${label(pathXml.name)} ${quoted(pathXml.text.trim())} cannot be read`)
    return undefined
  }
  const problems = new SecurityFileProblems(other.path, other.text)
  file.problems.include(problems)
  return { name, path: other.path, ...readRealmFile({ ...file, problems }, other.text) }
}

/**
 * Reads a realm file for its roles; they are known by its path. Throws `SECURITY_FILE` with everything that is wrong.
 * `environment` fills in `${ENV:NAME}`.
 */
export function readRolesFile(path: string, environment: EseFile['environment']): FileRealmModel {
  const other = readFileBeside(path, resolve(path))
  if (other === undefined) throw new BrokerError('SECURITY_FILE', `${path} cannot be read`)
  const problems = new SecurityFileProblems(other.path, other.text)
  const content = readRealmFile({ problems, environment, otherFile: () => undefined }, other.text)
  if (problems.any) throw problems.toError()
  return { name: other.path, path: other.path, ...content }
}

type UsersAndRoles = Pick<FileRealmModel, 'users' | 'roles'>

const NOTHING: UsersAndRoles = { users: [], roles: [] }

function readRealmFile(file: EseFile, text: string): UsersAndRoles {
  const document = parseXml(text, TEXT_BYTES_MAX)
  if (document.kind === 'malformed') {
    file.problems.add(document.offset, document.sentence)
    return NOTHING
  }
  const { root } = document
  if (root.name !== ROOT) {
    file.problems.add(root.offset, `expected ${label(ROOT)}, found ${label(root.name)}`)
    return NOTHING
  }
  // What a Control Center and a REST API of HiveMQ would let people do is nothing to a client of MQTT.
  const element = new EseElement(file, root, {
    attributes: root.attributes.map(attribute => attribute.name).filter(isSchemaAttribute),
    children: ['mqtt', 'control-center', 'rest-api'],
  })
  const mqtt = element.requiredChild('mqtt')
  return mqtt === undefined ? NOTHING : readMqtt(file, new EseElement(file, mqtt, { children: ['users', 'roles'] }))
}

function readMqtt(file: EseFile, mqtt: EseElement): UsersAndRoles {
  const roleXmls = listed(file, mqtt.child('roles'), 'role')
  const roles = distinct(file, roleXmls, 'id', (xml, name) => readRole(file, xml, name))
  const roleNames = new Set(roles.map(role => role.name))
  const userXmls = listed(file, mqtt.child('users'), 'user')
  return { users: distinct(file, userXmls, 'name', (xml, name) => readUser(file, xml, name, roleNames)), roles }
}

function readRole(file: EseFile, xml: XmlElement, name: string): FileRoleModel {
  const role = new EseElement(file, xml, { children: ['id', 'permissions'] })
  return { name, permissions: readRealmPermissions(file, role.requiredChild('permissions'), name) }
}

function readUser(file: EseFile, xml: XmlElement, name: string, roleNames: ReadonlySet<string>): FileUserModel {
  const user = new EseElement(file, xml, {
    children: ['name', 'password', 'iterations', 'salt', 'algorithm', 'roles', 'permissions'],
  })
  return {
    name,
    password: readRealmPassword(file, user),
    roles: readRoleNames(file, user.child('roles'), roleNames),
    permissions: readRealmPermissions(file, user.child('permissions'), name),
  }
}

function readRoleNames(file: EseFile, xml: XmlElement | undefined, roleNames: ReadonlySet<string>): readonly string[] {
  return listed(file, xml, 'role').flatMap(roleXml => {
    const name = readText(file, textElement(file, roleXml).value)
    if (name === undefined) return []
    if (!roleNames.has(name)) {
      file.problems.add(roleXml.offset, `${label(roleXml.name)} ${quoted(name)} names no role of this file`)
    }
    return [name]
  })
}

/** The children of a list. */
function listed(file: EseFile, xml: XmlElement | undefined, childName: string): readonly XmlElement[] {
  if (xml === undefined) return []
  const list = new EseElement(file, xml, { children: [childName], repeatable: [childName] })
  return list.childrenWhere(name => name === childName)
}

/** Reads elements that have a name each, in the child `nameElement`. */
function distinct<Model>(
  file: EseFile,
  xmls: readonly XmlElement[],
  nameElement: string,
  read: (xml: XmlElement, name: string) => Model,
): readonly Model[] {
  const names = new Set<string>()
  return xmls.map(xml => {
    const nameXml = xml.children.find(child => child.name === nameElement)
    const name = nameXml && readText(file, textElement(file, nameXml).value)
    if (nameXml === undefined) file.problems.add(xml.offset, `${label(xml.name)} lacks its ${label(nameElement)}`)
    if (nameXml !== undefined && name !== undefined && names.has(name)) {
      file.problems.add(nameXml.offset, `another ${label(xml.name)} is already called ${quoted(name)}`)
    }
    names.add(name ?? '')
    return read(xml, name ?? '')
  })
}

function isSchemaAttribute(name: string): boolean {
  return name === 'version' || name === 'xmlns' || name.startsWith('xmlns:') || name.startsWith('xsi:')
}
