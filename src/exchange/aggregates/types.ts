// What the room of released totals speaks of: layouts, shares as an aggregator holds them, groups and totals.
import type { Bucket } from '../../../protocols/buckets.ts'
import type { ReleaseContent } from '../../../protocols/messages/release.ts'
import type { ShareHeader } from '../../../protocols/messages/share.ts'
import type { TallyPlain, TallyRefusal } from '../../../protocols/messages/tally.ts'

/** One row of a layout: a thing that machines have some of. */
export interface LayoutRow {
  /** Public, the same everywhere: a tool of the dictionary, an hour, a level of risk. At most 64 characters. */
  readonly name: string
  /** Names of its values, at most 32; none where having it is all there is to say. */
  readonly values: readonly string[]
  /** Whether its first value is at least 1 on each machine that has any: a total below its machines is then refused. */
  readonly counts: boolean
  /**
   * Rows of one family may add up to a number that another row or type shows, so that one of them alone can be had by
   * subtraction. Each row belongs to exactly one. Rows that add up to something belong to the same family.
   */
  readonly family: string
  /**
   * Name of the row that this one tells a part of, as failures are a part of uses: it is told only where that row is, even
   * where no machine has any. Absent: it stands by itself, as all rows of its family do.
   */
  readonly within?: string
}

/** The counters of one type of numbers. Each row has an indicator, 0 or 1, and then its values. */
export interface Layout {
  /** Grows when rows or values change. */
  readonly version: number
  /** A query type, `ToolUsage`. */
  readonly type: string
  /** At most 1 024, with at most 2 048 cells. */
  readonly rows: readonly LayoutRow[]
}

/** Values of rows by the row's number: what a machine has. A row that is not there has nothing. */
export type Counts = ReadonlyMap<number, readonly number[]>

/** What a machine gives of one type. */
export interface Section {
  readonly layout: Layout
  readonly counts: Counts
  /** Role names, at least one. */
  readonly audiences: readonly string[]
}

/** What a machine gives, and does not give, of one bucket. */
export interface Contribution {
  /** The machine is in no set of fewer machines than this. */
  readonly kMin: number
  /** All that it could give, at most one of a type: its share is as long as if it gave them all. */
  readonly layouts: readonly Layout[]
  /** Of these layouts; at most one of a type, all of the same people. */
  readonly sections: readonly Section[]
  readonly declined: ShareHeader['declined']
}

/** Whose shares of a bucket they are: keys of 32 bytes, the leader first. */
export type Pair = readonly [Uint8Array, Uint8Array]

/** A share as one aggregator has opened it. */
export interface HeldShare {
  /** Key of 32 bytes. */
  readonly author: Uint8Array
  /** 16 bytes that stand for the document and the header in this aggregator's box. */
  readonly check: Uint8Array
  readonly header: ShareHeader
  /** This aggregator's half of each section mod 2^64, in the header's order; computed when it is asked for. */
  readonly halves: () => readonly BigUint64Array[]
  /** What it tells the other one of the proof, by the key of the pair and bucket; zeros where there are no sections. */
  readonly verifier: (key: Uint8Array) => Uint8Array
}

/** What an aggregator knows of an author. */
export interface Contributor {
  /** The same for all keys of a lineage. */
  readonly member: string
  /** Certified, or named in the configuration of this aggregator; nobody else is counted. */
  readonly counted: boolean
  /** Who has the machine, as its certificate says: all of one owner count once. Absent: nobody but the machine itself. */
  readonly owner?: string | undefined
  /** Of its certificate. */
  readonly roles: readonly string[]
  /** Of its certificate too, never of what the machine or this node says. */
  readonly teams: readonly string[]
}

/** One candidate of a set. */
export interface Candidate {
  /** Place in the list. */
  readonly at: number
  readonly member: string
  readonly owner?: string | undefined
  readonly kMin: number
  /** `ToolUsage security`: type and audience, sorted. */
  readonly keys: readonly string[]
  /** Roles by which it could subtract itself, and whether it is one of the pair. */
  readonly roles: readonly string[]
  readonly isOfPair: boolean
  /** By its certificate. */
  readonly teams?: readonly string[]
}

/** Machines whose totals are opened together, for the same types and audiences. Groups have no machine in common. */
export interface Group {
  /** Places in the list, ascending. */
  readonly members: readonly number[]
  readonly keys: readonly string[]
  /** Fewest machines, of the group and of a row, whose total is opened. */
  readonly threshold: number
}

/** All that an aggregator's next step depends on. */
export interface TallyView {
  readonly mesh: Uint8Array
  readonly bucket: Bucket
  readonly pair: Pair
  /** Which of the pair this aggregator is: 0 leads. */
  readonly index: 0 | 1
  /** Number of the policy bundle. */
  readonly bundle: number
  /** `k_min` of the bundle; undefined: 5. */
  readonly k: number | undefined
  /** `noise` of the bundle, the scale of noise; undefined: by the size of groups. */
  readonly noise: number | undefined
  /** 32 bytes that this aggregator alone has, the same each time for this mesh and bucket: its noise follows from them. */
  readonly secret: Uint8Array
  /** Role names that are totalled for. */
  readonly audiences: readonly string[]
  /** This aggregator's own, by type. */
  readonly layouts: ReadonlyMap<string, Layout>
  /** Opened shares of this bucket and pair, in any order; also of who was revoked since, because what was listed stays. */
  readonly shares: readonly HeldShare[]
  /** What each of the two told of the proofs of shares, by their entries in a list. */
  readonly checks: {
    readonly own: ReadonlyMap<string, Uint8Array>
    readonly other: ReadonlyMap<string, Uint8Array>
  }
  /** Shares that could not be opened or are for another pair, by reason. */
  readonly refused: ReadonlyMap<'other_pair' | 'unreadable', number>
  readonly contributorOf: (author: Uint8Array) => Contributor
  /** Whose share is not listed any more; undefined: nobody was revoked. */
  readonly isRevoked?: (author: Uint8Array) => boolean
  /** Since when a listed share is missing here, ms since the epoch, as this aggregator noticed. */
  readonly missingSince?: number | undefined
  /** Members, certified and not revoked, of whom a share may still come. */
  readonly expected: ReadonlySet<string>
  /** How many of them are in each team; absent: none is in any. */
  readonly teams?: ReadonlyMap<string, number>
  /** When the first and the last share of the bucket came here, ms since the epoch. */
  readonly arrivals: { readonly first: number; readonly last: number }
  /** All other attempts at this bucket in which one of the two has an edition: their last ones. */
  readonly others: readonly {
    readonly leader?: TallyPlain | undefined
    readonly follower?: TallyPlain | undefined
  }[]
  /** This aggregator's last edition of this attempt. */
  readonly own: TallyPlain | undefined
  /** The other's last edition, and when it was signed by its clock. */
  readonly other: { readonly plain: TallyPlain; readonly version: number } | undefined
  readonly now: number
}

/** What became of the shares that both aggregators had. */
export interface CountedSet {
  /** Of list and agreement. */
  readonly hash: Uint8Array
  readonly counted: readonly HeldShare[]
  readonly waiting: readonly HeldShare[]
  readonly unproved: readonly HeldShare[]
}

/** What an aggregator says of one share; `unlisted`: nothing. */
export type Fate = 'counted' | 'waiting' | 'unproved' | 'unlisted'

/** What follows from a view. */
export type Step =
  /** An edition to make durable and to publish; ask again afterwards. */
  | { readonly kind: 'say'; readonly plain: TallyPlain }
  /** Shares whose proofs this aggregator has to look at, and to say so, before it goes on; ask again afterwards. */
  | { readonly kind: 'check'; readonly shares: readonly HeldShare[] }
  /** Nothing to do until something changes, at the latest at `until`. `isMissing`: a share is not here any more. */
  | {
      readonly kind: 'wait'
      readonly reason: string
      readonly until?: number | undefined
      readonly isMissing?: true
    }
  /** The attempt ends without a release. `by`: which aggregator said or did it, 0 the leader. */
  | { readonly kind: 'refused'; readonly by: 0 | 1; readonly reason: TallyRefusal; readonly detail: string }
  /** Both halves are open. One content for each audience. */
  | { readonly kind: 'done'; readonly contents: readonly ReleaseContent[]; readonly set: CountedSet }
