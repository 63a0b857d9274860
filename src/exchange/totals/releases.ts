// Releases, written and read: totals sealed to every node that has the role, which count when both aggregators say the same.

import { slotOfRelease } from '../../../protocols/buckets.ts'
import { FrameError } from '../../../protocols/frame.ts'
import { READERS_MAX } from '../../../protocols/messages/aggregate.ts'
import { Release, type ReleaseContent } from '../../../protocols/messages/release.ts'
import { toHex } from '../../base/hex.ts'
import { createRecent } from '../../base/recent.ts'
import { isSame, sealingKeyOf, verifyStatement, versionAfter } from '../../trust/identity/index.ts'
import {
  combine,
  contentAbout,
  hashOfAudience,
  hashOfContent,
  openRelease,
  type Said,
  type Stated,
  writeRelease,
} from '../aggregates/index.ts'
import { selvesOf } from '../boxes/index.ts'
import type { StoredDocument } from '../documents/index.ts'
import type { TotalsDeps } from './deps.ts'
import { authorsUnder, isDrawn, type Releasing } from './plan.ts'

/** Opened releases that are remembered, by their digest, two of each of three months' days for one role; one may be of 100 KB. */
const OPENED_MAX = 180
/** Releases of which it is remembered what types they have: all of as many aggregators as a bundle names, or a look through a year of them would remember none. To open one takes two milliseconds, to read one a tenth. */
const TYPES_MAX = 32_768

/** What one, or both, of a pair released of one bucket for one audience. */
export type Found =
  | { readonly kind: 'released'; readonly content: ReleaseContent }
  /** Only one of the two has come; `lacks` is the key of the other. */
  | { readonly kind: 'half'; readonly content: ReleaseContent; readonly lacks: Uint8Array | undefined }
  | { readonly kind: 'unequal'; readonly content: ReleaseContent }

export type Releases = ReturnType<typeof createReleases>

export function createReleases({ identity, documents, clock, random, log }: TotalsDeps) {
  const selves = selvesOf(identity)
  const [self] = selves
  const known = createRecent<string, Said | undefined>(OPENED_MAX)
  /** By author and slot, so that what has nothing of a type is not even read: another edition is of the same machines. */
  const typesOf = createRecent<string, readonly string[]>(TYPES_MAX)

  /** Whether a release of this node was sealed to exactly these, and to itself. */
  function isFor(
    bytes: Uint8Array,
    edition: { readonly slot: string; readonly version: number },
    readers: readonly Uint8Array[],
  ): boolean {
    const { recipients } = verifyStatement(Release, bytes).body
    const found = new Set(recipients.map(({ hint }) => toHex(hint)))
    const context = { author: identity.publicKey, ...edition }
    const wanted = new Set(
      [...readers, identity.publicKey].map((key) => toHex(self.hints(key, context) ?? new Uint8Array())),
    )
    return found.size === wanted.size && [...wanted].every((hint) => found.has(hint))
  }

  /** What this one says, undefined when it cannot be opened; remembered. */
  const read = (
    { mesh }: Pick<Releasing, 'mesh'>,
    { bytes, head }: Pick<StoredDocument, 'bytes' | 'head'>,
  ): Said | undefined => known.getOrInsert(`${toHex(mesh)} ${toHex(head.digest)}`, () => opened(bytes, mesh))

  function opened(bytes: Uint8Array, mesh: Uint8Array): Said | undefined {
    try {
      const said = openRelease(selves, bytes, mesh)
      // For the comparison with the other aggregator's word: now, and not while somebody waits for an answer.
      hashOfContent(said.content)
      return said
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      log.debug({ reason: error.message }, 'a release is not read')
      return undefined
    }
  }

  return {
    read,
    /**
     * `all`: Ed25519 keys of the nodes that have the role now. False: it was released before; it is sealed anew where there are
     * other readers than then.
     */
    async publish(content: ReleaseContent, all: readonly Uint8Array[]) {
      // Each of the pair keeps the other's word too, so that either can show both to those who come later.
      const others = content.pair.filter((key) => !isSame(key, identity.publicKey))
      const isOther = (key: Uint8Array) => others.some((other) => isSame(key, other))
      const readers = [...others, ...all.filter((key) => !isOther(key))]
        .filter((key) => sealingKeyOf(key) !== undefined)
        .slice(0, READERS_MAX - 1)
      const slot = slotOf(content)
      const [held] = await documents.of(identity.nodeId, 'release', (one) => one === slot)
      if (held !== undefined && isFor(held.bytes, { slot, version: held.head.version }, readers)) return false
      const version = Math.max(versionAfter(held?.head.version ?? 0, clock.now()), content.end)
      await documents.publish('release', writeRelease(self, { clock, random }, readers, version, content))
      return held === undefined
    },

    /**
     * What came here of buckets with these slots for one audience, and what this node released itself: by bucket and pair, at
     * most one of each aggregator. What cannot be opened is left out: it is for others; with `type`, so is what has none of it.
     */
    async held(
      plan: Releasing,
      audience: string,
      slots: ReadonlySet<string>,
      type?: string,
    ): Promise<readonly (readonly Said[])[]> {
      const found = new Map<string, Said[]>()
      const suffix = `:${toHex(hashOfAudience(audience))}`
      const wanted = new Set([...slots].map((slot) => slot + suffix))
      for (const author of authorsUnder(plan)) {
        const mayHave = (slot: string): boolean =>
          wanted.has(slot) && (type === undefined || typesOf.get(author + slot)?.includes(type) !== false)
        for (const document of await documents.of(author, 'release', mayHave)) {
          const said = read(plan, document)
          if (said === undefined) continue
          const { content } = said
          typesOf.set(
            author + document.head.slot,
            content.types.map((one) => one.type),
          )
          if (content.audience !== audience || !isDrawn(plan, content, content.pair)) continue
          const name = releaseOf(content)
          found.set(name, [...(found.get(name) ?? []), said])
        }
      }
      return [...found.values()]
    },
  }
}

const slotOf = ({ audience, ...bucket }: ReleaseContent): string =>
  slotOfRelease(bucket, hashOfAudience(audience))

/** Two pairs may have added up different machines of one bucket, where a bundle named others meanwhile. */
const releaseOf = (content: ReleaseContent): string =>
  JSON.stringify([slotOf(content), content.pair.map(toHex)])

/**
 * What is known of each bucket and pair: from releases that are held here, and for one type from statements that others showed. What
 * is shown is compared with what is held as far as it is about that type.
 */
export function foundOf(
  held: readonly (readonly Said[])[],
  type: string,
  stated: readonly Stated[] = [],
): readonly Found[] {
  const shown = new Map<string, Said[]>()
  for (const { content, authors } of stated) {
    const name = releaseOf(content)
    shown.set(name, [...(shown.get(name) ?? []), ...authors.map((author) => ({ author, content }))])
  }
  const found = held.map((said): Found => {
    const [first] = said as readonly [Said, ...Said[]]
    const others = shown.get(releaseOf(first.content)) ?? []
    shown.delete(releaseOf(first.content))
    if (said.length > 1 || others.length === 0) return foundIn(said)
    return foundIn([...said.map((one) => ({ ...one, content: contentAbout(one.content, type) })), ...others])
  })
  return [...found, ...[...shown.values()].map(foundIn)]
}

function foundIn(said: readonly Said[]): Found {
  const [one, ...others] = said as readonly [Said, ...Said[]]
  const { content } = one
  const combined = others.map((other) => combine(one, other))
  if (combined.some(({ kind }) => kind === 'unequal')) return { kind: 'unequal', content }
  const lacks = content.pair.find((key) => !said.some(({ author }) => isSame(author, key)))
  return combined.find(isReleased) ?? { kind: 'half', content, lacks }
}

const isReleased = (one: ReturnType<typeof combine>): one is Extract<typeof one, { kind: 'released' }> =>
  one.kind === 'released'
