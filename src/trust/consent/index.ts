// The sharing room: what each person (uid) of this node consents to, changed durably and at once, and shown to them.
import { isDeepStrictEqual } from 'node:util'
import { isNodeId } from '../../../protocols/node-id.ts'
import { createSerial } from '../../base/async/limiter.ts'
import { byText } from '../../base/by-text.ts'
import type { Clock } from '../../base/clock.ts'
import { KaroError } from '../../base/errors.ts'
import { createListeners } from '../../base/run/listeners.ts'
import { labelProblem } from '../../base/words/roles.ts'
import type { Config } from '../../config/index.ts'
import type { ConsentRecord, ConsentRepository } from '../../store/tables/consent.ts'
import type { Audit } from '../audit/index.ts'
import type { Trust } from '../peers/index.ts'
import {
  type AnomalyChoice,
  type Consent,
  type Context,
  type Decision,
  type PartOf,
  type Policy,
  principalOf,
  QUERY_ACTIONS,
  type QueryAction,
  resourceOf,
  SHARING_CATEGORIES,
  type SharingCategory,
  summaryResource,
} from '../policy/index.ts'

export type Sharing = ReturnType<typeof createSharing>

interface SharingDeps {
  readonly config: Pick<Config, 'sharing'>
  readonly consent: Pick<ConsentRepository, 'get' | 'put'>
  readonly trust: Pick<Trust, 'opinion' | 'known' | 'resolve'>
  readonly policy: Pick<Policy, 'decide' | 'counts' | 'reads'>
  readonly audit: Pick<Audit, 'record'>
  readonly clock: Clock
}

type Categories = readonly SharingCategory[]
type Change = 'allow' | 'stop' | 'off' | 'on' | 'reset' | `anomalies_${AnomalyChoice}`

export function createSharing(deps: SharingDeps) {
  const { config, consent, trust, policy, audit, clock } = deps
  // A change reads, then writes: one after the other, or the second would undo the first.
  const serially = createSerial()
  const changes = createListeners()

  const orFile = (stored: Choice | undefined): Choice => stored ?? choiceOfFile(config.sharing)

  function change(
    uid: number,
    what: Change,
    { entry, categories }: { entry?: string; categories?: Categories | undefined },
    to: (from: Choice) => Choice,
  ) {
    return serially(async () => {
      const stored = await consent.get(uid)
      const next = to(orFile(stored))
      const decided = { ...next, uid, decided_at: clock.now() }
      // To decide what the file says is a decision: it holds when the file changes.
      if (isDeepStrictEqual(stored, { ...decided, decided_at: stored?.decided_at })) return
      await consent.put(decided)
      changes.tell()
      await audit.record({
        type: 'consent_change',
        success: true,
        peer: entry && isNodeId(entry) ? entry : undefined,
        details: {
          uid,
          change: what,
          who: entry,
          categories: categories?.join(' '),
        },
      })
    })
  }

  function entryOf(who: string, admin?: boolean): string {
    if (who === '*' || isNodeId(who)) return who
    const [, what = '', group] = /^(team|role):(.*)$/s.exec(who) ?? []
    if (group === undefined) return trust.resolve(who, admin)
    const problem = labelProblem(what, group)
    if (problem === undefined) return who
    throw new KaroError('bad_request', `'${group.slice(0, 80)}' ${problem}`, {
      hint: 'Write team:eng or role:lead.',
    })
  }

  /** What the contract's `SharingView` describes. */
  async function show(uid: number) {
    const stored = await consent.get(uid)
    const now = consentFrom(config.sharing, orFile(stored))
    return {
      sharing: now.off ? ('off' as const) : ('on' as const),
      source: stored === undefined ? ('config' as const) : ('decision' as const),
      max_level: now.max_level,
      categories: now.categories,
      anomalies: now.anomalies,
      allow: { peers: now.allow_peers, supervisors: now.allow_supervisors },
      allow_only: now.allow_only,
      stopped: now.deny_peers,
      stopped_only: now.deny_only,
      peers: trust
        .known()
        .map((node) => sharedWith(policy, trust.opinion(node), { at: clock.now(), consent: now }))
        .sort((a, b) => byText(a.name, b.name) || byText(a.fingerprint, b.fingerprint)),
    }
  }

  const named =
    (what: 'allow' | 'stop', to: typeof allowing) =>
    async (uid: number, who: string, categories?: Categories, admin?: boolean) => {
      const entry = entryOf(who, admin)
      await change(uid, what, { entry, categories }, (choice) => to(choice, entry, categories))
      return show(uid)
    }
  async function plainly(uid: number, what: Change, to: (from: Choice) => Choice) {
    await change(uid, what, {}, to)
    return show(uid)
  }

  return {
    /** The present consent of `uid`. Rejects if the store cannot be read: then nothing may be shared. */
    consentOf: async (uid: number) => consentFrom(config.sharing, orFile(await consent.get(uid))),
    /** When `uid` decided last, ms since the epoch; undefined: the file holds for them. */
    decidedAt: async (uid: number) => (await consent.get(uid))?.decided_at,
    /**
     * `who`: node id, fingerprint, name, `team:x`, `role:x` or `*`; with `categories`, at least one, for those only. Resolves
     * when the decision is durable and holds.
     * KaroError: bad_request, not_found (nobody is called that), conflict (several are). `admin`: as `Trust.resolve`.
     */
    allow: named('allow', allowing),
    /** Withdraws consent; says nothing about trust or membership. Errors as `allow`. */
    stop: named('stop', stopping),
    /** How far this person's anomalies leave: not at all, into totals only, or also in answers that name this node. */
    anomalies: (uid: number, anomalies: AnomalyChoice) =>
      plainly(uid, `anomalies_${anomalies}`, (choice) => ({ ...choice, anomalies })),
    /** Shares nothing, until `on` restores the earlier consent or `allow` starts over. */
    off: (uid: number) => plainly(uid, 'off', (choice) => ({ ...choice, off: true })),
    on: (uid: number) => plainly(uid, 'on', (choice) => ({ ...choice, off: false })),
    /** Decides what the file says now. It stays a decision: when the file changes, this does not. */
    reset: (uid: number) => plainly(uid, 'reset', () => choiceOfFile(config.sharing)),
    show,
    /** `config.sharing` has changed: tells listeners. */
    reload: changes.tell,
    /** Fires when a decision is durable, before the person who made it gets the answer; and after `reload`. */
    onChange: changes.on,
  }
}

/** Asks the same policy that answers questions, so that what is shown is what holds. */
function sharedWith(
  { decide, counts, reads }: Pick<Policy, 'decide' | 'counts' | 'reads'>,
  opinion: ReturnType<Trust['opinion']>,
  context: Context,
) {
  const principal = principalOf(opinion)
  /** Totals are for roles: of the asker's roles, the one in whose totals the person is counted. */
  const counted = (action: QueryAction): Decision | undefined =>
    principal.roles
      .filter((role) => reads(principal, role, action, context).effect === 'allow')
      .map((role) => counts(role, action, context))
      .find(({ effect }) => effect === 'allow')
  const opened = (level: 1 | 2): SharingCategory[] =>
    QUERY_ACTIONS.flatMap((action) => {
      const resource = resourceOf(action, principal, level)
      if (resource.category === undefined) return []
      const isOpen =
        level === 2
          ? counted(action) !== undefined
          : decide(principal, action, resource, context).effect === 'allow'
      return isOpen ? [resource.category] : []
    })
  const sent = SHARING_CATEGORIES.filter(
    (category) => decide(principal, 'summary.receive', summaryResource(category), context).effect === 'allow',
  )
  const asked = resourceOf('query.tool_usage', principal, undefined)
  const totals = asked.level === 2 ? counted('query.tool_usage') : undefined
  const usage = totals ?? decide(principal, 'query.tool_usage', asked, context)
  return {
    node_id: opinion.node_id,
    fingerprint: opinion.fingerprint,
    name: opinion.name,
    trust_level: principal.trust_level,
    level_1: opened(1),
    summaries: sent,
    level_2: opened(2),
    rule: usage.rule,
    reason: usage.reason,
  }
}

// What one person agreed to, as values: the file's `[sharing]` until they decide, and how each decision changes it.

/** The lists a person's decisions change; `max_level` and the switches of `[sharing.categories]` stay the file's. */
export type Choice = Pick<
  ConsentRecord,
  'allow_peers' | 'allow_supervisors' | 'deny_peers' | 'allow_only' | 'deny_only' | 'anomalies' | 'off'
>

/** More than a team has members; a list is read for every question. */
export const CHOICE_ENTRIES_MAX = 256

const EVERYBODY = '*'

/** What holds for a person who decided nothing yet; without `anomalies`, so that a first decision about something else leaves that to the file. */
function choiceOfFile(sharing: Config['sharing']): Choice {
  return {
    allow_peers: sharing.allow.peers,
    allow_supervisors: sharing.allow.supervisors,
    deny_peers: [],
    allow_only: [],
    deny_only: [],
    off: false,
  }
}

/** A person's decision replaces the file's lists; `max_level` and the categories are the file's at all times. */
function consentFrom(sharing: Config['sharing'], choice: Choice): Consent {
  return {
    allow_peers: choice.allow_peers,
    allow_supervisors: choice.allow_supervisors,
    deny_peers: choice.deny_peers,
    allow_only: choice.allow_only,
    deny_only: choice.deny_only,
    off: choice.off,
    max_level: sharing.max_level,
    categories: sharing.categories,
    anomalies: choice.anomalies ?? sharing.anomalies,
  }
}

/**
 * `entry` (a node id, `team:x`, `role:x` or `*`) may have level 1, and is not stopped any more. While sharing is
 * off it also switches it on, for this entry alone: what was allowed before does not come back unasked.
 *
 * With `categories`, it may have those; what it may have already stays, and other categories of an entry that was stopped
 * stay stopped, because `*` or a team may let the same node have them. KaroError `conflict` when a list is full.
 */
export function allowing(choice: Choice, entry: string, categories?: readonly SharingCategory[]): Choice {
  const from: Choice = choice.off
    ? { ...choice, allow_peers: [], allow_supervisors: [], allow_only: [], off: false }
    : choice
  if (categories === undefined) {
    return {
      ...from,
      allow_peers: withEntry(from.allow_peers, entry),
      deny_peers: without(from.deny_peers, entry),
      allow_only: withoutPart(from.allow_only, entry),
      deny_only: withoutPart(from.deny_only, entry),
    }
  }
  const rest = SHARING_CATEGORIES.filter((one) => !categories.includes(one))
  const stopped = from.deny_peers.includes(entry)
  const denied = stopped ? withPart(from.deny_only, entry, rest) : from.deny_only
  return {
    ...from,
    deny_peers: without(from.deny_peers, entry),
    allow_only: from.allow_peers.includes(entry)
      ? from.allow_only
      : withPart(from.allow_only, entry, categories),
    deny_only: lessPart(denied, entry, categories),
  }
}

/**
 * Nothing of this person's for `entry` any more, at no level. It is remembered as stopped, because `*` or a team
 * may let the same node have it, and a deny beats every allow. Stopping `*` empties the lists instead, so that
 * a later `allow` of one node means that node.
 *
 * With `categories`, nothing of those. For `*` that would beat every later `allow` of one node: KaroError `bad_request`.
 * KaroError `conflict` when a list is full.
 */
export function stopping(choice: Choice, entry: string, categories?: readonly SharingCategory[]): Choice {
  if (categories !== undefined) {
    if (entry === EVERYBODY) {
      throw new KaroError('bad_request', 'a category is stopped for somebody, not for everybody', {
        hint: 'Stop it for each node, team or role that is allowed (karo share show), or set it to false in [sharing.categories].',
      })
    }
    return {
      ...choice,
      allow_only: lessPart(choice.allow_only, entry, categories),
      deny_only: withPart(choice.deny_only, entry, categories),
    }
  }
  if (entry === EVERYBODY) return { ...choice, allow_peers: [], allow_supervisors: [], allow_only: [] }
  return {
    ...choice,
    allow_peers: without(choice.allow_peers, entry),
    allow_supervisors: without(choice.allow_supervisors, entry),
    deny_peers: withEntry(choice.deny_peers, entry),
    allow_only: withoutPart(choice.allow_only, entry),
    deny_only: withoutPart(choice.deny_only, entry),
  }
}

const without = (entries: readonly string[], entry: string): readonly string[] =>
  entries.filter((one) => one !== entry)

function withEntry(entries: readonly string[], entry: string): readonly string[] {
  if (entries.includes(entry)) return entries
  refuseFull(entries)
  return [...entries, entry]
}

const withoutPart = (parts: readonly PartOf[], entry: string): readonly PartOf[] =>
  parts.filter(({ who }) => who !== entry)

/** Categories in their usual order, so that the same choice is the same value. */
function withPart(
  parts: readonly PartOf[],
  entry: string,
  categories: readonly SharingCategory[],
): readonly PartOf[] {
  const before = parts.find(({ who }) => who === entry)?.categories ?? []
  const both = SHARING_CATEGORIES.filter((one) => before.includes(one) || categories.includes(one))
  if (both.length === 0) return parts
  if (before.length > 0) {
    return parts.map((part) => (part.who === entry ? { who: entry, categories: both } : part))
  }
  refuseFull(parts)
  return [...parts, { who: entry, categories: both }]
}

function lessPart(
  parts: readonly PartOf[],
  entry: string,
  categories: readonly SharingCategory[],
): readonly PartOf[] {
  return parts.flatMap((part) => {
    if (part.who !== entry) return [part]
    const left = part.categories.filter((one) => !categories.includes(one))
    return left.length === 0 ? [] : [{ who: entry, categories: left }]
  })
}

function refuseFull(entries: readonly unknown[]): void {
  if (entries.length < CHOICE_ENTRIES_MAX) return
  throw new KaroError('conflict', `a sharing list has at most ${CHOICE_ENTRIES_MAX} entries`, {
    hint: 'Share with a team or a role instead of with each node.',
  })
}
