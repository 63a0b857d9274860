// Which keys a ledger is signed with: the node's own, and those that it replaced, each change being an entry.
import { type NodeId, parseNodeId } from '../../../protocols/node-id.ts'
import type { AuditRecord, EarlierKey } from './types.ts'

/** If a ledger changed its key more often, only the newest changes are reported. */
const EARLIER_MAX = 100

/** An entry about a change of keys: the key that signed the entries before it, and the key that signs from it on. */
export function keyChange(
  previous: NodeId,
  next: NodeId,
  /** True if both keys signed the change (a rotation, which other nodes know). */
  isRotation: boolean,
): AuditRecord {
  return { type: isRotation ? 'key_rotated' : 'key_rotation', success: true, details: { previous, next } }
}

/** Entries that say that another key signs from them on. */
export const isKeyChange = (type: string): boolean => type === 'key_rotation' || type === 'key_rotated'

type Change = EarlierKey & { readonly next: NodeId }
type Mark = Change | { readonly signer: NodeId; readonly from: number }

export function createSigners() {
  const marks: Mark[] = []
  return {
    /** A signed head over entry `seq`, after that entry. */
    head(seq: number, signer: NodeId) {
      const last = marks.at(-1)
      // Of many heads in a row with the same signer one is enough.
      if (last === undefined || !('signer' in last) || last.signer !== signer)
        marks.push({ signer, from: seq })
    },
    /** In the order of the ledger; only changes of keys are looked at. */
    entry(seq: number, type: string, details: AuditRecord['details'] | undefined) {
      if (!isKeyChange(type)) return
      const { previous, next } = details ?? {}
      if (!isNodeId(previous) || !isNodeId(next)) return
      marks.push({ node_id: previous, next, through: seq - 1 })
    },
    /**
     * Backwards from `own`, the key that counts: a key replaced by one that counts counts up to there, once a head of the
     * newer one covers the entry that says so. `unproven`: number of the first entry signed by a key that does not.
     */
    judge(own: NodeId) {
      const earlier: EarlierKey[] = []
      let unproven: number | undefined
      let key = own
      let signed = false
      for (const mark of marks.toReversed()) {
        if ('signer' in mark) {
          if (mark.signer === key) signed = true
          else unproven = mark.from
        } else if (mark.next === key && signed) {
          earlier.unshift({ node_id: mark.node_id, through: mark.through })
          key = mark.node_id
          signed = false
        } else unproven = mark.through + 1
      }
      return { unproven, earlier: earlier.slice(-EARLIER_MAX) }
    },
  }
}

const isNodeId = (value: unknown): value is NodeId =>
  typeof value === 'string' && parseNodeId(value) !== undefined
