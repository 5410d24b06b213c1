import { once } from 'node:events'
import { connect } from 'node:net'
import type { RunningProgram } from '../../support/programs.ts'
import { waitFor } from '../../support/wait-for.ts'

/** Waits until somebody accepts connections on `port`; fails with its output when the program ends instead. */
export async function listening(program: RunningProgram, port: number): Promise<void> {
  await waitFor(
    `a listener on port ${port}`,
    async () => {
      if (program.hasEnded) throw new Error(`it ended instead: ${program.stdout}${program.stderr}`)
      return accepts(port)
    },
    60_000,
  )
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
