// Signatures of an issuer: certificates of nodes, renewed before they end, and the list of keys that it revoked.
import { REVOKED_MAX } from '../../../protocols/messages/certificate.ts'
import { formatNodeId, keyOf, type NodeId } from '../../../protocols/node-id.ts'
import { DAY_MS } from '../../base/calendar.ts'
import { KaroError } from '../../base/errors.ts'
import { createRecent } from '../../base/recent.ts'
import { privileged } from '../../base/words/roles.ts'
import { isFuture, versionAfter } from '../identity/index.ts'
import type { FleetParts } from './fleet-options.ts'
import { checkInviteTerms } from './invites/invite-terms.ts'
import { assignable, isCalled, leftSince } from './kinship.ts'
import { signCertificate, signRevocationList } from './sign.ts'
import type { FleetKind } from './types.ts'
import { type Binding, LIFE_MAX_MS } from './verify.ts'

/** An issuer renews what it signed at two thirds of the life, and what another one signed that it did not renew in time. */
const RENEWED_AT = 2 / 3
const RENEWED_FOR_OTHERS_AT = 5 / 6
/** A list is signed at least so often, so that a node that gets none knows that something keeps it away. */
const LIST_EVERY_MS = DAY_MS

/** Nodes that it was told of that they are not renewed here. */
const SKIPPED_MAX = 256

/** The content of a new certificate, except the key. */
type Terms = Pick<Binding, 'name' | 'roles' | 'teams' | 'owner'> & Partial<Pick<Binding, 'member_id'>>

export interface IssuingDeps extends FleetParts {
  /** A document was signed: it counts here at once, and goes to the mesh. Resolves when it is stored. */
  readonly signed: (kind: FleetKind, frame: Uint8Array) => Promise<void>
  /** False for a node that left: its certificate holds until it restarts, and certifies nobody. */
  readonly isMember: () => boolean
}

export type Issuing = ReturnType<typeof createIssuing>

export function createIssuing(deps: IssuingDeps) {
  const { identity, roll, lineage, audit, clock, random, log } = deps
  const skipped = createRecent<NodeId, true>(SKIPPED_MAX)
  /** The newest list counts here, and may not be on disk. */
  let unsaved = false
  const self = identity.nodeId
  const lifeMs = Math.min(deps.lifeMs, LIFE_MAX_MS.node)

  const held = () => (deps.isMember() ? roll.word(self, clock.now())?.binding : undefined)
  function own(): Binding {
    const binding = held()
    if (binding?.usage === 'issuer') return binding
    throw new KaroError('refused', 'this node may not certify others', {
      hint: 'Run this on an issuer (karo ca show), or make this node one: karo ca renew; where there is no mesh yet, karo ca init.',
    })
  }
  const mesh = (): Uint8Array => roll.root()?.mesh ?? new Uint8Array(32)

  async function sign(
    node: NodeId,
    terms: Terms,
    before: Pick<Binding, 'issued_at'> | undefined,
    { usage, life }: { readonly usage: 'node' | 'operator'; readonly life: number },
  ): Promise<void> {
    const { not_after } = own()
    const now = clock.now()
    const frame = signCertificate(
      identity,
      mesh(),
      {
        name: terms.name,
        roles: terms.roles,
        teams: terms.teams,
        owner: terms.owner,
        usage,
        member: terms.member_id,
        key: keyOf(node),
        version: Math.max(now, (before?.issued_at ?? 0) + 1, leftSince(deps, node, now) + 1),
        notBefore: now,
        notAfter: Math.min(now + life, not_after),
      },
      random,
    )
    await deps.signed('certificate', frame)
  }
  const asNode = { usage: 'node', life: lifeMs } as const

  const told = (type: 'certificate_issued' | 'certificate_renewed', peer: NodeId, terms: Terms, usage = '') =>
    audit.record({
      type,
      success: true,
      peer,
      details: {
        name: terms.name,
        roles: terms.roles.join(','),
        teams: terms.teams.join(','),
        owner: terms.owner,
        usage: usage || undefined,
      },
    })

  /** Signs a list of all keys that this node has revoked. `added`: the keys that it revokes now, each with the time. */
  async function signList(added: readonly (readonly [NodeId, number])[] = []): Promise<void> {
    const before = roll.listOf(self)
    const all = new Map([...added, ...(before?.revoked ?? [])])
    if (added.length > 0 && all.size > REVOKED_MAX) {
      throw new KaroError(
        'too_large',
        `a revocation list names at most ${REVOKED_MAX} keys, and this one is full`,
        {
          hint: 'Another issuer of the mesh has a list of its own: run karo peers revoke there.',
        },
      )
    }
    // After a restore there may be more. Members keep what they have of it, and a list has to come: of the rest those that were revoked last.
    const revoked = [...all].sort(([, a], [, b]) => b - a).slice(0, REVOKED_MAX)
    const now = clock.now()
    const number = (before?.number ?? -1) + 1
    const frame = signRevocationList(
      identity,
      {
        version: versionAfter(before?.version ?? 0, now),
        number,
        mesh: mesh(),
        revoked: revoked.map(([node, at]) => ({ key: keyOf(node), at })),
      },
      random,
    )
    unsaved = true
    const stored = deps.signed('revocation_list', frame)
    if (roll.listOf(self)?.number !== number) {
      await stored
      throw new KaroError('conflict', 'the revocation list that was signed is not valid on this node', {
        hint: "Compare this machine's clock with a right one: timedatectl",
      })
    }
    await stored
    if (roll.listOf(self)?.number === number) unsaved = false
  }

  /** KaroError `refused` when this node may not certify, or not with these roles. */
  function mayGive(roles: readonly string[]): void {
    const { grants } = own()
    const missing = privileged(roles).filter((role) => !grants.includes(role))
    if (missing.length === 0) return
    throw new KaroError('refused', `this issuer may not give the role ${missing.join(', ')}`, {
      hint: `The person who holds the root key can allow it: karo ca renew --grant ${missing.join(',')}.`,
    })
  }

  function later(signing: Promise<void>): void {
    signing.catch((error: unknown) =>
      log.error({ reason: String(error) }, 'what was due was not signed or stored'),
    )
  }

  function isDue({ issuer, not_before, not_after }: Binding, now: number): boolean {
    const share = issuer === self ? RENEWED_AT : RENEWED_FOR_OTHERS_AT
    return now >= not_before + share * (not_after - not_before)
  }

  /** The key that a certificate is to be about now; undefined: none, or one that has its own already. */
  function successorOf({ node_id }: Binding): NodeId | undefined {
    const { kind } = lineage.state(node_id)
    if (kind === 'current') return node_id
    if (kind !== 'replaced' && kind !== 'retired') return undefined
    const node = lineage.current(node_id)
    const isOpen = lineage.state(node).kind === 'current' && roll.revoked(node) === undefined
    return isOpen && roll.word(node, clock.now()) === undefined ? node : undefined
  }

  return {
    /** This node may certify others now. */
    isIssuer: () => held()?.usage === 'issuer',
    mayGive,

    /** A new certificate; resolves with its chain when it is stored. KaroError as `mayGive`. */
    async certify(node: NodeId, terms: Terms) {
      mayGive(terms.roles)
      const now = clock.now()
      await sign(node, terms, roll.word(node, now)?.binding, asNode)
      void told('certificate_issued', node, terms)
      return roll.chainOf(node, clock.now()) ?? []
    },

    /** A new certificate for a certified node; what `terms` leaves out stays. As `Fleet.assign`. */
    async assign(node: NodeId, terms: Partial<Pick<Binding, 'name' | 'roles' | 'teams' | 'owner'>>) {
      own()
      const before = assignable(roll, node, clock.now())
      if (before === undefined) {
        throw new KaroError('not_found', 'that node has no valid certificate', {
          hint: 'The machine joins by an invite: karo invite.',
        })
      }
      if (before.usage === 'issuer') {
        throw new KaroError('refused', 'an issuer is certified by the root only', {
          hint: 'Run karo ca renew on that node, with the root key: it takes --role, --team and --owner.',
        })
      }
      const { name, roles, teams, owner } = { ...before, ...terms }
      mayGive(roles)
      if (
        terms.name !== undefined &&
        isCalled(roll, name, clock.now(), ({ member_id }) => member_id === before.member_id)
      )
        throw new KaroError('conflict', 'another machine of the mesh, or an operator, has that name')
      checkInviteTerms(identity, mesh(), { roles, teams, owner }, deps)
      await sign(node, { name, roles, teams, owner, member_id: before.member_id }, before, asNode)
      const after = roll.word(node, clock.now())?.binding
      if (after === undefined || after.issued_at <= before.issued_at) {
        throw new KaroError('conflict', 'the certificate that was signed is not valid on this node', {
          hint: "Compare this machine's clock with a right one: timedatectl",
        })
      }
      void told('certificate_issued', node, { name, roles, teams, owner })
      return after
    },
    /**
     * A certificate of an operator who has that key and will have it for `forMs`; resolves with its chain when it is
     * stored. KaroError as `mayGive`.
     */
    async certifyOperator(key: Uint8Array, terms: Terms, forMs: number) {
      mayGive(terms.roles)
      const operator = formatNodeId(key)
      const before = roll.operators.list(clock.now()).find(({ binding }) => binding.node_id === operator)
      const life = Math.min(forMs, LIFE_MAX_MS.operator)
      await sign(operator, terms, before?.binding, { usage: 'operator', life })
      const type = before === undefined ? 'certificate_issued' : 'certificate_renewed'
      void told(type, operator, terms, 'operator')
      return roll.operators.chainOf(operator) ?? []
    },

    /** Of one node, all its keys. Resolves when the list is stored. KaroErrors: `refused` when this node may not, `too_large` for a full list. */
    async revoke(nodes: readonly NodeId[]) {
      const now = clock.now()
      own()
      if (nodes.some((node) => roll.since(node, 0)?.usage === 'issuer')) {
        throw new KaroError('refused', 'an issuer is revoked by the root only', {
          hint: 'With the root key: karo ca revoke. Until then karo peers deny: nothing that it signed counts on a node that denies it.',
        })
      }
      // Signed again too where nothing is new: members fetch it, which says that they have it.
      await signList(nodes.map((node) => [node, now]))
    },
    /** Signs the list again. */
    relist: () => signList(),

    /** Signs what is due. Returns how many. */
    renew(present: (node: NodeId) => boolean) {
      const now = clock.now()
      const mine = held()
      if (mine?.usage !== 'issuer') return 0
      let count = 0
      const list = roll.listOf(self)
      const isDueAt = (list?.version ?? 0) + Math.min(LIST_EVERY_MS, lifeMs / 4)
      if (list === undefined || unsaved || isFuture(list.version, now) || now >= isDueAt) {
        later(signList())
        count++
      }
      for (const binding of roll.certified(now)) {
        if (binding.usage !== 'node') continue
        const node = successorOf(binding)
        if (node === undefined) continue
        if (node === binding.node_id) {
          const isLeft = leftSince(deps, node, now) >= binding.issued_at
          // Where the issuer's own end is near, a new one would hold no longer.
          const isLonger = Math.min(now + lifeMs, mine.not_after) > binding.not_after
          if (!isLeft && !(isLonger && isDue(binding, now) && present(node))) continue
        }
        try {
          mayGive(binding.roles)
        } catch {
          // The role was given by an issuer with the right to give it, which this issuer does not have.
          if (skipped.get(binding.node_id) === undefined) {
            skipped.set(binding.node_id, true)
            const fields = { peer: binding.node_id, roles: binding.roles, ends: binding.not_after }
            log.warn(fields, 'a certificate is not renewed here: this issuer may not give its roles')
          }
          continue
        }
        later(sign(node, binding, binding, asNode))
        count++
        void told('certificate_renewed', node, binding)
      }
      return count
    },
  }
}
