/** What the door makes of a token, as it was found here or by a node. */
export interface Explained {
  readonly allowed: boolean
  readonly text: string
  /** Plain data for `--json`. */
  readonly explanation: unknown
}
