import type { Permission } from '../core/permissions.ts'

/** `<file-realm>`: users and roles as its file had them. Plain data, safe to send to a worker and not to a log. */
export interface FileRealmModel {
  readonly name: string
  /** Absolute path of the file. */
  readonly path: string
  readonly users: readonly FileUserModel[]
  readonly roles: readonly FileRoleModel[]
}

/** `<user>` of a realm file. */
export interface FileUserModel {
  readonly name: string
  /** Undefined: nobody can prove to be this user, who is known for authorization only. */
  readonly password: StoredPassword | undefined
  /** Names of roles of the same file. */
  readonly roles: readonly string[]
  readonly permissions: readonly Permission[]
}

/** `<role>` of a realm file. */
export interface FileRoleModel {
  readonly name: string
  readonly permissions: readonly Permission[]
}

/** HiveMQ ESE's ways to store a password. */
export type PasswordAlgorithm = 'PLAIN' | 'MD5' | 'SHA512' | 'BCRYPT' | 'PKCS5S2'

/** A password as it is stored; bytes are in base64. */
export interface StoredPassword {
  readonly algorithm: PasswordAlgorithm
  readonly hash: string
  readonly salt: string
  /** For BCRYPT the cost. */
  readonly iterations: number
}
