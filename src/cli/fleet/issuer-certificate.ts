// The certificate of an issuer, signed with the root's key here and not in the daemon.
import { parseNodeId } from '../../../protocols/node-id.ts'
import { foundFleet } from '../../api/contract/operations/fleet.ts'
import { getIdentity } from '../../api/contract/operations/status.ts'
import { systemRandom } from '../../base/clock.ts'
import { meshOf, type RootKey, signCertificate } from '../../trust/certificates/index.ts'
import type { CommandIo } from '../command.ts'
import type { IssuerTerms } from './issuer-terms.ts'

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
