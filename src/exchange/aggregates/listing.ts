// The list of a bucket: which shares the leader would tally, and which of them the other aggregator has too.

import type { WireBody } from '../../../protocols/define.ts'
import { encodeValue } from '../../../protocols/messagepack.ts'
import { LISTED_BYTES, LISTED_MAX, TEAMS_LISTED_MAX } from '../../../protocols/messages/aggregate.ts'
import type { ShareHeader } from '../../../protocols/messages/share.ts'
import { type Listing, REFUSED_SHARES } from '../../../protocols/messages/tally.ts'
import { blake3 } from '../../base/hash.ts'
import { toHex } from '../../base/hex.ts'
import { cellsOf, hashOf } from './layout.ts'
import { isProvedBy } from './proved.ts'
import { K_DEFAULT, K_LEAST, keyOf } from './sets.ts'
import type { Candidate, HeldShare, TallyView } from './types.ts'

const AUTHOR_BYTES = 8

/** A share as it is listed. */
interface Name {
  /** author 8 ‖ check 16 */
  readonly entry: Uint8Array
  readonly hex: string
  /** What its header gives and declines: the same text where headers say the same, as most do. */
  readonly said: string
}

/** Each step goes over all shares again, and a share does not change. */
const names = new WeakMap<HeldShare, Name>()

function nameOf(share: HeldShare): Name {
  const known = names.get(share)
  if (known !== undefined) return known
  const entry = new Uint8Array(LISTED_BYTES)
  entry.set(share.author.subarray(0, AUTHOR_BYTES))
  entry.set(share.check, AUTHOR_BYTES)
  const hex = toHex(entry)
  const name = { entry, hex, said: saidIn(share.header) }
  names.set(share, name)
  return name
}

/** No type and no audience has a control character, and every hash of a layout is of 32 bytes, so no two headers are mistaken. */
function saidIn({ sections, declined }: ShareHeader): string {
  let text = ''
  for (const { type, layout, rows, cells, audiences } of sections)
    text += `${type}\t${Buffer.from(layout.buffer, layout.byteOffset, layout.length).toString('latin1')}${rows}\t${cells}\t${audiences.join('\t')}\n`
  text += '\n'
  for (const { type, audiences } of declined) text += `${type}\t${audiences.join('\t')}\n`
  return text
}

/** What the header of a share gives and declines, as a text by which shares can be counted together. */
export const saidBy = (share: HeldShare): string => nameOf(share).said

/** By which one part of a tally names another: BLAKE3-256 of its canonical MessagePack. */
export const hashOfPart = (part: WireBody): Uint8Array => blake3([encodeValue(part)])

/** The entries of a list in hexadecimal digits, in their order; undefined when they are not ascending or not whole. */
export function entriesOf({ shares }: Listing): readonly string[] | undefined {
  if (shares.length % LISTED_BYTES !== 0) return undefined
  const digits = toHex(shares)
  const entries: string[] = []
  for (let at = 0; at < digits.length; at += 2 * LISTED_BYTES) {
    const entry = digits.slice(at, at + 2 * LISTED_BYTES)
    const before = entries.at(-1)
    if (before !== undefined && before >= entry) return undefined
    entries.push(entry)
  }
  return entries
}

/** A share as `entriesOf` names it. */
export const entryOf = (share: HeldShare): string => nameOf(share).hex

/** Whether a share's proof holds, by what both told of it; undefined: one of them has not told. */
export function isProvedIn({ checks, index }: TallyView, share: HeldShare): boolean | undefined {
  const [own, other] = [checks.own.get(entryOf(share)), checks.other.get(entryOf(share))]
  if (own === undefined || other === undefined) return undefined
  return isProvedBy(share.header, index === 0 ? [own, other] : [other, own])
}

/** The k that counts: the bundle's, else 5, the other's word for it where that is higher, and never below 3. */
export const kOf = (view: TallyView, said = 0): number => Math.max(view.k ?? K_DEFAULT, said, K_LEAST)

/** What shares may be tallied for by one view, which each step asks about every share several times: by what they say. */
const knownKeys = new WeakMap<TallyView, Map<string, readonly string[]>>()

/**
 * What a share may be tallied for: types whose layout is this aggregator's own, and audiences of the mesh. Type and
 * audience of each, sorted; one array for all shares of a view that say the same.
 */
function keysOf(share: HeldShare, view: TallyView): readonly string[] {
  const known = knownKeys.get(view) ?? new Map<string, readonly string[]>()
  knownKeys.set(view, known)
  const { said } = nameOf(share)
  const keys = known.get(said) ?? computedKeys(share, view)
  known.set(said, keys)
  return keys
}

function computedKeys({ header }: HeldShare, { layouts, audiences }: TallyView): readonly string[] {
  const keys: string[] = []
  for (const section of header.sections) {
    const layout = layouts.get(section.type)
    if (layout === undefined || Buffer.compare(hashOf(layout), section.layout) !== 0) continue
    // Else its halves could not be added to the others.
    if (section.rows !== layout.rows.length || section.cells !== cellsOf(layout)) continue
    for (const audience of section.audiences) {
      if (audiences.includes(audience)) keys.push(keyOf(section.type, audience))
    }
  }
  return keys.sort()
}

/** Why a share is not listed at all; undefined: it is. */
function flawOf(share: HeldShare, view: TallyView): (typeof REFUSED_SHARES)[number] | undefined {
  if (view.isRevoked?.(share.author) === true) return 'revoked'
  if (!view.contributorOf(share.author).counted) return 'uncertified'
  const { sections } = share.header
  return sections.length > 0 && keysOf(share, view).length === 0 ? 'other_layout' : undefined
}

/** The shares of this view that a list may hold, in the order of their entries: of a member that counts, one of each member. */
export function acceptable(view: TallyView): readonly HeldShare[] {
  const shares = view.shares.filter((share) => flawOf(share, view) === undefined)
  const named = new Map(shares.map((share) => [nameOf(share).hex, share]))
  const sorted = [...named.keys()].sort().map((hex) => named.get(hex)!)
  const seen = new Set<string>()
  return sorted.filter(({ author }) => {
    const { member } = view.contributorOf(author)
    const isFirst = !seen.has(member)
    seen.add(member)
    return isFirst
  })
}

/**
 * The fewest machines of a group, besides its threshold: half of those that were expected and have not declined everything.
 * Whoever has a few certified machines could otherwise be a group together with one that shares what nobody else does, or
 * came when nobody else did. `common`: shares that both aggregators hold.
 */
export function halfOf(expected: number, common: Iterable<HeldShare>): number {
  let declined = 0
  for (const { header } of common) if (header.sections.length === 0) declined++
  return Math.ceil(Math.max(0, expected - declined) / 2)
}

/**
 * The shares of a list that are here, by their place. Also of who has left since it was made: what was listed stays.
 * Undefined when one of `places` is not here, or the list is not in order.
 */
export function heldOf(
  view: TallyView,
  listing: Listing,
  places: readonly number[] | 'all',
): ReadonlyMap<number, HeldShare> | undefined {
  const entries = entriesOf(listing)
  if (entries === undefined) return undefined
  const byEntry = new Map<string, HeldShare>()
  for (const share of view.shares) byEntry.set(nameOf(share).hex, share)
  const held = new Map<number, HeldShare>()
  for (const at of places === 'all' ? entries.keys() : places) {
    const share = byEntry.get(entries[at] ?? '')
    if (share === undefined) return undefined
    held.set(at, share)
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
export function listingOf(view: TallyView, shares: readonly HeldShare[]): Listing {
  const refused = new Map<(typeof REFUSED_SHARES)[number], number>(view.refused)
  for (const share of view.shares) {
    const flaw = flawOf(share, view)
    if (flaw !== undefined) refused.set(flaw, (refused.get(flaw) ?? 0) + 1)
  }
  return {
    bundle: view.bundle,
    k: kOf(view),
    noise: view.noise,
    audiences: [...view.audiences].sort(),
    expected: view.expected.size,
    teams: teamsOf(view),
    refused: REFUSED_SHARES.flatMap((reason) => {
      const count = refused.get(reason) ?? 0
      return count === 0 ? [] : [{ reason, count }]
    }),
    shares: Buffer.concat(shares.slice(0, LISTED_MAX).map((share) => nameOf(share).entry)),
  }
}

/** A share as a candidate of the groups of a list, at that place. */
export function candidateOf(view: TallyView, share: HeldShare, at: number): Candidate {
  const { member, owner, roles, teams } = view.contributorOf(share.author)
  return {
    at,
    member,
    owner,
    kMin: share.header.k_min,
    keys: keysOf(share, view),
    roles,
    teams,
    isOfPair: view.pair.some((key) => Buffer.compare(key, share.author) === 0),
  }
}
