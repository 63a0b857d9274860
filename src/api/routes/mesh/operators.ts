// Operators: an issuer certifies people, and a person logs in here as one, by a delegation that this node never could sign.
import { formatNodeId, type NodeId, parseNodeId } from '../../../../protocols/node-id.ts'
import { byText } from '../../../base/by-text.ts'
import { KaroError } from '../../../base/errors.ts'
import { toHex } from '../../../base/hex.ts'
import { ASKED_TYPES } from '../../../exchange/query/query-types/index.ts'
import { comparable, type Fleet, type KnownOperator } from '../../../trust/certificates/index.ts'
import { fingerprintOf } from '../../../trust/identity/index.ts'
import type { SessionState, Sessions } from '../../../trust/operators/index.ts'
import {
  beginLogin,
  endLogin,
  getLogin,
  getOperators,
  issueOperator,
  offerLogin,
  renewOperator,
  revokeOperator,
} from '../../contract/operations/fleet.ts'
import type { LoginShape, OperatorShape, WhoAmIShape } from '../../contract/shapes.ts'
import type { Routes } from '../../server/route.ts'
import { serve } from '../../server/serve.ts'

interface OperatorsDeps {
  readonly fleet: Pick<Fleet, 'operators' | 'revoke' | 'state'>
  readonly sessions: Sessions
  readonly self: { readonly nodeId: NodeId; readonly fingerprint: string }
  readonly name: string
}

const moment = (ms: number): string => new Date(ms).toISOString()
const keyOf = (operator: NodeId): Uint8Array => parseNodeId(operator) as Uint8Array
const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'base64url'))

function operatorShape({ binding, state }: KnownOperator): OperatorShape {
  const { node_id, name, roles, teams, issuer, issued_at, not_after } = binding
  return {
    ...{ node_id, name, roles, teams, issuer, state, fingerprint: fingerprintOf(binding.key) },
    issued_at: moment(issued_at),
    ends_at: moment(not_after),
  }
}

function loginShape(session: SessionState): LoginShape {
  const { id, operator, fingerprint, name, roles, teams, types, begun_at, ends_at } = session
  return {
    ...{ session: id, operator, fingerprint, name, roles, teams },
    types: types as LoginShape['types'],
    begun_at: moment(begun_at),
    ends_at: moment(ends_at),
  }
}

export function operatorRoutes({ fleet, sessions, self, name }: OperatorsDeps): Routes {
  const { operators } = fleet

  /** By key, fingerprint or name; several of one name are told apart by the other two. */
  function find(who: string): KnownOperator {
    const same = comparable(who)
    const digits = who.toLowerCase().replace(/[\s:-]/g, '')
    const all = operators.list()
    const byKey = all.filter(
      ({ binding }) => binding.node_id === who || fingerprintOf(binding.key) === digits,
    )
    const byName = all.filter(({ binding }) => comparable(binding.name) === same)
    const living = byName.filter(({ state }) => state === 'valid')
    const found = byKey.length > 0 ? byKey : living.length > 0 ? living : byName
    const [first, second] = found
    if (first === undefined) {
      throw new KaroError('not_found', 'no operator of that name or key is known here', {
        hint: 'karo operator list shows them.',
      })
    }
    if (second !== undefined) {
      throw new KaroError('conflict', 'several operators have that name', {
        hint: 'Name one by its fingerprint: karo operator list.',
      })
    }
    return first
  }
  const shown = (operator: NodeId): OperatorShape => operatorShape(find(operator))

  const whoAmI = (uid: number): WhoAmIShape => {
    const session = sessions.state(uid)
    return {
      uid,
      node: { node_id: self.nodeId, fingerprint: self.fingerprint, name },
      login: session === undefined ? null : loginShape(session),
    }
  }

  return (server) => {
    serve(server, issueOperator, async ({ body }) => {
      const chain = await operators.issue({ ...body, key: keyOf(body.key) })
      const texts = chain.map((one) => Buffer.from(one).toString('base64url'))
      return { operator: shown(body.key), chain: texts }
    })
    serve(server, getOperators, async () => ({
      operators: operators
        .list()
        .map(operatorShape)
        .sort((a, b) => byText(a.name, b.name)),
    }))
    serve(server, renewOperator, async ({ body }) => {
      const { key, node_id, name: called, roles, teams } = find(body.operator).binding
      await operators.issue({ key, name: called, roles, teams, for_ms: body.for_ms })
      return { operator: shown(node_id) }
    })
    serve(server, revokeOperator, async ({ body }) => {
      const { node_id } = find(body.operator).binding
      await fleet.revoke(node_id)
      return { operator: shown(node_id) }
    })
    serve(server, offerLogin, async ({ body, caller }) => {
      const offer = sessions.offer(caller.uid, { for_ms: body.for_ms, types: body.types ?? ASKED_TYPES })
      const { session, mesh, node, uid, audience_key, not_before, not_after } = offer
      return {
        ...{ session: toHex(session), mesh: toHex(mesh), node: formatNodeId(node), uid },
        types: offer.types as LoginShape['types'],
        audience_key: toHex(audience_key),
        begins_at: moment(not_before),
        ends_at: moment(not_after),
      }
    })
    serve(server, beginLogin, async ({ body, caller }) => {
      await sessions.begin(caller.uid, {
        delegation: bytesOf(body.delegation),
        chain: body.chain.map(bytesOf),
      })
      return whoAmI(caller.uid)
    })
    serve(server, getLogin, async ({ caller }) => whoAmI(caller.uid))
    serve(server, endLogin, async ({ caller }) => {
      const ended = await sessions.end(caller.uid)
      return { ended: ended === undefined ? null : loginShape(ended) }
    })
  }
}
