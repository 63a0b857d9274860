// Fetches released totals that this node does not hold: from those who compute them, then from those who have the role.
import type { QueryFilter, SealedAnswer } from '../../../../protocols/messages/query.ts'
import type { NodeId } from '../../../../protocols/node-id.ts'
import { createRecent } from '../../../base/recent.ts'
import type { Member } from '../../../trust/peers/index.ts'
import type { ReleasesAsked, ReleasesShown, Totals, Unreleased } from '../../totals/types.ts'
import { audienceFilter } from '../filters.ts'
import type { Outcome } from '../schema.ts'
import type { Fact } from '../state/types.ts'
import type { AskRequest, QueryDeps } from '../types.ts'
import { membersOf } from './team.ts'

type Stated = ReturnType<ReleasesShown['check']>[number]

/** Holders that are asked at once, and how often others follow; each may answer with 63 KiB. */
const AT_ONCE = 2
const ROUNDS = 4
/** Questions about one range: a holder's answer has room for some weeks, so a year takes several. */
const QUESTIONS_MAX = 10
/** With less time than this no holder would answer. */
const LEAST_MS = 50

/** So long this node itself does not ask again for what holders said they lack: the last hours may not be released yet. */
const LACKED_MS = 60_000

/** Puts one question about released totals to these members. */
export type Pose = (
  about: {
    readonly members: Map<NodeId, Member>
    readonly query_type: AskRequest['query_type']
    readonly time_range: ReleasesAsked['range']
    readonly filters: readonly QueryFilter[]
    readonly acting: AskRequest['acting']
    readonly deadlineAt: number
  },
  how: {
    /** Sees each answer as it comes; throws FrameError for one that cannot be. */
    readonly check: (answer: SealedAnswer, from: NodeId) => void
    readonly signal: AbortSignal
    readonly trace: Uint8Array
  },
) => Promise<Fact<'conclude'>>

/** A holder that has more, and where the earlier part of the range ends that it did not show yet. */
interface Next {
  readonly holder: Member
  readonly end: number
}

/** A node that showed releases, or something in their place. */
type Holder = Pick<Member, 'node_id' | 'fingerprint' | 'name'>

export interface Fetched {
  readonly totals: Totals
  /**
   * The nodes whose answer was used, and those whose answer was not because it is altered, unsigned or about something
   * else.
   */
  readonly holders: readonly Holder[]
  readonly refused: readonly Holder[]
  /** What became of each node that was asked, by its last question; `unreachable`: it said nothing. */
  readonly outcomes: readonly Outcome[]
}

export interface FetchAbout {
  readonly trace: Uint8Array
  readonly signal: AbortSignal
  /** Monotonic, ms. */
  readonly deadlineAt: number
}

/** `local`: what this node holds itself. Resolves with that where nothing is missing, or nobody has more. */
export type Fetch = (
  request: AskRequest,
  asked: ReleasesAsked,
  local: Totals,
  about: FetchAbout,
) => Promise<Fetched>

/** Others may have these buckets; that two aggregators disagree, or machines were too few, no holder changes. */
export const MISSING: ReadonlySet<Unreleased | undefined> = new Set(['none', 'pending', 'half'])

/** A holder that showed newer releases may have older ones too, so older buckets are called unfetched and not missing. */
const cutAt = (totals: Totals, end: number): Totals => ({
  ...totals,
  buckets: totals.buckets.map((bucket) =>
    bucket.end <= end && MISSING.has(bucket.why) ? { ...bucket, why: 'unfetched' } : bucket,
  ),
})

export function createFetch(deps: QueryDeps, pose: Pose): Fetch {
  const { totals, trust, mesh, clock } = deps
  /** Until when nobody is asked again, by what was asked for; monotonic, ms. */
  const lacked = createRecent<string, number>(256)

  /** Nodes with a link first; who only computes totals has no need of a role. */
  function candidates(audience: string): Member[] {
    const { members } = membersOf(trust, undefined)
    return totals
      .holders(audience)
      .flatMap((node) => {
        const member = members.get(node)
        return member === undefined || trust.opinion(node).denied ? [] : [member]
      })
      .sort((a, b) => Number(mesh.isConnected(b.node_id)) - Number(mesh.isConnected(a.node_id)))
      .slice(0, AT_ONCE * ROUNDS)
  }

  return async (request, asked, local, about) => {
    const fetching = createFetching(deps, pose, request, asked, about)
    const name = JSON.stringify(asked)
    const isLacked = request.acting === undefined && clock.monotonic() < (lacked.get(name) ?? 0)
    const left = isLacked ? [] : candidates(asked.audience)
    let found = local
    let next: Next | undefined
    for (let question = 0; question < QUESTIONS_MAX; question++) {
      const open = found.buckets.filter(({ why }) => MISSING.has(why))
      const { start = Infinity } = open[0] ?? {}
      // Who says that it has more, and gives nothing that is missing, keeps nobody from asking the others.
      const more = next !== undefined && next.end > start ? next : undefined
      const group = more === undefined ? left.splice(0, AT_ONCE) : [more.holder]
      const end = more?.end ?? open.at(-1)?.end
      if (end === undefined || group.length === 0 || !fetching.isTime()) break
      next = await fetching.ask(group, { start, end }, open)
      found = await totals.read(asked.audience, asked.type, asked.range, fetching.stated())
    }
    const { owed, ...result } = fetching.result()
    const { outcomes } = result
    const isHeard = outcomes.includes('answered')
    // The questions, or the time, ended before what a holder has did, or no holder said what it has.
    if (owed !== undefined || (outcomes.length > 0 && !isHeard)) found = cutAt(found, owed?.end ?? Infinity)
    // Who was busy or silent may have what the others lack.
    const isInVain = isHeard && fetching.stated().length === 0 && outcomes.every((one) => one === 'answered')
    if (isInVain) lacked.set(name, clock.monotonic() + LACKED_MS)
    return { totals: found, ...result }
  }
}

/** The questions of one fetch, and what has come of them. */
function createFetching(
  { totals, clock }: QueryDeps,
  pose: Pose,
  { query_type, acting }: AskRequest,
  { audience, type }: ReleasesAsked,
  { trace, signal, deadlineAt }: FetchAbout,
) {
  const stated: Stated[] = []
  const [holders, refused] = [new Map<NodeId, Member>(), new Map<NodeId, Member>()]
  const outcomes = new Map<NodeId, Outcome>()
  /** What a holder said that it has, and has not shown. */
  let owed: Next | undefined
  const left = (): number => deadlineAt - clock.monotonic()

  return {
    isTime: () => left() >= LEAST_MS && !signal.aborted,
    stated: () => stated,
    async ask(
      group: readonly Member[],
      range: ReleasesAsked['range'],
      open: readonly { readonly start: number }[],
    ): Promise<Next | undefined> {
      // `offline`: they are asked over their own links or by one dial each, and no question travels through the mesh.
      const members = new Map(group.map((member) => [member.node_id, { ...member, offline: true }]))
      const enough = new AbortController()
      let next: Next | undefined
      /** Both aggregators' word of each of these buckets is here. */
      const isWhole = (): boolean =>
        open.every(({ start }) =>
          stated.some(({ content, authors }) => content.start === start && authors.length === 2),
        )
      const check = (answer: SealedAnswer, from: NodeId): void => {
        const member = members.get(from)
        if (answer.status !== 'released' || member === undefined) return
        const checked = totals.check(answer.statements, { audience, type, range })
        stated.push(...checked)
        holders.set(from, member)
        if (answer.more && checked.length > 0) {
          next ??= { holder: member, end: Math.min(...checked.map(({ content }) => content.start)) }
          owed = next
          return
        }
        if (owed?.holder.node_id === from) owed = undefined
        if (isWhole()) enough.abort()
      }
      const until = clock.monotonic() + Math.max(LEAST_MS, left() / 2)
      const { live } = await pose(
        {
          members,
          query_type,
          time_range: range,
          filters: [audienceFilter(audience)],
          acting,
          deadlineAt: until,
        },
        { check, signal: AbortSignal.any([signal, enough.signal]), trace },
      )
      for (const [node, member] of members) {
        const { outcome, answer } = live.collected.get(node) ?? {}
        outcomes.set(node, outcome ?? 'unreachable')
        const isBroken = outcome === 'bad_signature' || outcome === 'error'
        if (isBroken && answer === undefined) refused.set(node, member)
      }
      return next
    },
    result: () => ({
      owed,
      holders: [...holders.values()].map(holderOf),
      refused: [...refused.values()].map(holderOf),
      outcomes: [...outcomes.values()],
    }),
  }
}

const holderOf = ({ node_id, fingerprint, name }: Member): Holder => ({ node_id, fingerprint, name })
