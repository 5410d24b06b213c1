/** The wishes of the system, or of the person at the terminal, that the process ends. */
export interface StopSignals {
  /** Calls `received` for each of them until the function returned is called. */
  subscribe(received: () => void): () => void
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/** The signals of this process. While nobody subscribes they end it, as usual. */
export const processSignals: StopSignals = {
  subscribe: received => {
    for (const signal of SIGNALS) process.on(signal, received)
    return () => {
      for (const signal of SIGNALS) process.off(signal, received)
    }
  },
}
