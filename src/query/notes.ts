// What a person should know about a result beside its numbers.
import { byText } from '../base/by-text.ts'
import type { Collection } from './collect.ts'

/** Different reasons, should owners of several versions give them; more would only repeat. */
const REASONS_MAX = 4

export function notesOf({ own, members, hearsay, question, team, self }: Collection): string[] {
  const reasons = new Set<string>()
  for (const { collected } of members) {
    if (collected.answer?.status === 'withheld' && reasons.size < REASONS_MAX)
      reasons.add(collected.answer.reason)
  }
  const notes = [...reasons].sort(byText)
  if (own.failed) notes.push("This node's own numbers are missing: they could not be read in time.")
  if (team !== undefined) notes.push("A team's numbers are its members': this node's own are left out.")
  if (hearsay > 0) {
    const [many, them] = hearsay === 1 ? ['1 more node is', 'it'] : [`${hearsay} more nodes are`, 'them']
    notes.push(
      `${many} known only by what others say, and not trusted here, so nobody asked ${them}: see karo peers.`,
    )
  }
  const ages = members.flatMap(({ collected }) =>
    collected.summary === undefined ? [] : [self.as_of - collected.summary.as_of],
  )
  if (ages.length > 0) {
    const [many, their] = ages.length === 1 ? ['is', 'its'] : ['are', 'their']
    notes.push(
      `${ages.length} of ${members.length} ${members.length === 1 ? 'node' : 'nodes'} ${many} shown from ${their} ` +
        `last summary, ${ages.length === 1 ? '' : 'the oldest '}${age(Math.max(...ages))} old.`,
    )
  }
  if (question.level === 2 && notes.length === 0) {
    notes.push('Level 2 totals need two aggregators, which this release cannot run yet.')
  }
  return notes
}

const SECOND_MS = 1_000

/** In the largest unit that is not zero; clocks differ, so nothing is from the future. */
function age(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / SECOND_MS))
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h`
  return `${Math.floor(minutes / (24 * 60))} d`
}
