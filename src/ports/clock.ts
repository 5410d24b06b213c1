/** A timer that was started; cancelling it twice, or after it ran, does nothing. */
export interface Timer {
  cancel(): void
}

/** The only source of time, so that a test can move it. */
export interface Clock {
  /** Unix time in milliseconds. */
  nowMs(): number
  /** Runs `task` once after `delayMs`. Does not keep the process alive. */
  after(delayMs: number, task: () => void): Timer
  /** Runs `task` every `intervalMs` until cancelled. Does not keep the process alive. */
  every(intervalMs: number, task: () => void): Timer
}

/** The only source of randomness. */
export interface Random {
  /** A number in [0, 1). */
  fraction(): number
  /** `bytes` random bytes, in lower-case hexadecimal. Unpredictable. */
  hex(bytes: number): string
}
