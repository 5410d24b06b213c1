import { insteadOf } from './ese-unsupported.ts'
import { printable } from './printable-text.ts'
import type { SecurityFileProblems } from './security-file-problems.ts'
import type { XmlElement } from './xml-document.ts'

/** The file being read: where its problems go and where `${ENV:…}` is looked up. */
export interface EseFile {
  readonly problems: SecurityFileProblems
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Reads a file that this one names; undefined when it cannot be read. */
  readonly otherFile: (path: string) => OtherFile | undefined
}

/** A file that the security file names. */
export interface OtherFile {
  /** Absolute. */
  readonly path: string
  readonly text: string
}

/** The text of an element or attribute as it stands in the file; `label` names it in an error. */
export interface EseValue {
  readonly raw: string
  readonly offset: number
  readonly label: string
}

/** What may stand in an element; everything else is a problem. Children come in any order. */
export interface ElementShape {
  readonly attributes?: readonly string[]
  readonly children?: readonly string[]
  /** Those of `children` that may come more than once. */
  readonly repeatable?: readonly string[]
  /** Whether the element has text, and then no children. */
  readonly text?: boolean
}

/** Names that HiveMQ changed, with the newer one. */
const NEWER_NAMES: ReadonlyMap<string, string> = new Map([
  ['jwks-cache-duration', 'jwks-default-cache-duration'],
  ['user-name', 'username'],
])

/** An element whose attributes, children and text were held against its shape. */
export class EseElement {
  readonly name: string
  readonly offset: number
  readonly #xml: XmlElement
  readonly #file: EseFile

  constructor(file: EseFile, xml: XmlElement, shape: ElementShape) {
    this.name = newerName(xml.name)
    this.offset = xml.offset
    this.#xml = xml
    this.#file = file
    this.#checkAttributes(shape)
    this.#checkChildren(shape)
    if (shape.text !== true && xml.text.trim() !== '') {
      this.#report(xml.offset, `${label(xml.name)} takes no text of its own`)
    }
  }

  /** The element's own text. */
  get value(): EseValue {
    return { raw: this.#xml.text.trim(), offset: this.offset, label: label(this.#xml.name) }
  }

  attribute(name: string): EseValue | undefined {
    const attribute = this.#xml.attributes.find(candidate => candidate.name === name)
    if (attribute === undefined) return undefined
    return { raw: attribute.value.trim(), offset: attribute.offset, label: `attribute ${name} of ${label(this.name)}` }
  }

  /** The first child of that name, in either spelling. */
  child(name: string): XmlElement | undefined {
    return this.#xml.children.find(candidate => newerName(candidate.name) === name)
  }

  /** Like `child`; reports when there is none. */
  requiredChild(name: string): XmlElement | undefined {
    const found = this.child(name)
    if (found === undefined) this.#report(this.offset, `${label(this.name)} lacks its ${label(name)}`)
    return found
  }

  /** All children whose name passes, those that are not supported included. */
  childrenWhere(wanted: (name: string) => boolean): readonly XmlElement[] {
    return this.#xml.children.filter(candidate => wanted(candidate.name))
  }

  #checkAttributes({ attributes = [] }: ElementShape): void {
    for (const { name, offset } of this.#xml.attributes) {
      if (attributes.includes(name)) continue
      const expected = attributes.length === 0 ? 'expected none' : `expected ${attributes.join(', ')}`
      this.#report(offset, `attribute ${printable(name, 60)} of ${label(this.name)} is not known; ${expected}`)
    }
  }

  #checkChildren({ children = [], repeatable = [], text = false }: ElementShape): void {
    const seen = new Set<string>()
    for (const child of this.#xml.children) {
      const name = newerName(child.name)
      if (!children.includes(name)) this.#rejectChild(child, children, text)
      else if (seen.has(name) && !repeatable.includes(name)) {
        this.#report(child.offset, `${label(child.name)} stands more than once in ${label(this.name)}`)
      }
      seen.add(name)
    }
  }

  #rejectChild(child: XmlElement, expected: readonly string[], text: boolean): void {
    const instead = insteadOf(child.name)
    if (instead !== undefined) {
      this.#report(child.offset, `${label(child.name)} is not supported by this version; ${instead}`)
    } else if (text) {
      // Its name may be a piece of a password that holds a `<`.
      this.#report(child.offset, `${label(this.name)} takes text only, no elements`)
    } else {
      const names = expected.length === 0 ? 'no elements' : expected.map(label).join(', ')
      this.#report(child.offset, `${label(child.name)} is not known in ${label(this.name)}; expected ${names}`)
    }
  }

  #report(offset: number, sentence: string): void {
    this.#file.problems.add(offset, sentence)
  }
}

/** An element that holds nothing but text, in which only the named attributes may stand. */
export function textElement(file: EseFile, xml: XmlElement, attributes: readonly string[] = []): EseElement {
  return new EseElement(file, xml, { attributes, text: true })
}

/** How an element is named in an error. */
export function label(elementName: string): string {
  return `<${printable(elementName, 60)}>`
}

function newerName(name: string): string {
  return NEWER_NAMES.get(name) ?? name
}
