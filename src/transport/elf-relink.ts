import { BrokerError } from '../core/errors.ts'

const NEW_VERSION = 'GLIBC_2.38'
/** glibc 2.38 gave the functions that follow C23 new names; the old ones stand at the end of these. */
const RENAMED_PREFIX = '__isoc23_'
const LIBC = 'libc.so.6'
/** Each machine's first glibc version, which has the old names. Keys: `e_machine` of x86-64 and AArch64. */
const FIRST_VERSIONS: ReadonlyMap<number, string> = new Map([
  [62, 'GLIBC_2.2.5'],
  [183, 'GLIBC_2.17'],
])

const HEADER_BYTES = 64
const SECTION_HEADER_BYTES = 64
const SYMBOL_BYTES = 24
const SYMBOL_VERSION_BYTES = 2
const NEED_BYTES = 16
const NEEDS_MAX = 1024
const TYPE_DYNAMIC_SYMBOLS = 11
const TYPE_VERSION_NEEDS = 0x6ffffffe
const TYPE_SYMBOL_VERSIONS = 0x6fffffff
const FLAG_WEAK = 2
const VERSION_MASK = 0x7fff

/** A range of the image, checked to lie in it. */
interface Section {
  readonly type: number
  readonly start: number
  readonly end: number
  readonly link: number
}

/** A version of a library that the image needs. */
interface VersionNeed {
  readonly offset: number
  readonly file: string
  readonly version: string
  readonly index: number
}

/**
 * Gives a copy of an ELF shared object (64 bit, little endian) that also loads with a glibc before 2.38, provided that
 * all it wants of 2.38 are functions renamed for C23: their symbols get the old name and the machine's first version,
 * and the need for 2.38 becomes weak. Nothing else changes. Throws `LISTENER` for anything malformed or unexpected.
 */
export function relinkForOlderGlibc(image: Buffer): Buffer {
  const copy = Buffer.from(image)
  try {
    relink(copy)
  } catch (error) {
    if (error instanceof BrokerError) throw error
    throw new BrokerError('LISTENER', 'malformed ELF image', { cause: error }) // a read outside of the image
  }
  return copy
}

function relink(image: Buffer): void {
  checkHeader(image)
  const sections = readSections(image)
  const symbols = onlySection(sections, TYPE_DYNAMIC_SYMBOLS)
  const versions = onlySection(sections, TYPE_SYMBOL_VERSIONS)
  const needs = readNeeds(image, sections, onlySection(sections, TYPE_VERSION_NEEDS))
  const names = linkedSection(sections, symbols)
  const unwanted = needs.filter(need => need.file === LIBC && need.version === NEW_VERSION)
  const first = firstVersion(image, needs)
  for (let i = 0; symbols.start + i * SYMBOL_BYTES < symbols.end; i++) {
    const versionAt = versions.start + i * SYMBOL_VERSION_BYTES
    if (versionAt + SYMBOL_VERSION_BYTES > versions.end) throw malformed('a symbol without a version')
    const index = image.readUInt16LE(versionAt) & VERSION_MASK
    if (!unwanted.some(need => need.index === index)) continue
    renameSymbol(image, names, symbols.start + i * SYMBOL_BYTES)
    image.writeUInt16LE(first.index, versionAt)
  }
  for (const need of unwanted) image.writeUInt16LE(image.readUInt16LE(need.offset + 4) | FLAG_WEAK, need.offset + 4)
}

function checkHeader(image: Buffer): void {
  const magic = image.length >= HEADER_BYTES && image.readUInt32BE(0) === 0x7f454c46
  if (!magic || image[4] !== 2 || image[5] !== 1) throw malformed('not a 64-bit little-endian ELF image')
  if (image.readUInt16LE(0x3a) !== SECTION_HEADER_BYTES) throw malformed('section headers of an unknown size')
}

function readSections(image: Buffer): readonly Section[] {
  const start = readOffset(image, 0x28)
  const count = image.readUInt16LE(0x3c)
  if (start + count * SECTION_HEADER_BYTES > image.length) throw malformed('section headers past the end')
  return Array.from({ length: count }, (_, i) => readSection(image, start + i * SECTION_HEADER_BYTES))
}

/** Sections of type NOBITS (8) hold nothing in the file, whatever size they name. */
function readSection(image: Buffer, at: number): Section {
  const type = image.readUInt32LE(at + 4)
  const start = readOffset(image, at + 0x18)
  const end = type === 8 ? start : start + readOffset(image, at + 0x20)
  if (end > image.length) throw malformed('a section reaches past the end')
  return { type, start, end, link: image.readUInt32LE(at + 0x28) }
}

function readOffset(image: Buffer, at: number): number {
  const offset = image.readBigUInt64LE(at)
  if (offset > BigInt(image.length)) throw malformed('an offset past the end')
  return Number(offset)
}

function onlySection(sections: readonly Section[], type: number): Section {
  const [section, ...more] = sections.filter(candidate => candidate.type === type)
  if (section === undefined || more.length > 0) throw malformed(`not exactly one section of type ${type}`)
  return section
}

function linkedSection(sections: readonly Section[], from: Section): Section {
  const section = sections[from.link]
  if (section === undefined) throw malformed('a link to no section')
  return section
}

/** Two lists in one: the libraries, and for each of them its versions; all links lead forward, so both end. */
function readNeeds(image: Buffer, sections: readonly Section[], section: Section): readonly VersionNeed[] {
  const names = linkedSection(sections, section)
  const needs: VersionNeed[] = []
  for (let at = section.start, step = 1; step > 0; at += step) {
    checkInside(section, at, NEED_BYTES)
    const file = readName(image, names, image.readUInt32LE(at + 4))
    let offset = at + image.readUInt32LE(at + 8)
    for (let left = image.readUInt16LE(at + 2); left > 0; left--) {
      checkInside(section, offset, NEED_BYTES)
      const version = readName(image, names, image.readUInt32LE(offset + 8))
      needs.push({ offset, file, version, index: image.readUInt16LE(offset + 6) & VERSION_MASK })
      const next = image.readUInt32LE(offset + 12)
      if (next === 0 && left > 1) throw malformed('a list of versions ends early')
      if (needs.length > NEEDS_MAX) throw malformed('too many needed versions')
      offset += next
    }
    step = image.readUInt32LE(at + 12)
  }
  return needs
}

function firstVersion(image: Buffer, needs: readonly VersionNeed[]): VersionNeed {
  const version = FIRST_VERSIONS.get(image.readUInt16LE(0x12))
  const first = needs.find(need => need.file === LIBC && need.version === version)
  if (first === undefined) throw malformed('the first glibc version of the machine is not among its needs')
  return first
}

function renameSymbol(image: Buffer, names: Section, at: number): void {
  const nameAt = image.readUInt32LE(at)
  const name = readName(image, names, nameAt)
  if (!name.startsWith(RENAMED_PREFIX)) throw malformed(`a ${NEW_VERSION} symbol other than a C23 name`)
  image.writeUInt32LE(nameAt + RENAMED_PREFIX.length, at)
}

function readName(image: Buffer, names: Section, offset: number): string {
  const start = names.start + offset
  const end = image.indexOf(0, start)
  if (start >= names.end || end < 0 || end >= names.end) throw malformed('a name outside of its section')
  return image.toString('latin1', start, end)
}

function checkInside(section: Section, offset: number, length: number): void {
  if (offset < section.start || offset + length > section.end) throw malformed('an entry outside of its section')
}

function malformed(what: string): BrokerError {
  return new BrokerError('LISTENER', `cannot relink the ELF image: ${what}`)
}
