/** A value of the broker that clients may subscribe to. */
export interface SysTopic {
  /** Begins with `$SYS/broker/`. */
  readonly topicName: string
  readonly value: string
}
