// Notes that a person should read beside the numbers of a result.
import { byText } from '../../../base/by-text.ts'
import { ago } from '../../../base/format.ts'
import { clockWords } from '../../../base/words/clock-words.ts'
import type { Apart } from '../../../mesh/index.ts'
import { queryType } from '../query-types/index.ts'
import type { Collection } from './types.ts'

/** Different reasons, should owners of several versions give them; more would only repeat. */
const REASONS_MAX = 4
/** Nodes that were never met, each in a line of its own; the rest is counted. */
const STRAYS_MAX = 4

export function notesOf({
  own,
  members,
  hearsay,
  question,
  team,
  self,
  strays = [],
  stale,
}: Collection): string[] {
  const reasons = new Set<string>()
  for (const { collected } of members) {
    if (collected.answer?.status === 'withheld' && reasons.size < REASONS_MAX)
      reasons.add(collected.answer.reason)
  }
  const notes = [...reasons].sort(byText)
  const { asksFor } = queryType(question.query_type)
  if (asksFor !== undefined && members.some(({ collected }) => collected.outcome === 'denied'))
    notes.push(asksFor)
  if (stale)
    notes.push(
      'No revocation list came for a week; members without one give no numbers: karo doctor --only mesh.lists.',
    )
  if (own.failed)
    notes.push(
      "This node's own numbers are missing: they could not be read in time. Ask again, or look with karo doctor.",
    )
  if (team !== undefined)
    notes.push("Only the members of the team are asked: this node's own numbers are left out.")
  if (hearsay > 0)
    notes.push(
      `Known only through other members and not trusted here, so not asked: ${hearsay} more. See karo peers.`,
    )
  const ages = members.flatMap(({ collected }) =>
    collected.summary === undefined ? [] : [self.as_of - collected.summary.as_of],
  )
  if (ages.length > 0)
    notes.push(
      `Shown from last summaries: ${ages.length} of ${members.length}, the oldest ${ago(Math.max(...ages))}.`,
    )
  for (const { name, apart } of strays.slice(0, STRAYS_MAX)) {
    notes.push(`${name} is trusted here, and was not asked: ${whyStray(apart)}.`)
  }
  if (strays.length > STRAYS_MAX)
    notes.push(`${strays.length - STRAYS_MAX} more trusted nodes were not asked: karo doctor says why.`)
  return notes
}

function whyStray(apart: Apart): string {
  if (apart.why === 'clock') return `refused, its clock is ${clockWords(apart.clock_off_ms)}`
  if (apart.why === 'encryption') return 'it uses another encryption (transport.security)'
  if (apart.why === 'links_full') return 'this node has no link left for it (overlay.leaves_up_to)'
  if (apart.why === 'links_full_there') return 'it has no free link for this node (overlay.leaves_up_to)'
  return 'it does not trust this node yet'
}
