const SHOWN_CHARACTERS_MAX = 80
const USER_INFO = /\/\/[^/?#\s]*@/gu
const NOT_ESCAPED_BY_JSON = /[\u007f-\u009f]/gu

/** A value as found, fit for a terminal: quoted, escaped, cut, without the user name and password of a URL. */
export function quoted(value: string): string {
  const masked = value.replace(USER_INFO, '//***@')
  const cut = masked.length > SHOWN_CHARACTERS_MAX ? `${masked.slice(0, SHOWN_CHARACTERS_MAX)}…` : masked
  return JSON.stringify(cut).replace(NOT_ESCAPED_BY_JSON, character => `\\x${character.charCodeAt(0).toString(16)}`)
}
