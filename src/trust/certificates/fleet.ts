// The room of certificates: which mesh this node belongs to, who is certified there, and, on an issuer, who is let in.
import type { NodeId } from '../../../protocols/node-id.ts'
import { createSerial } from '../../base/async/limiter.ts'
import { toHex } from '../../base/hex.ts'
import { createListeners } from '../../base/run/listeners.ts'
import { firstOf } from '../lineage/index.ts'
import { createBelonging } from './belonging.ts'
import type { FleetOptions } from './fleet-options.ts'
import type { DocumentSink, RevokedHere } from './fleet-types.ts'
import { checkInviteTerms } from './invites/invite-terms.ts'
import { createInvites, type InviteTerms } from './invites/invites.ts'
import { createIssuing } from './issuing.ts'
import { assignableOf, createKinship } from './kinship.ts'
import { createCredentials } from './meeting/credentials.ts'
import { createParting } from './meeting/parting.ts'
import { createOperatorOffice } from './operator-office.ts'
import { createRoll, type Roll } from './roll.ts'
import { createRootWord } from './root-word.ts'
import type { FleetKind } from './types.ts'
import { type Binding, LIFE_MAX_MS } from './verify.ts'

/** Between two looks at what is due, and at what begins to count: a person may be waiting for a clock that was set right, or for a machine that woke. */
const LOOK_MS = 60_000
/** For so long after the end of its certificate a machine is still told of, as one that is missing. */
const ENDED_TOLD_MS = LIFE_MAX_MS.node

export function createFleet(options: FleetOptions) {
  const { identity, repository, audit, clock, lineage } = options
  const log = options.log.child({ room: 'fleet' })
  const self = identity.nodeId
  const lifeMs = options.lifeMs ?? LIFE_MAX_MS.node
  const roll = createRoll()
  const serially = createSerial()
  const invites = createInvites({
    ...options,
    self: identity.publicKey,
    isIssuer: () => issuing.isIssuer(),
  })
  const changes = createListeners<[NodeId]>()
  let sink: DocumentSink = () => {}
  const authorities = createListeners<[]>()
  let lookedAt = clock.now()
  /** What was kept here and begins later: this clock is behind, or the signer's was ahead. And what came after it, which may need it. */
  const early: [FleetKind, Uint8Array][] = []

  const parts = { ...options, log, roll, lifeMs }
  const issuing = createIssuing({ ...parts, signed, isMember: () => belonging.joinedAt() !== undefined })
  const kinship = createKinship(parts)
  function tell(nodes: Iterable<NodeId>): void {
    for (const node of new Set(nodes)) changes.tell(node)
  }

  const parting = createParting({ log, tell: changes.tell })

  function noteRevoked(node: NodeId): void {
    const revoked = roll.revoked(node)
    if (revoked === undefined) return
    log.info({ peer: node, by: revoked.by }, 'a key was revoked')
    const details = { by: revoked.by }
    void audit.record({ type: 'certificate_revoked', success: true, peer: node, details })
  }

  /**
   * Takes a certificate or a list from any source: what it changes, its ledger entries, and who is told.
   * `isNew`: false at the start, for what was kept before. `cut`: whom a list puts out loses its link at once, because it was
   * emptied already.
   */
  function take(kind: FleetKind, frame: Uint8Array, isNew = true, cut?: 'cut'): void {
    const now = clock.now()
    const isList = kind === 'revocation_list'
    const { changed, fault = '' } = isList
      ? { changed: roll.list(frame, now, !isNew) }
      : roll.certificate(frame, now)
    if (!isNew && (early.length > 0 || fault === 'clock')) early.push([kind, frame])
    if (isNew && isList) for (const node of changed) noteRevoked(node)
    if (changed.includes(self)) belonging.renewed()
    if (!isList && changed.some((node) => roll.isAuthority(node))) authorities.tell()
    const others = new Set(changed.flatMap(lineage.all).filter((node) => node !== self))
    const leaving = isNew && isList && cut === undefined ? parting.begin([...others]) : undefined
    tell(changed.filter((node) => leaving?.has(node) !== true))
  }

  /**
   * A member has a list of this node that this node lost, for example in a restore: this node signs one that continues it.
   */
  function takeList(frame: Uint8Array, isNew: boolean): void {
    const before = roll.listOf(self)
    take('revocation_list', frame, isNew)
    if (!isNew || roll.listOf(self) === before || !issuing.isIssuer()) return
    issuing.relist().catch((error: unknown) => log.error({ reason: String(error) }, 'no list was signed'))
  }

  /**
   * `wanted`: whether documents of an author are to be kept; with a version, whether one that was signed then is. `isFirst`: what that
   * author signed has to be taken before what others signed can be judged. `accept` gets `isNew` false for documents kept before the start.
   */
  const judged = { wanted: roll.wants, isFirst: (author: NodeId) => author === roll.rootId() }
  const documents = {
    certificate: {
      ...judged,
      accept: (frame: Uint8Array, isNew: boolean) => take('certificate', frame, isNew),
    },
    revocation_list: { ...judged, accept: takeList },
  }

  /** A node that this node itself revokes has been emptied by then, so its link is cut at once. */
  async function signed(kind: FleetKind, frame: Uint8Array): Promise<void> {
    take(kind, frame, true, 'cut')
    await sink(kind, frame)
  }

  /** A list of the root may end all links here, so that it goes out before it counts; it counts in any case. */
  async function signedByRoot(list: Uint8Array): Promise<void> {
    try {
      await sink('revocation_list', list, 'neighbours')
    } finally {
      take('revocation_list', list)
    }
  }

  const belonging = createBelonging({
    isCertified: () => own() !== undefined,
    isRevoked: () => kinship.isRevoked(self),
    ...parts,
    take,
    // In the order in which it became true.
    store: (changed) => serially(() => repository.write(changed)),
    begun: authorities.tell,
    founded(certificate) {
      Promise.resolve(sink('certificate', certificate)).catch(() => {})
      issuing.renew(() => false)
    },
  })
  const { seeking } = belonging
  const rootWord = createRootWord(parts, signedByRoot)
  const credentials = createCredentials({
    ...parts,
    kinship,
    invites,
    issuing,
    seeking,
    rootWord,
    signed,
    tell,
  })
  const own = () => roll.word(kinship.certifiedKey(), clock.now())?.binding

  const enrolSoon = (): void =>
    void belonging
      .enrol()
      .catch((error: unknown) =>
        log.warn({ reason: String(error) }, 'the enrolment file could not be looked at'),
      )
  let unwatch: (() => void) | undefined
  const noteInvite = (action: string, details: Readonly<Record<string, string | number>>) =>
    void audit.record({ type: 'invite_changed', success: true, details: { action, ...details } })

  return {
    name: 'fleet',
    /** Milliseconds between two looks. */
    everyMs: Math.max(500, Math.min(LOOK_MS, lifeMs / 20)),

    async start() {
      const stored = await repository.load()
      if (stored.membership === undefined) {
        // Here alone nothing of the mesh that this node left comes in any more.
        await repository.write({ forget_invites: stored.invites.map(({ id }) => id) })
        await options.outOfMesh()
      } else invites.load(stored.invites)
      seeking.begin(stored.joining)
      belonging.load(stored.membership)
      await belonging.enrol()
      unwatch = options.watch(enrolSoon)
    },
    stop() {
      unwatch?.()
      credentials.end()
      return serially(async () => {})
    },

    word: (node: NodeId) => roll.word(node, clock.now()),
    revoked: roll.revoked,
    fault: (node: NodeId) => roll.fault(node, clock.now()),
    lately: (node: NodeId) => roll.since(node, clock.now() - ENDED_TOLD_MS),
    told: () => roll.told(clock.now() - ENDED_TOLD_MS),
    isPerson: roll.operators.holds,
    /** The root that this node trusts, and the identity of its mesh, 32 bytes each. */
    root: roll.root,
    /** Certificates and lists as they were signed: issuers first, so that each can be judged when it is read. */
    frames: roll.frames,
    certified: (): readonly Binding[] => roll.certified(clock.now()),
    /** What the certificate of this node says, while it holds; undefined without one. Cheap. */
    own,
    isParting: parting.isParting,
    onParting: parting.onParting,
    onChange: changes.on,
    ...credentials,
    documents,
    /**
     * Gives each document that is for the mesh, signed here or by a root, to `sink`, which resolves when it is stored. What
     * a person asked for fails when it rejects.
     */
    onDocument: (next: DocumentSink) => {
      sink = next
    },
    /** Fires when documents of another author are wanted than before. */
    onAuthority: authorities.on,
    /** Fires when this node begins to look for an inviter, or needs none any more. */
    onJoining: seeking.onBegin,
    operators: createOperatorOffice({ ...parts, issuing }),

    state() {
      const now = clock.now()
      const joining = seeking.joining()
      const { refused, detail } = seeking.refusal()
      const root = roll.root()
      const { newest, listed } = roll.lists(now)
      // Its own key, and those before it: the one before is certified until the new one is.
      const keys = lineage.ancestors(self)
      const word = firstOf(keys, (key) => roll.word(key, now))
      return {
        /** 64 hex digits; null: this node does not belong to a mesh with a root key. */
        mesh: root ? toHex(root.mesh) : null,
        root: roll.rootId() ?? null,
        joined_at: belonging.joinedAt() ?? null,
        own: word?.binding ?? null,
        /** The newest certificate of this node, also where it has ended; null too where something else than time is against it. */
        last: firstOf(keys, (key) => roll.since(key, 0)) ?? null,
        /** Why a certificate that this node has does not hold. */
        why_not: (word === undefined && firstOf(keys, (key) => roll.whyNot(key, now))) || null,
        /** Who revoked this node, or its issuer, where that is why. */
        revoked_by: word === undefined ? revokedBy(roll, keys, now) : null,
        /** This node may certify others now. */
        issuer: word?.binding.usage === 'issuer',
        /** When the newest revocation list was signed, or this node joined if that is later. */
        lists_at: root ? newest : null,
        /** No list for a week: certificates open no data here. */
        stale: word?.stale ?? false,
        certified: new Set(roll.certified(now).map(({ node_id }) => lineage.memberOf(node_id))).size,
        revoked: listed,
        joining:
          joining === undefined && refused === null
            ? null
            : {
                expires_at: joining?.expires_at ?? 0,
                /** Why the inviter did not take it, once that is known. */
                refused,
                /** Why the enrolment file cannot be used, without any of its content. Null: it can be used, or there is none. */
                detail,
                places: joining?.places ?? [],
                /** Another number with every invite. */
                attempt: seeking.attempt(),
              },
      }
    },

    /**
     * Takes an issuer's certificate for this node that the root signed, and belongs to the root's mesh from now on.
     * KaroErrors: `refused` when it says nothing, `conflict` when this node is of another mesh.
     */
    found: belonging.found,
    /** The list of keys that the root revoked, as it came here; `number` is null when it signed none. */
    rootList: rootWord.rootList,
    /**
     * Takes a list that the root signed, for this node and for the mesh. Machines that a revoked issuer certified lose
     * their membership. KaroErrors: `refused` if the root of this mesh did not sign the list, `conflict` if it is older
     * than a known one. Errors of storing it are passed on; then the list counts on this node only.
     */
    revokedByRoot: rootWord.revokedByRoot,
    /** KaroErrors: `refused` when this node may not certify, or not with these roles; `conflict`, `bad_request`. */
    async invite(terms: InviteTerms) {
      issuing.mayGive(terms.roles)
      checkInviteTerms(identity, roll.root()?.mesh as Uint8Array, terms, options)
      const made = await invites.create(terms)
      const { uses, roles, teams, owner = '', made_by } = terms
      noteInvite('create', {
        invite: made.invite.id,
        uses,
        roles: roles.join(','),
        teams: teams.join(','),
        owner,
        by: made_by,
      })
      return made
    },
    invites: () => invites.list().map((invite) => ({ ...invite, state: invites.stateOf(invite) })),
    /** KaroError `not_found`. */
    async cancelInvite(id: string) {
      const invite = await invites.cancel(id)
      noteInvite('cancel', { invite: id })
      return invite
    },
    /** Looks for the inviter from now on. KaroErrors: `bad_request` for no code, `refused` for one that ended, `conflict`. */
    join: belonging.join,
    /**
     * Forgets the mesh, on disk when it resolves, and lets nobody in any more; what else is in memory counts until the next start, which
     * removes the invites and documents. KaroErrors: `refused` where there is no mesh, `conflict` while there is an enrolment file, also
     * one that cannot be used. After any other error this node belongs to the mesh as before.
     * `first`: what has to be done before, where nothing stands against it.
     */
    async leave(first: () => Promise<void>) {
      await belonging.leave(first)
      await audit.record({ type: 'trust_change', success: true, details: { action: 'leave_mesh' } })
    },
    /** Looks at the enrolment file again, where this node has no certificate: one that came or was put right is used. */
    enrol: belonging.enrol,
    seeks: seeking.seeks,

    /**
     * Revokes every certificate of that key, for good. False: the key has no certificate here. KaroError `refused` where
     * this node may not, `too_large` for a full list; whatever storing it rejects with: then it counts here only.
     */
    async revoke(node: NodeId) {
      const keys = kinship.revokedWith(node)
      if (keys === undefined) return false
      await issuing.revoke(keys)
      return true
    },

    /**
     * Signs a new certificate for a node, with other roles, teams or owner; fields that `terms` leaves out stay. Works also if
     * the node's issuer may no longer give its roles. KaroErrors: `not_found` for a node without a valid certificate,
     * `bad_request` for invalid roles, teams or owner, `refused` if this node may not certify, or not with these roles, or not
     * that node.
     */
    assign: issuing.assign,
    /** Nodes whose newest certificate is by that issuer, and which `assign` may certify. */
    assignable: (issuer: NodeId) => assignableOf(parts, issuer, clock.now()),

    /**
     * Called periodically: signs due renewals (certificates of nodes that are `present`, and this node's revocation
     * list), and reports certificates that have ended. Resolves with the number of signatures.
     */
    async look(present: (node: NodeId) => boolean) {
      const now = clock.now()
      const before = roll.certified(Math.min(lookedAt, now)).map(({ node_id }) => node_id)
      lookedAt = now
      const holding = new Set(roll.certified(now).map(({ node_id }) => node_id))
      tell(before.filter((node) => !holding.has(node)))
      seeking.expire(now)
      for (const [kind, frame] of early.splice(0)) take(kind, frame, false)
      // In case its directory cannot be watched.
      enrolSoon()
      return issuing.renew(present)
    },
  }
}

export type Fleet = ReturnType<typeof createFleet>
export type FleetState = ReturnType<Fleet['state']>

/** Who revoked one of these keys; null: nobody did. */
function revokedBy(roll: Roll, keys: readonly NodeId[], now: number): RevokedHere | null {
  const revoked = firstOf(keys, roll.revoked)
  if (revoked === undefined) return null
  const { by, at } = revoked
  return {
    node_id: by,
    at,
    root: by === roll.rootId(),
    name: roll.word(by, now)?.binding.name ?? '',
  }
}
