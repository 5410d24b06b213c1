/**
 * Cases that guardbee fails today, by title, each with what it does instead. The test run marks them as `todo`; whoever
 * mends a fault takes its row out, and the case counts again.
 */
export const KNOWN_FAULTS: Readonly<Record<string, string>> = {}
