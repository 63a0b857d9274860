// karo peers introduce and introductions: introduces a node to those that made this one an introducer, and lists what was said.
import { daemonAt } from '../api/contract/client/socket.ts'
import { getIntroductions, introducePeer } from '../api/contract/operations/peers.ts'
import type { IntroductionsShape } from '../api/contract/shapes.ts'
import { EXIT, KaroError } from '../base/errors.ts'
import { formatFingerprint, localTime, printable } from '../base/format.ts'
import { type Command, type CommandOption, defineCommand, printJson, show } from './command.ts'
import { commaList, oneNode } from './input/values.ts'
import { type Column, table } from './terminal/table.ts'
import { fitted } from './terminal/text.ts'

const DAYS_MAX = 365

function daysOf(text: string | undefined, option: string, where: string): number | undefined {
  if (text === undefined) return undefined
  const days = Number(text)
  if (/^\d{1,3}$/.test(text) && days >= 1 && days <= DAYS_MAX) return days
  throw new KaroError('bad_request', `${option} is a whole number from 1 to ${DAYS_MAX}`, { where })
}

const introduce = defineCommand({
  name: 'peers introduce',
  summary: 'introduce a node to the nodes that made this node an introducer',
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
      description: 'the highest trust level for it (default: peer)',
      choices: ['share_to', 'query_from', 'peer'],
    },
    { name: 'team', value: 'team,..', description: 'its teams', completes: 'team' },
    { name: 'days', value: 'days', description: 'for how many days, 1 to 365 (default: 30)' },
    { name: 'withdraw', description: 'withdraw the introduction' },
  ],
  examples: [
    { run: 'karo peers introduce bob --level share_to --days 7', does: 'for a week' },
    { run: 'karo peers introduce bob --withdraw', does: 'withdraws it on every node' },
  ],
  async run(io, { args, options }) {
    const { level, withdraw } = options
    const days = daysOf(options.days, '--days', 'karo peers introduce')
    const body = {
      who: oneNode(args.node, 'karo peers introduce'),
      ...(level === undefined ? {} : { level }),
      ...(days === undefined ? {} : { days }),
      ...(options.team === undefined ? {} : { teams: commaList(options.team) ?? [] }),
      ...(withdraw ? { withdraw: true } : {}),
    }
    const said = await daemonAt(io).call(introducePeer, { body })
    if (io.json) return printJson(io, said)
    const node = `${printable(said.name) || 'the node'} (${formatFingerprint(said.fingerprint)})`
    const text = said.withdrawn
      ? `The introduction of ${node} is withdrawn: nodes that trusted it only for this reason close their connections.\n`
      : `Introduced ${node} until ${said.until}, level ${said.level} at most.
Only nodes that made this node an introducer accept it (\`karo peers trust <this node> --introducer\`, or config.toml).
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
    description: 'with --introducer: the highest trust level that it may give (default: peer)',
    choices: ['share_to', 'query_from', 'peer'],
  },
  {
    name: 'introduces-team',
    value: 'team,..',
    description: 'with --introducer: teams that it may give them',
  },
  {
    name: 'introduces-days',
    value: 'days',
    description:
      'with --introducer: for how many days each introduction counts at most, 1 to 365 (default: 30)',
  },
  { name: 'no-introducer', description: 'no longer trust nodes that it introduces' },
] as const satisfies readonly CommandOption[]

/** The scope of an introducer as the options say it; nothing said leaves it as it was. */
export function introducerTerms(options: {
  readonly introducer?: boolean | undefined
  readonly introduces?: 'share_to' | 'query_from' | 'peer' | undefined
  readonly 'introduces-team'?: string | undefined
  readonly 'introduces-days'?: string | undefined
  readonly 'no-introducer'?: boolean | undefined
}) {
  const where = 'karo peers trust'
  const { introduces, 'introduces-team': teams, 'introduces-days': days } = options
  if (!options.introducer && [introduces, teams, days].some((one) => one !== undefined)) {
    throw new KaroError(
      'bad_request',
      '--introduces, --introduces-team and --introduces-days need --introducer',
      {
        where,
      },
    )
  }
  if (options['no-introducer'] && options.introducer) {
    throw new KaroError('bad_request', '--introducer and --no-introducer exclude each other', {
      where,
    })
  }
  if (options['no-introducer']) return { introducer: false as const }
  if (!options.introducer) return {}
  return {
    introducer: {
      level: introduces ?? ('peer' as const),
      teams: commaList(teams) ?? [],
      days: daysOf(days, '--introduces-days', where) ?? 30,
    },
  }
}

type Received = IntroductionsShape['received'][number]

const GIVEN: readonly Column<IntroductionsShape['given'][number]>[] = [
  { title: 'NODE', value: ({ name }) => printable(name) || '–', shrink: true },
  { title: 'FINGERPRINT', value: ({ fingerprint }) => formatFingerprint(fingerprint) },
  { title: 'LEVEL', value: ({ level }) => level },
  { title: 'TEAMS', value: ({ teams }) => teams.map(printable).join(', ') || '–', shrink: true },
  { title: 'UNTIL', value: ({ until }) => localTime(until) },
]
const RECEIVED: readonly Column<Received>[] = [
  ...GIVEN,
  {
    title: 'BY',
    value: ({ introducer_name, introducer }) => printable(introducer_name) || introducer,
    shrink: true,
  },
  { title: 'COUNTS', value: ({ counts }) => (counts ? 'yes' : 'no') },
]

const introductions = defineCommand({
  name: 'peers introductions',
  summary: 'list introductions that this node gave and received',
  shows: getIntroductions,
  examples: [
    {
      run: 'karo peers introductions',
      does: 'the nodes that others introduced here, their trust level, and until when',
    },
  ],
  async run(io) {
    const answer = await daemonAt(io).call(getIntroductions)
    return show(io, answer, () => {
      const { given, received } = answer
      if (given.length + received.length === 0) return fitted(NONE, io.columns)
      return [
        given.length === 0 ? '' : `Introduced by this node:\n${table(io, given, GIVEN)}`,
        received.length === 0 ? '' : `Introduced to this node:\n${table(io, received, RECEIVED)}`,
      ]
        .filter((part) => part !== '')
        .join('\n')
    })
  },
})

const NONE = `No introduction is known here. \`karo peers introduce\` makes one; introductions by a node count after
\`karo peers trust <that node> --introducer\`.
`

/** Of `karo peers`. */
export const INTRODUCE: readonly Command[] = [introduce, introductions]
