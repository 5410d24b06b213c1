import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { connackReturnCode, mayCarry, ReasonCode } from '../../../src/protocol/reason-codes.ts'
import type { ReasonCodeCarrier } from '../../../src/protocol/reason-codes.ts'

/** The tables of the standard, per packet (v5 3.2.2.2, 3.4.2.1, 3.6.2.1, 3.9.3, 3.11.3, 3.14.2.1, 3.15.2.1). */
const tables: Readonly<Record<ReasonCodeCarrier, string>> = {
  CONNACK: '00 80 81 82 83 84 85 86 87 88 89 8a 8c 90 95 97 99 9a 9b 9c 9d 9f',
  PUBACK: '00 10 80 83 87 90 91 97 99',
  PUBREC: '00 10 80 83 87 90 91 97 99',
  PUBREL: '00 92',
  PUBCOMP: '00 92',
  SUBACK: '00 01 02 80 83 87 8f 91 97 9e a1 a2',
  UNSUBACK: '00 11 80 83 87 8f 91',
  'DISCONNECT from client': '00 04 80 81 82 83 90 93 94 95 96 97 98 99',
  'DISCONNECT from server': '00 80 81 82 83 87 89 8b 8c 8d 8e 8f 90 93 94 95 96 97 98 99 9a 9b 9c 9d 9e 9f a0 a1 a2',
  'AUTH from client': '18 19',
  'AUTH from server': '00 18',
}

const carriers: readonly ReasonCodeCarrier[] = [
  'CONNACK',
  'PUBACK',
  'PUBREC',
  'PUBREL',
  'PUBCOMP',
  'SUBACK',
  'UNSUBACK',
  'DISCONNECT from client',
  'DISCONNECT from server',
  'AUTH from client',
  'AUTH from server',
]

describe('reason codes', () => {
  for (const carrier of carriers) {
    it(`of ${carrier} are those of its table`, () => {
      const codes: string[] = []
      for (let code = 0; code < 256; code += 1) {
        if (mayCarry(carrier, code)) codes.push(code.toString(16).padStart(2, '0'))
      }
      assert.equal(codes.join(' '), tables[carrier])
    })
  }

  it('become return codes of MQTT 3', () => {
    const expected: readonly [number, number][] = [
      [ReasonCode.Success, 0],
      [ReasonCode.UnsupportedProtocolVersion, 1],
      [ReasonCode.ClientIdentifierNotValid, 2],
      [ReasonCode.ServerUnavailable, 3],
      [ReasonCode.ServerBusy, 3],
      [ReasonCode.BadUserNameOrPassword, 4],
      [ReasonCode.NotAuthorized, 5],
      [ReasonCode.BadAuthenticationMethod, 5],
      [ReasonCode.Banned, 5],
    ]
    for (const [reasonCode, returnCode] of expected) assert.equal(connackReturnCode(reasonCode), returnCode)
  })

  it('of every refusal become one of the five refusals of MQTT 3', () => {
    for (let code = 0x80; code < 0xa3; code += 1) {
      const returnCode = connackReturnCode(code)
      assert.ok(returnCode >= 1 && returnCode <= 5)
    }
  })
})
