// Both layers of the owner's policy together: what the people here agreed to, and what the role policies permit.
import { builtIn } from './built-in.ts'
import { closedTo, decide, mayBeCounted, mayRead } from './decide.ts'
import { audienceOf } from './principal.ts'
import { ACTION_CATEGORY, resourceOf } from './resource.ts'
import { deny, rolesAsMember } from './roles.ts'
import type {
  Action,
  AgentRequest,
  Circumstances,
  Consent,
  Context,
  Decision,
  PolicyEngine,
  PolicySet,
  PolicyStatus,
  Principal,
  QueryAction,
  Resource,
  RoleDecision,
  RoleRequest,
} from './types.ts'

export interface PolicyDeps {
  /** Teams that this node is in, as they are now. */
  readonly teams: () => readonly string[]
  /** `sharing.k_min`, as it is now. */
  readonly k: () => number
  /** `policy.accept_org`, as it is now. */
  readonly accept: () => AcceptOrg
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** What a bundle of the organisation asks of a node; what it leaves out stays as the owner has it. */
export type OrganisationRules = { readonly [K in keyof Limits]?: Limits[K] | undefined } & {
  readonly engine?: PolicyEngine | undefined
}

/**
 * The teams of this node. A certificate that holds says them, and `configured` (`policy.teams`) can only narrow it. Without a
 * certificate they are those that are configured.
 */
export function teamsOfNode(
  certificate: { readonly teams: readonly string[] } | undefined,
  configured: readonly string[],
): readonly string[] {
  if (certificate === undefined) return configured
  const { teams } = certificate
  return configured.length === 0 ? teams : teams.filter((team) => configured.includes(team))
}

/** No policy files: the role table. */
export const BUILT_IN_SET: PolicySet = { engine: builtIn, files: [], warnings: [] }

export type Policy = ReturnType<typeof createPolicy>

/**
 * The owner's layer speaks first: it refuses most and costs least, and what a person did not agree to no policy file
 * opens. Consent never reaches the engine, because who agreed to what is not for role policies to see.
 */
export function createPolicy({ teams, k, accept, now }: PolicyDeps, first: PolicySet) {
  let current = first
  let loadedAt = now()
  let problem: string | null = null
  let organisation: OrganisationRules = {}

  /** The second layer alone. */
  const judge = (
    principal: Principal,
    action: Action,
    resource: Resource,
    circumstances: Circumstances,
  ): RoleDecision => withOrWithout(principal, (as) => judgeIn(teams(), as, action, resource, circumstances))

  /** `of`: the teams of whom the numbers are. */
  const judgeIn = (
    of: readonly string[],
    principal: Principal,
    action: Action,
    resource: Resource,
    circumstances: Circumstances,
  ): RoleDecision => {
    const { engine: theirs, max_level, k_min } = organisation
    if (max_level !== undefined && resource.category !== undefined && resource.level > max_level) {
      const reason = `the organisation's policy bundle allows levels up to ${max_level}`
      return deny('organisation.max_level', reason)
    }
    const engine = engineOf(theirs)
    const request = {
      principal,
      action,
      resource,
      teams: of,
      k: Math.max(k(), k_min ?? 0),
      circumstances,
    }
    return judged(engine, request)
  }

  const engineOf = (theirs: PolicyEngine | undefined): PolicyEngine =>
    theirs === undefined ? current.engine : mergedEngine(current.engine, theirs, accept())

  /** Whether somebody may have an agent of this machine do something: role policies alone. Never throws. */
  const judgeAgent = (request: Omit<AgentRequest, 'at' | 'k' | 'teams'>): RoleDecision => {
    try {
      const { engine, k_min } = organisation
      const about = { at: now(), k: Math.max(k(), k_min ?? 0), teams: teams() }
      return closedTo(request.principal) ?? engineOf(engine).judgeAgent({ ...request, ...about })
    } catch (error) {
      return brokenBy(error)
    }
  }

  /**
   * Both layers, for the principal with all its roles; and where no policy permits that, for the same principal as a member
   * without roles of the table, so that nobody has less with a role than without. What is forbidden stays forbidden.
   * `ownerOf`: the owner's layer for these roles.
   */
  function steps(
    ownerOf: (as: Principal) => Decision,
    principal: Principal,
    action: Action,
    resource: Resource,
    circumstances: Circumstances,
    of = teams(),
  ): { readonly owner: Decision; readonly roles?: RoleDecision } {
    const owner = ownerOf(principal)
    if (owner.effect === 'deny') return { owner }
    const roles = judgeIn(of, principal, action, resource, circumstances)
    const member = roles.effect === 'allow' || isForbid(roles) ? undefined : asMember(principal)
    if (member === undefined) return { owner, roles }
    const without = ownerOf(member)
    const others = judgeIn(of, member, action, resource, circumstances)
    return without.effect === 'deny' || others.effect === 'deny'
      ? { owner, roles }
      : { owner: without, roles: others }
  }

  const both = (...asked: Parameters<typeof steps>): Decision => together(steps(...asked))

  return {
    /**
     * What everybody asks who is about to let data out. Both layers must allow. Synchronous and never throws; what it says
     * holds until consent, trust or the role policies change, or until the time that a role policy names.
     */
    decide(principal: Principal, action: Action, resource: Resource, { consent, ...circumstances }: Context) {
      const owners = ownersLayer(principal, action, resource, consent)
      return both(owners, principal, action, resource, circumstances)
    },
    /** Both layers, each with what it says, and what they come to together: `decide` in its steps. */
    explain(
      principal: Principal,
      action: Action,
      resource: Resource,
      { consent, ...circumstances }: Context,
    ) {
      const owners = ownersLayer(principal, action, resource, consent)
      const found = steps(owners, principal, action, resource, circumstances)
      const { owner, roles = judge(principal, action, resource, circumstances) } = found
      return { owner, roles, both: together(found) }
    },
    /**
     * Whether this person's numbers of that category may be counted in totals that an audience reads: nodes and operators
     * with that role. Both layers must allow.
     */
    counts(audience: string, action: QueryAction, { consent, ...circumstances }: Context) {
      const principal = audienceOf(audience)
      const resource = totalOf(action, principal)
      const owner = mayBeCounted(principal, action, resource, consent)
      if (owner.effect === 'deny') return owner
      // Without its role an audience is everybody, and nobody agreed to be counted for everybody.
      return together({ owner, roles: judgeIn(teams(), principal, action, resource, circumstances) })
    },
    /**
     * Whether a principal may read totals that were released for an audience: of a team, or of all machines together, which a
     * role that opens nodes of the same team alone does not. No consent is asked: contributors were.
     */
    reads(
      principal: Principal,
      audience: string,
      action: QueryAction,
      circumstances: Circumstances,
      team?: string,
    ) {
      const of = team === undefined ? [] : [team]
      const resource = totalOf(action, principal)
      return both((as) => mayRead(as, audience), principal, action, resource, circumstances, of)
    },
    judge,
    judgeAgent,
    /** What the organisation asks of this node from now on; it narrows what the owner's policies say, see `mergedEngine`. */
    organisation(rules: OrganisationRules) {
      organisation = rules
    },
    /** These role policies are in force from now on. Whoever calls it also tells those who remember decisions. */
    use(set: PolicySet) {
      current = set
      loadedAt = now()
      problem = null
    },
    /** Others were to come into force and could not: says so until some do. */
    refused(why: string) {
      problem = why
    },
    status: (): PolicyStatus => ({
      engine: current.engine.kind,
      files: current.files,
      warnings: current.warnings,
      loaded_at: loadedAt,
      teams: teams(),
      problem,
    }),
  }
}

const ownersLayer =
  (principal: Principal, action: Action, resource: Resource, consent: Consent | undefined) =>
  (as: Principal): Decision =>
    decide(principal, action, resource, consent, as)

function asMember(principal: Principal): Principal | undefined {
  const roles = rolesAsMember(principal.roles)
  return roles && { ...principal, roles }
}

function together({ owner, roles }: { readonly owner: Decision; readonly roles?: RoleDecision }): Decision {
  if (roles === undefined) return owner
  if (roles.effect !== 'allow') return deny(roles.rule, roles.reason)
  return { ...owner, policy_rule: roles.rule }
}

const totalOf = (action: QueryAction, principal: Principal) => ({
  ...resourceOf(action, principal, 2),
  level: 2 as const,
})

/**
 * Asks one engine. Fails closed: a request whose parts do not fit together is refused whoever would judge it, and an
 * engine that throws has not allowed anything.
 */
export function judged(engine: PolicyEngine, request: RoleRequest): RoleDecision {
  const { action, resource } = request
  const about = ACTION_CATEGORY[action]
  const fits =
    about === null || (about === 'any' ? resource.category !== undefined : resource.category === about)
  if (!fits) {
    const reason = `${action} is not about ${resource.category ?? 'nothing'}`
    return deny('request.category', reason)
  }
  if (action === 'summary.receive' && resource.level !== 1) {
    return deny('request.level', 'summaries are level 1')
  }
  try {
    return engine.judge(request)
  } catch (error) {
    return brokenBy(error)
  }
}

/** As `judged`, and where no policy permits it, for the same principal as a member without roles of the table. */
export const judgedAsAsked = (engine: PolicyEngine, request: RoleRequest): RoleDecision =>
  withOrWithout(request.principal, (principal) => judged(engine, { ...request, principal }))

function withOrWithout(principal: Principal, judge: (as: Principal) => RoleDecision): RoleDecision {
  const found = judge(principal)
  const member = found.effect === 'allow' || isForbid(found) ? undefined : asMember(principal)
  const other = member && judge(member)
  return other?.effect === 'allow' ? other : found
}

const brokenBy = (error: unknown): RoleDecision =>
  deny('policy.error', `the role policies failed: ${String(error)}`)

// What a policy bundle of the organisation may do to a node's own policy: restrict it, unless the owner said otherwise.

/** What an owner lets their organisation do: only take away, or decide in place of their own role policies. */
type AcceptOrg = 'restrict' | 'full'

/** The limits that a bundle and the file both may set: the narrower one holds, with `full` too. */
interface Limits {
  readonly max_level: 0 | 1 | 2
  /** Nodes. */
  readonly k_min: number
}

/**
 * The role policies in force. `restrict`: what the owner's policies permit, less what the bundle forbids; a bundle's
 * permits open nothing. `full`: the bundle's permits count too, and a forbid on either side still wins. What
 * nobody could judge is forbidden too.
 */
export function mergedEngine(own: PolicyEngine, bundle: PolicyEngine, accept: AcceptOrg): PolicyEngine {
  const merged = (ours: RoleDecision, theirs: RoleDecision): RoleDecision => {
    if (theirs.effect === 'deny' && isForbid(theirs)) return theirs
    if (ours.effect === 'allow' || accept !== 'full' || isForbid(ours)) return ours
    return theirs
  }
  return {
    kind: own.kind,
    judge: (request) => merged(own.judge(request), bundle.judge(request)),
    judgeAgent: (request) => merged(own.judgeAgent(request), bundle.judgeAgent(request)),
  }
}

/** A denial that some policy asked for, or that stands for one which could not be judged; not the mere lack of a permit. */
const isForbid = ({ effect, rule }: RoleDecision): boolean => effect === 'deny' && !NO_PERMIT.test(rule)

/** Rules of policies name their file and line, so none of them looks like these. */
const NO_PERMIT = /^(?:policy\.default|role\.\w+)$/
