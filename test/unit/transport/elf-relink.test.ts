import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { BrokerError } from '../../../src/core/errors.ts'
import { relinkForOlderGlibc } from '../../../src/transport/elf-relink.ts'
import type { ElfContent } from '../../support/elf-image.ts'
import { makeElfImage } from '../../support/elf-image.ts'

const SEED = 20260214

const x64: ElfContent = {
  machine: 62,
  library: 'libc.so.6',
  versions: ['GLIBC_2.2.5', 'GLIBC_2.38', 'GLIBC_2.14'],
  symbols: [
    { name: 'malloc', version: 0 },
    { name: '__isoc23_strtol', version: 1 },
    { name: 'memcpy', version: 2 },
  ],
}
describe('relinkForOlderGlibc', () => {
  it('gives renamed functions their old name and the first version, and makes the need for 2.38 weak', () => {
    const image = makeElfImage(x64)
    const relinked = relinkForOlderGlibc(image)
    const nameBytes = image.indexOf('__isoc23_strtol')
    const changed = differences(image, relinked)
    assert.equal(changed.length, 3)
    const [symbolNameAt = 0, symbolVersionAt = 0, needFlagsAt = 0] = changed
    const namesStart = image.indexOf('\0malloc\0')
    assert.equal(namesStart + relinked.readUInt32LE(symbolNameAt), nameBytes + '__isoc23_'.length)
    assert.equal(relinked.readUInt16LE(symbolVersionAt), image.readUInt16LE(symbolVersionAt - 2), "malloc's version")
    assert.equal(relinked.readUInt16LE(needFlagsAt), 2)
  })

  it('takes the first version of the machine', () => {
    const arm = { ...x64, machine: 183, versions: ['GLIBC_2.17', 'GLIBC_2.38', 'GLIBC_2.34'] }
    assert.equal(differences(makeElfImage(arm), relinkForOlderGlibc(makeElfImage(arm))).length, 3)
  })

  it('leaves its input alone', () => {
    const image = makeElfImage(x64)
    relinkForOlderGlibc(image)
    assert.ok(image.equals(makeElfImage(x64)))
  })

  const refusals: Readonly<Record<string, Buffer>> = {
    'another function of 2.38': makeElfImage({ ...x64, symbols: [{ name: 'strlcpy', version: 1 }] }),
    'a machine that is not known': makeElfImage({ ...x64, machine: 40 }),
    'no first version to go back to': makeElfImage({ ...x64, versions: ['GLIBC_2.3', 'GLIBC_2.38', 'GLIBC_2.14'] }),
    'versions of another library': makeElfImage({ ...x64, library: 'libm.so.6' }),
    'no image at all': Buffer.from('#!/bin/sh\n'),
    nothing: Buffer.alloc(0),
  }
  for (const [what, image] of Object.entries(refusals)) {
    it(`refuses ${what}`, () => {
      assert.throws(() => relinkForOlderGlibc(image), { name: 'BrokerError', code: 'LISTENER' })
    })
  }

  it('refuses an image cut off anywhere', () => {
    const image = makeElfImage(x64)
    for (let length = 0; length < image.length; length++) {
      assert.throws(() => relinkForOlderGlibc(image.subarray(0, length)), BrokerError, `cut to ${length} bytes`)
    }
  })

  it('never fails in another way, nor changes the size, however an image is garbled', () => {
    const image = makeElfImage(x64)
    const edits = fc.array(fc.tuple(fc.nat(image.length - 1), fc.nat(255)), { minLength: 1, maxLength: 12 })
    const property = fc.property(edits, list => {
      const garbled = Buffer.from(image)
      for (const [at, byte] of list) garbled[at] = byte
      try {
        assert.equal(relinkForOlderGlibc(garbled).length, image.length)
      } catch (error) {
        assert.ok(error instanceof BrokerError, String(error))
      }
    })
    fc.assert(property, { seed: SEED, numRuns: 2_000 })
  })
})

/** The first byte of each place, at most 2 bytes long, where two images differ. */
function differences(a: Buffer, b: Buffer): readonly number[] {
  assert.equal(a.length, b.length)
  const places: number[] = []
  for (let i = 0; i < a.length; i++) {
    if (a[i] === b[i]) continue
    places.push(i)
    i++
  }
  return places
}
