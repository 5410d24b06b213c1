/** A symbol of an image and the version it wants, by its place in {@link ElfContent.versions}. */
export interface ElfSymbol {
  readonly name: string
  readonly version: number
}

/** What a made-up shared object holds. */
export interface ElfContent {
  /** `e_machine`: 62 is x86-64, 183 is AArch64. */
  readonly machine: number
  readonly library: string
  readonly versions: readonly string[]
  readonly symbols: readonly ElfSymbol[]
}

const HEADER_BYTES = 64
const SECTION_HEADER_BYTES = 64
const FIRST_VERSION_INDEX = 2

/** Makes the smallest 64-bit ELF image with dynamic symbols that want versions of one library. */
export function makeElfImage({ machine, library, versions, symbols }: ElfContent): Buffer {
  const names = new NameTable()
  const dynamicSymbols = Buffer.concat(symbols.map(symbol => dynamicSymbol(names.add(symbol.name))))
  const symbolVersions = Buffer.alloc(symbols.length * 2)
  for (const [i, symbol] of symbols.entries()) symbolVersions.writeUInt16LE(symbol.version + FIRST_VERSION_INDEX, i * 2)
  const needs = versionNeeds(
    names.add(library),
    versions.map(version => names.add(version)),
  )
  const contents = [
    { type: 0, link: 0, bytes: Buffer.alloc(0) },
    { type: 11, link: 4, bytes: dynamicSymbols },
    { type: 0x6fffffff, link: 1, bytes: symbolVersions },
    { type: 0x6ffffffe, link: 4, bytes: needs },
    { type: 3, link: 0, bytes: names.bytes },
  ]
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt32BE(0x7f454c46, 0)
  header.set([2, 1, 1], 4)
  header.writeUInt16LE(machine, 0x12)
  header.writeUInt16LE(SECTION_HEADER_BYTES, 0x3a)
  header.writeUInt16LE(contents.length, 0x3c)
  const sectionHeaders: Buffer[] = []
  let offset = HEADER_BYTES
  for (const { type, link, bytes } of contents) {
    sectionHeaders.push(sectionHeader(type, offset, bytes.length, link))
    offset += bytes.length
  }
  header.writeBigUInt64LE(BigInt(offset), 0x28)
  return Buffer.concat([header, ...contents.map(({ bytes }) => bytes), ...sectionHeaders])
}

class NameTable {
  bytes: Buffer = Buffer.alloc(1)

  add(name: string): number {
    const offset = this.bytes.length
    this.bytes = Buffer.concat([this.bytes, Buffer.from(`${name}\0`, 'latin1')])
    return offset
  }
}

function dynamicSymbol(nameAt: number): Buffer {
  const symbol = Buffer.alloc(24)
  symbol.writeUInt32LE(nameAt, 0)
  return symbol
}

/** One library with all its versions. */
function versionNeeds(libraryAt: number, versionsAt: readonly number[]): Buffer {
  const needs = Buffer.alloc(16 + versionsAt.length * 16)
  needs.writeUInt16LE(1, 0)
  needs.writeUInt16LE(versionsAt.length, 2)
  needs.writeUInt32LE(libraryAt, 4)
  needs.writeUInt32LE(16, 8)
  for (const [i, versionAt] of versionsAt.entries()) {
    const at = 16 + i * 16
    needs.writeUInt16LE(i + FIRST_VERSION_INDEX, at + 6)
    needs.writeUInt32LE(versionAt, at + 8)
    needs.writeUInt32LE(i + 1 < versionsAt.length ? 16 : 0, at + 12)
  }
  return needs
}

function sectionHeader(type: number, offset: number, size: number, link: number): Buffer {
  const header = Buffer.alloc(SECTION_HEADER_BYTES)
  header.writeUInt32LE(type, 4)
  header.writeBigUInt64LE(BigInt(offset), 0x18)
  header.writeBigUInt64LE(BigInt(size), 0x20)
  header.writeUInt32LE(link, 0x28)
  return header
}
