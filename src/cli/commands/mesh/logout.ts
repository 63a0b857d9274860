// karo logout: ends the login of this person here; the key that opens answers to it is wiped.
import { endLogin } from '../../../api/contract/operations/fleet.ts'
import { defineCommand, printable } from '../../kit.ts'

export const commands = [
  defineCommand('logout', {
    summary: 'end your login as an operator on this machine',
    shows: endLogin,
    view: ({ ended }) =>
      ended === null
        ? 'You are not logged in. You ask as this node.\n'
        : `Logged out ${printable(ended.name)}. You ask as this node again.\n`,
  }),
]
