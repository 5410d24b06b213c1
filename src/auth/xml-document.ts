import { SaxesParser } from 'saxes'
import { printable } from './printable-text.ts'

const MEBIBYTE = 1024 * 1024
const DEPTH_MAX = 32
/** Of an element's name in an error. */
const NAME_CHARACTERS_MAX = 60

/** One attribute; `offset` is where its name begins. */
export interface XmlAttribute {
  readonly name: string
  readonly value: string
  readonly offset: number
}

/** One element; `text` is what stands directly in it, comments left out. `offset` is that of its `<`. */
export interface XmlElement {
  readonly name: string
  readonly offset: number
  readonly attributes: readonly XmlAttribute[]
  readonly children: readonly XmlElement[]
  readonly text: string
}

/** A document, or where and why it is not well-formed. */
export type XmlDocument =
  | { readonly kind: 'document'; readonly root: XmlElement }
  | { readonly kind: 'malformed'; readonly offset: number; readonly sentence: string }

/**
 * Reads an XML document of at most `textBytesMax` (whole MiB) and 32 levels. A document type is refused, and entities with it, so that
 * nothing expands and nothing is fetched.
 */
export function parseXml(text: string, textBytesMax: number = MEBIBYTE): XmlDocument {
  if (Buffer.byteLength(text) > textBytesMax) {
    return malformed(0, `the file is larger than ${textBytesMax / MEBIBYTE} MiB`)
  }
  const builder = new TreeBuilder(text)
  try {
    return { kind: 'document', root: builder.build() }
  } catch (error) {
    if (error instanceof Malformed) return malformed(error.offset, error.message)
    throw error
  }
}

function malformed(offset: number, sentence: string): XmlDocument {
  return { kind: 'malformed', offset, sentence }
}

/** Ends the parse at the first fault: what follows one in XML is guesswork. */
class Malformed extends Error {
  readonly offset: number

  constructor(offset: number, sentence: string) {
    super(sentence)
    this.offset = offset
  }
}

interface OpenElement {
  readonly name: string
  readonly offset: number
  readonly attributes: XmlAttribute[]
  readonly children: OpenElement[]
  text: string
}

class TreeBuilder {
  readonly #text: string
  readonly #parser = new SaxesParser()
  readonly #open: OpenElement[] = []
  #root: OpenElement | undefined
  #lastClosed: OpenElement | undefined

  constructor(text: string) {
    this.#text = text
    this.#parser.on('error', error => this.#failAsMalformed(error))
    this.#parser.on('doctype', () => this.#fail('a document type (<!DOCTYPE …>) is not accepted'))
    this.#parser.on('opentagstart', tag => this.#openElement(tag.name))
    this.#parser.on('attribute', attribute => this.#addAttribute(attribute.name, attribute.value))
    this.#parser.on('text', part => this.#addText(part))
    this.#parser.on('cdata', part => this.#addText(part))
    this.#parser.on('closetag', () => {
      this.#lastClosed = this.#open.pop()
    })
  }

  build(): XmlElement {
    this.#parser.write(this.#text).close()
    return this.#root ?? this.#fail('expected an XML element')
  }

  #openElement(name: string): void {
    if (this.#open.length === DEPTH_MAX) this.#fail(`elements are nested more than ${DEPTH_MAX} deep`)
    const offset = this.#text.lastIndexOf('<', this.#parser.position - 1)
    const element: OpenElement = { name, offset, attributes: [], children: [], text: '' }
    const parent = this.#open.at(-1)
    if (parent === undefined) this.#root = element
    else parent.children.push(element)
    this.#open.push(element)
  }

  #addAttribute(name: string, value: string): void {
    // The parser has just read the closing quote, and a value cannot hold its own kind of quote.
    const end = this.#parser.position - 1
    const start = this.#text.lastIndexOf(this.#text.charAt(end), end - 1)
    this.#open.at(-1)?.attributes.push({ name, value, offset: this.#text.lastIndexOf(name, start) })
  }

  #addText(part: string): void {
    const element = this.#open.at(-1)
    if (element !== undefined) element.text += part
  }

  /** Gives the parser's sentence without its own position and without what it quotes: that may be part of a password. */
  #failAsMalformed(error: Error): never {
    const [sentence = ''] = error.message.replace(/^\d+:\d+: /, '').split(/:|\.$/)
    // The parser has given up the element by now that should have been closed.
    const givenUp = printable(this.#lastClosed?.name ?? '', NAME_CHARACTERS_MAX)
    if (sentence === 'unexpected close tag') this.#fail(`not well-formed XML: expected </${givenUp}>`)
    const innermost = this.#open.at(-1)
    const place = innermost === undefined ? '' : ` (inside <${printable(innermost.name, NAME_CHARACTERS_MAX)}>)`
    this.#fail(`not well-formed XML: ${sentence}${place}`)
  }

  #fail(sentence: string): never {
    throw new Malformed(Math.max(0, Math.min(this.#parser.position, this.#text.length) - 1), sentence)
  }
}
