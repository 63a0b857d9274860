// The table of all checks of `karo doctor`, by the headings under which they stand. Results, help and documentation follow.
import type { Check } from './check.ts'
import { config } from './checks/config.ts'
import { daemon } from './checks/daemon.ts'
import { firewall } from './checks/firewall.ts'
import { home } from './checks/home.ts'
import { machine } from './checks/machine.ts'
import { members } from './checks/members.ts'
import { http, mesh } from './checks/mesh.ts'
import { spool } from './checks/spool.ts'
import { store } from './checks/store.ts'
import { terminal } from './checks/terminal.ts'

const node = { ...config, ...home, ...daemon, ...http }
const person = { ...terminal, ...spool }
const others = { ...mesh, ...firewall, ...members }
const all = { ...node, ...machine, ...person, ...store, ...others }

export const CHECK_GROUPS = {
  'This node': node,
  'This machine': machine,
  'Your terminal': person,
  'Stored data': store,
  'The mesh': others,
}

export type CheckId = keyof typeof all
export const CHECKS: Readonly<Record<CheckId, Check>> = all
export const CHECK_IDS = Object.keys(CHECKS) as readonly CheckId[]
