import type { Log } from '../ports/telemetry.ts'
import type { AdminAnswer, AdminRequest } from './admin-routes.ts'

/** Answers one request and never rejects. */
export type AnswerRequest = (request: AdminRequest) => Promise<AdminAnswer>

/** Where and how an HTTP server listens. */
export interface HttpHostOptions {
  readonly address: string
  /** 0 takes a free port. */
  readonly port: number
  readonly answer: AnswerRequest
  readonly log: Log
}

/** An HTTP server that listens. */
export interface HttpHost {
  readonly port: number
  close(): Promise<void>
}

/** Headers that go with every answer: nothing is kept, and nothing is taken for a page. */
export const COMMON_HEADERS: readonly (readonly [string, string])[] = [
  ['Cache-Control', 'no-store'],
  ['X-Content-Type-Options', 'nosniff'],
]
