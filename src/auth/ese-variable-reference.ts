import { EseElement, textElement } from './ese-element.ts'
import type { EseFile } from './ese-element.ts'
import { ENCODINGS } from './ese-encoding.ts'
import type { Encoding } from './ese-encoding.ts'
import { LIST_POSTFIX, LIST_PREFIX } from './ese-list.ts'
import { quoted, readChoice, readText } from './ese-value.ts'
import { isByteVariable, isStringVariable, isWritableVariable } from './ese-variable-names.ts'
import type { ListMarks } from './preprocessor-model.ts'
import type { XmlElement } from './xml-document.ts'

/** What a variable has to be where it is named. */
export interface VariableUse {
  readonly holds: 'text' | 'bytes' | 'either'
  /** Whether it is set there. */
  readonly written: boolean
}

const KINDS = { text: 'text', bytes: 'bytes', either: 'text or bytes' } as const

/** Reads the name of an ESE variable; the empty name stands for one that was reported. */
export function readVariable(
  file: EseFile,
  xml: XmlElement | undefined,
  { holds, written }: VariableUse,
  attributes: readonly string[] = [],
): string {
  const element = xml && textElement(file, xml, attributes)
  const name = element && readText(file, element.value)
  if (element === undefined || name === undefined) return ''
  const rightKind = (holds !== 'bytes' && isStringVariable(name)) || (holds !== 'text' && isByteVariable(name))
  if (rightKind && (!written || isWritableVariable(name))) return name
  const expected = `an ESE variable of ${KINDS[holds]}${written ? ' that can be set' : ''}`
  file.problems.add(element.offset, `${element.value.label}: expected ${expected}, found ${quoted(element.value.raw)}`)
  return ''
}

/** The attribute that says how bytes are written as text. */
export function readEncoding(file: EseFile, xml: XmlElement | undefined): Encoding {
  const attribute = xml && textElement(file, xml, ['encoding']).attribute('encoding')
  return (attribute && readChoice(file, attribute, ENCODINGS)) ?? 'UTF8'
}

/** The attributes `prefix` and `postfix`; what is left out is `{{` and `}}`. */
export function readListMarks(file: EseFile, element: EseElement): ListMarks {
  const prefix = element.attribute('prefix')
  const postfix = element.attribute('postfix')
  return {
    prefix: (prefix && readText(file, prefix, 'pattern')) ?? LIST_PREFIX,
    postfix: (postfix && readText(file, postfix, 'pattern')) ?? LIST_POSTFIX,
  }
}

/** The elements of a list in a list: `<transformations>` with its `<transformation>`s. */
export function readItems(
  file: EseFile,
  element: EseElement,
  listName: string,
  itemName: string,
): readonly XmlElement[] {
  const xml = element.requiredChild(listName)
  if (xml === undefined) return []
  const list = new EseElement(file, xml, { children: [itemName], repeatable: [itemName] })
  return list.childrenWhere(name => name === itemName)
}
