/** What a store counts; one in memory has no files, so what is said of them is 0. */
export interface StoreCounts {
  readonly sessions: number
  readonly queuedMessages: number
  readonly retainedMessages: number
  readonly bytes: number
  readonly neededBytes: number
  readonly commits: number
  readonly failures: number
  /** 1 while nothing new is taken. */
  readonly full: number
}
