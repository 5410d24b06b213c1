import { shortened } from '../printable-text.ts'
import type { LoggingModel } from '../preprocessor-model.ts'
import { textOf } from './assignments.ts'
import type { Preprocessor } from './preprocessor.ts'

const VARIABLE = /\$\{([^{}]*)\}/g
const SECRET = '[secret]'
const NO_VALUE = '[no value]'

/** Writes a message with the values of variables to the log; never one that came from a password or a token. */
export function logging({ message, level, name, encoding }: LoggingModel): Preprocessor {
  return ({ credentials, variables, log }) => {
    const text = message.replace(VARIABLE, (_, variable: string) => {
      if (variables.isSecret(variable)) return SECRET
      return shortened(textOf(variables, variable, encoding) ?? NO_VALUE)
    })
    const fields = { message: text, logger: name, clientId: shortened(credentials.clientId) }
    // Information for people is at most a warning: an error of the log is one of ours.
    if (level === 'error') log.warn('preprocessor', fields)
    else log[level]('preprocessor', fields)
  }
}
