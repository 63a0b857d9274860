// karo peers introduce: tells nodes that made this one an introducer about another node, and takes that back.
import { daemonAt } from '../api/contract/client/socket.ts'
import { introducePeer } from '../api/contract/operations/peers.ts'
import { EXIT, KaroError } from '../base/errors.ts'
import { formatFingerprint, printable } from '../base/format.ts'
import { type CommandOption, defineCommand } from './command.ts'
import { commaList, oneNode } from './input/values.ts'
import { fitted } from './terminal/text.ts'

const DAYS_MAX = 365

function daysOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const days = Number(text)
  if (/^\d{1,3}$/.test(text) && days >= 1 && days <= DAYS_MAX) return days
  throw new KaroError('bad_request', `--days is a whole number from 1 to ${DAYS_MAX}`, {
    where: 'karo peers introduce',
  })
}

export const introduce = defineCommand({
  name: 'peers introduce',
  summary: 'introduce a node to those that made this node an introducer',
  shows: introducePeer,
  args: [
    {
      name: 'node',
      required: true,
      variadic: true,
      oneThing: true,
      description: 'one node that is trusted here: its id, name, or fingerprint, also in groups of four',
      completes: 'node',
    },
  ],
  options: [
    {
      name: 'level',
      value: 'level',
      description: 'how far they are to trust it at most (default: peer)',
      choices: ['share_to', 'query_from', 'peer'],
    },
    { name: 'team', value: 'team,..', description: 'its teams', completes: 'team' },
    { name: 'days', value: 'days', description: 'how long it holds, 1 to 365 (default: 30)' },
    { name: 'withdraw', description: 'take it back' },
  ],
  examples: [
    { run: 'karo peers introduce bob --level share_to --days 7', does: 'for a week' },
    { run: 'karo peers introduce bob --withdraw', does: 'takes it back on every node' },
  ],
  async run(io, { args, options }) {
    const { level, withdraw } = options
    const days = daysOf(options.days)
    const body = {
      who: oneNode(args.node, 'karo peers introduce'),
      ...(level === undefined ? {} : { level }),
      ...(days === undefined ? {} : { days }),
      ...(options.team === undefined ? {} : { teams: commaList(options.team) ?? [] }),
      ...(withdraw ? { withdraw: true } : {}),
    }
    const said = await daemonAt(io).call(introducePeer, { body })
    if (io.json) {
      io.out(`${JSON.stringify(said)}\n`)
      return EXIT.done
    }
    const node = `${printable(said.name) || 'the node'} (${formatFingerprint(said.fingerprint)})`
    const text = said.withdrawn
      ? `The introduction of ${node} is taken back: nodes that trusted it for that alone close their connections.\n`
      : `Introduced ${node} until ${said.until}, level ${said.level} at most.
It counts on nodes whose people ran \`karo peers trust <this node> --introducer\`, or said so in config.toml.
`
    io.out(fitted(text, io.columns))
    return EXIT.done
  },
})

/** Of `karo peers trust`. */
export const INTRODUCER_OPTIONS = [
  { name: 'introducer', description: 'trust the nodes that it introduces as well (karo peers introduce)' },
  {
    name: 'introduces',
    value: 'level',
    description: 'with --introducer: how far at most (default: peer)',
    choices: ['share_to', 'query_from', 'peer'],
  },
  {
    name: 'introduces-team',
    value: 'team,..',
    description: 'with --introducer: teams that it may put them into',
  },
  { name: 'no-introducer', description: 'nodes that it introduces are not trusted any more' },
] as const satisfies readonly CommandOption[]

/** The scope of an introducer as the options say it; nothing said leaves it as it was. */
export function introducerTerms(options: {
  readonly introducer?: boolean | undefined
  readonly introduces?: 'share_to' | 'query_from' | 'peer' | undefined
  readonly 'introduces-team'?: string | undefined
  readonly 'no-introducer'?: boolean | undefined
}) {
  if (options['no-introducer']) return { introducer: false as const }
  if (!options.introducer) return {}
  const teams = commaList(options['introduces-team']) ?? []
  return { introducer: { level: options.introduces ?? ('peer' as const), teams, days: 30 } }
}
