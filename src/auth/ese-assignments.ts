import { EseElement, textElement } from './ese-element.ts'
import type { EseFile } from './ese-element.ts'
import { decodedBytes } from './ese-encoding.ts'
import { readText } from './ese-value.ts'
import { readEncoding, readItems, readVariable } from './ese-variable-reference.ts'
import type { VariableUse } from './ese-variable-reference.ts'
import type { PreprocessorModel } from './preprocessor-model.ts'
import type { XmlElement } from './xml-document.ts'

interface CopyShape {
  readonly from: VariableUse['holds']
  readonly to: VariableUse['holds']
  /** The element with the attribute `encoding`. */
  readonly encodingOn: 'from' | 'to' | undefined
}

const COPIES: ReadonlyMap<string, CopyShape> = new Map([
  ['copy-string-to-string-preprocessor', { from: 'text', to: 'text', encodingOn: undefined }],
  ['copy-byte-to-byte-preprocessor', { from: 'bytes', to: 'bytes', encodingOn: undefined }],
  ['copy-string-to-byte-preprocessor', { from: 'text', to: 'bytes', encodingOn: 'from' }],
  ['copy-byte-to-string-preprocessor', { from: 'bytes', to: 'text', encodingOn: 'to' }],
])

/** Reads a preprocessor that sets or copies; undefined: it is of another kind. */
export function readAssignment(file: EseFile, xml: XmlElement): readonly PreprocessorModel[] | undefined {
  const copy = COPIES.get(xml.name)
  if (copy !== undefined) return [readCopy(file, xml, copy)]
  switch (xml.name) {
    case 'set-string-preprocessor':
      return [readSetString(file, xml)]
    case 'set-byte-preprocessor':
      return [readSetBytes(file, xml)]
    case 'plain-preprocessor':
      return readPlain(file, xml)
    default:
      return undefined
  }
}

function readSetString(file: EseFile, xml: XmlElement): PreprocessorModel {
  const element = new EseElement(file, xml, { children: ['variable', 'value'] })
  const value = element.requiredChild('value')
  return {
    kind: 'set-string',
    variable: readVariable(file, element.requiredChild('variable'), { holds: 'text', written: true }),
    value: (value && readText(file, textElement(file, value).value)) ?? '',
  }
}

function readSetBytes(file: EseFile, xml: XmlElement): PreprocessorModel {
  const element = new EseElement(file, xml, { children: ['variable', 'value'] })
  const value = element.requiredChild('value')
  const encoding = readEncoding(file, value)
  const text = value && readText(file, { raw: value.text.trim(), offset: value.offset, label: '<value>' }, 'secret')
  const bytes = text === undefined ? undefined : decodedBytes(text, encoding)
  if (value !== undefined && text !== undefined && bytes === undefined) {
    file.problems.add(value.offset, `<value>: the text is not ${encoding}`)
  }
  const variable = readVariable(file, element.requiredChild('variable'), { holds: 'bytes', written: true })
  return { kind: 'set-bytes', variable, value: bytes?.toString('base64') ?? '' }
}

function readCopy(file: EseFile, xml: XmlElement, { from, to, encodingOn }: CopyShape): PreprocessorModel {
  const element = new EseElement(file, xml, { children: ['from', 'to'] })
  const attributes = (name: 'from' | 'to'): readonly string[] => (encodingOn === name ? ['encoding'] : [])
  return {
    kind: 'copy',
    from: readVariable(file, element.requiredChild('from'), { holds: from, written: false }, attributes('from')),
    to: readVariable(file, element.requiredChild('to'), { holds: to, written: true }, attributes('to')),
    encoding: encodingOn === undefined ? 'UTF8' : readEncoding(file, element.child(encodingOn)),
  }
}

/** The older form of copying. */
function readPlain(file: EseFile, xml: XmlElement): readonly PreprocessorModel[] {
  const element = new EseElement(file, xml, { children: ['transformations'] })
  return readItems(file, element, 'transformations', 'transformation').map(item => {
    const transformation = new EseElement(file, item, { attributes: ['encoding'], children: ['from', 'to'] })
    return {
      kind: 'copy',
      from: readVariable(file, transformation.requiredChild('from'), { holds: 'either', written: false }),
      to: readVariable(file, transformation.requiredChild('to'), { holds: 'either', written: true }),
      encoding: readEncoding(file, { ...item, text: '', children: [] }),
    }
  })
}
