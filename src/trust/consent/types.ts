// What the consent room shows of itself: the shapes other rooms use, apart from the code that makes them.
import type { NodeId } from '../../../protocols/node-id.ts'
import type { TrustLevel } from '../../base/words/trust-levels.ts'
import type { AnomalyChoice, Consent, PartOf, SharingCategory } from '../policy/index.ts'

/** The data of one person that one known node may have right now. */
export interface SharedWith {
  readonly node_id: NodeId
  readonly fingerprint: string
  readonly name: string
  readonly trust_level: TrustLevel
  /** Categories whose numbers of this node it may have. */
  readonly level_1: readonly SharingCategory[]
  /** Categories that are in the summaries it is sent; others it may still ask for, if `level_1` has them. */
  readonly summaries: readonly SharingCategory[]
  /** Categories whose totals it reads, with this person counted in. */
  readonly level_2: readonly SharingCategory[]
  /** The rule that decided about tool usage, at the level its trust gives. */
  readonly rule: string
  readonly reason: string
}

/** `karo share show --json`; the other share commands print it too, as it is after them. */
export interface SharingView {
  readonly sharing: 'on' | 'off'
  /** `decision`: this person decided; `config`: the file's `[sharing]` still holds for them. */
  readonly source: 'config' | 'decision'
  readonly max_level: 0 | 1 | 2
  readonly categories: Readonly<Record<SharingCategory, boolean>>
  /** How far anomalies leave, as far as the rest lets them. */
  readonly anomalies: AnomalyChoice
  readonly allow: { readonly peers: readonly string[]; readonly supervisors: readonly string[] }
  /** Who may have some categories, besides what `allow` gives. */
  readonly allow_only: readonly PartOf[]
  readonly stopped: readonly string[]
  /** From whom some categories are kept, whatever else is allowed. */
  readonly stopped_only: readonly PartOf[]
  readonly peers: readonly SharedWith[]
}

export interface Sharing {
  /** The present consent of `uid`. Rejects if the store cannot be read: then nothing may be shared. */
  consentOf(uid: number): Promise<Consent>
  /** When `uid` decided last, ms since the epoch; undefined: the file holds for them. */
  decidedAt(uid: number): Promise<number | undefined>
  /**
   * `who`: node id, fingerprint, name, `team:x`, `role:x` or `*`; with `categories`, at least one, for those only. Resolves
   * when the decision is durable and holds.
   * KaroError: bad_request, not_found (nobody is called that), conflict (several are). `admin`: as `Trust.resolve`.
   */
  allow(
    uid: number,
    who: string,
    categories?: readonly SharingCategory[],
    admin?: boolean,
  ): Promise<SharingView>
  /** Withdraws consent; says nothing about trust or membership. Errors as `allow`. */
  stop: Sharing['allow']
  /** How far this person's anomalies leave: not at all, into totals only, or also in answers that name this node. */
  anomalies(uid: number, choice: AnomalyChoice): Promise<SharingView>
  /** Shares nothing, until `on` restores the earlier consent or `allow` starts over. */
  off(uid: number): Promise<SharingView>
  on(uid: number): Promise<SharingView>
  /** Decides what the file says now. It stays a decision: when the file changes, this does not. */
  reset(uid: number): Promise<SharingView>
  show(uid: number): Promise<SharingView>
  /** Fires when a decision is durable, before the person who made it gets the answer; and after `reload`. */
  onChange(listener: () => void): () => void
  /** `config.sharing` has changed: tells listeners. */
  reload(): void
}
