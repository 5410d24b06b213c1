/** Something that all nodes keep until its end, by name. */
export interface SharedRecord {
  readonly name: string
  readonly value: Buffer
  /** Unix time in ms. */
  readonly untilMs: number
}

/** Some of the records that all nodes keep. */
export interface SharedRecordPage {
  /** In the order in which they were put. */
  readonly records: readonly Pick<SharedRecord, 'name' | 'value'>[]
  /** Of the last of these; where there are none, as it was asked for. */
  readonly position: number
  /** Another one after everything was lost: positions of before mean nothing in it. Empty: nothing was ever put. */
  readonly series: string
  /** How many there are that have not ended. */
  readonly count: number
}

/**
 * Records that the nodes of a cluster keep together. A reader gets whatever somebody has put there: it must be able to
 * tell by itself whether it was one of its own. Each call ends within a second; it rejects with `STORE_AWAY`
 * where nobody can be asked.
 */
export interface SharedRecords {
  /** Puts each in the place of the one of its name. Resolves with how many there was room for. */
  put(records: readonly SharedRecord[]): Promise<number>
  /** Those that were put after a position, at most `limit`; what is put again is after all others. */
  read(after: number, limit: number): Promise<SharedRecordPage>
}
