import type { Encoding } from './ese-encoding.ts'

/** One step of a preprocessor; what HiveMQ writes as one element with several transformations is one of these for each. */
export type PreprocessorModel =
  | { readonly kind: 'set-string'; readonly variable: string; readonly value: string }
  /** `value` is in base64. */
  | { readonly kind: 'set-bytes'; readonly variable: string; readonly value: string }
  | { readonly kind: 'copy'; readonly from: string; readonly to: string; readonly encoding: Encoding }
  | { readonly kind: 'regex'; readonly pattern: string; readonly group: number; readonly variable: string }
  | ({ readonly kind: 'split'; readonly from: string; readonly to: readonly string[] } & ListMarks)
  | ({ readonly kind: 'concatenation'; readonly from: readonly string[]; readonly to: string } & ListMarks)
  | { readonly kind: 'letter-case'; readonly variable: string; readonly upper: boolean }
  | LoggingModel
  | ({ readonly kind: 'jwt'; readonly source: string; readonly claim: string; readonly variable: string } & ListMarks)
  | ({ readonly kind: 'x509'; readonly field: CertificateField; readonly variable: string } & ListMarks)
  | { readonly kind: 'http-credentials'; readonly scheme: 'basic' | 'bearer' | 'cookie'; readonly name: string }
  | {
      readonly kind: 'attribute'
      readonly of: 'session' | 'connection'
      readonly variable: string
      readonly attribute: string
    }

/** What stands before and after each of several values in one variable. */
export interface ListMarks {
  readonly prefix: string
  readonly postfix: string
}

/** `<logging-preprocessor>`. */
export interface LoggingModel {
  readonly kind: 'logging'
  readonly message: string
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly name: string
  /** How variables with bytes are written. */
  readonly encoding: Encoding
}

/** Fields of a client certificate that can be read here. */
export type CertificateField =
  | 'subject-common-name'
  | 'subject-organization'
  | 'subject-organizational-unit'
  | 'subject-country'
  | 'subject-alternative-common-names'
  | 'issuer-common-name'
  | 'issuer-organization'
  | 'issuer-organizational-unit'
  | 'issuer-country'
  | 'serial-number'
  | 'fingerprint-sha256'
  | 'fingerprint-sha1'
