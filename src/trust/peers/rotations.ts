// Rotations of keys as they come here, by documents or shown in a Hello: which are wanted, and what each changes.
import { ROTATIONS_SHOWN } from '../../../protocols/messages/rotation.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import { createListeners } from '../../base/run/listeners.ts'
import type { Credentials } from '../certificates/index.ts'
import { authorOfRotation } from '../identity/index.ts'
import type { Taken } from '../lineage/index.ts'
import type { TrustParts } from './options.ts'
import type { Sources } from './sources.ts'

interface RotationsDeps extends TrustParts, Sources {
  /** There is something else to say about each of them. */
  readonly tell: (nodes: readonly NodeId[]) => void
}

/** Rotations of members that nobody here has said anything about: one neighbour may announce many of them. */
const GUESTS_MAX = 512

export function createRotations(deps: RotationsDeps) {
  const { lineage, own, kin, seen, certificates, audit, log } = deps
  /** The key that this node itself is about to take. */
  const next = deps.identity.pending?.identity.nodeId
  const listeners = createListeners<[Taken, Uint8Array]>()

  /** New keys of lineages that nobody here has said anything about. */
  const guests = new Set<NodeId>()

  const isGuest = (node: NodeId): boolean =>
    !own.has(node) && !lineage.all(node).some((key) => own.has(key) || kin.isNamed(key))

  /** Keys cost nothing, so rotations of keys that nobody here knows are not kept. */
  function wanted(author: NodeId): boolean {
    if (own.has(author)) return true
    // A key of an issuer stands in what it signed, so it is revoked, and not rotated.
    if (certificates.word(author)?.binding.usage === 'issuer') return false
    if (!isGuest(author)) return true
    return guests.size < GUESTS_MAX && (lineage.isNamed(author) || seen.member(author) !== undefined)
  }

  function told({ from, to, until, fork }: Taken): void {
    const isOwn = own.has(from) && !own.has(to) && to !== next
    const details = { previous: from, next: to, until }
    if (fork !== undefined || isOwn) {
      const reason = isOwn ? 'own_key_rotated_elsewhere' : 'two_successors'
      void audit.record({ type: 'lineage_frozen', success: false, peer: to, details: { ...details, reason } })
      const says = isOwn
        ? 'the key of this node was replaced elsewhere: this one comes from an old backup, or somebody else has it (karo status)'
        : 'a key stands in two rotations, so one of them may be a thief’s: its lineage opens no data here until somebody decides (karo peers)'
      log.warn({ peer: from, successors: fork?.between ?? [to] }, says)
      return
    }
    if (own.has(from)) return
    void audit.record({ type: 'peer_rotated', success: true, peer: to, details })
    log.info({ peer: to, previous: from }, 'a node rotated its key; what was said about it goes on')
  }

  function take(frame: Uint8Array, isNew: boolean): boolean {
    const taken = lineage.take(frame, isNew)
    if (taken === undefined) return false
    if (isGuest(taken.from)) guests.add(taken.to)
    deps.tell(lineage.all(taken.to))
    if (isNew) {
      told(taken)
      listeners.tell(taken, frame)
    }
    return true
  }

  return {
    /** Whether a rotation of this key is to be kept. */
    wanted,
    /** Takes a rotation that is kept. `isNew` is false at the start, for rotations that were kept before. */
    accept: (frame: Uint8Array, isNew: boolean) => void take(frame, isNew),
    isFirst: () => false,
    /** What a node showed of its own lineage, the oldest first. Never throws. */
    shown(frames: readonly Uint8Array[]) {
      for (const frame of frames) {
        // Before its signatures are checked: a stranger shows as many as it likes.
        const author = authorOfRotation(frame)
        if (author !== undefined && wanted(author)) take(frame, true)
      }
    },
    /** What a node is shown whose key was replaced, and which this node admits no more: the rotation. */
    toldTo: (node: NodeId) => (lineage.state(node).kind === 'retired' ? lineage.frameFrom(node) : undefined),
    /** Fires for each rotation that comes in, and for none that is loaded at the start, when other documents may not be loaded yet. */
    onTaken: listeners.on,
    /** True when rotations that are kept here lead from one key to the other, whatever else they lead to. */
    leadsTo: (from: NodeId, to: NodeId) => lineage.below(from).includes(to),
    /** To be called now and then: tells of keys whose day beside their successor is over. */
    look() {
      for (const node of guests) if (!isGuest(node)) guests.delete(node)
      // The successor too: for that day it may have been admitted by the certificate of the key it replaced.
      const ended = lineage.ended().flatMap((node) => lineage.all(node))
      if (ended.length > 0) deps.tell([...new Set(ended)])
    },
  }
}

/** Rotations of keys: the port by which their documents come, and what the mesh hands over. */
export type Rotations = ReturnType<typeof createRotations>

/**
 * With certificates and invites, a Hello shows how this node came to its key, so that nobody has to have heard of it. Whoever
 * comes with a key that was replaced a day ago is shown by which one. `own`: the rotations of this node, the oldest first.
 */
export function withRotations(
  credentials: Credentials,
  rotations: Pick<Rotations, 'shown' | 'toldTo'>,
  own: readonly Uint8Array[],
): Credentials {
  const shown = own.length === 0 ? {} : { rotations: own.slice(-ROTATIONS_SHOWN) }
  return {
    ...credentials,
    shown: (to) => ({ ...credentials.shown(to), ...shown }),
    heard(node, body) {
      // First, because certificates are judged by it.
      rotations.shown(body.rotations ?? [])
      return credentials.heard(node, body)
    },
    answer(node) {
      const replaced = rotations.toldTo(node)
      return { ...credentials.answer(node), ...(replaced === undefined ? {} : { replaced }) }
    },
    answered(node, answer) {
      if (answer.replaced !== undefined) rotations.shown([answer.replaced])
      credentials.answered(node, answer)
    },
  }
}
