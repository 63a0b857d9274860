// What a person may say of a node, checked: names, labels, and whether the configuration says otherwise.
import type { NodeId } from '../../../protocols/node-id.ts'
import { KaroError } from '../../base/errors.ts'
import type { TrustedPeer } from '../../config/index.ts'
import { checkLabels } from '../certificates/index.ts'
import type { KeyState } from '../lineage/index.ts'
import { cleanName, NAME_MAX } from './seen.ts'
import type { TrustTerms } from './types.ts'

/** Roles, and teams, one person may give one node. */
const LABELS_MAX = 16

/** What the file says binds people too; it is changed in the file. Throws KaroError `refused` or `conflict`. */
export function checkFile(terms: TrustTerms, denied: boolean, file: TrustedPeer | undefined): void {
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
        hint: 'Change the entry there, then sudo systemctl reload karo or restart karo up.',
      },
    )
  }
}

/** Trust says which of several successors is meant. Throws KaroError `conflict`. */
export function checkSuccessors(state: KeyState, node: NodeId): void {
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

export function checkedName(name: string): string {
  const clean = cleanName(name)
  if (clean !== name.normalize('NFC') || clean === '') {
    throw new KaroError('bad_request', `a name is 1 to ${NAME_MAX} visible characters`, { where: 'name' })
  }
  return clean
}

export function checkedLabels(
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
