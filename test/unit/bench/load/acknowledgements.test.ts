import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Acknowledgements } from '../../../../bench/load/acknowledgements.ts'

describe('Acknowledgements', () => {
  it('stand one after another in the order they were added, beyond any first size', () => {
    const acknowledgements = new Acknowledgements(packet => packet)
    const expected: number[] = []
    for (let packetId = 0; packetId < 1_000; packetId += 1) {
      acknowledgements.append(0x40, packetId >> 8, packetId & 0xff)
      expected.push(0x40, 2, packetId >> 8, packetId & 0xff)
    }
    assert.deepEqual([...acknowledgements.bytes], expected)
  })

  it('are framed one by one', () => {
    const acknowledgements = new Acknowledgements(packet => Buffer.concat([Buffer.from('<>'), packet]))
    acknowledgements.append(0x62, 0, 9)
    acknowledgements.append(0x62, 0, 10)
    assert.deepEqual(acknowledgements.bytes, Buffer.from('3c3e620200093c3e6202000a', 'hex'))
  })

  it('leave bytes alone that a write still holds', () => {
    const acknowledgements = new Acknowledgements(packet => packet)
    acknowledgements.append(0x40, 0, 1)
    const held = acknowledgements.bytes
    acknowledgements.surrender()
    assert.equal(acknowledgements.waiting, false)
    acknowledgements.append(0x70, 0, 2)
    assert.deepEqual([...held], [0x40, 2, 0, 1])
  })
})
