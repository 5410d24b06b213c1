import { X509Certificate } from 'node:crypto'
import { joined } from '../ese-list.ts'
import type { CertificateField, PreprocessorModel } from '../preprocessor-model.ts'
import type { Preprocessor } from './preprocessor.ts'

/** Puts a field of the client's certificate into a variable, several values of it as a list. */
export function certificateField(model: Extract<PreprocessorModel, { kind: 'x509' }>): Preprocessor {
  const { field, variable, prefix, postfix } = model
  return ({ credentials, variables }) => {
    const der = credentials.clientCertificate?.der
    const values = der === undefined ? [] : fieldOf(new X509Certificate(der), field)
    const text = values.length > 1 ? joined(values, prefix, postfix) : values[0]
    variables.setString(variable, text, false)
  }
}

/** The values of a field. */
function fieldOf(certificate: X509Certificate, field: CertificateField): readonly string[] {
  const { subject, issuer } = certificate.toLegacyObject()
  switch (field) {
    case 'subject-common-name':
      return texts(subject.CN)
    case 'subject-organization':
      return texts(subject.O)
    case 'subject-organizational-unit':
      return texts(subject.OU)
    case 'subject-country':
      return texts(subject.C)
    case 'subject-alternative-common-names':
      return dnsNames(certificate.subjectAltName ?? '')
    case 'issuer-common-name':
      return texts(issuer.CN)
    case 'issuer-organization':
      return texts(issuer.O)
    case 'issuer-organizational-unit':
      return texts(issuer.OU)
    case 'issuer-country':
      return texts(issuer.C)
    case 'serial-number':
      return [certificate.serialNumber]
    case 'fingerprint-sha256':
      return [certificate.fingerprint256.replaceAll(':', '')]
    case 'fingerprint-sha1':
      return [certificate.fingerprint.replaceAll(':', '')]
  }
}

/** A name that stands several times comes as an array. */
function texts(value: unknown): readonly string[] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value]
  return values.filter(one => typeof one === 'string')
}

/**
 * The DNS names in `DNS:one, DNS:two, email:"a, DNS:no"`: what has a comma in it stands in quotes, so that a comma
 * outside of them parts two names.
 */
export function dnsNames(subjectAltName: string): readonly string[] {
  const entries = subjectAltName.match(/(?:[^,"]|"(?:[^"\\]|\\.)*")+/g) ?? []
  return entries.flatMap(entry => {
    const [, name] = /^ ?DNS:([^"]+)$/.exec(entry) ?? []
    return name === undefined ? [] : [name]
  })
}
