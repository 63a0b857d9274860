// Who asked this node about what: the questions of the ledger, counted by author and kind.
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Asked, AuditEntry } from './types.ts'

/**
 * At most so many pairs of author and type of question. A node that floods is one author, and unnamed authors are
 * refused.
 */
const GROUPS_MAX = 10_000
const RULES_MAX = 8

type Counting = { -readonly [K in keyof Asked]: Asked[K] } & { rules: string[] }

function addRule({ rules }: Counting, rule: unknown): void {
  if (typeof rule === 'string' && !rules.includes(rule) && rules.length < RULES_MAX) rules.push(rule)
}

function operatorOf({ operator, operator_name }: AuditEntry['details']): Asked['operator'] {
  if (typeof operator !== 'string') return null
  return { id: operator, name: typeof operator_name === 'string' ? operator_name : '' }
}

/**
 * Entries from the newest on; the newest asker first. `memberOf`: the first key of a lineage, so that a node that rotated
 * its key is one asker; it is named by the key of its newest question.
 */
export function createWhoAsked(memberOf: (peer: NodeId) => NodeId = (peer) => peer): {
  add(entry: AuditEntry): void
  result(): readonly Asked[]
} {
  const groups = new Map<string, Counting>()

  function groupOf({ peer, details, ts }: AuditEntry): Counting | undefined {
    if (peer === undefined) return undefined
    const query_type = typeof details.query_type === 'string' ? details.query_type : null
    const operator = operatorOf(details)
    const key = `${memberOf(peer)} ${query_type} ${operator?.id ?? ''}`
    const found = groups.get(key)
    // Entries with counts have no name.
    if (found?.operator?.name === '') found.operator = operator
    if (found !== undefined || groups.size >= GROUPS_MAX) return found
    const made = {
      peer,
      operator,
      query_type,
      asked: 0,
      allowed: 0,
      refused: 0,
      busy: 0,
      rules: [],
      first: ts,
      last: ts,
    }
    groups.set(key, made)
    return made
  }

  return {
    add(entry) {
      if (entry.type !== 'query_received' && entry.type !== 'query_responded') return
      const group = groupOf(entry)
      if (group === undefined) return
      const { details, ts } = entry
      const times = typeof details.times === 'number' ? details.times : 1
      group.first = Math.min(group.first, ts)
      group.last = Math.max(group.last, ts)
      if (entry.type === 'query_received') {
        if (entry.success) group.asked += times
        else if (details.reason === 'author_not_admitted') {
          // Handed on by this peer, for authors that may have nothing here: read, and refused.
          group.asked += times
          group.refused += times
          addRule(group, details.reason)
        } else group.busy += times
        return
      }
      if (details.decision === 'allow') group.allowed += times
      else group.refused += times
      addRule(group, details.rule)
    },
    result: () => [...groups.values()].sort((a, b) => b.last - a.last),
  }
}
