// Whose numbers a machine contributes: one set of people for everything, so that no two totals differ by one of them.

interface MachineConsent {
  /** Sorted. */
  readonly people: readonly string[]
  /** `ToolUsage security`, sorted: what all of them share. */
  readonly keys: readonly string[]
}

/**
 * The people and the keys (type and audience) that a machine of several people contributes: each of the people shares each
 * of the keys. Were each key summed over those who share it, the difference of two keys' totals would be about the few who
 * share only one of them. The largest number of people times keys wins, then more people, then the names. Nobody: no keys.
 */
export function whoContributes(consents: ReadonlyMap<string, ReadonlySet<string>>): MachineConsent {
  let best: MachineConsent = { people: [], keys: [] }
  for (const keys of candidates([...consents.values()])) {
    const people = [...consents].filter(([, has]) => keys.every((key) => has.has(key))).map(([name]) => name)
    const one = { people: people.sort(), keys }
    if (isBetter(one, best)) best = one
  }
  return best
}

/** What each person shares, and what each two have in common; more would cost more than it gives. */
function candidates(consents: readonly ReadonlySet<string>[]): readonly (readonly string[])[] {
  const found = new Map<string, readonly string[]>()
  const all = new Set([...(consents[0] ?? [])].filter((key) => consents.every((one) => one.has(key))))
  for (const [at, a] of consents.entries()) {
    for (const b of [all, ...consents.slice(at)]) {
      const keys = [...a].filter((key) => b.has(key)).sort()
      if (keys.length > 0) found.set(keys.join('\n'), keys)
    }
  }
  return [...found.values()]
}

function isBetter(one: MachineConsent, best: MachineConsent): boolean {
  const gain = one.people.length * one.keys.length - best.people.length * best.keys.length
  if (gain !== 0) return gain > 0
  if (one.people.length !== best.people.length) return one.people.length > best.people.length
  return one.keys.join('\n') < best.keys.join('\n')
}
