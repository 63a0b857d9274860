// karo logout: ends the login of this person here; the key that opens answers to it is wiped.
import { daemonAt } from '../../../api/contract/client/socket.ts'
import { endLogin } from '../../../api/contract/operations/fleet.ts'
import { printable } from '../../../base/format.ts'
import { type Command, defineCommand, show } from '../../command.ts'

export const commands: readonly Command[] = [
  defineCommand({
    name: 'logout',
    summary: 'end your login as an operator on this machine',
    shows: endLogin,
    examples: [{ run: 'karo logout', does: 'you ask as this machine again' }],
    async run(io) {
      const answer = await daemonAt(io).call(endLogin)
      return show(io, answer, ({ ended }) =>
        ended === null
          ? 'You were not logged in.\n'
          : `Logged out ${printable(ended.name)}. You ask as this node again.\n`,
      )
    },
  }),
]
