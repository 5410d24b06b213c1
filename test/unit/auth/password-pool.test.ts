import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import type { StoredPassword } from '../../../src/auth/file-realm-model.ts'
import { hashPassword } from '../../../src/auth/password-hash.ts'
import { PasswordPool } from '../../../src/auth/password-pool.ts'
import { systemClock } from '../../../src/telemetry/system-clock.ts'
import { RecordingLog } from '../../support/recording-log.ts'

const SALT = Buffer.from('salt')

function stored(algorithm: StoredPassword['algorithm'], password: string, iterations: number): StoredPassword {
  const hash = hashPassword({ password: Buffer.from(password), algorithm, salt: SALT, iterations })
  return { algorithm, hash: hash.toString('base64'), salt: SALT.toString('base64'), iterations }
}

describe('PasswordPool', () => {
  const pool = new PasswordPool(systemClock, new RecordingLog(), 2)
  after(() => pool.destroy())

  it('tells the right password from a wrong one with every algorithm', async () => {
    for (const algorithm of ['PLAIN', 'MD5', 'SHA512', 'BCRYPT', 'PKCS5S2'] as const) {
      const password = stored(algorithm, 'secret', 4)
      assert.equal(await pool.verify(Buffer.from('secret'), password), 'right', algorithm)
      assert.equal(await pool.verify(Buffer.from('Secret'), password), 'wrong', algorithm)
      assert.equal(await pool.verify(Buffer.alloc(0), password), 'wrong', algorithm)
    }
  })

  it('lets no more wait than it may, and goes on when they are done', async () => {
    const password = stored('PKCS5S2', 'secret', 1000)
    const verdicts = await Promise.all([1, 2, 3].map(() => pool.verify(Buffer.from('secret'), password)))
    assert.deepEqual(verdicts, ['right', 'right', 'overloaded'])
    assert.equal(await pool.verify(Buffer.from('secret'), password), 'right')
  })

  it('starts no thread for nothing', async () => {
    await new PasswordPool(systemClock, new RecordingLog()).destroy()
  })
})
