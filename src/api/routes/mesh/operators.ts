// Operators: an issuer certifies people, and a person logs in here as one, by a delegation that this node never could sign.
import { formatNodeId, keyOf, type NodeId } from '../../../../protocols/node-id.ts'
import { byText } from '../../../base/by-text.ts'
import { KaroError } from '../../../base/errors.ts'
import { toHex } from '../../../base/hex.ts'
import { ASKED_TYPES } from '../../../exchange/query/query-types/index.ts'
import type { KnownOperator } from '../../../trust/certificates/index.ts'
import { fingerprintOf } from '../../../trust/identity/index.ts'
import type { SessionState } from '../../../trust/operators/index.ts'
import * as api from '../../contract/operations/fleet.ts'
import type { LoginShape, OperatorShape, WhoAmIShape } from '../../contract/shapes.ts'
import { type Caller, type Rooms, type Routes, serve, time } from '../../server/index.ts'
import { operatorNamed } from './operator-named.ts'
import { revokedInWords } from './revoked.ts'

/** A person's number and the uid that the kernel names, which differ where the uid was somebody else's before. */
type Person = Pick<Caller, 'person' | 'account'>

/** The shortest certificate that is signed. */
const LEAST_MS = 60_000

const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'base64url'))

function operatorShape({ binding, state }: KnownOperator): OperatorShape {
  const { node_id, name, roles, teams, issuer, issued_at, not_after } = binding
  return {
    node_id,
    name,
    roles,
    teams,
    issuer,
    state,
    fingerprint: fingerprintOf(binding.key),
    issued_at: time(issued_at),
    ends_at: time(not_after),
  }
}

function loginShape(session: SessionState): LoginShape {
  const { id, operator, fingerprint, name, roles, teams, types, begun_at, ends_at } = session
  return {
    session: id,
    operator,
    fingerprint,
    name,
    roles,
    teams,
    types: types as LoginShape['types'],
    begun_at: time(begun_at),
    ends_at: time(ends_at),
  }
}

export function operatorRoutes({ fleet, sessions, identity, name, clock }: Rooms): Routes {
  const { operators } = fleet

  const find = (who: string): KnownOperator => operatorNamed(operators.list(), who)
  const shown = (operator: NodeId): OperatorShape => operatorShape(find(operator))

  const whoAmI = ({ person, account: uid }: Person): WhoAmIShape => {
    const session = sessions.state(person, uid)
    return {
      uid,
      node: { node_id: identity.nodeId, fingerprint: identity.fingerprint, name },
      login: session === undefined ? null : loginShape(session),
      lapsed: sessions.lapsed(person) ?? null,
      outside: revokedInWords(fleet.state()),
    }
  }

  return (server) => {
    serve(server, api.issueOperator, async ({ body }) => {
      const chain = await operators.issue({ ...body, key: keyOf(body.key) })
      const texts = chain.map((one) => Buffer.from(one).toString('base64url'))
      return { operator: shown(body.key), chain: texts }
    })
    serve(server, api.getOperators, async () => ({
      operators: operators
        .list()
        .map(operatorShape)
        .sort((a, b) => byText(a.name, b.name)),
    }))
    serve(server, api.renewOperator, async ({ body }) => {
      const { binding, state } = find(body.operator)
      const { key, node_id, name: called, roles, teams } = binding
      // Its roles and teams are the word of an issuer that may not give them, or was revoked: nobody repeats that unasked.
      if (state === 'void') {
        throw new KaroError(
          'refused',
          'the issuer of this operator was revoked, or may no longer give its roles',
          {
            hint: 'Give both: karo operator assign … --role … --team …',
          },
        )
      }
      await operators.issue({ key, name: called, roles, teams, for_ms: body.for_ms })
      return { operator: shown(node_id) }
    })
    serve(server, api.assignOperator, async ({ body }) => {
      const { binding, state } = find(body.operator)
      const { key, node_id, name: called, not_after } = binding
      const { roles, teams } = body
      if (state === 'revoked' || state === 'expired') {
        throw new KaroError('refused', `the certificate of this operator is ${state}`, {
          hint:
            state === 'expired'
              ? 'karo operator renew comes first.'
              : 'karo operator issue makes another credential.',
        })
      }
      if (state === 'void' && (roles === undefined || teams === undefined)) {
        throw new KaroError(
          'bad_request',
          'the issuer of this operator was revoked, so give both roles and teams',
        )
      }
      const terms = { roles: roles ?? binding.roles, teams: teams ?? binding.teams }
      // It ends when it would have ended: a change of roles is no renewal.
      await operators.issue({
        key,
        name: called,
        ...terms,
        for_ms: Math.max(LEAST_MS, not_after - clock.now()),
      })
      return { operator: shown(node_id) }
    })
    serve(server, api.revokeOperator, async ({ body }) => {
      const { node_id } = find(body.operator).binding
      if (!body.dry_run) await fleet.revoke(node_id)
      return { operator: shown(node_id) }
    })
    serve(server, api.offerLogin, async ({ body, caller }) => {
      const { root, own } = fleet.state()
      if (root !== null && own === null) {
        throw new KaroError('refused', 'this node has no valid certificate, so no node answers it', {
          hint: 'karo ca show says why, and what to do.',
        })
      }
      const { person, account } = caller
      const { for_ms, types = ASKED_TYPES } = body
      const offer = sessions.offer(person, { for_ms, types, account })
      const { session, mesh, node, uid, audience_key, not_before, not_after } = offer
      return {
        session: toHex(session),
        mesh: toHex(mesh),
        node: formatNodeId(node),
        uid,
        types: offer.types as LoginShape['types'],
        audience_key: toHex(audience_key),
        begins_at: time(not_before),
        ends_at: time(not_after),
      }
    })
    serve(server, api.beginLogin, async ({ body, caller }) => {
      await sessions.begin(caller.person, {
        delegation: bytesOf(body.delegation),
        chain: body.chain.map(bytesOf),
        account: caller.account,
      })
      return whoAmI(caller)
    })
    serve(server, api.getLogin, async ({ caller }) => whoAmI(caller))
    serve(server, api.endLogin, async ({ caller }) => {
      const ended = await sessions.end(caller.person, caller.account)
      return { ended: ended === undefined ? null : loginShape(ended) }
    })
  }
}
