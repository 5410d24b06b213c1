const LIFETIME_MIN_MS = 30_000
const LIFETIME_MAX_MS = 24 * 60 * 60 * 1000

/** How long past its lifetime a key set is used while the server gives no newer one. */
export const KEYS_STALE_MAX_MS = 24 * 60 * 60 * 1000

/** The share of its lifetime after which a set is fetched again, at the earliest. */
export const KEYS_REFRESH_SHARE = 0.75

/** How long a key set is used, by what its server said, else as configured. */
export function keysLifetimeMs(saidSeconds: number | undefined, defaultSeconds: number): number {
  return Math.min(LIFETIME_MAX_MS, Math.max(LIFETIME_MIN_MS, (saidSeconds ?? defaultSeconds) * 1000))
}
