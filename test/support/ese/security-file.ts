import { readFileSync } from 'node:fs'
import { readEseFile } from '../../../src/auth/ese-xml.ts'
import type { FileRealmModel } from '../../../src/auth/file-realm-model.ts'
import type { SecurityModel } from '../../../src/auth/security-model.ts'

/** A realm file with each way to write things that the tests need. */
export const USERS_AND_ROLES: string = readFileSync(new URL('users-and-roles.xml', import.meta.url), 'utf8')

const REALMS = `<realms>
  <jwt-realm><name>Tokens</name><enabled>true</enabled>
    <configuration><jwks-endpoint>https://id.example/keys</jwks-endpoint></configuration></jwt-realm>
  <file-realm><name>People</name><enabled>true</enabled>
    <configuration><file-path>conf/realm.xml</file-path></configuration></file-realm>
</realms>`

/** A security file with a JWT realm "Tokens", a file realm "People" and one pipeline for all listeners. */
export function securityFile(pipeline: string): string {
  return `<enterprise-security-extension>${REALMS}
<pipelines><listener-pipeline listener="ALL">${pipeline}</listener-pipeline></pipelines></enterprise-security-extension>`
}

/** The model of such a file. */
export function securityModel(pipeline: string, realmFile: string = USERS_AND_ROLES): SecurityModel {
  return readEseFile(securityFile(pipeline), 'ese.xml', {}, path => ({
    path: `/etc/guardbee/${path}`,
    text: realmFile,
  }))
}

/** The file realm "People". */
export function peopleRealm(): FileRealmModel {
  const open = '<allow-all-authentication-manager/><allow-all-authorization-manager/>'
  const [realm] = securityModel(open).fileRealms ?? []
  if (realm === undefined) throw new Error('the file has no file realm')
  return realm
}
