// How many machines stand behind totals, and what became of the others, in the same counts as a live question has.
import type { BucketTotals, Totals } from '../../totals/types.ts'
import type { Coverage } from '../result.ts'
import { machinesOfTeam } from './team-totals.ts'

export const isWhole = ({ buckets }: Totals): boolean =>
  buckets.length > 0 && buckets.every(({ why }) => why === undefined)

/** Machines of the newest bucket; who they are nobody knows but the aggregators. */
export function coverageOf(totals: Totals | undefined, released: readonly BucketTotals[]): Coverage {
  const bucket = released.at(-1) ?? totals?.buckets.at(-1)
  const { contributed, declined, late, absent, refused } = bucket?.contributions ?? NOBODY
  const known = contributed + declined + late + absent + refused
  const complete = known > 0 && contributed === known && totals !== undefined && isWhole(totals)
  return {
    known,
    answered: contributed,
    from_summary: 0,
    denied: declined,
    withheld: 0,
    failed: refused,
    unreachable: late + absent,
    complete,
    nodes: [],
  }
}

const NOBODY = { contributed: 0, declined: 0, late: 0, absent: 0, refused: 0 }

/** Machines of the team; who of the others declined, was late or is among too few nobody is told for a team. */
export function teamCoverage(totals: Totals | undefined, team: string): Coverage {
  const { machines, of } = machinesOfTeam(totals?.buckets ?? [], team)
  const known = of ?? machines
  const complete = known > 0 && machines === known && totals !== undefined && isWhole(totals)
  return {
    known,
    answered: machines,
    from_summary: 0,
    denied: 0,
    withheld: known - machines,
    failed: 0,
    unreachable: 0,
    complete,
    nodes: [],
  }
}
