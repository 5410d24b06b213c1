import { textElement } from './ese-element.ts'
import type { EseElement, EseFile } from './ese-element.ts'
import { decodedBytes, ENCODINGS } from './ese-encoding.ts'
import type { Encoding } from './ese-encoding.ts'
import { readChoice, readText, readWholeNumber } from './ese-value.ts'
import type { PasswordAlgorithm, StoredPassword } from './file-realm-model.ts'
import { HASH_BYTES } from './password-hash.ts'
import type { XmlElement } from './xml-document.ts'

const ALGORITHMS: Readonly<Record<PasswordAlgorithm, PasswordAlgorithm>> = {
  PLAIN: 'PLAIN',
  MD5: 'MD5',
  SHA512: 'SHA512',
  BCRYPT: 'BCRYPT',
  PKCS5S2: 'PKCS5S2',
}
/** Some seconds of hashing; more would let each wrong password hold up the others. */
const ITERATIONS_MAX = 5_000_000
const BCRYPT_COST = { min: 4, max: 14 }

/** Reads how the password of a user is stored; undefined: the user has none. */
export function readRealmPassword(file: EseFile, user: EseElement): StoredPassword | undefined {
  const passwordXml = user.child('password')
  const algorithmXml = user.child('algorithm')
  const algorithm = (algorithmXml && readChoice(file, textElement(file, algorithmXml).value, ALGORITHMS)) ?? 'PLAIN'
  const salt = readBytes(file, user.child('salt'))
  const iterations = readIterations(file, user.child('iterations'), algorithm)
  if (passwordXml === undefined) return undefined
  const hash = readBytes(file, passwordXml)
  if (hash === undefined) return undefined
  if (algorithm !== 'PLAIN') {
    checkParts(file, user, algorithm)
    const expected = HASH_BYTES[algorithm]
    if (hash.length !== expected) {
      const sentence = `a hash of ${algorithm} has ${expected} bytes, this one ${hash.length}; look at its encoding`
      file.problems.add(passwordXml.offset, `<password>: ${sentence}`)
    }
  }
  const bytes = salt ?? Buffer.alloc(0)
  return { algorithm, hash: hash.toString('base64'), salt: bytes.toString('base64'), iterations }
}

function checkParts(file: EseFile, user: EseElement, algorithm: PasswordAlgorithm): void {
  for (const name of ['salt', 'iterations']) {
    if (user.child(name) !== undefined) continue
    file.problems.add(user.offset, `<user> lacks its <${name}>, which ${algorithm} needs`)
  }
}

function readIterations(file: EseFile, xml: XmlElement | undefined, algorithm: PasswordAlgorithm): number {
  if (xml === undefined) return 1
  const { min, max } = algorithm === 'BCRYPT' ? BCRYPT_COST : { min: 1, max: ITERATIONS_MAX }
  return readWholeNumber(file, textElement(file, xml).value, min, max) ?? 1
}

function readBytes(file: EseFile, xml: XmlElement | undefined): Buffer | undefined {
  if (xml === undefined) return undefined
  const element = textElement(file, xml, ['encoding'])
  const attribute = element.attribute('encoding')
  const encoding: Encoding = (attribute && readChoice(file, attribute, ENCODINGS)) ?? 'UTF8'
  const text = readText(file, element.value, 'secret')
  if (text === undefined) return undefined
  const bytes = decodedBytes(text, encoding)
  if (bytes === undefined) file.problems.add(xml.offset, `${element.value.label}: the text is not ${encoding}`)
  return bytes
}
