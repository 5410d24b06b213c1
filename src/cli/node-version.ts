const MAJOR_MIN = 24
const MINOR_MIN = 11

/** What to do when this Node is too old, in one line; else undefined. Written so that an old Node can run it. */
export function nodeVersionProblem(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > MAJOR_MIN || (major === MAJOR_MIN && minor >= MINOR_MIN)) return undefined
  const fix = 'run `npm ci` and then `npm run guardbee -- <command>`, which brings its own, or install Node 24'
  return `guardbee needs Node ${MAJOR_MIN}.${MINOR_MIN} or newer and this is ${version}: ${fix}`
}
