// Who of a group is added up apart, so that teams have totals of their own: parts by the teams in machines' certificates.
//
// Parts are disjoint, so a team's total is the sum of the parts whose teams contain it. They go by what an issuer signed and
// never by what a machine says of itself, such as its address: it could move from part to part and be had by subtraction.
import { PARTS_MAX, TEAMS_BYTES_MAX, TEAMS_MAX } from '../../../../protocols/messages/aggregate.ts'
import { thresholdOf } from '../sets.ts'
import type { Candidate } from '../types.ts'

/** Machines of a group that are added up apart: those with exactly these teams, or, without teams, all that are in no part. */
export interface Cell {
  /** Sorted; empty for the rest. */
  readonly teams: readonly string[]
  /** Places in the list, ascending. */
  readonly members: readonly number[]
  /** Fewest machines, of the cell and of a row in it, that are told apart. */
  readonly threshold: number
}

interface Draft {
  readonly teams: readonly string[]
  readonly members: readonly Candidate[]
}

const nameOf = ({ teams }: Draft): string => teams.join('\n')

/** Larger ones first, then by their teams. */
const inOrder = (drafts: readonly Draft[]): readonly Draft[] =>
  [...drafts].sort((a, b) => b.members.length - a.members.length || (nameOf(a) < nameOf(b) ? -1 : 1))

/**
 * The cells of a group: its parts, the largest first, and last the machines that are in none, if there are any. None at all
 * where fewer than two are left. A part is of at least its threshold of machines, and of as many as each of them wants to be
 * among; so is the rest, which takes in the smallest part until it is. `room`: parts that may be told of; smaller ones are in
 * the rest, and `leftOut` says how many. Depends on nothing but its arguments, and not on their order.
 */
export function cellsOfGroup(
  members: readonly Candidate[],
  keys: readonly string[],
  k: number,
  room: number = PARTS_MAX,
): { readonly cells: readonly Cell[]; readonly leftOut: number } {
  const isEnough = (of: readonly Candidate[]): boolean => {
    const threshold = thresholdOf(of, keys, k)
    const hidden = threshold - thresholdOf([], keys, k)
    return of.length >= threshold && of.every(({ kMin }) => kMin + hidden <= of.length)
  }
  const drafts = new Map<string, { teams: readonly string[]; members: Candidate[] }>()
  for (const candidate of members) {
    const teams = [...new Set(candidate.teams)].sort()
    if (teams.length === 0 || teams.length > TEAMS_MAX) continue
    if (Buffer.byteLength(teams.join('')) > TEAMS_BYTES_MAX) continue
    const draft = drafts.get(teams.join('\n')) ?? { teams, members: [] }
    draft.members.push(candidate)
    drafts.set(teams.join('\n'), draft)
  }
  const possible = inOrder([...drafts.values()]).filter((draft) => isEnough(draft.members))
  const parts = possible.slice(0, room)
  for (;;) {
    const within = new Set(parts.flatMap((part) => part.members))
    const rest = members.filter((one) => !within.has(one))
    if (rest.length > 0 && !isEnough(rest) && parts.length > 0) {
      parts.pop()
      continue
    }
    const cells = rest.length > 0 ? [...parts, { teams: [], members: rest }] : parts
    if (cells.length < 2) return { cells: [], leftOut: 0 }
    return {
      cells: cells.map(({ teams, members: of }) => ({
        teams,
        members: of.map(({ at }) => at).sort((a, b) => a - b),
        threshold: thresholdOf(of, keys, k),
      })),
      leftOut: Math.max(0, possible.length - room),
    }
  }
}
