// The terms that an invite may promise: only those that the issuer could sign now.
import { KaroError } from '../../../base/errors.ts'
import type { Ambient } from '../../../base/run/ambient.ts'
import { labelProblem } from '../../../base/words/roles.ts'
import type { Signer } from '../../identity/index.ts'
import { certificateBytes } from '../sign.ts'
import type { InviteTerms } from './invites.ts'

/** The longest name that a machine may call itself by, in characters of four bytes. */
const LONGEST_NAME = '\u{1F5A5}'.repeat(64)

/** Throws KaroError `bad_request` for a name that is none, or that only looks like a role of the role table. */
export function checkLabels(what: string, labels: readonly string[]): void {
  for (const label of labels) {
    const problem = labelProblem(what, label)
    if (problem !== undefined)
      throw new KaroError('bad_request', `'${label.slice(0, 80)}' ${problem}`, { where: what })
  }
}

/** Throws KaroError `bad_request` where roles, teams and owner are no labels, or too many for one certificate. */
export function checkInviteTerms(
  signer: Signer,
  mesh: Uint8Array,
  { roles, teams, owner }: Pick<InviteTerms, 'roles' | 'teams' | 'owner'>,
  at: Pick<Ambient, 'clock' | 'random'>,
): void {
  checkLabels('role', roles)
  checkLabels('team', teams)
  if (owner !== undefined) checkLabels('owner', [owner])
  const terms = { usage: 'node', key: signer.publicKey, name: LONGEST_NAME, roles, teams, owner } as const
  if (!Number.isFinite(certificateBytes(signer, mesh, terms, at))) {
    throw new KaroError('bad_request', 'a certificate cannot hold so many roles and teams', {
      hint: 'Give fewer or shorter ones.',
    })
  }
}
