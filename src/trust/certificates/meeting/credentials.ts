// The certificates and invites that two nodes show each other while they admit each other, and the result. A node whose certificate was
// taken from it is admitted by nobody, so it is shown the list when it knocks.
import { RevocationList, type RevocationListBody } from '../../../../protocols/messages/certificate.ts'
import { type Granted, type HelloBody, ROOT_LIST_BYTES } from '../../../../protocols/messages/hello.ts'
import { formatNodeId, keyOf, type NodeId } from '../../../../protocols/node-id.ts'
import { HOUR_MS } from '../../../base/calendar.ts'
import { toHex } from '../../../base/hex.ts'
import { createRecent } from '../../../base/recent.ts'
import { createListeners } from '../../../base/run/listeners.ts'
import { createSparing } from '../../../base/sparing.ts'
import { comparable } from '../../../base/words/comparable.ts'
import { fingerprintOf, statementIn } from '../../identity/index.ts'
import type { FleetParts } from '../fleet-options.ts'
import type { Answer, Credentials } from '../fleet-types.ts'
import { acceptProof } from '../invites/invite-code.ts'
import type { InviteRefusal, Invites } from '../invites/invites.ts'
import type { Seeking } from '../invites/seeking.ts'
import type { Issuing } from '../issuing.ts'
import { isCalled, type Kinship } from '../kinship.ts'
import type { RootWord } from '../root-word.ts'
import type { FleetKind } from '../types.ts'
import { lastKeyOf } from '../verify.ts'

export interface CredentialsDeps extends LettingInDeps {
  readonly rootWord: RootWord
  /** The invite that this node uses. */
  readonly seeking: Seeking
  /** Certificates shown by another node count here at once; resolves when they are stored. */
  readonly signed: (kind: FleetKind, frame: Uint8Array) => Promise<void>
  /** There is something else to say about these nodes now. */
  readonly tell: (nodes: Iterable<NodeId>) => void
}

export function createCredentials(deps: CredentialsDeps): Omit<Credentials, 'seeks'> & { end(): void } {
  const { identity, kinship, roll, lineage, rootWord, seeking, clock, log, tell } = deps
  const lettingIn = createLettingIn(deps)
  const take = (kind: FleetKind, frame: Uint8Array): void =>
    void deps
      .signed(kind, frame)
      .catch((error: unknown) =>
        log.error({ kind, reason: String(error) }, 'what another node showed was not stored'),
      )
  const settled = createListeners<[NodeId]>()

  const revokedOf = (keys: readonly NodeId[]) => keys.map(roll.revoked).find((one) => one !== undefined)

  function byIssuer(by: NodeId): Answer['revoked_by'] {
    const list = roll.listOf(by)?.frame
    const [issuer] = roll.chainOf(by, clock.now()) ?? []
    if (list === undefined || issuer === undefined || list.length > ROOT_LIST_BYTES) return undefined
    return { list, issuer }
  }

  /** A key of this node stands in the list, so that what it says is this node's to know. */
  function namesThis({ revoked }: RevocationListBody): boolean {
    const own = lineage.ancestors(identity.nodeId)
    return revoked.some(({ key }) => own.includes(formatNodeId(key)))
  }

  /** The list that revoked `node`, as it goes with an acknowledgement; undefined if no list did, or none fits into the message. */
  function listFor(node: NodeId): Answer | undefined {
    const revoked = revokedOf([node, ...lineage.family(node)])
    const revoked_by = revoked && byIssuer(revoked.by)
    if (revoked_by !== undefined) return { revoked_by }
    const root_list = revoked !== undefined || kinship.isVoid(node) ? rootWord.frame() : undefined
    return root_list && { root_list }
  }

  /**
   * Takes a list that another node showed. A list of an issuer counts if it names a key of this node, and no list that
   * is here does so. Any node may show it, because the issuer signed it.
   */
  function heardList({ root_list, revoked_by }: Answer): void {
    if (root_list !== undefined) rootWord.heard(root_list)
    const root = roll.root()
    if (revoked_by === undefined || root === undefined) return
    if (revokedOf(lineage.ancestors(identity.nodeId)) !== undefined) return
    const said = statementIn(RevocationList, revoked_by.list, root.mesh)
    if (said === undefined || !namesThis(said.body)) return
    const author = said.by
    if (!roll.isAuthority(author) && lastKeyOf([revoked_by.issuer]) === author)
      take('certificate', revoked_by.issuer)
    // A list by an author who may not revoke has no effect, and is not stored.
    if (roll.wants(author, said.body.version)) take('revocation_list', revoked_by.list)
  }

  return {
    shown(to) {
      const chain = roll.chainOf(kinship.certifiedKey(), clock.now())
      const join = seeking.shown(to)
      return { chain, join }
    },
    heard(node, { chain, join, name }) {
      if (chain !== undefined) tell(roll.chain(kinship.keyOf(node, chain), chain, clock.now()))
      if (join === undefined) return false
      lettingIn
        .letIn(node, join, name)
        .catch((error: unknown) =>
          log.warn({ peer: node, reason: String(error) }, 'a node could not be let in'),
        )
        .finally(() => settled.tell(node))
      return true
    },
    answer(node) {
      const said = lettingIn.answer(node)
      const list = listFor(node)
      if (list === undefined) return said
      // Without a valid certificate its grants are void too, and both would be too large for one message.
      const { granted: _, ...rest } = said
      return { ...rest, ...list }
    },
    answered(node, answer) {
      heardList(answer)
      seeking.answered(node, answer)
    },
    onSettled: settled.on,
    end: lettingIn.end,
  }
}

// The inviter's side of an invite: a joiner that proves it gets a certificate, and the answer that it can believe.

/** Answers to joining nodes that wait to be said. */
const ANSWERS_MAX = 64
/** A joiner whose connection broke gets the certificate again that it got a moment ago. */
const SAME_MS = 60_000
/** Of a name that somebody else has, what is kept in front of the digits that tell the two apart. */
const NAME_KEPT = 56

interface LettingInDeps extends FleetParts {
  readonly invites: Invites
  readonly issuing: Issuing
  readonly kinship: Kinship
}

function createLettingIn(deps: LettingInDeps) {
  const { identity: self, roll, invites, issuing, audit, clock, kinship, isNameKnown } = deps
  const granted = createRecent<NodeId, Granted>(ANSWERS_MAX)
  const refusals = createRecent<NodeId, InviteRefusal>(ANSWERS_MAX)
  /** Keys cost nothing: a stranger that shows one invite after the other must not fill the ledger. */
  const refused = createSparing({ clock, mostMs: HOUR_MS })

  /** No two certified nodes have one name, nor a node and a person, whatever they call themselves. */
  function freeName(wanted: string, node: NodeId): string {
    const taken = isCalled(roll, wanted, clock.now(), ({ node_id }) => node_id === node)
    // People take sixteen digits for a fingerprint.
    const isFingerprint = /^[0-9a-f]{16}$/.test(comparable(wanted).replace(/[\s:-]/g, ''))
    if (!taken && !isFingerprint && !isNameKnown(wanted, node)) return wanted
    return `${[...wanted].slice(0, NAME_KEPT).join('')}-${fingerprintOf(keyOf(node)).slice(0, 6)}`
  }

  function refuse(node: NodeId, why: InviteRefusal): void {
    refusals.set(node, why)
    const happened = refused.times(why)
    if (happened !== undefined) tellRefused(why, happened.times, node)
  }

  function tellRefused(why: string, times: number, node?: NodeId): void {
    const details = { reason: 'invite_refused', why, times }
    // Of several the ledger names none, rather than the newest for all.
    const peer = times === 1 && node && { peer: node }
    void audit.record({ type: 'policy_violation', success: false, ...peer, details })
  }

  return {
    /** Resolves when `answer` has what is to be said. */
    async letIn(node: NodeId, { id, proof }: NonNullable<HelloBody['join']>, name: string) {
      // A certificate that it got earlier does not answer its present request.
      granted.delete(node)
      const key = keyOf(node)
      const again = invites.hasUsed(key, toHex(id))
      const taken = kinship.isRevoked(node) ? 'revoked' : await invites.redeem(key, { id: toHex(id), proof })
      if (typeof taken === 'string') {
        refuse(node, taken)
        return
      }
      const now = clock.now()
      const before = roll.word(node, now)?.binding
      const isFresh = before?.issuer === self.nodeId && now - before.issued_at < SAME_MS
      // An invite makes nobody again what people have changed since: one that was used before gives what is certified now.
      const known = isFresh || again || before?.usage === 'issuer' ? roll.chainOf(node, now) : undefined
      const { roles, teams, owner } = (again && roll.lastTerms(node)) || taken
      const terms = { name: freeName(name, node), roles, teams, owner }
      const chain =
        known ??
        (await issuing.certify(node, terms).catch((error: unknown) => {
          // Without an answer the joining machine would keep asking until its invite ends.
          refuse(node, 'error')
          throw error
        }))
      const root = roll.root()?.key as Uint8Array
      const bound = { joiner: key, inviter: self.publicKey, expires_at: taken.expires_at }
      granted.set(node, { root, chain, proof: acceptProof(taken.key, bound, root, chain) })
    },
    answer(node: NodeId): Answer {
      const grant = granted.get(node)
      if (grant !== undefined) return { granted: grant }
      const refusal = refusals.get(node)
      refusals.delete(node)
      return refusal === undefined ? {} : { invite_refused: refusal }
    },
    /** Tells what was counted and not told yet, at the end. */
    end(): void {
      for (const [why, times] of refused.left()) tellRefused(why, times)
    },
  }
}
