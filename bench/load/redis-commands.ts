import { once } from 'node:events'
import { connect } from 'node:net'

const ALL = /total_commands_processed:(\d+)/

/** Counts the commands that a Redis runs, those that scripts call included. */
export class RedisCommands {
  readonly #port: number | undefined
  #before = 0

  /** Without a port there is nothing to count. */
  constructor(port: number | undefined) {
    this.#port = port
  }

  async start(): Promise<void> {
    if (this.#port !== undefined) this.#before = await commandsRun(this.#port)
  }

  /** Those since the start, our own question left out. */
  async count(): Promise<number | undefined> {
    return this.#port === undefined ? undefined : (await commandsRun(this.#port)) - this.#before - 1
  }
}

async function commandsRun(port: number): Promise<number> {
  const socket = connect(port, '127.0.0.1')
  try {
    socket.setEncoding('utf8').write('INFO stats\r\n')
    for (let answer = ''; ; ) {
      const [text]: readonly unknown[] = await once(socket, 'data')
      answer += String(text)
      const number = ALL.exec(answer)?.[1]
      // The number is whole once something stands behind it.
      if (number !== undefined && answer.includes('\n', answer.indexOf(number))) return Number(number)
    }
  } finally {
    socket.destroy()
  }
}
