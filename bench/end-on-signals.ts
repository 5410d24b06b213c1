const STATUS_INTERRUPTED = 130

/** Makes a signal end this process by way of its exit handlers, which end the brokers and remove the folders. */
export function endOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(STATUS_INTERRUPTED))
}
