import type { CommandContext } from './command.ts'

const INPUT_BYTES_MAX = 64 * 1024

/** All of standard input; rejects when it is more than 64 KiB. */
export async function readStandardInput(): Promise<string> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of process.stdin) {
    const chunk = Buffer.from(part)
    bytes += chunk.length
    if (bytes > INPUT_BYTES_MAX) throw new Error(`standard input has more than ${INPUT_BYTES_MAX} bytes`)
    parts.push(chunk)
  }
  return Buffer.concat(parts).toString()
}

/** The same, for a secret with this name; whoever sits before a terminal that says nothing is told what it waits for. */
export async function readSecretInput(
  name: string,
  { terminal, readInput }: Pick<CommandContext, 'terminal' | 'readInput'>,
): Promise<string> {
  if (terminal.inputIsTyped)
    terminal.complain(`Waiting for ${name} on standard input: paste it, then Enter and Ctrl-D.`)
  return await readInput()
}
