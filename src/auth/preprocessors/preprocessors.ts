import { shortened } from '../printable-text.ts'
import type { PreprocessorModel } from '../preprocessor-model.ts'
import { copy, setBytes, setString } from './assignments.ts'
import { certificateField } from './certificate-field.ts'
import { httpCredentials } from './http-credentials.ts'
import { logging } from './logging.ts'
import type { Preprocessor } from './preprocessor.ts'
import { concatenation, letterCaseChange, regexChange, splitIntoVariables } from './text-changes.ts'
import { tokenClaim } from './token-claims.ts'

/** Makes a preprocessor ready to run. Throws `CONFIGURATION` when it cannot be. */
export function preprocessorOf(model: PreprocessorModel): Preprocessor {
  switch (model.kind) {
    case 'set-string':
      return setString(model.variable, model.value)
    case 'set-bytes':
      return setBytes(model.variable, model.value)
    case 'copy':
      return copy(model.from, model.to, model.encoding)
    case 'regex':
      return regexChange(model)
    case 'split':
      return splitIntoVariables(model)
    case 'concatenation':
      return concatenation(model)
    case 'letter-case':
      return letterCaseChange(model)
    case 'logging':
      return logging(model)
    case 'jwt':
      return tokenClaim(model)
    case 'x509':
      return certificateField(model)
    case 'http-credentials':
      return httpCredentials(model)
    case 'attribute':
      return attribute(model)
  }
}

/** Notes a value for the log, which is all that reads the attributes of a session or a connection here. */
function attribute({ of, variable, attribute: name }: Extract<PreprocessorModel, { kind: 'attribute' }>): Preprocessor {
  return ({ variables, attributes }) => {
    const value = variables.string(variable)
    if (value === undefined) return
    attributes.push(`${of}.${name}=${variables.isSecret(variable) ? '[secret]' : shortened(value)}`)
  }
}
