// /policy: the role policies in force, their decision about a hypothetical request, and why a node may have its data.
import { FLEET_KEYS, fleetSource, valueText } from '../../../config/index.ts'
import { AUTHOR_QUOTA } from '../../../exchange/query/index.ts'
import { firstBucket } from '../../../exchange/totals/index.ts'
import { fingerprintOf } from '../../../trust/identity/index.ts'
import { createPrincipals } from '../../../trust/operators/index.ts'
import type { Organisation } from '../../../trust/organisation/index.ts'
import { principalOf } from '../../../trust/policy/index.ts'
import { ROLE_TABLE } from '../../../trust/policy/roles.ts'
import { supposedRequest } from '../../../trust/policy/supposed.ts'
import {
  checkPolicy,
  explainPolicy,
  getBundle,
  getPolicy,
  takeBundle,
} from '../../contract/operations/policy.ts'
import type { PolicyShape } from '../../contract/shapes.ts'
import { type Caller, type Rooms, type Routes, refsBy, serve, time } from '../../server/index.ts'
import { operatorNamed } from '../mesh/operator-named.ts'

/** Nobody's consent but the caller's is shown. Errors of `who` and `action`: `not_found`, `conflict`, `bad_request`. */
export function policyRoutes({
  policy,
  organisation,
  sharing,
  trust,
  fleet: { operators },
  clock,
  config,
  load,
}: Rooms): Routes {
  const principals = createPrincipals({ opinion: trust.opinion, operators, clock })
  const here = () => ({ teams: policy.status().teams, k: config.sharing.k_min, now: clock.now() })

  const organisationShape = (): PolicyShape['organisation'] => {
    const state = organisation.state()
    return state === null
      ? null
      : {
          ...state,
          settings: settingRows(state.settings),
          totals: totalsShape(state.totals),
          signed_at: time(state.signed_at),
          lost: time(state.lost),
          accepts: config.policy.accept_org,
        }
  }

  function settingRows(settings: Readonly<Record<string, unknown>>) {
    const rows = Object.entries(settings)
    if (rows.length === 0) return []
    const { values, sources, fleet } = load()
    return rows.map(([key, value]) => {
      const followed = fleet?.refused.includes(key) !== true
      const own = valueText(values.get(key))
      const source = sources.get(key) ?? 'default'
      const row = { key, value: valueText(value), here: own, source, followed }
      if (FLEET_KEYS[key]?.text === undefined) return row
      // Such a key names a file of the machine, and the bundle has the text of another one: both hold.
      const file = values.get(key) === '' ? "this machine's own file" : own
      if (!followed || fleet === undefined) return { ...row, here: file }
      return { ...row, here: `the fleet's, and ${file}`, source: `${source}, ${fleetSource(fleet.edition)}` }
    })
  }

  const refOf = refsBy(trust)

  /** The node, or the operator who is logged in there, as this node judges them now. */
  function askerOf(
    { who, via }: { readonly who: string; readonly via?: string },
    { admin }: Pick<Caller, 'admin'>,
  ) {
    if (via === undefined) {
      const node = trust.resolve(who, admin)
      return {
        principal: principalOf(trust.opinion(node)),
        fault: undefined,
        node: refOf(node),
        operator: null,
      }
    }
    const through = trust.resolve(via, admin)
    const { binding, state } = operatorNamed(operators.list(), who)
    const { key, node_id, name, issuer, not_after } = binding
    const { principal, fault } = principals.suppose({ key, chain: operators.chainOf(node_id) ?? [], through })
    const certificate = { state, issuer: refOf(issuer), ends_at: time(not_after) }
    const limit = { questions: AUTHOR_QUOTA.frames, per_seconds: AUTHOR_QUOTA.perMs / 1_000 }
    const operator = { node_id, fingerprint: fingerprintOf(key), name, certificate, limit }
    return { principal, fault, node: refOf(through), operator }
  }

  return (server) => {
    serve(server, getPolicy, async () => {
      const { loaded_at, ...rest } = policy.status()
      return {
        ...rest,
        loaded_at: time(loaded_at),
        roles: rest.engine === 'built-in' ? roleRows() : [],
        organisation: organisationShape(),
      }
    })
    serve(server, getBundle, async () => {
      const frame = organisation.frame()
      return { bundle: frame === undefined ? null : Buffer.from(frame).toString('base64url') }
    })
    serve(server, takeBundle, async ({ body }) => {
      await organisation.take(new Uint8Array(Buffer.from(body.bundle, 'base64url')))
      return { organisation: organisationShape() }
    })
    serve(server, checkPolicy, async ({ query: { as, ...asked } }) => {
      const entries = as.split(',').filter((entry) => entry !== '')
      const { principal, action, resource, circumstances } = supposedRequest(
        { ...asked, level: levelOf(asked.level), as: entries },
        here(),
      )
      const { level, category = null } = resource
      const { engine } = policy.status()
      return { ...policy.judge(principal, action, resource, circumstances), engine, action, level, category }
    })
    serve(server, explainPolicy, async ({ query, caller }) => {
      const { principal, fault, node, operator } = askerOf(query, caller)
      const { action, resource, circumstances } = supposedRequest(
        { ...query, level: levelOf(query.level), as: [], trust: principal.trust_level },
        here(),
      )
      const consent = await sharing.consentOf(caller.person)
      const found = policy.explain(principal, action, resource, { ...circumstances, consent })
      const refused = fault && { effect: 'deny' as const, ...fault }
      const { owner, roles, both } = refused ? { owner: refused, roles: found.roles, both: refused } : found
      const ownerDecides = owner.effect === 'deny'
      const { effect, rule, reason } = owner
      const own = { layer: 'owner' as const, effect, rule, reason, decides: ownerDecides }
      return {
        node,
        operator,
        action,
        level: resource.level,
        category: resource.category ?? null,
        effect: both.effect,
        rule: ('policy_rule' in both && both.policy_rule) || both.rule,
        roles: principal.roles,
        teams: principal.teams,
        // Nobody is judged by roles where the certificate or the login says nothing.
        layers:
          fault === undefined ? [own, { layer: 'roles' as const, ...roles, decides: !ownerDecides }] : [own],
      }
    })
  }
}

const roleRows = (): PolicyShape['roles'] =>
  ROLE_TABLE.map(({ role, level, from, categories }) => ({ role, level, from, categories: [...categories] }))

/** The schema lets 1 and 2 through. */
const levelOf = (given: number | undefined): 1 | 2 | undefined =>
  given === undefined ? undefined : given === 2 ? 2 : 1

function totalsShape({ began, ...totals }: NonNullable<ReturnType<Organisation['state']>>['totals']) {
  const first = began === null ? undefined : firstBucket({ length: totals.bucket, began })
  return {
    ...totals,
    first: first ? { start: time(first.start), end: time(first.end) } : null,
    aggregators: [...totals.aggregators],
    audiences: [...totals.audiences],
    former: totals.former.map(({ until, aggregators, bucket }) => ({
      until: time(until),
      aggregators: [...aggregators],
      bucket,
    })),
  }
}
