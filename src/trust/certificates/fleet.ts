// The room of certificates: which mesh this node belongs to, who is certified there, and, on an issuer, who is let in.
import { formatNodeId, type NodeId } from '../../../protocols/node-id.ts'
import { createSerial } from '../../base/async/limiter.ts'
import { createListeners } from '../../base/run/listeners.ts'
import type { FleetRepository } from '../../store/tables/fleet.ts'
import { NO_LINEAGE } from '../lineage/index.ts'
import { createBelonging } from './belonging.ts'
import type { FleetOptions } from './fleet-options.ts'
import type { DocumentSink, Fleet } from './fleet-types.ts'
import { createInvites } from './invites/invites.ts'
import { createInviting } from './invites/inviting.ts'
import { joiningOf } from './invites/joining.ts'
import { createIssuing } from './issuing.ts'
import { createKinship } from './kinship.ts'
import { createCredentials } from './meeting/credentials.ts'
import { createKnocking } from './meeting/knocking.ts'
import { createOperatorOffice } from './operators/operator-office.ts'
import { createRoll } from './roll.ts'
import { otherMesh, revokedKey } from './root-word.ts'
import { stateOf } from './state.ts'
import type { FleetKind } from './types.ts'
import { LIFE_MAX_MS } from './verify.ts'

const LIST = 'revocation_list'

/** Between two looks at what is due. A certificate of 30 days is renewed in the ten minutes after its twentieth day. */
const LOOK_MS = 10 * 60_000

export function createFleet(options: FleetOptions): Fleet {
  const { identity, repository, audit, clock, random, lineage = NO_LINEAGE } = options
  const log = options.log.child({ room: 'fleet' })
  const self = identity.nodeId
  const lifeMs = options.lifeMs ?? LIFE_MAX_MS.node
  const roll = createRoll()
  const serially = createSerial()
  const invites = createInvites({ self: identity.publicKey, repository, clock, random })
  const changes = createListeners<[NodeId]>()
  let sink: DocumentSink = () => {}
  const authorities = createListeners<[]>()
  let lookedAt = clock.now()

  const issuing = createIssuing({ ...options, log, roll, lifeMs, lineage, signed })
  const kinship = createKinship({ self, roll, lineage, clock })

  function tell(nodes: Iterable<NodeId>): void {
    for (const node of new Set(nodes)) changes.tell(node)
  }

  function write(changed: Parameters<FleetRepository['write']>[0]): void {
    // In the order in which it became true.
    serially(() => repository.write(changed)).catch((error: unknown) => {
      log.error({ error: String(error) }, 'what this node knows of its mesh could not be stored')
    })
  }

  /** Takes a document, wherever it came from. */
  function take(kind: FleetKind, frame: Uint8Array, isNew = true): void {
    const now = clock.now()
    const from = isNew ? undefined : 'kept'
    const changed =
      kind === 'certificate' ? roll.certificate(frame, now).changed : roll.list(frame, now, from)
    for (const node of changed) {
      const revoked = isNew && kind === 'revocation_list' ? roll.revoked(node) : undefined
      if (revoked === undefined) continue
      log.info({ peer: node, by: revoked.by }, 'a key was revoked')
      const details = { by: revoked.by }
      void audit.record({ type: 'certificate_revoked', success: true, peer: node, details })
    }
    const renewed = changed.includes(self) ? membership.renewed() : undefined
    if (renewed !== undefined) write({ membership: renewed })
    if (kind === 'certificate' && changed.some((node) => roll.isAuthority(node))) authorities.tell()
    tell(changed)
  }

  async function signed(kind: FleetKind, frame: Uint8Array): Promise<void> {
    take(kind, frame)
    await sink(kind, frame)
  }

  /** A list of this node that a member has and this node lost, after a restore for example: it goes on from there. */
  function takeList(frame: Uint8Array, isNew: boolean): void {
    const before = roll.listOf(self)
    take('revocation_list', frame, isNew)
    if (!isNew || roll.listOf(self) === before || !issuing.isIssuer()) return
    issuing.relist().catch((error: unknown) => log.error({ reason: String(error) }, 'no list was signed'))
  }

  const isFirst = (author: NodeId): boolean => {
    const root = roll.root()
    return root !== undefined && author === formatNodeId(root.key)
  }

  const { membership, seeking, rootWord } = createBelonging({
    ...{ self, identity, roll, audit, clock, log },
    signedByRoot: (list) => before(sink(LIST, list, 'neighbours'), () => take(LIST, list)),
    take: (certificate) => take('certificate', certificate),
    store: (changed) => serially(() => repository.write(changed)),
    begun: authorities.tell,
    founded(certificate) {
      Promise.resolve(sink('certificate', certificate)).catch(() => {})
      issuing.renew(() => false)
    },
  })
  const judged = { wanted: roll.wants, isFirst }
  const knocking = createKnocking({
    ...{ self, roll, lineage, rootWord, isVoid: kinship.isVoid, clock },
    take: (kind, frame) =>
      void signed(kind, frame).catch((error: unknown) =>
        log.error({ kind, reason: String(error) }, 'what another node showed was not stored'),
      ),
  })
  const credentials = createCredentials({
    ...{ identity, ...kinship, roll, invites, issuing, seeking, knocking },
    ...{ audit, clock, log, tell, isNameKnown: options.isNameKnown },
  })
  const own = () => roll.word(kinship.certifiedKey(), clock.now())?.binding

  return {
    name: 'fleet',
    everyMs: Math.max(500, Math.min(LOOK_MS, lifeMs / 20)),

    async start(signal) {
      signal.throwIfAborted()
      const stored = await repository.load()
      invites.load(stored.invites)
      seeking.begin(stored.joining)
      membership.load(stored.membership)
      if (own() !== undefined || stored.joining !== undefined) return
      try {
        const file = options.enrolment?.()
        if (file === undefined) return
        const joining = joiningOf(file.code, file, clock.now())
        seeking.begin(joining)
        await repository.write({ joining })
        log.info({}, 'an enrolment file is here: this node looks for its inviter')
      } catch (error) {
        seeking.unusable(error)
      }
    },
    stop: () => serially(async () => {}),

    word: (node) => roll.word(node, clock.now()),
    revoked: roll.revoked,
    fault: roll.fault,
    certified: () => roll.certified(clock.now()),
    ...{ withdrawn: roll.withdrawn, isPerson: roll.operators.holds },
    onChange: changes.on,

    ...credentials,

    documents: {
      certificate: { ...judged, accept: (frame, isNew) => take('certificate', frame, isNew) },
      revocation_list: { ...judged, accept: takeList },
    },
    onDocument: (next) => {
      sink = next
    },
    onAuthority: authorities.on,
    operators: createOperatorOffice({ ...options, roll, issuing }),

    state() {
      const invite = { joining: seeking.joining(), refused: seeking.refused() }
      const at = { self, now: clock.now(), joinedAt: membership.joinedAt() }
      return stateOf({ roll, ...at, ...invite, lineage })
    },

    ...{ root: roll.root, frames: roll.frames, found: rootWord.found },
    rootList: rootWord.rootList,
    revokedByRoot: rootWord.revokedByRoot,

    ...createInviting({ identity, roll, issuing, invites, audit, clock, random }),

    async join(code, terms) {
      if (own() !== undefined) throw otherMesh()
      if (kinship.isRevoked(self)) throw revokedKey()
      const next = joiningOf(code, terms, clock.now())
      if (membership.isOther(terms.root)) throw otherMesh()
      await serially(() => repository.write({ joining: next }))
      seeking.begin(next)
    },
    seeks: seeking.seeks,

    async revoke(node) {
      const keys = kinship.revokedWith(node)
      if (keys === undefined) return false
      await issuing.revoke(keys)
      return true
    },

    assign: issuing.assign,

    async look(present) {
      const now = clock.now()
      const before = roll.certified(Math.min(lookedAt, now)).map(({ node_id }) => node_id)
      lookedAt = now
      const holding = new Set(roll.certified(now).map(({ node_id }) => node_id))
      tell(before.filter((node) => !holding.has(node)))
      seeking.expire(now)
      return issuing.renew(present)
    },
  }
}

/** A list of the root may end all links here, so that it goes out before it counts; it counts in any case. */
async function before(sent: void | Promise<void>, counts: () => void): Promise<void> {
  try {
    await sent
  } finally {
    counts()
  }
}
