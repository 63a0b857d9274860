// Shows whose history is on this machine.
import type { PeopleShape, PersonShape } from '../../api/contract/shapes.ts'
import { localTime, printable } from '../../base/format.ts'
import type { CommandIo } from '../command.ts'
import { table } from '../terminal/table.ts'
import { fitted } from '../terminal/text.ts'

/** What of a person is not the account's of that uid, in the words of a person. */
function heldWords({ held, account }: PersonShape): string {
  switch (held) {
    case null:
      return ''
    case 'account_gone':
      return 'the account was removed'
    case 'renamed':
      return `the uid belongs to ${printable(account ?? '')} now`
    case 'no_account':
      return 'no account has this uid'
    case 'other_machine':
      return 'from another machine'
    case 'restored':
      return 'its owner is unknown'
    case 'unsure':
      return 'the name service does not answer'
  }
}

export const personWords = ({ name, uid }: PersonShape): string =>
  name === null ? `uid ${uid}` : `${printable(name)} (uid ${uid})`

export function peopleView({ people }: PeopleShape, io: CommandIo): string {
  if (people.length === 0) return 'No history is recorded here yet.\n'
  const rows = table(io, people, {
    NAME: ({ name }) => (name === null ? '–' : printable(name)),
    UID: ({ uid }) => String(uid),
    NUMBER: ({ number }) => String(number),
    SINCE: ({ since }) => (since === null ? '–' : localTime(since)),
    'HELD BACK': heldWords,
  })
  if (people.every(({ held }) => held === null)) return rows
  const advice =
    'Data that is held back is shown to nobody and is in no answer. To give it to an account: sudo karo people map <person> <user>. To remove it for good: sudo karo people remove <person>.'
  return `${rows}\n${fitted(`${advice}\n`, io.columns)}`
}
