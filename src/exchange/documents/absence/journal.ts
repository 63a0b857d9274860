// Remembers which sealed documents were announced, and tells members that were away of those they did not hear of.
import type { DocumentHeadBody } from '../../../../protocols/messages/sync.ts'
import { formatNodeId, type NodeId } from '../../../../protocols/node-id.ts'
import type { DocumentsParts } from '../deps.ts'
import { KINDS, RELAYED_MS } from '../kinds.ts'
import { editionOf, headBytes, isKind } from '../read.ts'

/** Heads that are remembered, some 400 bytes each; a day of a mesh of three hundred that all write every hour. */
const HEADS_MAX = 8_192
/** Most of those heads from one admitted announcer or neighbour, because anybody can invent heads. */
const OF_ONE_MAX = 256
/** Heads that one neighbour is told after it came back, the newest. Others of its neighbours tell it the same ones. */
const TOLD_MAX = 2_048

export type Journal = ReturnType<typeof createJournal>

interface Line {
  readonly head: DocumentHeadBody
  readonly author: NodeId
  readonly owner: NodeId
  readonly at: number
  readonly number: number
}

/** The lines, from one number to another, that a neighbour has still to be told. It hears of later ones by notices. */
interface Telling {
  next: number
  left: number
  readonly to: number
  /** Editions that it has not asked for since. */
  readonly told: Set<string>
}

export function createJournal({ members, clock }: DocumentsParts) {
  /** By edition, the first heard first. */
  const lines = new Map<string, Line>()
  const ofOwner = new Map<NodeId, number>()
  const tellings = new Map<NodeId, Telling>()
  let last = 0

  function remove(edition: string, { owner }: Line): void {
    lines.delete(edition)
    const left = (ofOwner.get(owner) ?? 1) - 1
    if (left > 0) ofOwner.set(owner, left)
    else ofOwner.delete(owner)
  }

  /** Removes the oldest line, of this owner or of all. */
  function makeRoom(owner?: NodeId): void {
    for (const [edition, line] of lines) {
      if (owner !== undefined && line.owner !== owner) continue
      remove(edition, line)
      return
    }
  }

  return {
    /** `owner` is answerable for the head: the announcer where it is admitted here, otherwise the neighbour that handed it on. */
    heard(head: DocumentHeadBody, owner: NodeId) {
      const { kind, version } = head
      if (!isKind(kind) || KINDS[kind].audience === 'all') return
      const author = formatNodeId(head.author)
      // The digest as well, so that a forged head does not keep the real one out.
      const edition = `${editionOf({ ...head, author })} ${Buffer.from(head.digest).toString('latin1')}`
      if (lines.has(edition) || !members.keepsFrom(author, kind, version)) return
      lines.set(edition, { head, author, owner, at: clock.monotonic(), number: ++last })
      const count = (ofOwner.get(owner) ?? 0) + 1
      ofOwner.set(owner, count)
      if (count > OF_ONE_MAX) makeRoom(owner)
      if (lines.size > HEADS_MAX) makeRoom()
    },
    /** A link to the member came up. */
    up(peer: NodeId) {
      const since = members.awaySince(peer)
      if (since === undefined) return
      const missed = [...lines.values()].filter(({ at }) => at >= since)
      const next = (missed.at(-TOLD_MAX) ?? missed[0])?.number ?? last + 1
      tellings.set(peer, { next, left: TOLD_MAX, to: last, told: new Set() })
    },
    down: (peer: NodeId) => void tellings.delete(peer),
    /** Whether this neighbour asks, for the first time, for a head that it was told here: the document may be elsewhere. */
    wasTold: (peer: NodeId, asked: Omit<DocumentHeadBody, 'digest' | 'hints'>) =>
      tellings.get(peer)?.told.delete(editionOf({ ...asked, author: formatNodeId(asked.author) })) === true,
    /**
     * The next heads that this neighbour missed, in order: at most `count`, of at most `bytes` in all. `isNews`: whether it is
     * worth telling.
     */
    take(
      peer: NodeId,
      { bytes, count }: { readonly bytes: number; readonly count: number },
      isNews: (head: DocumentHeadBody) => boolean,
    ): readonly DocumentHeadBody[] {
      const telling = tellings.get(peer)
      if (telling === undefined || telling.left === 0) return []
      const heads: DocumentHeadBody[] = []
      let left = bytes
      const now = clock.now()
      for (const { head, author, number } of lines.values()) {
        if (number < telling.next || number > telling.to) continue
        const isOld = head.version + RELAYED_MS <= now || !members.keepsFrom(author, head.kind, head.version)
        if (author !== peer && !isOld && isNews(head)) {
          left -= headBytes(head)
          if (left < 0 || heads.length === count || telling.left === 0) return heads
          heads.push(head)
          telling.told.add(editionOf({ ...head, author }))
          telling.left--
        }
        telling.next = number + 1
      }
      telling.left = 0
      return heads
    },
  }
}
