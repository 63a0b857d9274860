// How much is kept: of each author, of all whom one neighbour announced, and in all; what goes for what comes. And how often one author is read.
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Clock } from '../../base/clock.ts'
import { KaroError } from '../../base/errors.ts'
import { bytes as inWords } from '../../base/format.ts'
import { createQuotas, type Quota, type Rate } from '../../base/quota.ts'
import type { Log } from '../../base/run/log.ts'
import type { Catalog, Entry, Role } from './catalog.ts'
import { DOCUMENT_KINDS, type DocumentKind, KINDS } from './kinds.ts'
import type { MembersView } from './members.ts'
import { type Document, nameOf } from './read.ts'

/** All documents together. */
export interface Bounds {
  readonly documents: number
  readonly bytes: number
}
export const BOUNDS: Bounds = { documents: 131_072, bytes: 256 * 1024 * 1024 }
/** Part of all bounds for authors that this node does not admit itself and knows through one and the same neighbour. */
const SPONSOR_SHARE = 1 / 4

interface Size {
  documents: number
  bytes: number
}

/**
 * The function that it makes says which entries have to go for `document` to stay; undefined: it has to go itself. Relayed ones make room first, the
 * oldest first; then what was received from authors that are not admitted here, then from others, of whoever has most. Own
 * documents always find room, but for kinds whose documents stay; one of an admitted author finds it among those of others that have more than it, and
 * among all of those that are not admitted; one of these only among its like that have more.
 */
export function createMakeRoom(
  catalog: Catalog,
  members: Pick<MembersView, 'sponsorOf'>,
  log: Log,
  bounds: Bounds,
) {
  let full = false

  /** The larger of both parts of the bounds that it takes. */
  const shareOf = ({ documents, bytes }: Size): number =>
    Math.max(documents / bounds.documents, bytes / bounds.bytes)

  /** The size of each author's documents after the batch. */
  function sizesOf(coming: readonly Document[], leaving: ReadonlySet<Entry>): Map<NodeId, Size> {
    const sizes = new Map<NodeId, Size>()
    const count = (author: NodeId, documents: number, bytes: number): void => {
      const size = sizes.get(author) ?? { documents: 0, bytes: 0 }
      add(size, documents, bytes)
      sizes.set(author, size)
    }
    for (const { author, bySlot, bytes } of catalog.shelves()) count(author, bySlot.size, bytes)
    for (const { head, frame } of coming) count(head.author, 1, frame.bytes.length)
    for (const { shelf, size } of leaving) count(shelf.author, -1, -size)
    return sizes
  }

  /** `going`: documents of other names that leave in the same batch. */
  function makeRoom(
    document: Document,
    role: Role,
    going: ReadonlySet<Entry>,
    beside: readonly Document[],
  ): Entry[] | undefined {
    const { author, kind } = document.head
    const coming = [...beside, document]
    const leaving = new Set(going)
    for (const { head } of coming) {
      const replaced = catalog.get(head.author, head.kind, head.slot)
      if (replaced !== undefined) leaving.add(replaced)
    }
    const total: Size = { documents: catalog.size(), bytes: catalog.counts().bytes }
    for (const { frame } of coming) add(total, 1, frame.bytes.length)
    for (const { size } of leaving) add(total, -1, -size)
    const out: Entry[] = []
    const leave = (entry: Entry): void => {
      out.push(entry)
      leaving.add(entry)
      add(total, -1, -entry.size)
    }

    const most = KINDS[kind].perAuthor
    const others = catalog
      .shelf(author, kind)
      .filter((entry) => !leaving.has(entry))
      .sort((a, b) => a.version - b.version)
    const fellows = coming.filter(({ head }) => head.author === author && head.kind === kind)
    let count = others.length + fellows.length
    let bytes = others.reduce((sum, { size }) => sum + size, sizeOf(fellows))
    if (KINDS[kind].stays === true && (count > most.documents || bytes > most.bytes)) return undefined
    for (const entry of others) {
      if (count <= most.documents && bytes <= most.bytes) break
      if (entry.version >= document.version) return undefined
      leave(entry)
      bytes -= entry.size
      count--
    }
    if (count > most.documents || bytes > most.bytes) return undefined

    /** Removes the oldest editions of the author in `from` that has most, again and again, until `used` is within `limit`. */
    function takeFrom(
      used: Size,
      limit: number,
      from: (author: NodeId) => boolean,
      sizes: Map<NodeId, Size>,
      atLeast: number,
    ): boolean {
      while (shareOf(used) > limit) {
        let richest: NodeId | undefined
        let share = atLeast
        for (const [one, size] of sizes) {
          if (one === author || shareOf(size) <= share || !from(one)) continue
          richest = one
          share = shareOf(size)
        }
        if (richest === undefined) return false
        const node = richest
        const oldest = DOCUMENT_KINDS.flatMap((of) => catalog.shelf(node, of))
          // What others are judged by does not leave because its author has much else.
          .filter((entry) => entry.role !== 'own' && !leaving.has(entry) && !isLasting(entry))
          .reduce<Entry | undefined>((a, b) => (a !== undefined && a.version <= b.version ? a : b), undefined)
        if (oldest === undefined) {
          sizes.delete(node)
          continue
        }
        leave(oldest)
        add(sizes.get(node) as Size, -1, -oldest.size)
        if (used !== total) add(used, -1, -oldest.size)
      }
      return true
    }

    const sponsor = role === 'own' ? undefined : members.sponsorOf(author)
    if (sponsor !== undefined && shareOf(total) > SPONSOR_SHARE) {
      const sizes = sizesOf(coming, leaving)
      const used: Size = { documents: 0, bytes: 0 }
      for (const [one, size] of sizes) {
        if (members.sponsorOf(one) === sponsor) add(used, size.documents, size.bytes)
        else sizes.delete(one)
      }
      const own = shareOf(sizes.get(author) as Size)
      if (!takeFrom(used, SPONSOR_SHARE, () => true, sizes, own)) return undefined
    }

    if (shareOf(total) <= 1) return out
    for (const entry of catalog.relayed()) {
      if (leaving.has(entry)) continue
      leave(entry)
      if (shareOf(total) <= 1) return out
    }
    if (role === 'relayed') return undefined
    const sizes = sizesOf(coming, leaving)
    const own = shareOf(sizes.get(author) as Size)
    const isAdmitted = (one: NodeId): boolean => members.sponsorOf(one) === undefined
    const isGuest = (one: NodeId): boolean => !isAdmitted(one)
    if (takeFrom(total, 1, isGuest, sizes, sponsor === undefined ? 0 : own)) return out
    const found = sponsor === undefined && takeFrom(total, 1, isAdmitted, sizes, role === 'own' ? 0 : own)
    return found ? out : undefined
  }

  return (...asked: Parameters<typeof makeRoom>) => {
    const out = makeRoom(...asked)
    const [document, role] = asked
    if (out === undefined && role === 'received' && !full) {
      log.warn(
        { peer: document.head.author },
        'a document of another node was refused, because the space for it is full; karo status shows how many documents are kept',
      )
    }
    if (role === 'received') full = out === undefined
    return out
  }
}

const isLasting = ({ shelf }: Entry): boolean => KINDS[shelf.kind].keptMs === Number.POSITIVE_INFINITY

function add(size: Size, documents: number, bytes: number): void {
  size.documents += documents
  size.bytes += bytes
}

const sizeOf = (documents: readonly Document[]): number =>
  documents.reduce((sum, { frame }) => sum + frame.bytes.length, 0)

/** KaroError `too_large`: either all documents of its kind, or all documents together, take as much as they may. */
export function noRoomFor(
  { head: { author, kind, slot }, frame }: Document,
  catalog: Catalog,
  bounds: Bounds,
): KaroError {
  const { perAuthor } = KINDS[kind]
  const others = catalog.shelf(author, kind).filter((entry) => entry.slot !== slot)
  const size = others.reduce((sum, entry) => sum + entry.size, frame.bytes.length)
  const isFullForKind = others.length >= perAuthor.documents || size > perAuthor.bytes
  const { documents, bytes: total } = isFullForKind ? perAuthor : bounds
  const room = `${documents.toLocaleString('en-US')} ${documents === 1 ? 'document' : 'documents'} and ${inWords(total)}`
  const again =
    KINDS[kind].keptMs === Number.POSITIVE_INFINITY && isFullForKind
      ? 'These documents never expire.'
      : 'There is room again when older ones expire.'
  const what = isFullForKind ? `documents of the kind ${kind}` : 'documents'
  const whose = isFullForKind ? 'of one node are' : 'are'
  return new KaroError('too_large', `the space for ${what} is full`, {
    hint: `At most ${room} ${whose} kept, and no setting changes that. ${again} karo status shows how many documents are kept here, and whose.`,
  })
}

/** Editions of one slot: a person who does one thing after the other is followed at once, a program for ever once a minute. */
const OF_SLOT: Rate = { frames: 32, perMs: 32 * 60_000 }
const SLOTS_MAX = 16_384
/** Of one author and kind in an hour: everything that it may have, twice, documents and bytes; and never fewer than this. */
const OF_KIND_LEAST = 64
const PER_MS = 3_600_000
const AUTHORS_MAX = 8_192

interface Named {
  readonly author: NodeId
  readonly kind: DocumentKind
  readonly slot: string
}

/** Of documents, and of their bytes. */
const hourly = ({ documents, bytes }: Bounds): readonly ((key: string) => Quota)[] =>
  [documents, bytes].map((frames) => createQuotas<string>({ frames, perMs: PER_MS }, AUTHORS_MAX))

/** `sponsorOf`: the neighbour through which an author is known that is not admitted here; all of its authors are one to the pace. */
export function createPace(clock: Pick<Clock, 'monotonic'>, sponsorOf: MembersView['sponsorOf']) {
  const ofSlot = createQuotas<string>(OF_SLOT, SLOTS_MAX)
  const ofKind = new Map<DocumentKind, ReturnType<typeof hourly>>()
  /** Over all kinds: what those may take of the room for all. */
  const inAll = hourly({
    documents: BOUNDS.documents * SPONSOR_SHARE,
    bytes: BOUNDS.bytes * SPONSOR_SHARE,
  })
  /** Documents and bytes in turn. */
  const quotasOf = ({ author, kind }: Named): readonly Quota[] => {
    const { documents, bytes } = KINDS[kind].perAuthor
    const authors =
      ofKind.get(kind) ?? hourly({ documents: Math.max(OF_KIND_LEAST, 2 * documents), bytes: 2 * bytes })
    ofKind.set(kind, authors)
    const sponsor = sponsorOf(author)
    // What others do whom a neighbour tells of takes nothing of the neighbour's own.
    const whose = sponsor === undefined ? author : `by ${sponsor}`
    return [...authors.map((of) => of(author)), ...inAll.map((of) => of(whose))]
  }
  return {
    /** Milliseconds until another document of that name may be asked for; 0: now. */
    wait: (name: Named) =>
      Math.max(...[ofSlot(nameOf(name)), ...quotasOf(name)].map((quota) => quota.wait(clock.monotonic()))),
    took(name: Named, bytes: number) {
      ofSlot(nameOf(name)).charge(clock.monotonic(), 1)
      for (const [i, quota] of quotasOf(name).entries())
        quota.charge(clock.monotonic(), i % 2 === 0 ? 1 : bytes)
    },
  }
}
