// Announces documents to the mesh by their heads: this node's own at once, received ones if no other node announced them.
import type { WireBody } from '../../../protocols/define.ts'
import { type DocumentHeadBody, HEADS_TOLD_MAX, Heads } from '../../../protocols/messages/sync.ts'
import { createRecent } from '../../base/recent.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import type { Announcing } from '../../mesh/index.ts'
import { type Document, headBytes } from './read.ts'

/** A burst of own documents at the end of an hour goes out as one message. */
const OWN_AFTER_MS = 100
/**
 * A node that gets a document by a walk after a partition may be the only one on its side that has it. It announces it,
 * unless it hears another one say so first (the timers of SRM; Floyd, Jacobson et al., 1995).
 */
const OTHERS_AFTER_MS = [500, 5_000] as const
/** Between two messages of this node; within its quota on the topic. */
const PACE_MS = 1_000
/** Heads that wait to be told; beyond, the oldest are left to the walks. */
const WAITING_MAX = 1_024
/** Editions that some node announced, by digest too: a forged head must not keep the real one from being announced. */
const TOLD_MAX = 8_192
/** Bytes of heads in one message, within its limit. */
const BYTES_MAX = 6 * 1024

export interface AnnouncerDeps extends Pick<Ambient, 'clock' | 'timers' | 'random'> {
  readonly topic: Announcing
}

export type Announcer = ReturnType<typeof createAnnouncer>

export function createAnnouncer({ topic, clock, random, timers }: AnnouncerDeps) {
  /** Heads to be announced, by document name, the oldest first. `at`: earliest time (monotonic, ms). */
  const waiting = createRecent<
    string,
    { readonly head: DocumentHeadBody; at: number; readonly own: boolean }
  >(WAITING_MAX)
  const told = createRecent<string, true>(TOLD_MAX)
  let lastAt = Number.NEGATIVE_INFINITY
  let wakeAt = Number.POSITIVE_INFINITY
  let cancel = (): void => {}

  const nameOf = (head: DocumentHeadBody): string =>
    `${Buffer.from(head.author).toString('latin1')} ${head.kind} ${head.slot}`

  const editionOf = (head: DocumentHeadBody): string =>
    `${nameOf(head)} ${head.version} ${Buffer.from(head.digest).toString('latin1')}`

  const headOf = ({ author, kind, slot, version, hints, head }: Document): DocumentHeadBody => ({
    author,
    kind,
    slot,
    version,
    digest: head.digest,
    hints,
  })

  function wake(at: number): void {
    if (at >= wakeAt) return
    cancel()
    wakeAt = at
    cancel = timers.after(Math.max(0, at - clock.monotonic()), tell)
  }

  function tell(): void {
    wakeAt = Number.POSITIVE_INFINITY
    const now = clock.monotonic()
    const heads: DocumentHeadBody[] = []
    let bytes = 0
    let next = Number.POSITIVE_INFINITY
    for (const [name, { head, at }] of waiting) {
      const size = headBytes(head)
      if (at > now || heads.length === HEADS_TOLD_MAX || bytes + size > BYTES_MAX) {
        next = Math.min(next, at)
        continue
      }
      waiting.delete(name)
      told.set(editionOf(head), true)
      heads.push(head)
      bytes += size
    }
    if (heads.length > 0) {
      lastAt = now
      topic.publish(Heads, { heads } as { heads: DocumentHeadBody[] } & WireBody)
    }
    if (next < Number.POSITIVE_INFINITY) wake(Math.max(next, lastAt + PACE_MS))
  }

  function add(head: DocumentHeadBody, ms: number, own: boolean): void {
    const name = nameOf(head)
    const now = clock.monotonic()
    waiting.set(name, { head, at: now + ms, own })
    wake(Math.max(now + ms, lastAt + PACE_MS))
  }

  return {
    own: (document: Document) => add(headOf(document), OWN_AFTER_MS, true),
    received(document: Document) {
      const head = headOf(document)
      if (told.has(editionOf(head))) return
      const [least, most] = OTHERS_AFTER_MS
      add(head, least + random.float() * (most - least), false)
    },
    /** Tells at once of this node's own documents that wait to be told. */
    now() {
      for (const [, one] of waiting) if (one.own) one.at = 0
      cancel()
      tell()
    },
    /** Own ones once more. */
    remind(heads: readonly DocumentHeadBody[]) {
      for (const head of heads) add(head, 0, true)
    },
    /** Another node has announced the document. */
    heard(head: DocumentHeadBody) {
      const edition = editionOf(head)
      told.set(edition, true)
      const other = waiting.peek(nameOf(head))
      if (other !== undefined && !other.own && editionOf(other.head) === edition) waiting.delete(nameOf(head))
    },
    stop() {
      cancel()
      waiting.clear()
    },
  }
}
