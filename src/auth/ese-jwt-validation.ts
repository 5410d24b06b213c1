import { EseElement, textElement } from './ese-element.ts'
import type { EseFile } from './ese-element.ts'
import { readBoolean, readFraction, readList, readText, readWholeNumber } from './ese-value.ts'
import type { CustomClaimModel, JwtValidationModel, ScopeModel } from './security-model.ts'
import type { XmlElement } from './xml-document.ts'

const GRACE_SECONDS_MAX = 2_147_483_647

/** What is checked beyond signature and time when `<jwt-validation>` is left out: nothing. */
export const NO_CLAIMS_CHECKED: JwtValidationModel = {
  expGraceSeconds: 0,
  audience: undefined,
  subject: undefined,
  issuers: [],
  scope: undefined,
  customClaims: [],
}

/** Reads `<jwt-validation>`. The result is of use only while the file has no problems. */
export function readJwtValidation(file: EseFile, xml: XmlElement): JwtValidationModel {
  const validation = new EseElement(file, xml, {
    children: ['exp-grace', 'enable-introspection', 'reserved-claims', 'custom-claims'],
  })
  return {
    ...NO_CLAIMS_CHECKED,
    ...readExpGrace(file, validation.child('exp-grace')),
    ...readIntrospectionUse(file, validation.child('enable-introspection')),
    ...readReservedClaims(file, validation.child('reserved-claims')),
    customClaims: readCustomClaims(file, validation.child('custom-claims')),
  }
}

function readExpGrace(
  file: EseFile,
  xml: XmlElement | undefined,
): Pick<JwtValidationModel, 'expGraceSeconds' | 'staysAfterExpiry'> {
  if (xml === undefined) return { expGraceSeconds: 0 }
  const element = textElement(file, xml, ['disconnect-after-expiry'])
  const attribute = element.attribute('disconnect-after-expiry')
  const stays = attribute !== undefined && readBoolean(file, attribute) === false
  const expGraceSeconds = readWholeNumber(file, element.value, 0, GRACE_SECONDS_MAX) ?? 0
  return { expGraceSeconds, ...(stays ? { staysAfterExpiry: true } : {}) }
}

function readIntrospectionUse(file: EseFile, xml: XmlElement | undefined): Pick<JwtValidationModel, 'introspection'> {
  if (xml === undefined) return {}
  const element = textElement(file, xml, ['sampling'])
  const attribute = element.attribute('sampling')
  const sampling = attribute === undefined ? 1 : (readFraction(file, attribute) ?? 1)
  return readBoolean(file, element.value) === true ? { introspection: { sampling } } : {}
}

function readReservedClaims(
  file: EseFile,
  xml: XmlElement | undefined,
): Pick<JwtValidationModel, 'audience' | 'subject' | 'issuers' | 'scope'> {
  if (xml === undefined) return NO_CLAIMS_CHECKED
  const claims = new EseElement(file, xml, { children: ['aud', 'sub', 'iss', 'scope'] })
  const audience = claims.child('aud')
  const subject = claims.child('sub')
  const issuers = claims.child('iss')
  return {
    audience: audience && readText(file, textElement(file, audience).value, 'claim'),
    subject: subject && readText(file, textElement(file, subject).value, 'claim'),
    issuers: (issuers && readList(file, textElement(file, issuers).value, 'claim')) ?? [],
    scope: readScope(file, claims.child('scope')),
  }
}

function readScope(file: EseFile, xml: XmlElement | undefined): ScopeModel | undefined {
  if (xml === undefined) return undefined
  const element = textElement(file, xml, ['alt'])
  const alt = element.attribute('alt')
  return {
    required: readList(file, element.value, 'claim') ?? [],
    claim: (alt && readText(file, alt)) ?? 'scope',
  }
}

function readCustomClaims(file: EseFile, xml: XmlElement | undefined): readonly CustomClaimModel[] {
  if (xml === undefined) return []
  const claims = new EseElement(file, xml, { children: ['claim'], repeatable: ['claim'] })
  return claims
    .childrenWhere(name => name === 'claim')
    .map(child => readCustomClaim(file, new EseElement(file, child, { children: ['name', 'value'] })))
}

function readCustomClaim(file: EseFile, claim: EseElement): CustomClaimModel {
  const name = claim.requiredChild('name')
  const value = claim.requiredChild('value')
  return {
    name: (name && readText(file, textElement(file, name).value)) ?? '',
    value: (value && readText(file, textElement(file, value).value, 'claim')) ?? '',
  }
}
