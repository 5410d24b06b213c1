import { EseElement, label, textElement } from './ese-element.ts'
import type { EseFile } from './ese-element.ts'
import { readChoice, readText } from './ese-value.ts'
import { readItems, readListMarks, readVariable } from './ese-variable-reference.ts'
import type { CertificateField, PreprocessorModel } from './preprocessor-model.ts'
import type { XmlElement } from './xml-document.ts'

const MARKED = ['prefix', 'postfix']
const FIELDS: Readonly<Record<CertificateField, CertificateField>> = {
  'subject-common-name': 'subject-common-name',
  'subject-organization': 'subject-organization',
  'subject-organizational-unit': 'subject-organizational-unit',
  'subject-country': 'subject-country',
  'subject-alternative-common-names': 'subject-alternative-common-names',
  'issuer-common-name': 'issuer-common-name',
  'issuer-organization': 'issuer-organization',
  'issuer-organizational-unit': 'issuer-organizational-unit',
  'issuer-country': 'issuer-country',
  'serial-number': 'serial-number',
  'fingerprint-sha256': 'fingerprint-sha256',
  'fingerprint-sha1': 'fingerprint-sha1',
}
type HttpScheme = Extract<PreprocessorModel, { kind: 'http-credentials' }>['scheme']
const HTTP: ReadonlyMap<string, { readonly scheme: HttpScheme; readonly child: string }> = new Map([
  ['basic-auth-extraction', { scheme: 'basic' as const, child: 'header-name' }],
  ['bearer-auth-extraction', { scheme: 'bearer' as const, child: 'header-name' }],
  ['cookie-extraction', { scheme: 'cookie' as const, child: 'cookie-name' }],
])

/** Reads a preprocessor that takes something out of a token, a certificate or a request; undefined: it is of another kind. */
export function readExtraction(file: EseFile, xml: XmlElement): readonly PreprocessorModel[] | undefined {
  switch (xml.name) {
    case 'jwt-preprocessor':
      return readJwt(file, xml)
    case 'x509-preprocessor':
      return readX509(file, xml)
    case 'http-headers-preprocessor':
      return readHttpHeaders(file, xml)
    case 'session-attribute-preprocessor':
      return [readAttribute(file, xml, 'session')]
    case 'connection-attribute-preprocessor':
      return [readAttribute(file, xml, 'connection')]
    default:
      return undefined
  }
}

function readJwt(file: EseFile, xml: XmlElement): readonly PreprocessorModel[] {
  const element = new EseElement(file, xml, { attributes: MARKED, children: ['source', 'jwt-extractions'] })
  const source = readVariable(file, element.requiredChild('source'), { holds: 'either', written: false })
  const marks = readListMarks(file, element)
  return readItems(file, element, 'jwt-extractions', 'jwt-extraction').map(item => {
    const extraction = new EseElement(file, item, { children: ['jwt-claim', 'ese-variable'] })
    const claim = requiredText(file, extraction, 'jwt-claim')
    const variable = readVariable(file, extraction.requiredChild('ese-variable'), { holds: 'text', written: true })
    return { kind: 'jwt', source, claim, variable, ...marks }
  })
}

function readX509(file: EseFile, xml: XmlElement): readonly PreprocessorModel[] {
  const element = new EseElement(file, xml, { attributes: MARKED, children: ['x509-extractions'] })
  const marks = readListMarks(file, element)
  return readItems(file, element, 'x509-extractions', 'x509-extraction').map(item => {
    const extraction = new EseElement(file, item, { children: ['x509-field', 'ese-variable'] })
    const fieldXml = extraction.requiredChild('x509-field')
    const field = (fieldXml && readChoice(file, textElement(file, fieldXml).value, FIELDS)) ?? 'serial-number'
    const variable = readVariable(file, extraction.requiredChild('ese-variable'), { holds: 'text', written: true })
    return { kind: 'x509', field, variable, ...marks }
  })
}

function readHttpHeaders(file: EseFile, xml: XmlElement): readonly PreprocessorModel[] {
  const element = new EseElement(file, xml, { children: [...HTTP.keys()] })
  const [first, ...others] = element.childrenWhere(name => HTTP.has(name))
  const expected = [...HTTP.keys()].map(label).join(', ')
  if (first === undefined) file.problems.add(xml.offset, `${label(xml.name)}: expected one of ${expected}`)
  for (const { name, offset } of others) {
    if (name !== first?.name) file.problems.add(offset, `${label(name)} is a second extraction of one preprocessor`)
  }
  const kind = HTTP.get(first?.name ?? '')
  if (first === undefined || kind === undefined) return []
  const extraction = new EseElement(file, first, { children: [kind.child] })
  const nameXml = kind.scheme === 'cookie' ? extraction.requiredChild(kind.child) : extraction.child(kind.child)
  const name = (nameXml && readText(file, textElement(file, nameXml).value)) ?? 'Authorization'
  return [{ kind: 'http-credentials', scheme: kind.scheme, name }]
}

function readAttribute(file: EseFile, xml: XmlElement, of: 'session' | 'connection'): PreprocessorModel {
  const target = `to-${of}-attribute`
  const element = new EseElement(file, xml, { children: ['from-ese-variable', target] })
  const variable = readVariable(file, element.requiredChild('from-ese-variable'), { holds: 'text', written: false })
  return { kind: 'attribute', of, variable, attribute: requiredText(file, element, target) }
}

function requiredText(file: EseFile, element: EseElement, childName: string): string {
  const xml = element.requiredChild(childName)
  return (xml && readText(file, textElement(file, xml).value)) ?? ''
}
