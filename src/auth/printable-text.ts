/** Controls, invisible and direction-changing characters, line separators, halves of surrogate pairs, double quote, backslash. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}"\\]|,(?= )/gu
const CHARACTERS_MAX = 1024

/**
 * Text of a client or a file as it may stand in one line of a log or an error: nothing in it can end the line, steer a
 * terminal, close a quote, or look like the `, ` that parts two fields. What is longer than `charactersMax` is cut.
 */
export function printable(text: string, charactersMax: number = CHARACTERS_MAX): string {
  return shortened(text, charactersMax).replace(UNSAFE, escaped)
}

/** The text itself, or its beginning and an ellipsis; for fields whose writer escapes by itself. */
export function shortened(text: string, charactersMax: number = CHARACTERS_MAX): string {
  return text.length <= charactersMax ? text : `${text.slice(0, charactersMax)}…`
}

function escaped(character: string): string {
  if (character === '\\' || character === '"') return `\\${character}`
  const hex = (character.codePointAt(0) ?? 0).toString(16)
  return hex.length <= 4 ? `\\u${hex.padStart(4, '0')}` : `\\u{${hex}}`
}
