import { isatty } from 'node:tty'
import { styleText } from 'node:util'

const STANDARD_INPUT = 0

/** What a command writes for the person who gave it. */
export interface Terminal {
  /** Whether somebody sits at standard input. */
  readonly inputIsTyped: boolean
  /** What was asked for: standard output. */
  print(text: string): void
  /** What went wrong: standard error. */
  complain(text: string): void
  /** Stands out, where standard output can show it. */
  bold(text: string): string
  /** A warning, where standard output can show it. */
  warning(text: string): string
}

/** The terminal of this process. Colours only where it is one, and never with `NO_COLOR`. */
export const processTerminal: Terminal = {
  inputIsTyped: isatty(STANDARD_INPUT),
  print: text => void process.stdout.write(`${text}\n`),
  complain: text => void process.stderr.write(`${text}\n`),
  bold: text => styleText('bold', text, { stream: process.stdout }),
  warning: text => styleText(['bold', 'yellow'], text, { stream: process.stdout }),
}
