// The mesh that a root certifies: how this node stands there, invites that it gives, and one that it uses.

import { keyOf, type NodeId } from '../../../../protocols/node-id.ts'
import { KaroError } from '../../../base/errors.ts'
import { jsonText } from '../../../base/printable.ts'
import { type Config, readStaticPeer } from '../../../config/index.ts'
import type { Binding, Fleet } from '../../../trust/certificates/index.ts'
import { fingerprintOf } from '../../../trust/identity/index.ts'
import * as api from '../../contract/operations/fleet.ts'
import type { FleetShape, InviteShape } from '../../contract/shapes.ts'
import { answered, type Rooms, type Routes, serve, shown, time } from '../../server/index.ts'
import { revokedShape } from './revoked.ts'

function certificateShape(binding: Binding): NonNullable<FleetShape['own']> {
  const { key, member_id: _, not_before: _from, not_after, ...rest } = binding
  return { ...shown(rest), fingerprint: fingerprintOf(key), ends_at: time(not_after) }
}

function inviteShape(invite: ReturnType<Fleet['invites']>[number]): InviteShape {
  const { id, state, made_at, made_by, expires_at, uses, used, failures, roles, teams, owner } = invite
  return {
    id,
    state,
    uses,
    failures,
    roles,
    teams,
    owner,
    made_by,
    used: used.length,
    made_at: time(made_at),
    ends_at: time(expires_at),
  }
}

type Way = NonNullable<FleetShape['joining']>['ways'][number]

/** The keys of discovery by which this node meets others without being told where they are. */
function waysOf({ mdns, dns_sd, scan, peers }: Config['discovery']): Way[] {
  const used = {
    mdns: mdns !== false,
    dns_sd: dns_sd.length > 0,
    scan: scan.length > 0,
    peers: peers.length > 0,
  }
  return (Object.keys(used) as Way[]).filter((way) => used[way])
}

/** `host:port` of an address that other machines may reach; undefined for loopback, which they do not. */
function placeOf(multiaddr: string): string | undefined {
  const match = /^\/ip([46])\/([^/]+)\/tcp\/(\d+)$/.exec(multiaddr)
  if (match === null || /^(127\.|::1$|fe80:)/.test(match[2] ?? '')) return undefined
  return match[1] === '6' ? `[${match[2]}]:${match[3]}` : `${match[2]}:${match[3]}`
}

export function fleetRoutes({
  fleet,
  organisation,
  trust,
  clock,
  people,
  mesh,
  config,
  leave,
}: Rooms): Routes {
  /** `admin`: whether it is for an administrator; only administrators are told addresses of others, and what is wrong with a file of the machine. */
  function state(admin: boolean): FleetShape {
    const { own, last, joined_at, lists_at, joining, revoked_by, ...rest } = fleet.state()
    return {
      ...rest,
      own: own && certificateShape(own),
      last: last && certificateShape(last),
      revoked_by: revokedShape(revoked_by),
      joined_at: time(joined_at),
      lists_at: time(lists_at),
      joining:
        joining === null
          ? null
          : {
              ends_at: time(joining.expires_at),
              refused: joining.refused,
              detail: admin ? joining.detail : null,
              clock_off_ms:
                mesh.inspect().stale.find(({ node_id }) => fleet.seeks(node_id))?.clock_off_ms ?? null,
              places: admin ? [...joining.places] : [],
              ways: waysOf(config.discovery),
            },
    }
  }
  /** People name this node as they name others; trust knows the others alone. */
  function memberOf(who: string): NodeId {
    const { own } = fleet.state()
    if (own !== null && [own.node_id, own.name, fingerprintOf(own.key)].includes(who)) return own.node_id
    return trust.resolve(who, true)
  }
  const rootList = () => {
    const { number, version, revoked, by_issuers } = fleet.rootList()
    return {
      number,
      signed_at: time(version),
      revoked: revoked.map(shown),
      by_issuers: by_issuers.map(shown),
    }
  }
  function* exported(root: NodeId): Generator<string> {
    const now = clock.now()
    yield `${jsonText({ karo_mesh: 1, root, exported_at: time(now), exported_ms: now })}\n`
    const bundle = organisation.frame()
    const bundles = bundle === undefined ? [] : [{ kind: 'policy_bundle', frame: bundle }]
    for (const { kind, frame } of [...fleet.frames(), ...bundles])
      yield `${jsonText({ kind, frame: Buffer.from(frame).toString('base64url') })}\n`
  }
  const inviteOf = (id: string): InviteShape => {
    const invite = fleet.invites().find((one) => one.id === id)
    if (invite === undefined) throw new KaroError('not_found', 'there is no such invite')
    return inviteShape(invite)
  }

  return (server) => {
    serve(server, api.getFleet, async ({ caller }) => state(caller.admin))
    serve(server, api.foundFleet, async ({ body }) => {
      await fleet.found(keyOf(body.root), new Uint8Array(Buffer.from(body.certificate, 'base64url')))
      return state(true)
    })
    serve(server, api.leaveFleet, async () => {
      const before = state(true)
      await leave()
      return before
    })
    serve(server, api.getRootList, async () => rootList())
    serve(server, api.revokeByRoot, async ({ body }) => {
      await fleet.revokedByRoot(new Uint8Array(Buffer.from(body.list, 'base64url')))
      return rootList()
    })
    serve(server, api.exportFleet, async (_, reply) => {
      const root = fleet.state().root
      if (root === null) throw new KaroError('not_found', 'this node belongs to no mesh with a root')
      return answered(reply, 'application/x-ndjson')(exported(root))
    })
    serve(server, api.assignNode, async ({ body }) => {
      const { who, owner, ...terms } = body
      // No owner is said by an empty one, because a field that is left out stays.
      const changed = owner === undefined ? terms : { ...terms, owner: owner || undefined }
      return { certificate: certificateShape(await fleet.assign(memberOf(who), changed)) }
    })
    serve(server, api.getAssignable, async ({ query }) => ({
      nodes: fleet.assignable(memberOf(query.issuer)).map(({ node_id, name, roles, teams }) => ({
        node_id,
        name,
        roles,
        teams,
        fingerprint: fingerprintOf(keyOf(node_id)),
      })),
    }))
    serve(server, api.createInvite, async ({ body, caller: { account } }) => {
      const { uses, for_ms, roles, teams, owner } = body
      const here = mesh.status().listen.flatMap((one) => placeOf(one) ?? [])
      const made_by = (await people.nameOf(account)) ?? `uid ${account}`
      const { code, invite } = await fleet.invite({
        uses,
        for_ms,
        roles,
        teams,
        owner,
        made_by,
        places: here,
      })
      return { invite: inviteOf(invite.id), code, root: fleet.state().root as NodeId, places: here }
    })
    serve(server, api.getInvites, async () => ({ invites: fleet.invites().map(inviteShape) }))
    serve(server, api.cancelInvite, async ({ body }) => {
      await fleet.cancelInvite(body.id)
      return { invite: inviteOf(body.id) }
    })
    serve(server, api.joinFleet, async ({ body: { code, root, places } }) => {
      const wrong = places.find((place) => readStaticPeer(place) === undefined)
      if (wrong !== undefined) {
        throw new KaroError('bad_request', `'${wrong}' is not an address of the issuer`, {
          hint: 'Write host:port, for example 10.0.0.5:9238.',
        })
      }
      await fleet.join(code, root === undefined ? { places } : { root: keyOf(root), places })
      return state(true)
    })
  }
}
