// The next step of an aggregator in a bucket, from all that it knows: a function of the view, whatever the other one says.
//
// The leader lists what it holds, and tells the other what it has of the proofs; the other tells the same, drops the shares whose
// proofs fail, agrees to groups of the rest and tells its sums of their indicators; the leader checks the proofs too and settles, with
// its own and with its sums of the values of the rows that may be opened; the other opens its sums of the same rows. Each part
// names the part that it answers by its hash, so neither can answer two different ones. Parts are never taken back.
//
// A bucket is agreed to once: what a second set of machines had more than a first one could be had by subtraction. Who comes
// later is in the next bucket. Only an attempt that ended before anybody agreed is followed by another one.

import { LISTED_MAX, SCHEME } from '../../../protocols/messages/aggregate.ts'
import type {
  Agreement,
  Listing,
  Settlement,
  TallyPlain,
  TallyRefusal,
} from '../../../protocols/messages/tally.ts'
import { placesIn } from '../../base/bits.ts'
import { blake3 } from '../../base/hash.ts'
import { isSame } from '../../trust/identity/index.ts'
import { agreementOf, type CheckedGroup, checkedGroups, type Flaw, layoutsOf } from './agreement.ts'
import { contentsOf, setHashOf } from './contents.ts'
import { acceptable, entriesOf, entryOf, hashOfPart, heldOf, isProvedIn, listingOf } from './listing.ts'
import { scaleOf, withNoise } from './noise.ts'
import { openedBy, type TalliedGroup, talliedGroup } from './opened.ts'
import { splitOf, toldCellIndicators, toldCellValues } from './parts/apart.ts'
import { seenGroup } from './seen.ts'
import { openings, sumsOfCells, toldIndicators, toldValues } from './totals.ts'
import type { CountedSet, HeldShare, Step, TallyView } from './types.ts'

const MINUTE_MS = 60_000
/** No share has come for so long: those that are on their way have arrived. */
const QUIET_MS = 2 * MINUTE_MS
/** So long a listed share may be on its way to the other aggregator. */
const SYNC_MS = 2 * MINUTE_MS
/**
 * How long the two aggregators may lack a share, follow different policy bundles, or hold too few shares in common, before
 * this one refuses.
 */
const FEW_MS = 60 * MINUTE_MS

const NOISE_DOMAIN = 'karo-noise-v1'
const SEEN_DOMAIN = 'karo-noise-seen-v1'

const LEADER = 0
const FOLLOWER = 1

type Held = ReadonlyMap<number, HeldShare>

/** So long after a bucket's end the few that have said nothing are waited for: who gives a share spreads it over twelve minutes. */
const FEW_SILENT_MS = 15 * MINUTE_MS

/** As many of so many machines may be silent then: one of ten, or one of fewer. */
const fewSilentOf = (expected: number): number => Math.max(1, Math.floor(expected / 10))

/**
 * Whether a bucket may be listed: everybody who is expected has said something; or nothing has come for two minutes, and a quarter of
 * the bucket has passed since its end, of which 15 minutes are enough where few are silent; or half of the bucket has passed since then and since the first share came,
 * whatever comes. A mesh that names its first aggregators today gets the shares of a week at once, and waits for all.
 */
const mayBegin = (view: TallyView): boolean => view.now >= beginsAt(view)

/** When a bucket may be listed if no other share comes until then, ms since the epoch. */
function beginsAt({ bucket, shares, contributorOf, expected, arrivals }: TallyView): number {
  const length = bucket.end - bucket.start
  const said = new Set(shares.map(({ author }) => contributorOf(author).member))
  const silent = [...expected].filter((member) => !said.has(member)).length
  if (expected.size > 0 && silent === 0) return bucket.end
  const patience = silent <= fewSilentOf(expected.size) ? Math.min(FEW_SILENT_MS, length / 4) : length / 4
  const quietAt = Math.max(bucket.end + patience, arrivals.last + QUIET_MS)
  return Math.min(quietAt, Math.max(bucket.end, arrivals.first) + length / 2)
}

/** The same view, which looks up whom an author is once: a step asks about each share some ten times. */
function remembering(view: TallyView): TallyView {
  const known = new Map<Uint8Array, ReturnType<TallyView['contributorOf']>>()
  const contributorOf: TallyView['contributorOf'] = (author) => {
    const found = known.get(author) ?? view.contributorOf(author)
    known.set(author, found)
    return found
  }
  return { ...view, contributorOf }
}

/** What an aggregator does next in an attempt at a bucket. Never throws for anything that the other one says. */
export function next(given: TallyView): Step {
  const view = remembering(given)
  const { own, other, index } = view
  const ended = refusedBy(own, index) ?? refusedBy(other?.plain, index === LEADER ? FOLLOWER : LEADER)
  if (ended !== undefined) return ended
  return index === LEADER ? lead(view) : follow(view)
}

function refusedBy(plain: TallyPlain | undefined, by: 0 | 1): Step | undefined {
  const refusal = plain?.refusal
  return refusal && { kind: 'refused', by, reason: refusal.reason, detail: refusal.detail ?? '' }
}

/** A share that left the store does not come back by itself: its author was revoked, or its key was retired. */
function waitForShare(view: TallyView, detail: string): Step {
  const until = (view.missingSince ?? view.now) + FEW_MS
  if (view.now >= until) return refuse(view, 'share_missing', detail)
  return { kind: 'wait', reason: detail, until, isMissing: true }
}

const wait = (reason: string, until?: number): Step => ({ kind: 'wait', reason, until })

/** What was said stays said, and `more` comes to it. */
const say = ({ own }: TallyView, more: Partial<TallyPlain>): Step => ({
  kind: 'say',
  plain: { scheme: SCHEME, ...own, ...more },
})

const refuse = (view: TallyView, reason: TallyRefusal, detail: string): Step =>
  say(view, { refusal: { reason, detail } })

const refuseFor = (view: TallyView, { reason, detail }: Flaw): Step => refuse(view, reason, detail)

/**
 * Whether the other attempts let this one go on. The follower's agreement has told its sums to the leader, and the leader's
 * settlement has told its own: a second set is not for either of them then.
 */
const isOver = ({ others }: TallyView): boolean =>
  others.some(({ leader, follower }) => follower?.agreement !== undefined || leader?.settlement !== undefined)

const OVER = 'this bucket was agreed to, and what came later is in none'

const CHECKS_COME = 'what the other aggregator has of the proofs is on its way'

/** What of these shares this aggregator has not told the other one; undefined: it has of all. */
function uncheckedOf({ checks }: TallyView, of: readonly HeldShare[]): Step | undefined {
  const shares = of.filter((share) => !checks.own.has(entryOf(share)))
  return shares.length === 0 ? undefined : { kind: 'check', shares }
}

// ── The leader ──

function lead(view: TallyView): Step {
  const { own, other } = view
  if (own?.listing === undefined) return list(view)
  const held = heldOf(view, own.listing, 'all')
  if (held === undefined) return waitForShare(view, 'a listed share is missing here')
  const agreement = other?.plain.agreement
  if (agreement === undefined) return wait('the other aggregator has not answered')
  if (own.settlement === undefined) return settle(view, own.listing, agreement, held)
  if (!isSame(own.settlement.agreement, hashOfPart(agreement))) {
    return refuse(view, 'agreement_changed', 'the other aggregator changed an earlier agreement')
  }
  const opening = other?.plain.opening
  if (opening === undefined) return wait('the other aggregator has not opened')
  return finish(view, { listing: own.listing, agreement, held, settlement: own.settlement, opening })
}

function list(view: TallyView): Step {
  if (isOver(view)) return wait(OVER)
  if (!mayBegin(view)) return wait('the bucket may still get shares', beginsAt(view))
  const shares = acceptable(view)
  if (shares.length === 0) return wait('no share has come')
  const unchecked = uncheckedOf(view, shares.slice(0, LISTED_MAX))
  if (unchecked !== undefined) return unchecked
  const listing = listingOf(view, shares)
  const at = repeatableAt(view, listing)
  return view.now < at ? wait('nothing has come since', at) : say(view, { listing })
}

/**
 * When these shares may be listed, ms since the epoch: at once, unless they were before and were refused. Then ever more
 * seldom, so that the attempts at a bucket do not run out.
 */
function repeatableAt({ others, bucket }: TallyView, { shares }: Listing): number {
  const isRepeated = others.some(({ leader }) => leader?.listing && isSame(leader.listing.shares, shares))
  return isRepeated ? bucket.end + ((bucket.end - bucket.start) / 4) * 2 ** others.length : 0
}

function settle(view: TallyView, listing: Listing, agreement: Agreement, held: Held): Step {
  if (!isSame(agreement.listing, hashOfPart(listing))) {
    return refuse(view, 'list_changed', 'the other aggregator answers another list')
  }
  const places = [...placesIn(agreement.common), ...placesIn(agreement.unproved)]
  const said = places.flatMap((place) => held.get(place) ?? [])
  const unchecked = uncheckedOf(view, said)
  if (unchecked !== undefined) return unchecked
  if (said.some((share) => !view.checks.other.has(entryOf(share)))) return wait(CHECKS_COME)
  const checked = checkedGroups(view, listing, agreement, [...held.values()])
  if ('flaw' in checked) return refuseFor(view, checked.flaw)
  const groups = checked.groups.map(({ places, cells, layouts, n, threshold }: CheckedGroup, at) => {
    const theirs = agreement.groups[at]!
    const sums = sumsOfCells(layouts, places, cells, (place) => held.get(place)!)
    const indicators = toldIndicators(layouts, sums.whole)
    const highest = Math.max(threshold, theirs.threshold)
    const scale = scaleOf(listing.noise, n)
    const opened = openings(layouts, indicators, theirs.indicators, n, highest, scale > 0)
    const told = cells.map((cell, one) => ({
      threshold: cell.threshold,
      indicators:
        one === cells.length - 1 ? new Uint8Array(0) : toldCellIndicators(layouts, sums.cells[one]!),
      opened: new Uint8Array(0),
    }))
    const split = splitOf(layouts, theirs.cells, told, opened, scale > 0)
    const noisy = withNoise(layouts, sums, { opened, split }, scale, noiseSeed(view, agreement, at))
    return {
      threshold,
      indicators,
      opened: toldValues(layouts, noisy.whole, opened),
      cells: told.map((cell, one) => ({
        ...cell,
        opened: toldCellValues(layouts, split, one, noisy.cells[one]!),
      })),
    }
  })
  return say(view, { settlement: { agreement: hashOfPart(agreement), groups } })
}

// ── The other ──

function follow(view: TallyView): Step {
  const { own, other } = view
  const listing = other?.plain.listing
  if (own?.agreement === undefined) {
    if (other?.plain.settlement !== undefined) {
      return refuse(view, 'out_of_turn', 'the leader settled before anybody agreed')
    }
    return other === undefined || listing === undefined
      ? wait('the leader has not listed')
      : agree(view, listing, other.version)
  }
  if (listing === undefined || !isSame(own.agreement.listing, hashOfPart(listing))) {
    return refuse(view, 'list_changed', 'the leader took back its list')
  }
  const held = heldOf(view, listing, placesIn(own.agreement.common))
  if (held === undefined) return waitForShare(view, 'a share that was agreed to is missing here')
  const settlement = other?.plain.settlement
  if (settlement === undefined) return wait('the leader has not settled')
  const { agreement, opening } = own
  if (opening === undefined) return open(view, listing, agreement, held, settlement)
  return finish(view, { listing, agreement, held, settlement, opening })
}

function agree(view: TallyView, listing: Listing, version: number): Step {
  if (isOver(view)) return wait(OVER)
  const entries = entriesOf(listing)
  if (entries === undefined) return refuse(view, 'no_list_order', 'the list is not in order')
  const isOfOneBundle =
    listing.bundle === view.bundle &&
    listing.noise === view.noise &&
    listing.audiences.join('\n') === [...view.audiences].sort().join('\n')
  if (!isOfOneBundle) {
    if (view.now < version + FEW_MS) return wait('another policy bundle than here', version + FEW_MS)
    return refuse(
      view,
      'other_bundle',
      `the leader goes by policy bundle ${listing.bundle}, this by ${view.bundle}`,
    )
  }
  if (!mayBegin(view)) return wait('the bucket may still get shares', beginsAt(view))
  const shares = acceptable(view)
  const places = new Map(entries.map((entry, at) => [entry, at]))
  const here = new Map<number, HeldShare>()
  for (const share of shares) {
    const at = places.get(entryOf(share))
    if (at !== undefined) here.set(at, share)
  }
  const isFew = (some: number): boolean => some * 3 < Math.max(shares.length, entries.length) * 2
  const patienceFor = (some: number): number => version + (isFew(some) ? FEW_MS : SYNC_MS)
  if (here.size < entries.length && view.now < patienceFor(here.size))
    return wait('listed shares are on their way', patienceFor(here.size))
  const unchecked = uncheckedOf(view, [...here.values()])
  if (unchecked !== undefined) return unchecked
  // Of which the leader told nothing is not in common.
  const both = [...here].filter(([, share]) => view.checks.other.has(entryOf(share)))
  if (both.length < here.size && view.now < patienceFor(both.length))
    return wait(CHECKS_COME, patienceFor(both.length))
  if (isFew(both.length)) {
    const detail = `${both.length} shares are held by both, of ${entries.length} listed and ${shares.length} here`
    return refuse(view, 'few_in_common', detail)
  }
  const common = new Map(both.filter(([, share]) => isProvedIn(view, share) === true))
  const unproved = both.flatMap(([at]) => (common.has(at) ? [] : at))
  const counts = { listed: entries.length, unlisted: shares.length - here.size, unproved }
  return say(view, { agreement: agreementOf(view, listing, common, counts) })
}

function open(
  view: TallyView,
  listing: Listing,
  agreement: Agreement,
  held: Held,
  settlement: Settlement,
): Step {
  if (!isSame(settlement.agreement, hashOfPart(agreement))) {
    return refuse(view, 'agreement_changed', 'the leader settles something else than was agreed to')
  }
  const groups: NonNullable<TallyPlain['opening']>['groups'][number][] = []
  for (const [at, group] of agreement.groups.entries()) {
    const layouts = layoutsOf(view, group.keys)
    if (layouts === undefined) return wait('a layout that was agreed to is missing here')
    const places = placesIn(group.members)
    const scale = scaleOf(listing.noise, places.length)
    const found = openedBy(layouts, agreement, settlement, at, scale > 0)
    if (found === undefined) return refuse(view, 'wrong_length', 'sums of other rows than may be opened')
    // Without the leader's word for them the parts are not opened, and only the group is.
    const cells = settlement.groups[at]!.cells.map((_, one) => ({
      members: placesIn(group.cells[one]!.members),
    }))
    const shareAt = (place: number) => held.get(place)!
    const sums = sumsOfCells(layouts, places, cells, shareAt)
    const noisy = withNoise(layouts, sums, found, scale, noiseSeed(view, agreement, at))
    groups.push({
      opened: toldValues(layouts, noisy.whole, found.opened),
      cells: cells.map((_, one) => ({
        opened: toldCellValues(layouts, found.split, one, noisy.cells[one]!),
      })),
    })
  }
  return say(view, { opening: { settlement: hashOfPart(settlement), groups } })
}

// ── Both ──

/** What this aggregator's noise in group number `at` follows from; the same each time. */
const noiseSeed = ({ secret }: TallyView, agreement: Agreement, at: number): Uint8Array =>
  blake3([NOISE_DOMAIN, secret, hashOfPart(agreement), Uint8Array.of(at)])

interface Opened {
  readonly listing: Listing
  readonly agreement: Agreement
  readonly held: Held
  readonly settlement: Settlement
  readonly opening: NonNullable<TallyPlain['opening']>
}

function finish(view: TallyView, done: Opened): Step {
  const { settlement, opening } = done
  if (!isSame(opening.settlement, hashOfPart(settlement))) {
    return refuse(view, 'settlement_changed', 'a settlement was taken back, or another one was answered')
  }
  const groups: TalliedGroup[] = []
  for (const [at, { keys, members }] of done.agreement.groups.entries()) {
    const layouts = layoutsOf(view, keys)
    if (layouts === undefined) return wait('a layout that was agreed to is missing here')
    const scale = scaleOf(done.listing.noise, placesIn(members).length)
    const tallied = talliedGroup(layouts, done.agreement, settlement, opening, at, scale)
    if (tallied === undefined) return refuse(view, 'wrong_length', 'sums of other rows than may be opened')
    // Both know the halves of all sums, and no reader does.
    const seed = blake3([
      SEEN_DOMAIN,
      hashOfPart(done.agreement),
      hashOfPart(settlement),
      hashOfPart(opening),
      Uint8Array.of(at),
    ])
    groups.push(seenGroup(tallied, scale, seed))
  }
  return { kind: 'done', contents: contentsOf(view, { ...done, groups }), set: setOf(view, done) }
}

/** What became of each share that both had. */
function setOf(view: TallyView, { listing, agreement, held }: Opened): CountedSet {
  const grouped = new Set(agreement.groups.flatMap(({ members }) => placesIn(members)))
  const sharesAt = (places: readonly number[]) => places.flatMap((place) => held.get(place) ?? [])
  const common = placesIn(agreement.common)
  return {
    hash: setHashOf(listing, agreement),
    counted: sharesAt(common.filter((place) => grouped.has(place))),
    // Whoever declined everything waits for nothing.
    waiting: sharesAt(common.filter((place) => !grouped.has(place))).filter(
      ({ header }) => header.sections.length > 0,
    ),
    unproved: [...(heldOf(view, listing, placesIn(agreement.unproved))?.values() ?? [])],
  }
}
