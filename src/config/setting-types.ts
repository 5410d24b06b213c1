import type { SettingType } from './setting.ts'

const CONTROL_CHARACTER = /\p{Cc}/u
const SERVER_REFERENCE_CHARACTERS_MAX = 1_024

function settingType<Value>(
  expected: string,
  parse: (text: string) => { readonly value: Value } | undefined,
): SettingType<Value> {
  return { expected, absent: 'none', emptyIsValue: false, parse }
}

/** A number without sign or fraction, from `min` to `max`. */
export function integer(min: number, max: number): SettingType<number> {
  return settingType(`an integer from ${min} to ${max}`, text => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : undefined
    return value !== undefined && value >= min && value <= max ? { value } : undefined
  })
}

/** One of the words given. */
export function oneOf<const Word extends string>(words: readonly Word[]): SettingType<Word> {
  return settingType(`one of ${words.join(', ')}`, text => {
    const value = words.find(word => word === text)
    return value === undefined ? undefined : { value }
  })
}

/** A switch. */
export const onOff: SettingType<'on' | 'off'> = oneOf(['on', 'off'])

/** A TCP port; 0 takes a free one. */
export const port: SettingType<number> = {
  ...integer(0, 65_535),
  expected: 'a port from 0 to 65535 (0 takes a free one)',
}

/** A TCP port of something that an empty variable switches off. */
export const portOrOff: SettingType<number | undefined> = {
  expected: `${port.expected}, or nothing to switch it off`,
  absent: 'off',
  emptyIsValue: true,
  parse: text => (text === '' ? { value: undefined } : port.parse(text)),
}

/** A textual IP address, not a name, so that nothing has to be looked up. */
export const ipAddress: SettingType<string> = settingType('an IPv4 or IPv6 address', text =>
  isIpAddress(text) ? { value: text } : undefined,
)

/** Addresses and networks, parted by spaces or commas; the value has single spaces between them. */
export const networks: SettingType<string> = settingType(
  'addresses or networks such as 10.0.0.0/8 or fd00::/8, parted by spaces or commas',
  given => {
    const found = given.split(/[ ,]+/).filter(network => network !== '')
    return found.length > 0 && found.every(isNetwork) ? { value: found.join(' ') } : undefined
  },
)

/** Any text on one line; a blank one is refused, because it looks like a check and is none. */
export const text: SettingType<string> = settingType('text on one line, not only spaces', given =>
  CONTROL_CHARACTER.test(given) || given.trim() === '' ? undefined : { value: given },
)

/** Servers that a client may use instead, in the form of v5 4.11, short enough for a packet of any client. */
export const serverReference: SettingType<string> = settingType(
  `text on one line of at most ${SERVER_REFERENCE_CHARACTERS_MAX} characters`,
  given => (given.length > SERVER_REFERENCE_CHARACTERS_MAX ? undefined : text.parse(given)),
)

/** A secret that can stand in a header and is too long to be guessed. */
export const secretText: SettingType<string> = settingType('16 or more letters, digits or ._~+/=-', given =>
  /^[A-Za-z0-9._~+/=-]{16,}$/.test(given) ? { value: given } : undefined,
)

/** A file or a folder; relative ones start at the working directory. */
export const path: SettingType<string> = { ...text, expected: 'a path' }

/** An absolute http or https URL, kept to the letter because an issuer is compared to the letter. */
export const httpUrl: SettingType<string> = settingType(
  'an absolute https:// or http:// URL without user name, password and fragment',
  given => (isHttpUrl(given) ? { value: given } : undefined),
)

/** Such URLs, parted by spaces; each counts once. */
export const httpUrls: SettingType<string> = settingType(
  'absolute https:// or http:// URLs, parted by spaces, without user name, password and fragment',
  given => {
    const urls = given.split(' ').filter(url => url !== '')
    return urls.length > 0 && new Set(urls).size === urls.length && urls.every(isHttpUrl)
      ? { value: urls.join(' ') }
      : undefined
  },
)

/** A fraction from 0 to 1. */
export const fraction: SettingType<number> = settingType('a number from 0 to 1', given => {
  const value = /^\d?\.?\d{1,15}$/.test(given) ? Number(given) : Number.NaN
  return value >= 0 && value <= 1 ? { value } : undefined
})

/** The same type for a setting that may be missing. */
export function optional<Value>(type: SettingType<Value>): SettingType<Value | undefined> {
  return type
}

function isIpAddress(address: string): boolean {
  const parts = address.split('.')
  if (parts.length === 4 && parts.every(part => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)) return true
  return /^[\da-f:.]+$/i.test(address) && address.includes(':') && URL.canParse(`http://[${address}]`)
}

function isNetwork(network: string): boolean {
  const [address = '', bits = '0', ...rest] = network.split('/')
  const bitsMax = address.includes(':') ? 128 : 32
  return isIpAddress(address) && /^(0|[1-9]\d{0,2})$/.test(bits) && Number(bits) <= bitsMax && rest.length === 0
}

function isHttpUrl(given: string): boolean {
  const url = /^https?:\/\/[^\s\\]+$/i.test(given) && !CONTROL_CHARACTER.test(given) ? URL.parse(given) : null
  return url !== null && url.username === '' && url.password === '' && !given.includes('#')
}
