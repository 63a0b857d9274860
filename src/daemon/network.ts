// Builds the mesh and the rooms that exchange documents, summaries, totals and queries with members through it.
import { within } from '../base/async/deadline.ts'
import { printable } from '../base/format.ts'
import type { Log } from '../base/run/log.ts'
import { VERSION } from '../base/version.ts'
import { readStaticPeer } from '../config/index.ts'
import { createDocuments, type DocumentKind, type Documents } from '../exchange/documents/index.ts'
import { createFetched, createQuery, measuresOf, SUMMARIZED } from '../exchange/query/index.ts'
import { createFigures, createReports } from '../exchange/reports/index.ts'
import { createSummaries } from '../exchange/summaries/index.ts'
import { createTotals, type Plan } from '../exchange/totals/index.ts'
import { createMesh } from '../mesh/index.ts'
import type { Audit } from '../trust/audit/index.ts'
import { createUpkeep } from '../trust/certificates/index.ts'
import { abandonRotation, type Identity, readPending } from '../trust/identity/index.ts'
import { isMissing, withRotations } from '../trust/peers/index.ts'
import type { Principal } from '../trust/policy/index.ts'
import type { Foundation } from './foundation.ts'
import type { Local } from './local.ts'
import { createOwnRotation } from './rotation.ts'

/** Neighbours get so long to fetch what may end their links here: announcing takes a second at most. */
const SPREAD_MS = 3_000

interface NetworkPlace {
  /** Where the key of this node lies. */
  readonly keyPath: string
  readonly thresholdsPath: string
  /** Ends this run of the daemon; the next one has this key, which may be the same. */
  readonly onSwitch: (next: Identity) => void
}

export type Network = ReturnType<typeof buildNetwork>

export function buildNetwork(
  foundation: Foundation,
  local: Local,
  { keyPath, thresholdsPath, onSwitch }: NetworkPlace,
) {
  const { common, live, metrics, name, onEncoded, ownUid } = foundation
  const { audit, deciders, fleet, insight, observe, organisation, policy, sharing, store, trust } = local
  const { replay } = store
  const { identity, timers, log } = common
  const { nodeId } = identity

  const mesh = createMesh({
    ...common,
    trust,
    audit,
    replay,
    name,
    onEncoded,
    version: VERSION,
    credentials: withRotations(fleet, trust.rotations, identity.rotations),
  })
  const documents = createDocuments({
    ...common,
    repository: store.documents,
    trust,
    mesh,
    audit,
    ports: {
      ...fleet.documents,
      policy_bundle: organisation.documents,
      key_rotation: trust.rotations,
    },
  })
  fleet.onAuthority(documents.again)
  const publish = publisherOf(documents, log)
  fleet.onDocument(publish)
  organisation.onDocument((frame) => publish('policy_bundle', frame))
  trust.rotations.onTaken((_taken, frame) => {
    // Where a Hello brought it; others may not have it yet.
    publish('key_rotation', frame).catch(() => {})
    // An issuer certifies the new key.
    fleet.look(() => false).catch(() => {})
  })
  const rotation = createOwnRotation({
    ...common,
    documents,
    reread: () => readPending(keyPath, identity),
    abandon: () => void abandonRotation(keyPath, common.random),
    isIssuer: () => fleet.state().issuer,
    standing: () => trust.keyState(nodeId),
    onSwitch,
    isAnnounced: (next) => trust.rotations.leadsTo(nodeId, next),
  })
  const upkeep = createUpkeep({
    ...common,
    fleet,
    known: trust.known,
    isHere: (node) => !isMissing(trust.member(node), common.clock.now()),
    alsoLook: trust.rotations.look,
    meet(who) {
      if (typeof who === 'string') mesh.meet(who)
      else {
        const place = readStaticPeer(who.place)
        if (place !== undefined) mesh.meet(place)
      }
    },
  })
  const handOver = givingHeads(audit, documents, log)
  const summaries = createSummaries({
    ...common,
    insight,
    sharing,
    policy,
    trust,
    documents,
    audit,
    onEncoded,
    measures: SUMMARIZED,
  })
  const totals = createTotals({
    ...common,
    audit,
    documents,
    fleet,
    insight,
    policy,
    sharing,
    trust,
    deciders,
    measures: measuresOf(insight),
    plan: () => planOf(fleet, organisation),
    problem: () => organisation.state()?.problem,
    refuses: trust.refuses,
    hasRead: async () => (await observe.status()).pending_bytes === 0,
    kMin: () => common.config.sharing.k_min,
    budget: () => common.config.sharing.budget,
    joinedAt: () => fleet.state().joined_at,
  })
  // The roles with which this machine asks: those of its certificate, as other nodes see it.
  const self = (): Principal => {
    const word = fleet.word(nodeId)
    return {
      node_id: nodeId,
      denied: false,
      trust_level: word?.level ?? 'peer',
      roles: word?.binding.roles ?? [],
      teams: word?.binding.teams ?? [],
    }
  }
  const settings = () => {
    const bundle = organisation.state()
    if (bundle === null) return undefined
    const waiting = live.fleetWaiting()
    const problem =
      bundle.problem ?? (waiting.length > 0 ? `has ${waiting.join(', ')} from its next start on` : undefined)
    return {
      edition: bundle.number,
      refused: [...(live.fleet()?.refused ?? [])],
      ...(problem !== undefined && { problem: printable(problem).slice(0, 300) }),
    }
  }
  const figures = createFigures(common.clock)
  const query = createQuery({
    ...common,
    trust,
    mesh,
    summaries,
    totals,
    self,
    sharing,
    policy,
    audit,
    replay,
    insight: { ...insight, fetched: createFetched(audit, common.clock), settings },
    deciders,
    onEncoded,
    watch: {
      asked(result) {
        metrics.query.asked(result)
        figures.watch.asked(result)
      },
      answered(answer) {
        metrics.query.answered(answer)
        figures.watch.answered(answer)
      },
    },
    operators: fleet.operators,
  })
  const reports = createReports({
    ...common,
    query,
    totals,
    fleet,
    trust,
    figures,
    ownUid,
    principal: self,
    path: thresholdsPath,
    self: { node_id: nodeId, name, fingerprint: identity.fingerprint },
    onReleased: (listener) => documents.onKept(({ kind }) => kind === 'release' && listener()),
  })

  fleet.onParting({
    isLinked: mesh.isConnected,
    // Publishing takes as long as the disk does; a node that is out does not keep its link for that.
    empty: (node, begun) =>
      within(
        summaries.withdrawFrom(node, begun).then(({ end }) => end()),
        SPREAD_MS,
        timers,
      ),
  })

  async function leave(): Promise<void> {
    // First, so that no node is out of its mesh and still shares where the disk fails.
    await fleet.leave(async () => {
      // What people agreed to, or left to the file, was with this mesh's nodes, teams and roles.
      for (const uid of await store.consent.everybody()) await sharing.off(uid)
    })
    timers.after(SPREAD_MS, () => onSwitch(identity))
  }

  return { mesh, documents, summaries, totals, self, query, reports, upkeep, rotation, leave, handOver }
}

/** Undefined: this node does not belong to a mesh with a root key, or its policy names no two aggregators of different operators. */
function planOf(fleet: Local['fleet'], organisation: Local['organisation']): Plan | undefined {
  const [root, state, bundle] = [fleet.root(), organisation.state(), organisation.bundle()]
  if (root === undefined || state === null || bundle === undefined) return undefined
  const { aggregators, k_min, noise } = bundle
  if (new Set(aggregators.map(({ operator }) => operator)).size < 2) return undefined
  return {
    mesh: root.mesh,
    bundle: bundle.number,
    k: k_min,
    noise,
    aggregators,
    length: state.totals.bucket,
    began: bundle.began,
    audiences: state.totals.audiences,
    former: (bundle.former ?? []).map(({ bucket: length = 'day', ...former }) => ({ ...former, length })),
  }
}

/** The last head of the ledger is signed and fetched within this time, because SIGTERM promises an end within 5 s. */
const HANDOVER_MS = 1_000

/**
 * Gives each signed head of the ledger to the neighbours, who keep it: an end that is cut off here shows by what they have. Returns
 * what signs all that was written, and waits until they have that too.
 */
function givingHeads(audit: Audit, documents: Documents, log: Log) {
  let published = Promise.resolve()
  audit.onHead((frame) => {
    published = documents.publish('audit_head', frame).catch((error: unknown) => {
      log.debug({ reason: String(error) }, 'a head of the ledger was not published')
    })
  })
  const handOver = async (): Promise<void> => {
    await audit.sign()
    await published
    const { linked, have } = await documents.spread('audit_head', HANDOVER_MS)
    if (have < linked) log.info({ linked, have }, 'not every neighbour has the last head of the ledger')
  }
  // A disk that does not answer holds nothing up: the ledger has its own time to stop.
  return () => within(handOver(), HANDOVER_MS)
}

/** Stores and announces what this node has signed; with `neighbours` it waits until these could fetch it. */
const publisherOf =
  (documents: Documents, log: Log) =>
  async (kind: DocumentKind, frame: Uint8Array, first?: 'neighbours'): Promise<void> => {
    try {
      await documents.publish(kind, frame, first && SPREAD_MS)
    } catch (error) {
      log.error({ kind, reason: String(error) }, 'a signed document could not be stored')
      throw error
    }
  }
