const MONOTONIC_AT_ORIGIN = Number(process.hrtime.bigint()) / 1_000 - performance.now() * 1_000

/** Microseconds of the machine's monotonic clock, which every process of a run reads alike. */
export function nowMicroseconds(): number {
  return MONOTONIC_AT_ORIGIN + performance.now() * 1_000
}

/** Waits until the monotonic clock shows this time; at once when it has passed. */
export async function sleepUntil(timeMicroseconds: number): Promise<void> {
  await sleep(Math.max(0, (timeMicroseconds - nowMicroseconds()) / 1_000))
}

/** Waits this long. */
export async function sleep(milliseconds: number): Promise<void> {
  await new Promise(resolve => setTimeout(resolve, milliseconds))
}
