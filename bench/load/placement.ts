import type { Placement } from './plan.ts'

/** The ends of a pair, as places in the list of candidates. */
export interface Ends {
  readonly publisher: number
  readonly subscriber: number
}

/**
 * Pairs up candidates by the process that serves each of them, alternating the direction. Throws when there are too
 * few on one side.
 */
export function chooseEnds(
  owners: readonly (number | undefined)[],
  pairs: number,
  placement: Exclude<Placement, 'any'>,
): readonly Ends[] {
  const [first = [], second = []] = placesByOwner(owners)
  return Array.from({ length: pairs }, (_, pair) => {
    const one = pair % 2 === 0 ? first : second
    const other = pair % 2 === 0 ? second : first
    const publisher = one.pop()
    const subscriber = (placement === 'crossing' ? other : one).pop()
    if (publisher === undefined || subscriber === undefined)
      throw new Error(`the connections are spread too unevenly over the workers for ${pairs} pairs`)
    return { publisher, subscriber }
  })
}

/** How many candidates are enough for any likely spread over two workers. */
export function candidatesFor(pairs: number): number {
  return Math.ceil(pairs * 3.2) + 32
}

function placesByOwner(owners: readonly (number | undefined)[]): readonly number[][] {
  const places = new Map<number, number[]>()
  for (const [place, owner] of owners.entries()) {
    if (owner === undefined) continue
    const known = places.get(owner) ?? []
    known.push(place)
    places.set(owner, known)
  }
  return [...places.values()].toSorted((one, other) => other.length - one.length)
}
