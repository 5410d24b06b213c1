import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http'

type Answer = (response: ServerResponse, request: IncomingMessage) => void

/** A key server on loopback that answers as a test tells it to, and counts who asked. */
export class JwksServer {
  requests = 0
  answer: Answer = (_, request) => request.socket.destroy()
  #server: Server | undefined
  #port = 0

  get uri(): string {
    return `http://127.0.0.1:${this.#port}/keys?secret=s3cret`
  }

  /** Answers with a key set from now on. */
  serve(keys: readonly object[], headers: OutgoingHttpHeaders = {}): void {
    this.serveText(JSON.stringify({ keys }), { 'content-type': 'application/jwk-set+json', ...headers })
  }

  serveText(body: string, headers: OutgoingHttpHeaders = {}, status = 200): void {
    this.answer = response => response.writeHead(status, headers).end(body)
  }

  /** Listens, again on the port it had before if it was open already. */
  async open(): Promise<void> {
    const server = createServer((request, response) => {
      this.requests++
      this.answer(response, request)
    })
    await new Promise<void>(resolve => server.listen(this.#port, '127.0.0.1', resolve))
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('the server has no port')
    this.#port = address.port
    this.#server = server
  }

  async close(): Promise<void> {
    const server = this.#server
    if (server === undefined) return
    this.#server = undefined
    const closed = new Promise<void>(resolve => server.close(() => resolve()))
    server.closeAllConnections()
    await closed
  }
}
