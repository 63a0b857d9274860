// Rotations of keys as they come here, by documents or shown in a Hello: which are wanted, and what each changes.
import type { NodeId } from '../../../protocols/node-id.ts'
import { createListeners } from '../../base/run/listeners.ts'
import type { Log } from '../../base/run/log.ts'
import type { Audit } from '../audit/index.ts'
import type { Lineage, Taken } from '../lineage/index.ts'
import type { Rotations } from './types.ts'

export interface RotationsDeps {
  readonly lineage: Lineage
  /** This node's key, with those before it. */
  readonly own: ReadonlySet<NodeId>
  /** The key that this node itself is about to take. */
  readonly next: NodeId | undefined
  /** Somebody here said something about the key, or it is a member. */
  readonly isKnown: (node: NodeId) => boolean
  readonly audit: Pick<Audit, 'record'>
  readonly log: Log
  /** There is something else to say about each of them. */
  readonly tell: (nodes: readonly NodeId[]) => void
}

export function createRotations(deps: RotationsDeps): Rotations {
  const { lineage, own, next, audit, log } = deps
  const listeners = createListeners<[Taken, Uint8Array]>()

  /** Keys cost nothing, so rotations of keys that nobody here knows are not kept. */
  const wanted = (author: NodeId): boolean =>
    own.has(author) || lineage.isNamed(author) || deps.isKnown(author)

  function told({ from, to, until, fork }: Taken): void {
    const isOwn = own.has(from) && !own.has(to) && to !== next
    const details = { previous: from, next: to, until }
    if (fork !== undefined || isOwn) {
      const reason = isOwn ? 'own_key_rotated_elsewhere' : 'two_successors'
      void audit.record({ type: 'lineage_frozen', success: false, peer: to, details: { ...details, reason } })
      const says = isOwn
        ? 'somebody else has the key of this node, and replaced it: make a new node here (karo identity new) and have this one revoked'
        : 'a key stands in two rotations, so one of them may be a thief’s: its lineage opens no data here until somebody decides (karo peers)'
      log.warn({ peer: from, successors: fork?.between ?? [to] }, says)
      return
    }
    if (own.has(from)) return
    void audit.record({ type: 'peer_rotated', success: true, peer: to, details })
    log.info({ peer: to, previous: from }, 'a node rotated its key; what was said about it goes on')
  }

  function take(frame: Uint8Array, isNew: boolean): boolean {
    const taken = lineage.take(frame)
    if (taken === undefined) return false
    if (isNew) told(taken)
    deps.tell(lineage.all(taken.to))
    listeners.tell(taken, frame)
    return true
  }

  return {
    wanted,
    accept: (frame, isNew) => void take(frame, isNew),
    isFirst: () => false,
    shown(frames) {
      for (const frame of frames) {
        const rotation = lineage.read(frame)
        if (rotation !== undefined && wanted(rotation.from)) take(frame, true)
      }
    },
    onTaken: listeners.on,
    look() {
      const ended = lineage.ended()
      if (ended.length > 0) deps.tell(ended)
    },
  }
}
