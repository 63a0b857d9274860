// What a person does with invites on an issuer: makes one, lists them, cancels one.
import type { Ambient } from '../../../base/run/ambient.ts'
import type { Audit } from '../../audit/index.ts'
import type { Signer } from '../../identity/index.ts'
import type { Fleet } from '../fleet-types.ts'
import type { Issuing } from '../issuing.ts'
import type { Roll } from '../roll-types.ts'
import { checkInviteTerms } from './invite-terms.ts'
import type { Invites } from './invites.ts'

export interface InvitingDeps extends Pick<Ambient, 'clock' | 'random'> {
  readonly identity: Signer
  readonly roll: Pick<Roll, 'root'>
  readonly issuing: Pick<Issuing, 'mayGive'>
  readonly invites: Pick<Invites, 'create' | 'list' | 'stateOf' | 'cancel'>
  readonly audit: Pick<Audit, 'record'>
}

export function createInviting({
  identity,
  roll,
  issuing,
  invites,
  audit,
  ...at
}: InvitingDeps): Pick<Fleet, 'invite' | 'invites' | 'cancelInvite'> {
  return {
    async invite(terms) {
      issuing.mayGive(terms.roles)
      checkInviteTerms(identity, roll.root()?.mesh as Uint8Array, terms, at)
      const made = await invites.create(terms)
      const [roles, teams] = [terms.roles.join(','), terms.teams.join(',')]
      const { owner = '' } = terms
      const details = { action: 'create', invite: made.invite.id, uses: terms.uses, roles, teams, owner }
      void audit.record({ type: 'invite_changed', success: true, details })
      return made
    },
    invites: () => invites.list().map((invite) => ({ ...invite, state: invites.stateOf(invite) })),
    async cancelInvite(id) {
      const invite = await invites.cancel(id)
      void audit.record({ type: 'invite_changed', success: true, details: { action: 'cancel', invite: id } })
      return invite
    },
  }
}
