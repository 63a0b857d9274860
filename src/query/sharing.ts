// Consent at work: what each person (uid) of this node decided, changed durably and at once, and shown to them.
import type { NodeId } from '../../protocols/node-id.ts'
import { isNodeId } from '../../protocols/node-id.ts'
import type { Audit } from '../audit/index.ts'
import type { Clock } from '../base/clock.ts'
import { KaroError } from '../base/errors.ts'
import type { Config } from '../config/index.ts'
import {
  ACTIONS,
  type Consent,
  decide,
  type Principal,
  principalOf,
  resourceOf,
  type SharingCategory,
} from '../policy/index.ts'
import type { ConsentRepository } from '../store/consent.ts'
import type { Trust } from '../trust/index.ts'
import { allowing, type Choice, choiceOfFile, consentFrom, stopping } from './consent.ts'
import { byText } from './merge.ts'

export interface SharingDeps {
  readonly config: Pick<Config, 'sharing'>
  readonly consent: Pick<ConsentRepository, 'get' | 'put'>
  readonly trust: Pick<Trust, 'opinion' | 'known' | 'resolve'>
  readonly audit: Pick<Audit, 'record'>
  readonly clock: Clock
}

/** What one known node may have of one person right now. */
interface SharedWith {
  readonly node_id: NodeId
  readonly fingerprint: string
  readonly name: string
  readonly trust_level: Principal['trust_level']
  /** Categories whose numbers of this node it may have. */
  readonly level_1: readonly SharingCategory[]
  /** Categories whose totals over many nodes it is entitled to, once there are any. */
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
  readonly allow: { readonly peers: readonly string[]; readonly supervisors: readonly string[] }
  readonly stopped: readonly string[]
  readonly peers: readonly SharedWith[]
}

export interface Sharing {
  /** What `uid` consents to now. Rejects when the store cannot say: then nothing may leave. */
  consentOf(uid: number): Promise<Consent>
  /**
   * `who`: node id, fingerprint, name, `team:x`, `role:x` or `*`. Resolves when the decision is durable and holds.
   * KaroError: bad_request, not_found (nobody is called that), conflict (several are).
   */
  allow(uid: number, who: string): Promise<SharingView>
  /** Withdraws consent; says nothing about trust or membership. Errors as `allow`. */
  stop(uid: number, who: string): Promise<SharingView>
  /** Nothing to anybody, until `on` brings back what was agreed before, or `allow` begins anew. */
  off(uid: number): Promise<SharingView>
  on(uid: number): Promise<SharingView>
  show(uid: number): Promise<SharingView>
  /** Fires when a decision is durable, before whoever made it hears so. */
  onChange(listener: () => void): () => void
}

type Change = 'allow' | 'stop' | 'off' | 'on'

const GROUP = /^(?:team|role):[^\s\p{Cc}]{1,64}$/u

export function createSharing(deps: SharingDeps): Sharing {
  const { config, consent, trust, audit, clock } = deps
  // A change reads, then writes: one after the other, or the second would undo the first.
  let last: Promise<unknown> = Promise.resolve()
  const listeners = new Set<() => void>()

  async function choiceOf(uid: number): Promise<Choice> {
    return (await consent.get(uid)) ?? choiceOfFile(config.sharing)
  }

  function change(uid: number, what: Change, entry: string | undefined, to: (from: Choice) => Choice) {
    const done = last.then(async () => {
      const { allow_peers, allow_supervisors, deny_peers, off } = to(await choiceOf(uid))
      const decided_at = clock.now()
      await consent.put({ uid, allow_peers, allow_supervisors, deny_peers, off, decided_at })
      for (const listener of listeners) listener()
      await audit.record({
        type: 'consent_change',
        success: true,
        ...(entry !== undefined && isNodeId(entry) ? { peer: entry } : {}),
        details: { uid, change: what, ...(entry === undefined ? {} : { who: entry }) },
      })
    })
    last = done.catch(() => {})
    return done
  }

  function entryOf(who: string): string {
    if (who === '*' || isNodeId(who)) return who
    if (!/^(?:team|role):/.test(who)) return trust.resolve(who)
    if (GROUP.test(who)) return who
    throw new KaroError('bad_request', `'${who}' names no team or role`, {
      hint: 'Write team:eng or role:lead, without spaces.',
    })
  }

  async function show(uid: number): Promise<SharingView> {
    const stored = await consent.get(uid)
    const now = consentFrom(config.sharing, stored ?? choiceOfFile(config.sharing))
    return {
      sharing: now.off ? 'off' : 'on',
      source: stored === undefined ? 'config' : 'decision',
      max_level: now.max_level,
      categories: now.categories,
      allow: { peers: now.allow_peers, supervisors: now.allow_supervisors },
      stopped: now.deny_peers,
      peers: trust
        .known()
        .map((node) => sharedWith(trust.opinion(node), now))
        .sort((a, b) => byText(a.name, b.name) || byText(a.fingerprint, b.fingerprint)),
    }
  }

  return {
    consentOf: async (uid) => consentFrom(config.sharing, await choiceOf(uid)),
    async allow(uid, who) {
      const entry = entryOf(who)
      await change(uid, 'allow', entry, (choice) => allowing(choice, entry))
      return show(uid)
    },
    async stop(uid, who) {
      const entry = entryOf(who)
      await change(uid, 'stop', entry, (choice) => stopping(choice, entry))
      return show(uid)
    },
    async off(uid) {
      await change(uid, 'off', undefined, (choice) => ({ ...choice, off: true }))
      return show(uid)
    },
    async on(uid) {
      await change(uid, 'on', undefined, (choice) => ({ ...choice, off: false }))
      return show(uid)
    },
    show,
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** The same decide() that answers questions, so that what is shown is what holds. */
function sharedWith(opinion: ReturnType<Trust['opinion']>, consent: Consent): SharedWith {
  const principal = principalOf(opinion)
  const opened = (level: 1 | 2): SharingCategory[] =>
    ACTIONS.flatMap((action) => {
      const resource = resourceOf(action, principal, level)
      if (resource.category === undefined) return []
      return decide(principal, action, resource, { consent }).effect === 'deny' ? [] : [resource.category]
    })
  const usage = decide(principal, 'query.tool_usage', resourceOf('query.tool_usage', principal, undefined), {
    consent,
  })
  return {
    node_id: opinion.node_id,
    fingerprint: opinion.fingerprint,
    name: opinion.name,
    trust_level: principal.trust_level,
    level_1: opened(1),
    level_2: opened(2),
    rule: usage.rule,
    reason: usage.reason,
  }
}
