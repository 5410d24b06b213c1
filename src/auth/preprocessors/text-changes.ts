import { BrokerError } from '../../core/errors.ts'
import { joined, split } from '../ese-list.ts'
import type { EseVariables } from '../ese-variables.ts'
import type { PreprocessorModel } from '../preprocessor-model.ts'
import { compileRegex } from './linear-regex.ts'
import type { Preprocessor } from './preprocessor.ts'

type Model<Kind extends PreprocessorModel['kind']> = Extract<PreprocessorModel, { kind: Kind }>

/** Replaces a variable by what a pattern finds in it, by nothing where it finds nothing. */
export function regexChange({ pattern, group, variable }: Model<'regex'>): Preprocessor {
  const compiled = compileRegex(pattern, group)
  if (compiled.kind === 'fault')
    throw new BrokerError('CONFIGURATION', `a pattern cannot be used: ${compiled.sentence}`)
  return ({ variables }) => change(variables, variable, text => compiled.regex.find(text))
}

/** Changes the case of a variable's letters. */
export function letterCaseChange({ variable, upper }: Model<'letter-case'>): Preprocessor {
  return ({ variables }) => {
    change(variables, variable, text => (upper ? text.toUpperCase() : text.toLowerCase()))
  }
}

/** Spreads a list over variables, one name each; those for which there is none lose their value. */
export function splitIntoVariables({ from, to, prefix, postfix }: Model<'split'>): Preprocessor {
  return ({ variables }) => {
    const names = split(variables.string(from) ?? '', prefix, postfix)
    const secret = variables.isSecret(from)
    for (const [index, variable] of to.entries()) variables.setString(variable, names[index], secret)
  }
}

/** Makes a list of variables; those without a value are left out. */
export function concatenation({ from, to, prefix, postfix }: Model<'concatenation'>): Preprocessor {
  return ({ variables }) => {
    const values = from.flatMap(name => variables.string(name) ?? [])
    const secret = from.some(name => variables.isSecret(name))
    variables.setString(to, values.length === 0 ? undefined : joined(values, prefix, postfix), secret)
  }
}

function change(variables: EseVariables, name: string, changed: (text: string) => string | undefined): void {
  const text = variables.string(name)
  if (text !== undefined) variables.setString(name, changed(text), variables.isSecret(name))
}
