import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { packetCatalogue, plainConnect } from '../support/packet-catalogue.ts'

/** Larger packets are in the catalogue for their size; mutating them costs much and finds little. */
const PACKET_BYTES_MAX = 600
const FINDINGS = path.join(import.meta.dirname, 'findings')

/** What the mutator starts from: every packet of the catalogue, legal or not, and what earlier runs have found. */
export const corpus: readonly Buffer[] = [
  ...packetCatalogue.map(({ bytes }) => bytes).filter(({ length }) => length > 0 && length <= PACKET_BYTES_MAX),
  plainConnect(3),
  plainConnect(4),
  plainConnect(5),
  ...findings(),
]

/** Streams that once broke something, each a file of hexadecimal digits; they are replayed as they are, too. */
export function findings(): readonly Buffer[] {
  return readdirSync(FINDINGS)
    .filter(name => name.endsWith('.hex'))
    .map(name => Buffer.from(readFileSync(path.join(FINDINGS, name), 'utf8').replaceAll(/\s/g, ''), 'hex'))
}
