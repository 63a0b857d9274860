// The views of the page, in the order of the navigation. Each asks the API, which decides what this person may have.
import type { ComponentType } from 'preact'
import type { StatusShape } from '../../api/contract/shapes.ts'
import { later } from '../parts/later.tsx'
import { Approvals } from './approvals/inbox.tsx'
import { Ask } from './ask.tsx'
import { Audit } from './audit.tsx'
import { Me } from './me.tsx'
import { Mesh } from './mesh.tsx'
import { Posture } from './posture.tsx'
import { Sharing } from './sharing.tsx'
import { System } from './system.tsx'
import { Team } from './team.tsx'

export interface View {
  /** As in the address, `#/mesh`. */
  readonly id: string
  readonly name: string
  /** The key after `g`. */
  readonly key: string
  readonly says: string
  /** It shows something only where there are other machines, or agents. */
  readonly needs?: 'mesh' | 'agents'
  readonly Shows: ComponentType
}

export const VIEWS: readonly [View, ...View[]] = [
  { id: 'me', name: 'Me', key: 'm', says: 'Your own commands. Nobody else sees this.', Shows: Me },
  {
    id: 'sharing',
    needs: 'mesh',
    name: 'Sharing',
    key: 's',
    says: 'What this machine shares about you, with whom, and who asked.',
    Shows: Sharing,
  },
  {
    id: 'mesh',
    needs: 'mesh',
    name: 'Mesh',
    key: 'n',
    says: 'The machines that this one knows and trusts.',
    Shows: Mesh,
  },
  {
    id: 'team',
    needs: 'mesh',
    name: 'Team',
    key: 't',
    says: 'Numbers of the machines of your team whose people agreed.',
    Shows: Team,
  },
  {
    id: 'ask',
    needs: 'mesh',
    name: 'Ask',
    key: 'a',
    says: 'A question to every machine that lets you ask.',
    Shows: Ask,
  },
  {
    id: 'posture',
    needs: 'mesh',
    name: 'Posture',
    key: 'p',
    says: 'How safely the organisation works: totals over many machines, without numbers of a single one.',
    Shows: Posture,
  },
  {
    id: 'approvals',
    name: 'Approvals',
    key: 'i',
    says: 'Requests of agents and AI tools that wait for your decision.',
    Shows: Approvals,
  },
  {
    id: 'agents',
    needs: 'agents',
    name: 'Agents',
    key: 'e',
    says: 'Programs that act for you in jails, and their tasks.',
    Shows: later(() => import('./agents/agents.tsx').then(({ Agents }) => Agents)),
  },
  {
    id: 'audit',
    name: 'Audit',
    key: 'l',
    says: 'What happened on this node, in a ledger that shows every alteration.',
    Shows: Audit,
  },
  { id: 'system', name: 'System', key: 'y', says: 'State, checks and log of this node.', Shows: System },
]

/** Those that show something on this node: a node that is used alone has no mesh, and agents may be off. */
export const viewsOf = (status: StatusShape | undefined): readonly View[] =>
  VIEWS.filter(
    ({ needs }) =>
      !(needs === 'mesh' && status?.mesh.alone === true) &&
      !(needs === 'agents' && status?.agents.state === 'off'),
  )

/** The one at an address; an address of a view that does not apply here shows the first one. */
export const viewOf = (id: string, status: StatusShape | undefined): View =>
  viewsOf(status).find((view) => view.id === id) ?? VIEWS[0]
