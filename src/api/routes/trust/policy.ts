// /policy: the role policies in force, what they say to a supposed request, and why a node may have what it may have.
import type { Clock } from '../../../base/clock.ts'
import type { Sharing } from '../../../trust/consent/index.ts'
import type { Organisation } from '../../../trust/organisation/index.ts'
import type { Trust } from '../../../trust/peers/index.ts'
import { decide, type Policy, principalOf } from '../../../trust/policy/index.ts'
import { supposedRequest } from '../../../trust/policy/supposed.ts'
import { checkPolicy, explainPolicy, getPolicy, takeBundle } from '../../contract/operations/policy.ts'
import type { PolicyShape } from '../../contract/shapes.ts'
import type { Routes } from '../../server/route.ts'
import { serve } from '../../server/serve.ts'

interface PolicyRouteDeps {
  readonly policy: Policy
  readonly organisation: Pick<Organisation, 'state' | 'take'>
  readonly sharing: Pick<Sharing, 'consentOf'>
  readonly trust: Pick<Trust, 'resolve' | 'opinion'>
  readonly clock: Clock
  /** `policy.accept_org`. */
  readonly accepts: () => 'restrict' | 'full'
  /** `sharing.k_min`. */
  readonly k: () => number
}

/** Nobody's consent but the caller's is shown. Errors of `who` and `action`: `not_found`, `conflict`, `bad_request`. */
export function policyRoutes({
  policy,
  organisation,
  sharing,
  trust,
  clock,
  accepts,
  k,
}: PolicyRouteDeps): Routes {
  const node = () => ({ teams: policy.status().teams, k: k(), now: clock.now() })

  const organisationShape = (): PolicyShape['organisation'] => {
    const state = organisation.state()
    return state === null
      ? null
      : {
          ...state,
          aggregators: [...state.aggregators],
          signed_at: moment(state.signed_at),
          accepts: accepts(),
        }
  }

  return (server) => {
    serve(server, getPolicy, async () => {
      const { loaded_at, ...rest } = policy.status()
      return { ...rest, loaded_at: moment(loaded_at), organisation: organisationShape() }
    })
    serve(server, takeBundle, async ({ body }) => {
      await organisation.take(new Uint8Array(Buffer.from(body.bundle, 'base64url')))
      return { organisation: organisationShape() }
    })
    serve(server, checkPolicy, async ({ query: { as, ...asked } }) => {
      const entries = as.split(',').filter((entry) => entry !== '')
      const { principal, action, resource, circumstances } = supposedRequest(
        { ...asked, level: levelOf(asked.level), as: entries },
        node(),
      )
      const { level, category = null } = resource
      const { engine } = policy.status()
      return { ...policy.judge(principal, action, resource, circumstances), engine, action, level, category }
    })
    serve(server, explainPolicy, async ({ query, caller }) => {
      const opinion = trust.opinion(trust.resolve(query.who))
      const principal = principalOf(opinion)
      const { action, resource, circumstances } = supposedRequest(
        { ...query, level: levelOf(query.level), as: [], trust: principal.trust_level },
        node(),
      )
      const consent = await sharing.consentOf(caller.uid)
      const owner = decide(principal, action, resource, { consent })
      const roles = policy.judge(principal, action, resource, circumstances)
      const both = policy.decide(principal, action, resource, { ...circumstances, consent })
      const ownerDecides = owner.effect === 'deny'
      return {
        node: { node_id: opinion.node_id, fingerprint: opinion.fingerprint, name: opinion.name },
        action,
        level: resource.level,
        category: resource.category ?? null,
        effect: both.effect,
        rule: both.policy_rule ?? both.rule,
        roles: principal.roles,
        teams: principal.teams,
        layers: [
          {
            layer: 'owner' as const,
            effect: owner.effect,
            rule: owner.rule,
            reason: owner.reason,
            decides: ownerDecides,
          },
          { layer: 'roles' as const, ...roles, decides: !ownerDecides },
        ],
      }
    })
  }
}

const moment = (ms: number): string => new Date(ms).toISOString()

/** The schema lets 1 and 2 through. */
const levelOf = (given: number | undefined): 1 | 2 | undefined =>
  given === undefined ? undefined : given === 2 ? 2 : 1
