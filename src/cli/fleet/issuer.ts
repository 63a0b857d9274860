// The certificate of an issuer: what it is to say, checked before a root key is made or opened, and signed with that key here and not in the daemon.

import { parseNodeId } from '../../../protocols/node-id.ts'
import { foundFleet } from '../../api/contract/operations/fleet.ts'
import { getIdentity } from '../../api/contract/operations/status.ts'
import { systemRandom } from '../../base/clock.ts'
import { privileged } from '../../base/words/roles.ts'
import { meshOf, type RootKey, signCertificate } from '../../trust/certificates/index.ts'
import { checkedLabels } from '../input/labels.ts'
import { assignedBy, type CommandIo, commaList, usage } from '../kit.ts'

/** What stays where an option is not given. */
interface Kept {
  /** Privileged roles that it may give. */
  readonly grants: readonly string[]
  readonly roles: readonly string[]
  readonly teams: readonly string[]
  /** Who has this machine. */
  readonly owner?: string | undefined
}

interface IssuerTerms extends Kept {
  /** Milliseconds for which the issuer may certify others. */
  readonly life: number
}

/**
 * The terms of `karo ca init` and `karo ca renew`; what no option says stays as in `before`. Throws KaroError `bad_request`
 * for a life outside a minute to 400 days, for a role, a team or an owner that is no label, and for a grant that is no privileged
 * role: a misspelt one would take away, without a word, what the issuer may give.
 */
export function issuerTerms(
  options: {
    readonly for: number
    readonly owner?: string | undefined
  } & { readonly [K in 'grant' | 'role' | 'team']?: string[] | undefined },
  before: Kept = { grants: [], roles: [], teams: [] },
): IssuerTerms {
  const { roles, teams } = assignedBy(options)
  const owner = options.owner ?? before.owner ?? 'none'
  return {
    life: options.for,
    grants: options.grant ?? before.grants,
    roles: checkedLabels('role', roles ?? before.roles),
    teams: checkedLabels('team', teams ?? before.teams),
    owner: owner === 'none' ? undefined : checkedLabels('owner', [owner])[0],
  }
}

/** Signs a certificate of an issuer for this node and hands it to the daemon; the root key never leaves this process. */
export async function certifyIssuer(io: CommandIo, root: RootKey, terms: IssuerTerms) {
  const self = await io.call(getIdentity)
  const now = Date.now()
  const frame = signCertificate(
    root,
    meshOf(root.publicKey),
    {
      usage: 'issuer',
      key: parseNodeId(self.node_id) as Uint8Array,
      name: self.name,
      roles: terms.roles,
      teams: terms.teams,
      owner: terms.owner,
      grants: terms.grants,
      version: now,
      notBefore: now,
      notAfter: now + terms.life,
    },
    systemRandom,
  )
  const certificate = Buffer.from(frame).toString('base64url')
  return io.call(foundFleet, { body: { root: root.root, certificate } })
}

/** Reads the privileged roles of `--grant`. */
export function privilegedIn(text: string, where: string): string[] {
  const grants = commaList(text, where)
  const unknown = grants.filter((role) => privileged([role]).length === 0)
  if (unknown.length === 0) return grants
  throw usage(`'${unknown.join(', ')}' is not a privileged role`, where, 'Privileged are security and admin.')
}
