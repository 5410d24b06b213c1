import { claimAt, claimTexts } from '../claim-path.ts'
import { joined } from '../ese-list.ts'
import { isByteVariable } from '../ese-variable-names.ts'
import type { EseVariables } from '../ese-variables.ts'
import type { PreprocessorModel } from '../preprocessor-model.ts'
import type { Preprocessor, VerifiedToken } from './preprocessor.ts'

/**
 * Puts a claim into a variable, several values of it as a list. Only claims of the token that the authentication
 * manager has found good: what another variable holds may be anybody's invention.
 */
export function tokenClaim(model: Extract<PreprocessorModel, { kind: 'jwt' }>): Preprocessor {
  const { source, claim, variable, prefix, postfix } = model
  return ({ variables, verified }) => {
    const value =
      verified !== undefined && holds(variables, source, verified) ? claimAt(verified.claims, claim) : undefined
    const texts = claimTexts(value)
    if (!Array.isArray(value)) return variables.setString(variable, texts[0], false)
    variables.setString(variable, joined(texts, prefix, postfix), false)
  }
}

function holds(variables: EseVariables, source: string, { token }: VerifiedToken): boolean {
  if (isByteVariable(source)) return variables.bytes(source)?.equals(token) === true
  return variables.string(source) === token.toString('latin1')
}
