// karo whoami: as whom this person asks the mesh, from this machine, now.
import { getLogin } from '../../../api/contract/operations/fleet.ts'
import { defineCommand } from '../../command.ts'
import { whoAmIView } from '../../views/login.ts'

export const commands = [
  defineCommand('whoami', {
    summary: 'show under whose name you ask the mesh: this node, or the operator who is logged in',
    shows: getLogin,
    view: whoAmIView,
  }),
]
