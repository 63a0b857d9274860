// The list of a batch: which shares the leader would tally, and which of them the other aggregator has too.

import type { WireBody } from '../../../protocols/define.ts'
import { encodeValue } from '../../../protocols/messagepack.ts'
import { BATCH_MAX, LISTED_BYTES, TEAMS_LISTED_MAX } from '../../../protocols/messages/aggregate.ts'
import {
  type Agreement,
  type Listing,
  REFUSED_SHARES,
  type Settlement,
} from '../../../protocols/messages/tally.ts'
import { placesIn } from '../../base/bits.ts'
import { blake3 } from '../../base/hash.ts'
import { toHex } from '../../base/hex.ts'
import { cellsOf, hashOf } from './layout.ts'
import { K_DEFAULT, K_LEAST, keyOf } from './sets.ts'
import type { Candidate, Contributor, HeldShare, TallyView } from './types.ts'

const AUTHOR_BYTES = 8

/** A share as it is listed. */
interface Name {
  /** author 8 ‖ check 16 */
  readonly entry: Uint8Array
  readonly hex: string
  /** Of the author's part alone. */
  readonly author: string
}

/** Each step of a batch goes over all shares again, and a share does not change. */
const names = new WeakMap<HeldShare, Name>()

function nameOf(share: HeldShare): Name {
  const known = names.get(share)
  if (known !== undefined) return known
  const entry = Buffer.concat([share.author.subarray(0, AUTHOR_BYTES), share.check])
  const name = { entry, hex: toHex(entry), author: toHex(entry.subarray(0, AUTHOR_BYTES)) }
  names.set(share, name)
  return name
}

/** A share that may be tallied, and who gave it. */
export interface Acceptable {
  readonly share: HeldShare
  readonly contributor: Contributor
  readonly entry: Uint8Array
}

/** By which one part of a tally names another: BLAKE3-256 of its canonical MessagePack. */
export const hashOfPart = (part: WireBody): Uint8Array => blake3([encodeValue(part)])

/** The entries of a list, in their order; undefined when they are not ascending or not whole. */
export function entriesOf({ shares }: Listing): readonly Uint8Array[] | undefined {
  if (shares.length % LISTED_BYTES !== 0) return undefined
  const entries: Uint8Array[] = []
  for (let at = 0; at < shares.length; at += LISTED_BYTES) {
    const entry = shares.subarray(at, at + LISTED_BYTES)
    const before = entries.at(-1)
    if (before !== undefined && Buffer.compare(before, entry) >= 0) return undefined
    entries.push(entry)
  }
  return entries
}

/** The k that counts: the bundle's, else 5, the other's word for it where that is higher, and never below 3. */
export const kOf = (view: TallyView, said = 0): number => Math.max(view.k ?? K_DEFAULT, said, K_LEAST)

/** What shares may be tallied for by one view, which each step asks about every share several times. */
interface KnownKeys {
  readonly ofShare: WeakMap<HeldShare, readonly string[]>
  /** The same array for the same keys, so that whoever compares them can compare arrays. */
  readonly byText: Map<string, readonly string[]>
}

const knownKeys = new WeakMap<TallyView, KnownKeys>()

/**
 * What a share may be tallied for: types whose layout is this aggregator's own, and audiences of the mesh. Type and
 * audience of each, sorted; one array for all shares of a view that may be tallied for the same.
 */
function keysOf(share: HeldShare, view: TallyView): readonly string[] {
  let known = knownKeys.get(view)
  if (known === undefined) {
    known = { ofShare: new WeakMap(), byText: new Map() }
    knownKeys.set(view, known)
  }
  const before = known.ofShare.get(share)
  if (before !== undefined) return before
  const found = computedKeys(share, view)
  const text = found.join('\n')
  const keys = known.byText.get(text) ?? found
  known.byText.set(text, keys)
  known.ofShare.set(share, keys)
  return keys
}

function computedKeys({ header }: HeldShare, { layouts, audiences }: TallyView): readonly string[] {
  const keys: string[] = []
  for (const section of header.sections) {
    const layout = layouts.get(section.type)
    if (layout === undefined || Buffer.compare(hashOf(layout), section.layout) !== 0) continue
    // Else its halves could not be added to the others.
    if (section.cells !== cellsOf(layout)) continue
    for (const audience of section.audiences) {
      if (audiences.includes(audience)) keys.push(keyOf(section.type, audience))
    }
  }
  return keys.sort()
}

/** Why a share is not listed at all; undefined: it is. */
function flawOf(share: HeldShare, view: TallyView): (typeof REFUSED_SHARES)[number] | undefined {
  if (view.isRevoked?.(share.author) === true) return 'revoked'
  if (view.contributorOf(share.author)?.counted !== true) return 'uncertified'
  const { sections } = share.header
  return sections.length > 0 && keysOf(share, view).length === 0 ? 'other_layout' : undefined
}

const isSettled = (agreement: Agreement | undefined, settlement: Settlement): boolean =>
  agreement !== undefined && Buffer.compare(hashOfPart(agreement), settlement.agreement) === 0

/**
 * Members whose share went into a group of another batch of this bucket, or says only what they decline and was counted;
 * undefined: nobody can tell, because an agreement is about a list that the leader has taken back, or the leader settled
 * an agreement that the other aggregator has taken back, or lost. What a settlement told is known for good, whatever is said
 * after it.
 */
function spent(view: TallyView): ReadonlySet<string> | undefined {
  const authors = new Set<string>()
  const declines = new Set(
    view.shares.filter(({ header }) => header.sections.length === 0).map((share) => nameOf(share).hex),
  )
  for (const { leader, follower } of view.others) {
    const [agreement, settlement] = [follower?.agreement, leader?.settlement]
    if (settlement !== undefined && !isSettled(agreement, settlement)) return undefined
    if (agreement === undefined) continue
    const listing = leader?.listing
    const entries = listing === undefined ? undefined : entriesOf(listing)
    if (listing === undefined || entries === undefined) return undefined
    if (Buffer.compare(hashOfPart(listing), agreement.listing) !== 0) return undefined
    const places = agreement.groups.flatMap(({ members }) => placesIn(members))
    const grouped = new Set(places)
    for (const at of placesIn(agreement.common)) {
      const entry = entries[at]
      if (entry === undefined) continue
      if (grouped.has(at) || declines.has(toHex(entry))) authors.add(toHex(entry.subarray(0, AUTHOR_BYTES)))
    }
  }
  const members = new Set<string>()
  if (authors.size === 0) return members
  for (const share of view.shares) {
    const contributor = view.contributorOf(share.author)
    if (contributor !== undefined && authors.has(nameOf(share).author)) members.add(contributor.member)
  }
  return members
}

/**
 * The shares of this view that a list may hold, in the order of their entries: of a member that counts and is in no batch
 * yet, one of each member. Undefined as `spent`.
 */
export function acceptable(view: TallyView): readonly Acceptable[] | undefined {
  const gone = spent(view)
  if (gone === undefined) return undefined
  const sorted = view.shares
    .filter((share) => flawOf(share, view) === undefined)
    .map((share) => ({ share, entry: nameOf(share).entry }))
    .sort((a, b) => Buffer.compare(a.entry, b.entry))
  const seen = new Set<string>()
  const found: Acceptable[] = []
  for (const { share, entry } of sorted) {
    const contributor = view.contributorOf(share.author) as Contributor
    if (gone.has(contributor.member) || seen.has(contributor.member)) continue
    seen.add(contributor.member)
    found.push({ share, contributor, entry })
  }
  return found
}

/**
 * The shares of a list that are here, by their place. Also of who has left since it was made: what was listed stays.
 * Undefined when one of `places` is not here, or the list is not in order.
 */
export function heldOf(
  view: TallyView,
  listing: Listing,
  places: readonly number[] | 'all',
): ReadonlyMap<number, Acceptable> | undefined {
  const entries = entriesOf(listing)
  if (entries === undefined) return undefined
  const byEntry = new Map(view.shares.map((share) => [nameOf(share).hex, share]))
  const held = new Map<number, Acceptable>()
  for (const at of places === 'all' ? entries.keys() : places) {
    const entry = entries[at]
    const share = entry && byEntry.get(toHex(entry))
    if (entry === undefined || share === undefined) return undefined
    held.set(at, {
      ...{ entry, share },
      // Only the groups are about who gave it; whoever opens and releases does not look them up again.
      get contributor() {
        return view.contributorOf(share.author) ?? { member: toHex(share.author), counted: false, roles: [] }
      },
    })
  }
  return held
}

/** Bytes of the names of teams in a list; the smallest teams are left out. */
const TEAMS_BYTES = 1024

function teamsOf({ teams = new Map() }: TallyView): Listing['teams'] {
  const found: { team: string; machines: number }[] = []
  let bytes = 0
  for (const [team, machines] of [...teams].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))) {
    bytes += Buffer.byteLength(team) + TEAM_BYTES
    if (bytes > TEAMS_BYTES || found.length === TEAMS_LISTED_MAX) break
    found.push({ team, machines })
  }
  return found
}

/** Of a team in a list besides its name. */
const TEAM_BYTES = 24

/** What the leader lists of what it may. */
export function listingOf(view: TallyView, shares: readonly Acceptable[]): Listing {
  const refused = new Map<(typeof REFUSED_SHARES)[number], number>(view.refused)
  for (const share of view.shares) {
    const flaw = flawOf(share, view)
    if (flaw !== undefined) refused.set(flaw, (refused.get(flaw) ?? 0) + 1)
  }
  return {
    ...{ bundle: view.bundle, k: kOf(view), audiences: [...view.audiences].sort() },
    expected: view.expected.size,
    teams: teamsOf(view),
    refused: REFUSED_SHARES.flatMap((reason) => {
      const count = refused.get(reason) ?? 0
      return count === 0 ? [] : [{ reason, count }]
    }),
    shares: Buffer.concat(shares.slice(0, BATCH_MAX).map(({ entry }) => entry)),
  }
}

/** A share as a candidate of the groups of a list, at that place. */
export const candidateOf = (view: TallyView, { share, contributor }: Acceptable, at: number): Candidate => ({
  ...{ at, member: contributor.member, kMin: share.header.k_min, keys: keysOf(share, view) },
  roles: contributor.roles,
  teams: contributor.teams ?? [],
  isOfPair: view.pair.some((key) => Buffer.compare(key, share.author) === 0),
})
