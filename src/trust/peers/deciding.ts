// A person's decision about a node: checked, durable, then effective, then known; about every key of its lineage.
import { formatNodeId, type NodeId } from '../../../protocols/node-id.ts'
import type { Limiter } from '../../base/async/limiter.ts'
import { KaroError } from '../../base/errors.ts'
import type { TrustedPeer } from '../../config/index.ts'
import { checkLabels } from '../certificates/index.ts'
import { type Held, hasChosenName, withdrawnFrom } from './held.ts'
import type { Decision } from './opinion.ts'
import type { TrustParts } from './options.ts'
import { cleanName, NAME_MAX } from './seen.ts'
import type { Sources } from './sources.ts'
import type { TrustTerms } from './types.ts'

export const DECISIONS_MAX = 4096
/** Roles, and teams, one person may give one node. */
const LABELS_MAX = 16

interface DecidingDeps extends TrustParts, Sources {
  /** One after the other: memory follows the disk in the same order. */
  readonly serially: Limiter
  readonly tell: (node: NodeId) => void
}

export function createDeciding(deps: DecidingDeps) {
  const { lineage, kin, certificates, decisions, own, seen, admits, opinion } = deps
  const { repository, audit, clock, log } = deps
  let count = 0

  /** The key has a record of its own. */
  const isFirst = (node: NodeId): boolean => {
    const held = decisions.get(node)
    return held !== undefined && formatNodeId(held.keys[0]) === node
  }

  /** Takes over what the store has. */
  function hold(held: Held): void {
    const first = formatNodeId(held.keys[0])
    if (!isFirst(first)) count++
    for (const node of held.keys.map(formatNodeId)) {
      // In whatever order records are read, one that names a key among others says nothing about a key that has its own.
      if (node === first || !isFirst(node)) decisions.set(node, held)
    }
  }

  function check(action: string, node: NodeId): void {
    if (own.has(node)) {
      throw new KaroError('bad_request', 'that is this node itself', {
        hint: 'Run `karo peers` to see the others.',
      })
    }
    if (action !== 'trust') return
    // Trust says which of several successors is meant.
    const state = kin.state(node)
    if (state.kind === 'frozen' && !state.fork.between.includes(node)) {
      throw new KaroError('conflict', `that key has several successors: ${state.fork.between.join(', ')}`, {
        hint: 'Compare fingerprints with their people, and trust the right one by its whole node id.',
      })
    }
    if (state.kind === 'retired') {
      throw new KaroError('conflict', `that key was replaced by ${state.by}`, {
        hint: 'Trust that one by its whole node id.',
      })
    }
  }

  /** `next` sees the decision it replaces; undefined: there is nothing to decide. */
  function decide(
    action: 'trust' | 'deny' | 'revoke',
    node: NodeId,
    next: (before: Held | undefined) => Omit<Decision, 'decided_at'> | undefined,
  ): Promise<void> {
    return deps.serially(async () => {
      const before = kin.decision(node)
      const levelBefore = opinion(node).trust_level
      let changed: Omit<Decision, 'decided_at'> | undefined
      try {
        check(action, node)
        changed = next(before)
        if (changed && !before && count >= DECISIONS_MAX) {
          throw new KaroError('conflict', `there are ${DECISIONS_MAX} decisions about nodes already`, {
            hint: 'Put nodes that stay trusted or denied into config.toml.',
          })
        }
      } catch (error) {
        const code = error instanceof KaroError ? error.code : 'internal'
        await audit.record({ type: 'trust_change', success: false, peer: node, details: { action, code } })
        throw error
      }
      if (changed === undefined) return
      const written = kin.written(node, { ...changed, decided_at: clock.now() })
      await repository.write({ decisions: written })
      for (const held of written) hold(held)
      if (!admits(node)) for (const key of lineage.family(node)) seen.forget(key, admits)
      const levelAfter = opinion(node).trust_level
      log.info({ peer: node, action, trust_level: levelAfter }, 'a person decided about a node')
      // Queued first, so that the ledger has the decision before what follows from it.
      const recorded = audit.record({
        type: 'trust_change',
        success: true,
        peer: node,
        details: { action, level_before: levelBefore, level_after: levelAfter },
      })
      for (const key of lineage.all(node)) deps.tell(key)
      await recorded
    })
  }

  const withdrawn = (node: NodeId, before: Held | undefined) => withdrawnFrom(before, opinion(node).name)

  /** All that can be done in favour of an operator: what was decided against the key is taken back. */
  function forgiven(node: NodeId, before: Held | undefined): Omit<Decision, 'decided_at'> {
    if (before?.denied || before?.revoked) {
      return { ...withdrawn(node, before), denied: false, revoked: false }
    }
    throw new KaroError('refused', 'that key is an operator: a person, and no node to trust', {
      hint: 'To give that person your numbers: karo share allow <their whole key, team:… or role:…>',
    })
  }

  return {
    hold,
    /**
     * Records a person's decision (TOFU), about a known node or one yet to come; takes back a denial or revocation. Resolves when it is
     * durable; listeners have then been told. KaroErrors: `bad_request` (this node itself, terms out of bounds), `refused` (the file
     * denies the key), `conflict` (the file names the node with other terms and decides; or there are too many decisions). `deny` and
     * `revoke` likewise.
     */
    async trust(node: NodeId, terms: TrustTerms): Promise<void> {
      const name = terms.name === undefined ? undefined : checkedName(terms.name)
      const roles = checkedLabels('role', terms.roles)
      const teams = checkedLabels('team', terms.teams)
      await decide('trust', node, (before) => {
        // Whoever has the credential of an operator must not become a node by it.
        if (certificates.isPerson(node)) return forgiven(node, before)
        const file = kin.trustedByFile(node)
        checkFile({ ...terms, name }, kin.deniedByFile(node), file)
        // The file already says so, and nothing here says otherwise.
        if (file && !before && lineage.branches(node).length === 0) return undefined
        return {
          level: terms.level ?? file?.level ?? before?.level ?? 'peer',
          name: name ?? (hasChosenName(before) ? (before?.name ?? '') : ''),
          name_chosen: true,
          roles: roles ?? before?.roles ?? [],
          teams: teams ?? before?.teams ?? [],
          denied: false,
          revoked: false,
        }
      })
    },
    deny: (node: NodeId) => decide('deny', node, (before) => ({ ...withdrawn(node, before), denied: true })),
    /** Takes back a person's trust and refuses the key from now on; `trust` again is the way back. */
    revoke: (node: NodeId) =>
      decide('revoke', node, (before) => ({ ...withdrawn(node, before), revoked: true })),
  }
}

/** What the file says binds people too; it is changed in the file. Throws KaroError `refused` or `conflict`. */
function checkFile(terms: TrustTerms, denied: boolean, file: TrustedPeer | undefined): void {
  if (denied) {
    throw new KaroError('refused', 'the configuration denies this node', {
      where: 'config.toml [peers] denied',
      hint: 'Remove the key there, then reload the service or restart Karo.',
    })
  }
  if (file === undefined) return
  const differs =
    (terms.level ?? file.level) !== file.level ||
    (terms.name ?? file.name) !== file.name ||
    !sameLabels(terms.roles, file.roles) ||
    !sameLabels(terms.teams, file.teams)
  if (differs) {
    throw new KaroError(
      'conflict',
      `config.toml trusts this node already, with level ${file.level}, and is stronger than a decision made here`,
      {
        where: 'config.toml [peers.trusted]',
        hint: 'Change the entry there, then karo config reload.',
      },
    )
  }
}

function checkedName(name: string): string {
  const clean = cleanName(name)
  if (clean !== name.normalize('NFC') || clean === '') {
    throw new KaroError('bad_request', `a name is 1 to ${NAME_MAX} visible characters`, { where: 'name' })
  }
  return clean
}

function checkedLabels(
  what: 'role' | 'team',
  labels: readonly string[] | undefined,
): readonly string[] | undefined {
  if (labels === undefined) return undefined
  const distinct = [...new Set(labels)]
  if (distinct.length > LABELS_MAX) {
    throw new KaroError('bad_request', `a node has at most ${LABELS_MAX} ${what}s`, { where: what })
  }
  checkLabels(what, distinct)
  return distinct
}

const sameLabels = (given: readonly string[] | undefined, file: readonly string[]): boolean =>
  given === undefined || (given.length === file.length && given.every((label) => file.includes(label)))
