// Whose numbers are added up together: groups that have no machine in common, each large enough that nobody is alone in it.
//
// Totals that two types or two audiences have in common could be subtracted, and sets that differ pairwise by enough
// machines are not safe either: 11 machines less two disjoint fives leave one. Groups without a common machine leave
// nothing to subtract: whatever is computed from their totals is about whole groups.
import { GROUPS_MAX } from '../../../protocols/messages/aggregate.ts'
import type { Candidate, Group } from './types.ts'

/** No total is of fewer machines, whatever a policy bundle says. */
export const K_LEAST = 3
/** Where a policy bundle says nothing. */
export const K_DEFAULT = 5

const SEPARATOR = '\n'

export const keyOf = (type: string, audience: string): string => `${type} ${audience}`

export function typeAndAudience(key: string): { readonly type: string; readonly audience: string } {
  const space = key.indexOf(' ')
  return { type: key.slice(0, space), audience: key.slice(space + 1) }
}

/** Of a set: how many machines each owner has in it. */
interface Owned {
  /** Machines of owners who could subtract theirs: they have one of the pair, or a reader of these totals. */
  readonly insiders: number
  /** Machines of each other owner, the most first. */
  readonly others: readonly number[]
}

function ownedIn(
  members: readonly Pick<Candidate, 'member' | 'owner' | 'roles' | 'isOfPair'>[],
  keys: readonly string[],
): Owned {
  const audiences = new Set(keys.map((key) => typeAndAudience(key).audience))
  const owners = new Map<string, { machines: number; isInsider: boolean }>()
  for (const { member, owner = member, roles, isOfPair } of members) {
    const of = owners.get(owner) ?? { machines: 0, isInsider: false }
    of.machines++
    of.isInsider ||= isOfPair || roles.some((role) => audiences.has(role))
    owners.set(owner, of)
  }
  const all = [...owners.values()]
  return {
    insiders: all.reduce((sum, { machines, isInsider }) => sum + (isInsider ? machines : 0), 0),
    others: all.flatMap(({ machines, isInsider }) => (isInsider ? [] : [machines])).sort((a, b) => b - a),
  }
}

/**
 * The fewest machines that k owners must have a part in who cannot subtract it: one more than those have together who can,
 * and the k - 1 others with the most machines. Where each machine has an owner of its own, k and one for each that can.
 */
const fewestOf = ({ insiders, others }: Owned, k: number): number => {
  const fewer = Math.max(0, k - 1)
  const most = others.slice(0, fewer).reduce((sum, machines) => sum + machines, 0)
  // Owners that are not there count as one machine each, so that a set of too few owners is never large enough.
  return insiders + most + Math.max(0, fewer - others.length) + 1
}

/** The fewest machines, of a group and of a row, whose total is opened. */
export const thresholdOf = (
  members: readonly Pick<Candidate, 'member' | 'owner' | 'roles' | 'isOfPair'>[],
  keys: readonly string[],
  k: number,
): number => fewestOf(ownedIn(members, keys), Math.max(k, K_LEAST))

/** Whether the set has at least `least` machines, and enough for the own k_min of each of them. */
export function isLargeEnough(
  members: readonly Candidate[],
  keys: readonly string[],
  least: number,
): boolean {
  const owned = ownedIn(members, keys)
  return members.length >= least && members.every(({ kMin }) => fewestOf(owned, kMin) <= members.length)
}

/** Removes machines whose own k_min is larger than the set allows, until the set does not change any more. */
function settled(members: readonly Candidate[], keys: readonly string[]): readonly Candidate[] {
  let rest = members
  for (;;) {
    const owned = ownedIn(rest, keys)
    const size = rest.length
    const stay = rest.filter(({ kMin }) => fewestOf(owned, kMin) <= size)
    if (stay.length === rest.length) return rest
    rest = stay
  }
}

interface Draft {
  readonly keys: readonly string[]
  readonly members: readonly Candidate[]
}

const isWithin = (some: readonly string[], all: readonly string[]): boolean => {
  const has = new Set(all)
  return some.every((one) => has.has(one))
}

/** By what each shares; a key that fewer than `least` share at all is nobody's. */
function byKeys(candidates: readonly Candidate[], least: number): readonly Draft[] {
  // Most share the same, and the same array says so.
  const alike = Map.groupBy(candidates, ({ keys }) => keys)
  const shared = new Map<string, number>()
  for (const [keys, of] of alike) {
    for (const key of keys) shared.set(key, (shared.get(key) ?? 0) + of.length)
  }
  const drafts = new Map<string, { keys: readonly string[]; members: Candidate[] }>()
  for (const [all, of] of alike) {
    const keys = all.filter((key) => (shared.get(key) ?? 0) >= least)
    if (keys.length === 0) continue
    const name = keys.join(SEPARATOR)
    const draft = drafts.get(name) ?? { keys, members: [] }
    for (const candidate of of) draft.members.push(candidate)
    drafts.set(name, draft)
  }
  return [...drafts.values()]
}

/** Larger ones first, then by what they share. */
const inOrder = (drafts: readonly Draft[]): Draft[] =>
  [...drafts].sort(
    (a, b) =>
      b.members.length - a.members.length || (a.keys.join(SEPARATOR) < b.keys.join(SEPARATOR) ? -1 : 1),
  )

/** What a group needs: machines of `k` owners who cannot subtract theirs, and `half` in all. */
interface Least {
  readonly k: number
  readonly half: number
}

const isTooSmall = ({ keys, members }: Draft, { k, half }: Least): boolean => {
  const stay = settled(members, keys)
  return stay.length < Math.max(thresholdOf(stay, keys, k), half)
}

/** The drafts without `small`, whose members share less than they would so that they are among enough, or wait. */
function merged(drafts: readonly Draft[], small: Draft, least: Least): readonly Draft[] {
  const others = inOrder(drafts.filter((one) => one !== small))
  const within = others.find(({ keys }) => isWithin(keys, small.keys))
  // A group that is large enough alone does not give up a key for a few.
  const into =
    within ?? others.find((one) => isTooSmall(one, least) && one.keys.some((key) => small.keys.includes(key)))
  if (into === undefined) return others
  const keys = into.keys.filter((key) => small.keys.includes(key))
  const name = keys.join(SEPARATOR)
  const same = others.find((one) => one !== into && one.keys.join(SEPARATOR) === name)
  const rest = others.filter((one) => one !== into && one !== same)
  return [...rest, { keys, members: [...into.members, ...small.members, ...(same?.members ?? [])] }]
}

/**
 * The groups of a bucket, of at least `half` machines each. Machines that share the same are a group. One that is too small shares less, so that it is among
 * enough: with the largest group that shares nothing else, or with one as small that shares some of it. Whoever is left
 * is in none. Depends on nothing but its arguments, and not on their order. At most 8 groups, the largest.
 */
export function groupsOf(candidates: readonly Candidate[], k: number, half: number): readonly Group[] {
  const least = { k, half }
  let drafts = byKeys(
    [...candidates].sort((a, b) => a.at - b.at),
    Math.max(k, K_LEAST, half),
  )
  for (;;) {
    const small = inOrder(drafts)
      .toReversed()
      .find((draft) => isTooSmall(draft, least))
    if (small === undefined) break
    drafts = merged(drafts, small, least)
  }
  const groups = drafts.map(({ keys, members }) => {
    const stay = settled(members, keys)
    const places = stay.map(({ at }) => at).sort((a, b) => a - b)
    return { keys, members: places, threshold: thresholdOf(stay, keys, k) }
  })
  return groups
    .sort((a, b) => b.members.length - a.members.length || (a.members[0] ?? 0) - (b.members[0] ?? 0))
    .slice(0, GROUPS_MAX)
}
