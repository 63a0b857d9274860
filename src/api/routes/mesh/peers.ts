// /peers: known nodes, how far each is trusted and why, and a person's decisions about them.
import { isNodeId, type NodeId } from '../../../../protocols/node-id.ts'
import { KaroError } from '../../../base/errors.ts'
import { formatFingerprint } from '../../../base/format.ts'
import type { Documents } from '../../../exchange/documents/index.ts'
import { isMissing, presenceOf } from '../../../trust/peers/index.ts'
import { DECISIONS, explainPeer, getPeers, trustPeer } from '../../contract/operations/peers.ts'
import type { PeerAnswerShape, PeerShape } from '../../contract/shapes.ts'
import { type Caller, type Rooms, type Routes, serve, time } from '../../server/index.ts'

/** Members that are linked fetch a list within a second; one that is hung is not waited for. */
const SPREAD_MS = 3_000

/** Order of the list: states that people look for come first. */
const STATE_ORDER: Readonly<Record<PeerShape['state'], number>> = {
  pending: 0,
  connected: 1,
  known: 2,
  missing: 3,
  denied: 4,
  revoked: 5,
}

/**
 * Errors of all routes but the list: `not_found`, `conflict` and `bad_request` for `who`. Decisions also fail with
 * `refused` and `conflict` if the configuration has decided otherwise.
 */
export function peersRoutes({ clock, trust, mesh, fleet, summaries, documents, log }: Rooms): Routes {
  /** Machines that are out without this issuer: the newest certificate of a machine counts, not one of an earlier key. */
  function certifiedBy(issuer: NodeId): number {
    const oldestFirst = fleet.certified().toSorted((a, b) => a.issued_at - b.issued_at)
    const newest = new Map(oldestFirst.map((one) => [trust.memberOf(one.node_id), one.issuer]))
    return [...newest.values()].filter((by) => by === issuer).length
  }

  function shape(node: NodeId, pending: ReadonlySet<NodeId>): PeerShape {
    const { denied, revoked, ended, other_keys: _, ...opinion } = trust.opinion(node)
    const met = trust.met(node)
    const member = trust.member(node)
    const certified = fleet.word(node)?.binding
    const state = denied
      ? 'denied'
      : revoked
        ? 'revoked'
        : mesh.isConnected(node)
          ? 'connected'
          : pending.has(node)
            ? 'pending'
            : (certified ?? ended) && isMissing(member, clock.now())
              ? 'missing'
              : 'known'
    const { why: apart, ...more } = mesh.apart(node) ?? {}
    const links = member?.offline === false ? mesh.linksOf(node) : []
    const twin = mesh.inspect().twins.others.find(({ node_id }) => node_id === node)
    return {
      ...opinion,
      standing: trust.standing(node),
      name_chosen: trust.isNameChosen(node),
      certified_until: time(certified?.not_after),
      certificate_ended: (!certified && (!!ended || fleet.fault(node) === 'expired')) || undefined,
      owner: certified?.owner,
      certifies: certified?.usage === 'issuer' ? certifiedBy(node) : undefined,
      decided_at: opinion.why === 'tofu' ? time(trust.decidedAt(node)) : undefined,
      addresses: met?.addresses ?? [],
      state,
      last_seen: time(met?.last_seen ?? null),
      known_by: member?.known_by ?? null,
      through: member?.sponsor && trust.opinion(member.sponsor).fingerprint,
      presence: member === undefined ? null : presenceOf(member),
      apart,
      ...more,
      links: links.length ? links : undefined,
      twin_places: twin?.places,
    }
  }
  const pendingNow = (): Set<NodeId> => new Set(trust.pending().map(({ node_id }) => node_id))
  const answer = (node: NodeId): PeerAnswerShape => ({ peer: shape(node, pendingNow()) })

  /** What it received from here is emptied first, while it still listens; nothing of that keeps the decision away. */
  async function refusing(
    node: NodeId,
    decide: () => Promise<unknown>,
  ): Promise<Pick<PeerAnswerShape, 'received'>> {
    const withdrawal = await summaries.withdrawFrom(node).catch((error: unknown) => {
      log.warn(
        { peer: node, reason: String(error) },
        'what was sealed to a node is emptied after the decision about it',
      )
      return undefined
    })
    try {
      await decide()
    } finally {
      withdrawal?.end()
    }
    if (!withdrawal?.held) return {}
    const { held, emptied, fetched } = withdrawal
    return { received: { summaries: held, emptied, fetched } }
  }

  return (server) => {
    serve(server, getPeers, async ({ caller }) => {
      const pending = pendingNow()
      const told = trust.known().filter((node) => caller.admin || !pending.has(node))
      return { peers: told.map((node) => forCaller(shape(node, pending), caller)).sort(byStateAndName) }
    })
    serve(server, explainPeer, async ({ query, caller }) => {
      const node = trust.resolve(query.who, caller.admin)
      const { peer } = answer(node)
      if (peer.state === 'pending' && !caller.admin)
        throw new KaroError('not_found', 'no other node is known as that')
      return { peer: forCaller(peer, caller), steps: trust.explain(node) }
    })
    serve(server, trustPeer, async ({ body }) => {
      const { who: asked, ...terms } = body
      const node = trust.resolve(asked, true)
      const { fingerprint } = trust.opinion(node)
      if (!trust.isNameChosen(node) && !namesKey(asked))
        throw new KaroError(
          'bad_request',
          `'${asked}' is a name that the node gave itself, so it proves nothing`,
          {
            hint: `Compare its fingerprint ${formatFingerprint(fingerprint)} with what \`karo identity show\` prints there, and trust it by that.`,
          },
        )
      await trust.trust(node, terms)
      return answer(node)
    })
    serve(server, DECISIONS.deny, async ({ body }) => {
      const node = trust.resolve(body.who, true)
      const left = await refusing(node, () => trust.deny(node))
      return { ...answer(node), ...left }
    })
    serve(server, DECISIONS.revoke, async ({ body }) => {
      const node = trust.resolve(body.who, true)
      // On an issuer it is the organisation's word; elsewhere it is about this node alone.
      let inMesh = false
      let told: ReturnType<Documents['spread']> | undefined
      const isFrozen = trust.keyState(node).kind === 'frozen'
      const left = await refusing(node, async () => {
        inMesh = fleet.state().issuer && (await fleet.revoke(node))
        // Counting starts with the announcement, so that immediate fetches are counted.
        if (inMesh) told = documents.spread('revocation_list', SPREAD_MS)
        // Of several successors the one that is left is chosen here, and certified, which decides for everybody.
        if (!inMesh || isFrozen) await trust.revoke(node)
        if (inMesh && isFrozen) await fleet.look(() => false)
      })
      return {
        ...answer(node),
        ...left,
        revoked_in: inMesh ? ('mesh' as const) : ('here' as const),
        spread: await told,
      }
    })
  }
}

/** The addresses of nodes, of now and of before, are told to administrators only; who may have a person's data, to that person. */
function forCaller(peer: PeerShape, { admin }: Caller): PeerShape {
  if (admin) return peer
  return { ...peer, addresses: [], twin_places: peer.twin_places && [] }
}

/** A node id or a fingerprint, which nobody can give themselves. */
const namesKey = (who: string): boolean =>
  isNodeId(who.trim()) || /^[0-9a-f]{16}$/i.test(who.replace(/[\s:-]/g, ''))

function byStateAndName(a: PeerShape, b: PeerShape): number {
  const byState = STATE_ORDER[a.state] - STATE_ORDER[b.state]
  return byState || a.name.localeCompare(b.name, 'en') || (a.node_id < b.node_id ? -1 : 1)
}
