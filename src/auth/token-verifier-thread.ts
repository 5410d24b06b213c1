import { compactVerify, errors, importJWK } from 'jose'
import type { VerificationKey } from './key-set.ts'
import type { SignatureAlgorithm } from './signature-algorithm.ts'
import type { SignatureResult, SignatureTask } from './signature-batches.ts'

type ImportedKey = Awaited<ReturnType<typeof importJWK>>

/** Several realms' keys and a rotation of each; beyond it the oldest is imported again when it is needed. */
const IMPORTED_KEYS_MAX = 256
const importedKeys = new Map<string, Promise<ImportedKey | undefined>>()

/**
 * What a verifier thread does: one result for each signature, whatever is in a token. All at once, because WebCrypto
 * hands each to a thread of its own and waiting for one after the other doubles what an RSA signature costs.
 */
export function verifyBatch(tasks: readonly SignatureTask[]): Promise<SignatureResult[]> {
  return Promise.all(tasks.map(verifySignature))
}

async function verifySignature({ compact, algorithm, key }: SignatureTask): Promise<SignatureResult> {
  const imported = await importedKey(key, algorithm)
  if (imported === undefined) return 'key_unsuitable'
  try {
    await compactVerify(compact, imported, { algorithms: algorithm === 'Ed25519' ? ['Ed25519', 'EdDSA'] : [algorithm] })
    return 'valid'
  } catch (error) {
    if (error instanceof errors.JWSSignatureVerificationFailed || error instanceof errors.JWSInvalid) {
      return 'bad_signature'
    }
    return 'internal'
  }
}

/** A WebCrypto key belongs to one algorithm, so an RSA key is imported once for each. */
function importedKey(key: VerificationKey, algorithm: SignatureAlgorithm): Promise<ImportedKey | undefined> {
  const name = `${algorithm} ${key.id}`
  const known = importedKeys.get(name)
  if (known !== undefined) return known
  for (const oldest of importedKeys.keys()) {
    if (importedKeys.size < IMPORTED_KEYS_MAX) break
    importedKeys.delete(oldest)
  }
  // A key that WebCrypto refuses (a point that is not on the curve) is the issuer's fault and known as unsuitable.
  const imported = importJWK({ ...key.jwk }, algorithm).catch(() => undefined)
  importedKeys.set(name, imported)
  return imported
}
