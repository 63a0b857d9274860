// To which root's mesh this node belongs, since when and by which certificates; and how it comes there: by an invite that it uses, or by
// a certificate that a person here signed with the root's key.
import { formatNodeId } from '../../../protocols/node-id.ts'
import { KaroError } from '../../base/errors.ts'
import { toHex } from '../../base/hex.ts'
import { orElse } from '../../base/run/or-else.ts'
import { ANOTHER_KEY } from '../../base/words/revoked.ts'
import type { FleetRepository, MembershipRecord } from '../../store/tables/fleet.ts'
import { isSame } from '../identity/index.ts'
import type { FleetParts } from './fleet-options.ts'
import { createSeeking, joiningOf } from './invites/seeking.ts'
import { meshOf } from './sign.ts'
import { CHAIN_FAULTS, verifyChain } from './verify.ts'

type Changed = Parameters<FleetRepository['write']>[0]

interface BelongingDeps extends FleetParts {
  /** The certificates of this node, each to be taken like any other. `isNew`: false for what was kept. */
  readonly take: (kind: 'certificate', certificate: Uint8Array, isNew?: boolean) => void
  /** This node has a certificate that holds. */
  readonly isCertified: () => boolean
  /** No invite lets the key of this node in. */
  readonly isRevoked: () => boolean
  /** Stores what became true; resolves when it is on disk. */
  readonly store: (changed: Changed) => Promise<void>
  /** This node belongs to a mesh now, so other authors are authorities. */
  readonly begun: () => void
  /** The root made this node an issuer by this certificate, which is stored. */
  readonly founded: (certificate: Uint8Array) => void
}

export function createBelonging(deps: BelongingDeps) {
  const { identity, roll, audit, clock, log, store } = deps
  let membership: MembershipRecord | undefined

  /** Whether `root` is the root of another mesh than this node's. */
  const isOther = (root: Uint8Array | undefined): boolean =>
    root !== undefined && membership !== undefined && !isSame(membership.root, root)
  const storeSoon = (changed: Changed): void => {
    store(changed).catch((error: unknown) =>
      log.error({ error: String(error) }, 'what this node knows of its mesh could not be stored'),
    )
  }

  /** Belongs to this root's mesh from now on, in memory at once; returns what is to be stored. */
  function belong(root: Uint8Array, chain: readonly Uint8Array[]): Changed {
    seeking.begin(undefined)
    membership = { root, joined_at: membership?.joined_at ?? clock.now(), chain }
    roll.trustRoot({ key: root, mesh: meshOf(root) }, membership.joined_at)
    for (const bytes of chain) deps.take('certificate', bytes)
    const usage = roll.word(identity.nodeId, clock.now())?.binding.usage ?? ''
    void audit.record({ type: 'mesh_joined', success: true, details: { mesh: toHex(meshOf(root)), usage } })
    deps.begun()
    return { membership, joining: null }
  }

  const seeking = createSeeking({
    ...deps,
    isOther,
    granted: (root, chain) => storeSoon(belong(root, chain)),
    ended: () => storeSoon({ joining: null }),
  })
  /** The invite of the enrolment file, or what was wrong with it, as text: a clock that was wrong is set right later. */
  let fileBefore: string | undefined

  async function look(joining: ReturnType<typeof joiningOf>): Promise<void> {
    await store({ joining })
    seeking.begin(joining)
  }

  return {
    /** The membership as it was stored when this node ended. */
    load(stored: MembershipRecord | undefined) {
      membership = stored
      if (stored === undefined) return
      roll.trustRoot({ key: stored.root, mesh: meshOf(stored.root) }, stored.joined_at)
      for (const bytes of stored.chain) deps.take('certificate', bytes, false)
      // One that was not taken is told with its reason.
      roll.chain(identity.nodeId, stored.chain, clock.now())
    },
    /** Milliseconds since the epoch; undefined: this node belongs to no mesh. */
    joinedAt: () => membership?.joined_at,
    /** Stores the certificates of this node, which have changed. */
    renewed() {
      const chain = roll.chainOf(identity.nodeId, clock.now())
      if (membership === undefined || chain === undefined) return
      membership = { ...membership, chain }
      storeSoon({ membership })
    },
    seeking,
    /** As `Fleet.found`. */
    async found(root: Uint8Array, certificate: Uint8Array): Promise<void> {
      if (isOther(root)) throw otherMesh()
      const verdict = verifyChain([certificate], {
        root: { key: root, mesh: meshOf(root) },
        at: clock.now(),
        key: identity.publicKey,
        isRevoked: (key) => roll.revoked(formatNodeId(key)) !== undefined,
      })
      if (!verdict.ok) {
        throw new KaroError('refused', `the certificate is not valid: ${CHAIN_FAULTS[verdict.fault]}`)
      }
      await store(belong(root, [certificate]))
      deps.founded(certificate)
    },
    /** Belongs to no mesh from the next start on. KaroErrors as `Fleet.leave`. */
    async leave(first: () => Promise<void>) {
      if (membership === undefined) {
        throw new KaroError('refused', 'this node belongs to no mesh with a root', {
          hint: 'karo share off ends sharing; karo peers revoke NODE ends trust.',
        })
      }
      // One that cannot be used now is put right later.
      if (orElse(() => deps.enrolment() !== undefined, true)) {
        throw new KaroError(
          'conflict',
          'enrolment.json beside config.toml would let this node in again: remove it first',
        )
      }
      await first()
      const before = membership
      // At once, or a certificate that comes meanwhile would be stored after this.
      membership = undefined
      await store({ membership: null, joining: null }).catch((error: unknown) => {
        membership = before
        throw error
      })
      seeking.begin(undefined)
    },
    /** Looks for the inviter from now on, and after a restart too. As `Fleet.join`. */
    async join(code: string, terms: { readonly root?: Uint8Array; readonly places: readonly string[] }) {
      if (deps.isCertified()) throw otherMesh()
      // No invite lets a revoked key in, and no inviter need be looked for to hear that.
      if (deps.isRevoked()) {
        throw new KaroError('refused', 'the key of this node was revoked: no invite lets it in any more', {
          hint: `Give this machine another key: ${ANOTHER_KEY}. karo ca show says who revoked it.`,
        })
      }
      const joining = joiningOf(code, terms, clock.now())
      if (isOther(terms.root)) throw otherMesh()
      await look(joining)
    },
    /**
     * Like `join`, with the enrolment file, which no person here typed in, where this node has no certificate. Nothing happens while the
     * file says what it said at the last call, or while this node uses another invite than the one in the file at the first. If the file
     * is unusable this is reported, and the start continues.
     */
    async enrol() {
      if (deps.isCertified()) {
        // What the file says is tried again when the certificate has ended.
        fileBefore = undefined
        return
      }
      const isFirst = fileBefore === undefined
      let joining: ReturnType<typeof joiningOf> | undefined
      let now: string
      try {
        const file = deps.enrolment()
        joining = file && joiningOf(file.code, file, clock.now())
        now = JSON.stringify(joining ?? null)
      } catch (error) {
        now = String(error)
        if (now !== fileBefore) seeking.unusable(error)
      }
      if (now === fileBefore) return
      fileBefore = now
      if (joining === undefined) return
      const stored = seeking.joining()
      // What a person typed since then stays.
      if (isFirst && stored && !isSame(stored.secret, joining.secret)) return
      await look(joining).catch((error: unknown) => {
        // The next look begins anew.
        fileBefore = undefined
        throw error
      })
      log.info({}, 'an enrolment file is here: this node looks for its inviter')
    },
  }
}

const otherMesh = (): KaroError =>
  new KaroError('conflict', 'this node belongs to a mesh already', {
    hint: 'karo ca show says which. karo leave leaves it; another home (--home) can join another.',
  })
