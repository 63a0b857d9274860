// The arguments of a tool as canonical JSON: the same arguments are the same text, which approvals are bound to.
import { KaroError } from '../../base/errors.ts'
import type { Members } from '../../base/shape/json-object.ts'

const MOST_CHARS = 64 * 1024
const MOST_DEPTH = 32

/** Members sorted by their names. Throws KaroError `bad_request` for more than 64 KiB or more than 32 layers. */
export function canonicalJson(value: Members): string {
  const json = JSON.stringify(sorted(value, 0))
  if (json.length > MOST_CHARS)
    throw new KaroError('bad_request', `the arguments have ${json.length} characters; at most ${MOST_CHARS}`)
  return json
}

function sorted(value: unknown, depth: number): unknown {
  if (depth > MOST_DEPTH)
    throw new KaroError('bad_request', `the arguments are nested deeper than ${MOST_DEPTH}`)
  if (Array.isArray(value)) return value.map((item) => sorted(item, depth + 1))
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, item]) => [name, sorted(item, depth + 1)] as const)
  // Integer-like names come first in every JavaScript object, which is one order as well.
  return Object.fromEntries(members)
}
