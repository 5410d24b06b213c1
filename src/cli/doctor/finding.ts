/** What a check of `guardbee doctor` found. */
export interface Finding {
  readonly check: string
  /** `warn`: it runs, and somebody should look at it. `fail`: clients are or will be kept out. */
  readonly outcome: 'ok' | 'warn' | 'fail'
  readonly text: string
  /** What to do; absent: nothing. */
  readonly advice?: string
}

/** All is well. */
export function ok(check: string, text: string): Finding {
  return { check, outcome: 'ok', text }
}

/** Somebody should look at it. */
export function warn(check: string, text: string, advice: string): Finding {
  return { check, outcome: 'warn', text, advice }
}

/** Clients are or will be kept out. */
export function fail(check: string, text: string, advice: string): Finding {
  return { check, outcome: 'fail', text, advice }
}
