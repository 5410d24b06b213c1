/** One thing, or a set of several, or nothing: where one is the rule, a Set for each would cost 220 bytes more. */
export type OneOrMore<Thing> = Thing | Set<Thing> | undefined

/** The things and `thing`, which may be among them already. No thing is undefined or a Set itself. */
export function withThing<Thing>(things: OneOrMore<Thing>, thing: Thing): OneOrMore<Thing> {
  if (things === undefined || things === thing) return thing
  return things instanceof Set ? things.add(thing) : new Set([things, thing])
}

/** The things but `thing`, which need not be among them. */
export function withoutThing<Thing>(things: OneOrMore<Thing>, thing: Thing): OneOrMore<Thing> {
  if (things === thing) return undefined
  if (!(things instanceof Set)) return things
  things.delete(thing)
  return things.size === 0 ? undefined : things
}

/** Calls `visit` for each. */
export function visitThings<Thing>(things: OneOrMore<Thing>, visit: (thing: Thing) => void): void {
  if (things === undefined) return
  if (things instanceof Set) for (const thing of things) visit(thing)
  else visit(things)
}
