// What the policy room shows of itself: the shapes other rooms use, apart from the code that makes them.
import type { NodeId } from '../../../protocols/node-id.ts'
import type { TrustLevel, TrustSource } from '../../base/words/trust-levels.ts'

/** The *author* of a request, never the connection it came over. */
export interface Principal {
  readonly node_id: NodeId
  /** The other keys of its lineage: a consent or a denial that names one of them means this node. */
  readonly other_keys?: readonly NodeId[] | undefined
  readonly trust_level: TrustLevel
  /** Which source gives the level; absent where nobody here weighed one. */
  readonly why?: TrustSource | undefined
  readonly denied: boolean
  readonly roles: readonly string[]
  readonly teams: readonly string[]
  /** Fingerprint of the person who asks through that node, where a delegation says so; absent: the node itself asks. */
  readonly operator?: string
  /** With `operator`: the whole key of that person, which consent may name. */
  readonly operator_id?: NodeId
  /** With `operator`: the node that the person asks through, as this node sees it. What is withheld from it is withheld. */
  readonly through?: Pick<Principal, 'node_id' | 'other_keys' | 'roles' | 'teams'>
}

export const QUERY_ACTIONS = [
  'query.tool_usage',
  'query.safety_posture',
  'query.activity_patterns',
  'query.anomalies',
  'query.node_health',
] as const

export type QueryAction = (typeof QUERY_ACTIONS)[number]

/** `summary.receive`: to be sent this node's summaries, decided for each category by itself. */
export const ACTIONS = [...QUERY_ACTIONS, 'summary.receive'] as const

export type Action = (typeof ACTIONS)[number]

/** The right to have an agent of this machine do something. It is about no data, so consent and levels are not asked. */
export const AGENT_ACTION = 'agent.task'
/** The right to see and answer what waits for approval on this machine, from another one. */
export const APPROVE_ACTION = 'agent.approve'

/** What may be asked of an agent: to call a tool, or something about the agent itself. */
export const AGENT_OPERATIONS = ['task', 'describe', 'logs', 'start', 'stop', 'approve'] as const
export type AgentOperation = (typeof AGENT_OPERATIONS)[number]

export const SHARING_CATEGORIES = ['tool_usage', 'activity_patterns', 'safety_stats', 'anomalies'] as const

export type SharingCategory = (typeof SHARING_CATEGORIES)[number]

/**
 * What a person lets out of what is unusual in their own counts. A level 1 answer is signed by its node and so names it:
 * only `identified` opens it. `anonymous`: only totals of many nodes (level 2).
 */
export const ANOMALY_CHOICES = ['off', 'anonymous', 'identified'] as const

export type AnomalyChoice = (typeof ANOMALY_CHOICES)[number]

export interface Resource {
  /** 1: this node's own summary numbers; 2: released aggregates. Health carries no person's data: level 1. */
  readonly level: 1 | 2
  /** Absent for node health, which any admitted node may have. */
  readonly category?: SharingCategory
}

/** A node id, `team:x`, `role:x` or `*`, and what is said of it; never no category. */
export interface PartOf {
  readonly who: string
  readonly categories: readonly SharingCategory[]
}

/** What one person (uid) on this node agreed to; starts as the file's `[sharing]`. */
export interface Consent {
  /** Node ids, `team:x`, `role:x`, or `*`. Who may have level 1. */
  readonly allow_peers: readonly string[]
  /** Likewise for level 2; who may have level 1 may have level 2 too, since it says less. */
  readonly allow_supervisors: readonly string[]
  /** Likewise: who may have nothing of this person's, whatever the two lists above say. */
  readonly deny_peers: readonly string[]
  /** Who may have some categories, at either level, besides what the first two lists give; each `who` once. */
  readonly allow_only: readonly PartOf[]
  /** Who may not have some categories, whatever the lists that allow say; each `who` once. */
  readonly deny_only: readonly PartOf[]
  readonly max_level: 0 | 1 | 2
  readonly categories: Readonly<Record<SharingCategory, boolean>>
  /** Within `categories.anomalies`, and within what the lists allow. */
  readonly anomalies: AnomalyChoice
  /** `share off`: nothing to anybody. */
  readonly off: boolean
}

/** What a request is decided by besides who asks for what; the same for all people of a machine. */
export interface Circumstances {
  /** When it is decided, ms since the epoch. */
  readonly at: number
  /** The time asked about, ms since the epoch; absent for summaries and health. */
  readonly range?: { readonly start: number; readonly end: number }
}

export interface Context extends Circumstances {
  /** Absent for requests that touch no person's data (health). */
  readonly consent?: Consent
}

export interface Decision {
  /** `withhold`: entitled in principle, but it cannot be had in this form now; `reason` says what is missing. */
  readonly effect: 'allow' | 'deny' | 'withhold'
  /**
   * Stable id of the deciding rule, e.g. `consent.none`; goes to the audit, never to the requester on deny. No spaces,
   * at most 128 characters.
   */
  readonly rule: string
  readonly reason: string
  /** The rule of the role policies that permits it; absent where they refuse or were not asked. As `rule`. */
  readonly policy_rule?: string
}

/** What the role policies are asked: the second layer, which knows no person's consent. */
export interface RoleRequest {
  readonly principal: Principal
  readonly action: Action
  readonly resource: Resource
  /** Teams that the answering node is in. */
  readonly teams: readonly string[]
  /** The fewest nodes that a total with this node's numbers is made of (`sharing.k_min`). */
  readonly k: number
  readonly circumstances: Circumstances
}

/** Whether somebody may have an agent of this machine do something; asked before all other gates of an action. */
export interface AgentRequest {
  readonly principal: Principal
  /** `approve` is the action `agent.approve`, everything else `agent.task`. */
  readonly operation: AgentOperation
  /** `kClass:name`. */
  readonly agent: string
  /** With `task`; otherwise empty. */
  readonly tool: string
  /**
   * A person of this machine asks on it, or answers from elsewhere what they asked themselves; else another machine does, or
   * somebody whom the kernel does not name.
   */
  readonly own: boolean
  /** An agent or an AI tool asks in the name of that person. */
  readonly by_agent: boolean
  /** Milliseconds since the epoch. */
  readonly at: number
  /** `sharing.k_min`, because conditions without an action may ask for it. */
  readonly k: number
  /** Teams that this node is in. */
  readonly teams: readonly string[]
}

export interface RoleDecision {
  readonly effect: 'allow' | 'deny'
  /** As in Decision. */
  readonly rule: string
  readonly reason: string
}

/** One way to judge role policies. Every engine denies what no rule permits, and what it cannot judge; it never throws. */
export interface PolicyEngine {
  readonly kind: 'built-in' | 'cedar'
  judge(request: RoleRequest): RoleDecision
  judgeAgent(request: AgentRequest): RoleDecision
}

/** One file of role policies, as it was read. */
interface PolicyFile {
  /** Absolute. */
  readonly path: string
  /** How many policies stand in it. */
  readonly policies: number
  /** BLAKE3 of its bytes, 64 hex digits: whether two machines have the same file. */
  readonly digest: string
}

/** Role policies that were read, checked and can be used. */
export interface PolicySet {
  readonly engine: PolicyEngine
  /** None with the built-in engine. */
  readonly files: readonly PolicyFile[]
  /** What the engine finds odd and not wrong, each with file, line and column. */
  readonly warnings: readonly string[]
}

/** What is in force. */
export interface PolicyStatus {
  readonly engine: PolicyEngine['kind']
  readonly files: readonly PolicyFile[]
  readonly warnings: readonly string[]
  /** Milliseconds since the epoch. */
  readonly loaded_at: number
  /** Teams that this node is in. */
  readonly teams: readonly string[]
  /** Why what the files say now is not in force; null when it is. */
  readonly problem: string | null
}
