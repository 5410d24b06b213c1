/** Nodes at which the ends of a pair are. */
export interface PairNodes {
  readonly publisher: number
  readonly subscriber: number
}

/**
 * Where pair number `pair` of `pairs` is: subscribers are spread in blocks, publishers are at the same node, or for the
 * share of the pairs that cross at the next one.
 */
export function nodesOfPair(pair: number, pairs: number, nodes: number, crossingShare: number): PairNodes {
  const subscriber = Math.floor((pair * nodes) / pairs)
  const crosses = Math.floor((pair + 1) * crossingShare) > Math.floor(pair * crossingShare)
  return { subscriber, publisher: crosses ? (subscriber + 1) % nodes : subscriber }
}
