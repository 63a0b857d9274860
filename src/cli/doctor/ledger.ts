// What both `karo doctor` and `karo audit` say of the ledger.
import type { AuditVerdict, NamedNode } from '../../api/contract/shapes.ts'

export const counted = (entries: number): string => (entries === 1 ? '1 entry' : `${entries} entries`)

/** To follow "the ledger", where nothing but its end is missing. A member that rotated its key keeps heads under both. */
export function shortOf(
  { first_bad, outside }: AuditVerdict,
  nameOf: (member: NamedNode) => string,
): string | undefined {
  if (!outside?.missing || first_bad !== outside.seq - outside.missing + 1) return undefined
  const { missing, seq, signed_at, members } = outside
  const seen = [...new Set(members.map(nameOf))].join(', ')
  const by = seen === '' ? 'that this node signed' : `seen by ${seen}, signed`
  return `ends ${counted(missing)} before the head ${by} at ${signed_at} (entry ${seq}): its end was cut off`
}
