import { type ByteReader, type ByteWriter, malformed } from '../core/byte-codec.ts'
import type { OwnedSubscription, Store } from '../ports/store.ts'
import type { PageCursors } from './page-cursors.ts'
import type { AnswerMessage, RawReads } from './raw-reads.ts'
import * as methods from './store-methods.ts'

/** What the requests of one worker are run on. */
export interface ServiceContext {
  readonly store: Store
  readonly reads: RawReads
  readonly subscriptionPages: PageCursors<OwnedSubscription>
  readonly messagePages: PageCursors<AnswerMessage>
}

/** Writes the result into the answer. */
export type WriteResult = (writer: ByteWriter) => void

type Service = (context: ServiceContext, reader: ByteReader) => Promise<WriteResult>

/** Reads the arguments at once, a fault in them is a `BUS_PROTOCOL` error, then runs the method. */
export function runService(context: ServiceContext, method: number, reader: ByteReader): Promise<WriteResult> {
  const service = services.get(method)
  if (service === undefined) throw malformed(`unknown store method ${method}`)
  return service(context, reader)
}

function serve<Arguments, Result, Answer>(
  method: methods.Method<Arguments, Result, Answer>,
  run: (context: ServiceContext, args: Arguments) => Promise<Answer>,
): [number, Service] {
  const service: Service = (context, reader) => {
    const args = method.arguments.read(reader)
    reader.finish()
    return run(context, args).then(result => writer => method.result.write(writer, result))
  }
  return [method.number, service]
}

const services: ReadonlyMap<number, Service> = new Map([
  serve(methods.claim, ({ store }, claim) => store.sessions.claim(claim)),
  serve(methods.release, ({ store }, args) => store.sessions.release(...args)),
  serve(methods.end, ({ store }, args) => store.sessions.end(...args)),
  serve(methods.markReceived, ({ store }, args) => store.sessions.markReceived(...args)),
  serve(methods.abandon, ({ store }, args) => store.sessions.abandon(...args)),
  serve(methods.takeDue, ({ store }, args) => store.sessions.takeDue(...args)),
  serve(methods.settleDue, ({ store }, args) => store.sessions.settleDue(...args)),
  serve(methods.setWill, ({ store }, args) => store.sessions.setWill(...args)),
  serve(methods.putSubscriptions, ({ store }, args) => store.subscriptions.put(...args)),
  serve(methods.removeSubscriptions, ({ store }, args) => store.subscriptions.remove(...args)),
  serve(methods.allSubscriptions, context => context.subscriptionPages.start(context.store.subscriptions.all())),
  serve(methods.moreSubscriptions, (context, cursor) => context.subscriptionPages.next(cursor)),
  serve(methods.closeSubscriptions, async (context, cursor) => context.subscriptionPages.close(cursor)),
  serve(methods.appendToQueues, ({ store }, args) => store.queues.append(...args)),
  serve(methods.readQueue, ({ reads }, args) => reads.queue(...args)),
  serve(methods.markReleased, ({ store }, args) => store.queues.markReleased(...args)),
  serve(methods.removeFromQueue, ({ store }, args) => store.queues.remove(...args)),
  serve(methods.putRetained, ({ store }, message) => store.retained.put(message)),
  serve(methods.removeRetained, ({ store }, topicName) => store.retained.remove(topicName)),
  serve(methods.matchRetained, (context, args) => context.messagePages.start(context.reads.retained(...args))),
  serve(methods.moreRetained, (context, cursor) => context.messagePages.next(cursor)),
  serve(methods.closeRetained, async (context, cursor) => context.messagePages.close(cursor)),
])
