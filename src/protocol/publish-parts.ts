/** What of a PUBLISH goes from publisher to receiver as it is, where it lies. */
export interface PublishParts {
  /** `propertiesBytes[propertiesStart, propertiesEnd)`: all but Topic Alias, Message Expiry Interval and Subscription Identifier. */
  readonly propertiesBytes: Buffer
  readonly propertiesStart: number
  readonly propertiesEnd: number
  /** `payloadBytes[payloadStart, payloadEnd)`. */
  readonly payloadBytes: Buffer
  readonly payloadStart: number
  readonly payloadEnd: number
}
