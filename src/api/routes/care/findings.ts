// /doctor/findings: what a person's `karo doctor` found last, kept in memory so that their page can show it.
import { getFindings, leaveFindings } from '../../contract/operations/doctor.ts'
import type { FindingsShape } from '../../contract/shapes.ts'
import { type Rooms, type Routes, serve, time } from '../../server/index.ts'

/** People whose findings are kept; of more, those that were left longest ago go. */
const PEOPLE_MAX = 64

export function findingsRoutes({ clock }: Rooms): Routes {
  /** By person, the oldest first. */
  const left = new Map<number, FindingsShape>()
  return (server) => {
    serve(server, leaveFindings, async ({ caller, body: { checks } }) => {
      left.delete(caller.person)
      if (left.size >= PEOPLE_MAX) left.delete(left.keys().next().value as number)
      left.set(caller.person, { at: time(clock.now()), checks })
      return { kept: checks.length }
    })
    serve(server, getFindings, async ({ caller }) => left.get(caller.person) ?? { at: null, checks: [] })
  }
}
