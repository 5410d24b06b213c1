/** The lines that the log shows at the start of the security, in the order in which they come. */

/** First line. */
export function startingSecurity(): string {
  return 'Starting guardbee security.'
}

/** Second line; `path` is absolute. */
export function accessLogIsWritten(path: string): string {
  return `Access log is written to ${path}.`
}

/** Third line. */
export function startedSecurity(durationMs: number): string {
  return `Started guardbee security successfully in ${Math.round(durationMs)}ms.`
}

/** Fourth line. */
export function startedBroker(version: string): string {
  return `guardbee version ${version} started successfully.`
}
