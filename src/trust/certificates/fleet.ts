// The room of certificates: which mesh this node belongs to, who is certified there, and, on an issuer, who is let in.
import { formatNodeId, type NodeId } from '../../../protocols/node-id.ts'
import { createSerial } from '../../base/async/limiter.ts'
import { KaroError } from '../../base/errors.ts'
import { toHex } from '../../base/hex.ts'
import { createListeners } from '../../base/run/listeners.ts'
import type { FleetRepository, JoiningRecord, MembershipRecord } from '../../store/tables/fleet.ts'
import { NO_LINEAGE } from '../lineage/index.ts'
import type { FleetOptions } from './fleet-options.ts'
import type { DocumentSink, Fleet, FleetKind } from './fleet-types.ts'
import { checkInviteTerms } from './invite-terms.ts'
import { createInvites } from './invites.ts'
import { createIssuing } from './issuing.ts'
import { grantFault, isInviter, joiningOf, joinOf } from './joining.ts'
import { createKinship } from './kinship.ts'
import { createLettingIn } from './letting-in.ts'
import { createRoll } from './roll.ts'
import { meshOf } from './sign.ts'
import { stateOf } from './state.ts'
import { CHAIN_FAULTS, LIFE_MAX_MS, verifyChain } from './verify.ts'

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
  const settled = createListeners<[NodeId]>()
  const authorities = createListeners<[]>()
  let membership: MembershipRecord | undefined
  let joining: JoiningRecord | undefined
  let refused: string | null = null
  let lookedAt = clock.now()

  const issuing = createIssuing({ ...options, log, roll, lifeMs, lineage, signed })
  const { isNameKnown = () => false } = options
  const { certifiedKey, keyOf, isRevoked, revokedWith } = createKinship({ self, roll, lineage, clock })
  const letting = { self: identity, roll, invites, issuing, audit, clock, isRevoked, isNameKnown }
  const lettingIn = createLettingIn(letting)

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
    if (changed.includes(self)) keepOwnChain()
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

  function keepOwnChain(): void {
    const chain = roll.chainOf(self, clock.now())
    if (membership === undefined || chain === undefined) return
    membership = { ...membership, chain }
    write({ membership })
  }

  /** Belongs to this root's mesh from now on, in memory at once. */
  function belong(root: Uint8Array, chain: readonly Uint8Array[]): MembershipRecord {
    const joined_at = membership === undefined ? clock.now() : membership.joined_at
    membership = { root, joined_at, chain }
    joining = undefined
    refused = null
    roll.trustRoot({ key: root, mesh: meshOf(root) }, joined_at)
    for (const bytes of chain) take('certificate', bytes)
    authorities.tell()
    void audit.record({
      type: 'mesh_joined',
      success: true,
      details: { mesh: toHex(meshOf(root)), usage: roll.word(self, clock.now())?.binding.usage ?? '' },
    })
    return membership
  }

  const judged = { wanted: roll.isAuthority, isFirst }
  const isOther = (root?: Uint8Array) =>
    root !== undefined && membership !== undefined && Buffer.compare(membership.root, root) !== 0
  const own = () => roll.word(certifiedKey(), clock.now())?.binding

  return {
    name: 'fleet',
    everyMs: Math.max(500, Math.min(LOOK_MS, lifeMs / 20)),

    async start(signal) {
      signal.throwIfAborted()
      const stored = await repository.load()
      invites.load(stored.invites)
      membership = stored.membership
      joining = stored.joining
      if (membership !== undefined) {
        roll.trustRoot({ key: membership.root, mesh: meshOf(membership.root) }, membership.joined_at)
        for (const bytes of membership.chain) roll.certificate(bytes, clock.now())
      }
      if (own() !== undefined || joining !== undefined) return
      try {
        const file = options.enrolment?.()
        if (file === undefined) return
        joining = joiningOf(file.code, file, clock.now())
        await repository.write({ joining })
        log.info({}, 'an enrolment file is here: this node looks for its inviter')
      } catch (error) {
        log.error({ reason: String(error) }, 'the enrolment file cannot be used')
      }
    },
    stop: () => serially(async () => {}),

    word: (node) => roll.word(node, clock.now()),
    revoked: roll.revoked,
    fault: roll.fault,
    certified: () => roll.certified(clock.now()),
    withdrawn: roll.withdrawn,
    onChange: changes.on,

    shown(to) {
      const chain = roll.chainOf(certifiedKey(), clock.now())
      const join =
        joining !== undefined && isInviter(joining, to) ? joinOf(joining, identity.publicKey, to) : undefined
      return { ...(chain === undefined ? {} : { chain }), ...(join === undefined ? {} : { join }) }
    },
    heard(node, { chain, join, name }) {
      if (chain !== undefined) tell(roll.chain(keyOf(node, chain), chain, clock.now()))
      if (join === undefined) return false
      lettingIn
        .letIn(node, join, name)
        .catch((error: unknown) =>
          log.warn({ peer: node, reason: String(error) }, 'a node could not be let in'),
        )
        .finally(() => settled.tell(node))
      return true
    },
    answer: lettingIn.answer,
    answered(node, answer) {
      if (joining === undefined || !isInviter(joining, node)) return
      if (answer.granted === undefined) {
        if (answer.invite_refused === undefined) return
        refused = answer.invite_refused
        log.warn({ peer: node, why: refused }, 'the inviter did not take the invite')
        // It will not be taken later either.
        if (refused !== 'busy') {
          joining = undefined
          write({ joining: null })
        }
        return
      }
      const { root, chain } = answer.granted
      const fault =
        grantFault(joining, identity.publicKey, node, answer.granted, clock) ??
        (isOther(root) ? 'root' : undefined)
      if (fault !== undefined) {
        refused = fault
        log.warn({ peer: node, why: fault }, 'what the inviter answered is not believed')
        return
      }
      write({ membership: belong(root, chain), joining: null })
    },
    onSettled: settled.on,

    documents: {
      certificate: { ...judged, accept: (frame, isNew) => take('certificate', frame, isNew) },
      revocation_list: { ...judged, accept: takeList },
    },
    onDocument: (next) => {
      sink = next
    },
    onAuthority: authorities.on,

    state: () =>
      stateOf({
        self: certifiedKey(),
        roll,
        now: clock.now(),
        joinedAt: membership?.joined_at,
        joining,
        refused,
      }),

    async found(root, certificate) {
      if (isOther(root)) throw otherMesh()
      const mesh = meshOf(root)
      const verdict = verifyChain([certificate], {
        ...{ root: { key: root, mesh }, at: clock.now(), key: identity.publicKey },
        isRevoked: (key) => roll.revoked(formatNodeId(key)) !== undefined,
      })
      if (!verdict.ok) {
        throw new KaroError('refused', `the certificate says nothing: ${CHAIN_FAULTS[verdict.fault]}`)
      }
      await serially(() => repository.write({ membership: belong(root, [certificate]), joining: null }))
      Promise.resolve(sink('certificate', certificate)).catch(() => {})
      issuing.renew(() => false)
    },

    async invite(terms) {
      issuing.mayGive(terms.roles)
      checkInviteTerms(identity, roll.root()?.mesh as Uint8Array, terms, options)
      const made = await invites.create(terms)
      const [roles, teams] = [terms.roles.join(','), terms.teams.join(',')]
      const details = { action: 'create', invite: made.invite.id, uses: terms.uses, roles, teams }
      void audit.record({ type: 'invite_changed', success: true, details })
      return made
    },
    invites: () => invites.list().map((invite) => ({ ...invite, state: invites.stateOf(invite) })),
    async cancelInvite(id) {
      const invite = await invites.cancel(id)
      void audit.record({ type: 'invite_changed', success: true, details: { action: 'cancel', invite: id } })
      return invite
    },

    async join(code, terms) {
      if (own() !== undefined) throw otherMesh()
      const next = joiningOf(code, terms, clock.now())
      if (isOther(terms.root)) throw otherMesh()
      await serially(() => repository.write({ joining: next }))
      joining = next
      refused = null
    },
    seeks: (node) => joining !== undefined && isInviter(joining, node),

    async revoke(node) {
      const keys = revokedWith(node)
      if (keys === undefined) return false
      await issuing.revoke(keys)
      return true
    },

    async look(present) {
      const now = clock.now()
      const before = roll.certified(Math.min(lookedAt, now)).map(({ node_id }) => node_id)
      lookedAt = now
      const holding = new Set(roll.certified(now).map(({ node_id }) => node_id))
      tell(before.filter((node) => !holding.has(node)))
      if (joining !== undefined && joining.expires_at <= now) {
        joining = undefined
        refused = 'expired'
        write({ joining: null })
      }
      return issuing.renew(present)
    },
  }
}

const otherMesh = (): KaroError =>
  new KaroError('conflict', 'this node belongs to a mesh already', {
    hint: 'karo ca show says to which. A node is in one mesh; another home (--home) can be in another one.',
  })
