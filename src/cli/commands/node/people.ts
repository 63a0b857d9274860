// karo people: whose history is on this machine, which account it belongs to, and the removal of a person who left.
import { daemonAt } from '../../../api/contract/client/socket.ts'
import { getPeople, mapPerson, removePerson } from '../../../api/contract/operations/care.ts'
import { EXIT } from '../../../base/errors.ts'
import { printable } from '../../../base/format.ts'
import { defineCommand, show } from '../../command.ts'
import { confirm } from '../../terminal/confirm.ts'
import { fitted } from '../../terminal/text.ts'
import { peopleView, personWords } from '../../views/people.ts'

/** Removing a long history takes its time. */
const REMOVE_DEADLINE_MS = 600_000

const PERSON = 'name or uid; or number:N with the number that karo people list shows'

const list = defineCommand('people list', {
  summary: "list whose history is here, and why a person's commands are held back",
  shows: getPeople,
  examples: { 'sudo karo people list': 'names, uids, and why something is held back' },
  view: peopleView,
})

const map = defineCommand('people map', {
  summary: "give a person's history, consent and tokens to an account; only root may",
  shows: mapPerson,
  args: { person: PERSON, user: 'the account: its name or uid' },
  options: { yes: { short: 'y', description: 'do not ask' } },
  examples: {
    'sudo karo people map ada ada': 'after a restore on another machine',
    'sudo karo people map ada adele': 'after the account was renamed',
  },
  async run(io, { args, options }) {
    const body = { person: args.person, user: args.user }
    if (!options.yes) {
      const { person } = await daemonAt(io).call(mapPerson, { body: { ...body, dry_run: true } })
      const question = `The account ${printable(args.user)} will see all commands of ${personWords(person)}. Continue?`
      if (!(await confirm(io, question, { where: 'karo people map' }))) {
        io.err('Nothing was changed.\n')
        return EXIT.failed
      }
    }
    return show(io, await daemonAt(io).call(mapPerson, { body }), ({ person }) =>
      fitted(`${personWords(person)} has this history from now on.\n`, io.columns),
    )
  },
})

const remove = defineCommand('people remove', {
  summary: "remove a person's history, consent and tokens for good; only root may",
  shows: removePerson,
  args: { person: PERSON },
  options: {
    'dry-run': 'only show whose data would be removed',
    yes: { short: 'y', description: 'do not ask' },
  },
  examples: { 'sudo karo people remove ada': 'after ada has left' },
  async run(io, { args, options }) {
    const call = (dry_run: boolean) =>
      daemonAt(io).call(removePerson, {
        body: { person: args.person, dry_run },
        deadlineMs: REMOVE_DEADLINE_MS,
      })
    if (options['dry-run'] || !options.yes) {
      const would = await call(true)
      if (options['dry-run'])
        return show(io, would, ({ person }) => `Would be removed: all data of ${personWords(person)}.\n`)
      const question = `Remove every command, number, consent and token of ${personWords(would.person)} for good?`
      if (!(await confirm(io, question, { where: 'karo people remove' }))) {
        io.err('Nothing was removed.\n')
        return EXIT.failed
      }
    }
    return show(io, await call(false), ({ person }) =>
      fitted(
        `All data of ${personWords(person)} were removed from this node. Earlier backups, numbers already shared, and the history file of the person's shell were not changed.\n`,
        io.columns,
      ),
    )
  },
})

export const commands = [list, map, remove]
