// karo people: whose history is on this machine, which account it belongs to, and the removal of a person who left.

import { getPeople, mapPerson, removePerson } from '../../../api/contract/operations/care.ts'
import type { PersonShape } from '../../../api/contract/shapes.ts'
import { type CommandIo, defineCommand, fitted, localTime, printable, show, table } from '../../kit.ts'
import { createLiveLine } from '../../terminal/live-line.ts'

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

const personWords = ({ name, uid }: PersonShape): string =>
  name === null ? `uid ${uid}` : `${printable(name)} (uid ${uid})`

/** Removing a long history takes its time. */
const REMOVE_DEADLINE_MS = 600_000

const PERSON = 'name or uid; or number:N with the number that karo people list shows'

const list = defineCommand('people list', {
  summary: "list whose history is here, and why a person's commands are held back",
  shows: getPeople,
  view({ people }, io) {
    if (people.length === 0) return 'No history is recorded here yet.\n'
    const rows = table(io, people, {
      NAME: 'name',
      UID: ({ uid }) => String(uid),
      NUMBER: ({ number }) => String(number),
      SINCE: ({ since }) => (since === null ? '–' : localTime(since)),
      'HELD BACK': heldWords,
    })
    if (people.every(({ held }) => held === null)) return rows
    const advice =
      'Data that is held back is shown to nobody and is in no answer. To give it to an account: sudo karo people map <person> <user>. To remove it for good: sudo karo people remove <person>.'
    return `${rows}\n${fitted(`${advice}\n`, io)}`
  },
})

const map = defineCommand('people map', {
  summary: "give a person's history, consent and tokens to an account; only root may",
  shows: mapPerson,
  args: { person: PERSON, user: 'the account: its name or uid' },
  examples: {
    'sudo karo people map ada ada': 'after a restore on another machine',
    'sudo karo people map ada adele': 'after the account was renamed',
  },
  async sure(io, { args: body }) {
    const { person } = await io.call(mapPerson, { body: { ...body, dry_run: true } })
    return {
      asks: `The account ${printable(body.user)} will see all commands of ${personWords(person)}. Continue?`,
    }
  },
  view: ({ person }, io) => fitted(`${personWords(person)} has this history from now on.\n`, io),
})

function removed(io: CommandIo, person: string, dry_run: boolean) {
  const live = createLiveLine(io)
  live.show(dry_run ? 'looking …' : 'removing …')
  return io
    .call(removePerson, { body: { person, dry_run }, deadlineMs: REMOVE_DEADLINE_MS })
    .finally(live.end)
}

const remove = defineCommand('people remove', {
  summary: "remove a person's history, consent and tokens for good; only root may",
  shows: removePerson,
  args: { person: PERSON },
  options: { 'dry-run': 'only show whose data would be removed' },
  async sure(io, { args, options }) {
    if (options['dry-run']) return undefined
    const { person } = await removed(io, args.person, true)
    return {
      asks: `Remove every command, number, consent and token of ${personWords(person)} for good? Ctrl-C cannot stop it.`,
    }
  },
  async run(io, { args, options }) {
    const would = options['dry-run'] === true
    return show(io, await removed(io, args.person, would), ({ person }) =>
      would
        ? `Would remove all data of ${personWords(person)}.\n`
        : fitted(
            `All data of ${personWords(person)} were removed from this node. Earlier backups, what a restore or repair kept, shared numbers, and their shell's history stay.\n`,
            io,
          ),
    )
  },
})

export const commands = [list, map, remove]
