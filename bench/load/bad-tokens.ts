/** What is wrong with the tokens of some clients of a storm. */
export type BadToken = 'forged' | 'unknown-kid'

/** Whether the client with this number brings a bad token; they are spread evenly. */
export function isBad(number: number, share: number): boolean {
  return Math.floor((number + 1) * share) > Math.floor(number * share)
}

/** A token that must not let anybody in: with another signature, or of a key that nobody knows. */
export function spoiled(token: string, bad: BadToken, number: number): string {
  const [header = '', payload = '', signature = ''] = token.split('.')
  if (bad === 'unknown-kid') {
    const named: unknown = JSON.parse(Buffer.from(header, 'base64url').toString())
    const renamed = JSON.stringify({ ...(typeof named === 'object' ? named : {}), kid: `flood-${number}` })
    return `${Buffer.from(renamed).toString('base64url')}.${payload}.${signature}`
  }
  const bytes = Buffer.from(signature, 'base64url')
  bytes.writeUInt8(bytes.readUInt8(9) ^ 1, 9)
  return `${header}.${payload}.${bytes.toString('base64url')}`
}
