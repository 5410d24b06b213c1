import { decodedBytes, encodedText } from '../ese-encoding.ts'
import type { Encoding } from '../ese-encoding.ts'
import { isByteVariable } from '../ese-variable-names.ts'
import type { EseVariables } from '../ese-variables.ts'
import type { Preprocessor } from './preprocessor.ts'

/** Gives a variable a text. */
export function setString(variable: string, value: string): Preprocessor {
  return ({ variables }) => variables.setString(variable, value, false)
}

/** Gives a variable the bytes that stand in the file, which may well be a password. */
export function setBytes(variable: string, base64: string): Preprocessor {
  const value = Buffer.from(base64, 'base64')
  return ({ variables }) => variables.setBytes(variable, value, true)
}

/** Copies a variable to another one; `encoding` counts where one holds text and the other bytes. */
export function copy(from: string, to: string, encoding: Encoding): Preprocessor {
  return ({ variables }) => {
    const secret = variables.isSecret(from)
    if (isByteVariable(to)) variables.setBytes(to, bytesOf(variables, from, encoding), secret)
    else variables.setString(to, textOf(variables, from, encoding), secret)
  }
}

/** The value of a variable as text. */
export function textOf(variables: EseVariables, name: string, encoding: Encoding): string | undefined {
  if (!isByteVariable(name)) return variables.string(name)
  const bytes = variables.bytes(name)
  return bytes && encodedText(bytes, encoding)
}

function bytesOf(variables: EseVariables, name: string, encoding: Encoding): Buffer | undefined {
  if (isByteVariable(name)) return variables.bytes(name)
  const text = variables.string(name)
  return text === undefined ? undefined : decodedBytes(text, encoding)
}
