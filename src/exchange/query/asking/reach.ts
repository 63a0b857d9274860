// Which part of the asked range the numbers of a result rest on, node by node.
import { byText } from '../../../base/by-text.ts'
import type { TimeRange } from '../../../insight/statistics/index.ts'
import { queryType } from '../query-types/index.ts'
import { rfc3339 } from '../range.ts'
import type { PerNode, ResultReach } from '../result.ts'
import type { Collection } from './types.ts'

interface Heard {
  readonly fingerprint: string
  readonly name: string
  readonly source: PerNode['source']
  readonly covers: TimeRange | undefined
  /** It gave numbers and did not say of which part of the time they are. */
  readonly unsaid?: true
}

/** Null for a type whose numbers are of now. A node that refused or stayed silent is in the coverage, and not here. */
export function reachIn(collection: Collection): ResultReach | null {
  const { question, self } = collection
  const { query_type, time_range } = question
  if (queryType(query_type).ofNow) return null
  const heard = heardIn(collection)
  const short = heard.filter((one) => !isWhole(one, time_range, self.as_of))
  return {
    nodes: heard.length,
    whole: heard.length - short.length,
    short: short
      .map(({ covers, ...one }) => ({
        ...one,
        covers: covers === undefined ? null : { start: rfc3339(covers.start), end: rfc3339(covers.end) },
      }))
      .sort((a, b) => byText(a.name, b.name) || byText(a.fingerprint, b.fingerprint)),
  }
}

function heardIn({ own, self, members, question }: Collection): readonly Heard[] {
  const heard: Heard[] = []
  if (own.none !== true && own.failed !== true) {
    const { fingerprint, name } = self
    heard.push({ fingerprint, name, source: 'live', covers: within(own.covers, question.time_range) })
  }
  for (const { member, collected } of members) {
    const { fingerprint, name } = member
    const { answer, summary } = collected
    if (answer?.status === 'success' || answer?.status === 'no_data') {
      const covers = within(answer.covers, question.time_range)
      const gave = answer.status === 'success' && queryType(question.query_type).contributes(answer.data)
      const unsaid = covers === undefined && gave
      heard.push({
        fingerprint,
        name,
        source: 'live' as const,
        covers,
        ...(unsaid && { unsaid: true as const }),
      })
    } else if (summary !== undefined) {
      heard.push({ fingerprint, name, source: 'summary', covers: summary.covers })
    }
  }
  return heard
}

/** An owner's word is cut to what was asked: nobody covers more than that. */
function within(covers: TimeRange | undefined, range: TimeRange): TimeRange | undefined {
  if (covers === undefined) return undefined
  const cut = { start: Math.max(covers.start, range.start), end: Math.min(covers.end, range.end) }
  return cut.start < cut.end ? cut : undefined
}

/** A live answer is of the moment; clocks differ, so only its beginning is compared. A summary ends where it was derived. */
function isWhole({ covers, source }: Heard, range: TimeRange, now: number): boolean {
  if (covers === undefined || covers.start > range.start) return false
  return source === 'live' || covers.end >= Math.min(range.end, now)
}
