// The inviter's side of an invite: a joiner that proves it gets a certificate, and the answer that it can believe.
import type { Granted, HelloBody } from '../../../../protocols/messages/hello.ts'
import { type NodeId, parseNodeId } from '../../../../protocols/node-id.ts'
import { HOUR_MS } from '../../../base/calendar.ts'
import { toHex } from '../../../base/hex.ts'
import { createRecent } from '../../../base/recent.ts'
import { createSparing } from '../../../base/sparing.ts'
import { comparable } from '../../../base/words/comparable.ts'
import { fingerprintOf } from '../../identity/index.ts'
import type { FleetParts } from '../fleet-options.ts'
import type { Answer } from '../fleet-types.ts'
import type { Issuing } from '../issuing.ts'
import { isCalled, type Kinship } from '../kinship.ts'
import { acceptProof } from './invite-code.ts'
import type { InviteRefusal, Invites } from './invites.ts'

/** Answers to joining nodes that wait to be said. */
const ANSWERS_MAX = 64
/** A joiner whose connection broke gets the certificate again that it got a moment ago. */
const SAME_MS = 60_000
/** Of a name that somebody else has, what is kept in front of the digits that tell the two apart. */
const NAME_KEPT = 56

export interface LettingInDeps extends FleetParts {
  readonly invites: Invites
  readonly issuing: Issuing
  readonly kinship: Kinship
}

export function createLettingIn(deps: LettingInDeps) {
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
    if (!taken && !isFingerprint && isNameKnown?.(wanted, node) !== true) return wanted
    return `${[...wanted].slice(0, NAME_KEPT).join('')}-${fingerprintOf(parseNodeId(node) as Uint8Array).slice(0, 6)}`
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
      const key = parseNodeId(node) as Uint8Array
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
