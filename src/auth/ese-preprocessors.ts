import { EseElement, label } from './ese-element.ts'
import type { EseFile } from './ese-element.ts'
import { readAssignment } from './ese-assignments.ts'
import { readExtraction } from './ese-extractions.ts'
import { readTextChange } from './ese-text-changes.ts'
import type { PreprocessorModel } from './preprocessor-model.ts'
import type { XmlElement } from './xml-document.ts'

/** Where preprocessors stand: before the authentication or before the authorization. */
export type PreprocessorStage = 'authentication' | 'authorization'

/** The elements of each stage. What HiveMQ knows besides is refused with what to use instead. */
const COMMON: readonly string[] = [
  'set-string-preprocessor',
  'set-byte-preprocessor',
  'copy-string-to-string-preprocessor',
  'copy-byte-to-byte-preprocessor',
  'copy-string-to-byte-preprocessor',
  'copy-byte-to-string-preprocessor',
  'plain-preprocessor',
  'regex-preprocessor',
  'split-preprocessor',
  'concatenation-preprocessor',
  'logging-preprocessor',
  'letter-case-preprocessor',
  'x509-preprocessor',
  'session-attribute-preprocessor',
  'connection-attribute-preprocessor',
]
const OF_STAGE: Readonly<Record<PreprocessorStage, readonly string[]>> = {
  authentication: [...COMMON, 'http-headers-preprocessor'],
  authorization: [...COMMON, 'jwt-preprocessor'],
}

/** Reads `<authentication-preprocessors>` or `<authorization-preprocessors>`, in the order in which they run. */
export function readPreprocessors(
  file: EseFile,
  xml: XmlElement | undefined,
  stage: PreprocessorStage,
): readonly PreprocessorModel[] {
  if (xml === undefined) return []
  const supported = OF_STAGE[stage]
  const early = stage === 'authentication' ? ['jwt-preprocessor'] : []
  const children = [...supported, ...early]
  const list = new EseElement(file, xml, { children, repeatable: children })
  for (const { name, offset } of list.childrenWhere(childName => early.includes(childName))) {
    const sentence = `${label(name)} stands before the token is verified; write it in <authorization-preprocessors>`
    file.problems.add(offset, sentence)
  }
  return list.childrenWhere(name => supported.includes(name)).flatMap(child => readOne(file, child))
}

function readOne(file: EseFile, xml: XmlElement): readonly PreprocessorModel[] {
  return readAssignment(file, xml) ?? readTextChange(file, xml) ?? readExtraction(file, xml) ?? []
}
