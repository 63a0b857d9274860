// karo query: asks the mesh, and always shows which nodes answered and why the others did not.
import { rebuildError } from '../../../api/contract/client/client.ts'
import { postQuery } from '../../../api/contract/operations/query.ts'
import { getIdentity } from '../../../api/contract/operations/status.ts'
import {
  ASKED_TYPES,
  checkFilters,
  OPERATORS,
  parseFilter,
  type QueryResult,
  queryType,
} from '../../../api/contract/shapes.ts'
import {
  asTyped,
  type CommandIo,
  defineCommand,
  EXIT,
  type ExitCode,
  KaroError,
  lasting,
  type OptionsOf,
  parseDuration,
  parseSince,
  parseUntil,
  printable,
  printJson,
  rfc3339,
  shellWord,
  usage,
} from '../../kit.ts'
import { following } from '../../terminal/following.ts'
import { createLiveLine } from '../../terminal/live-line.ts'
import { progressLine, queryView } from '../../views/query/result.ts'

const types = ASKED_TYPES.map(queryType)

const EXIT_OF: Readonly<Record<QueryResult['status'], ExitCode>> = {
  success: EXIT.done,
  no_data: EXIT.done,
  access_denied: EXIT.refused,
  withheld: EXIT.refused,
}

/** What is asked without --last or --from: a week shows habits, a day shows chance. */
const DEFAULT_LAST = '7d'

/** A question now and then, not a flood: owners take 20 of one author in 10 s. */
const EVERY = { least: '1s', most: '1h', default: '5s' } as const

const OPTIONS = {
  last: {
    value: 'duration',
    reads: parseDuration,
    description: `the time until now (without it and --from: ${DEFAULT_LAST})`,
  },
  from: { value: 'time', description: 'start: 2h, today, a date, or RFC 3339' },
  to: {
    value: 'time',
    needs: 'from',
    description: 'end (default: now); a date includes the whole day',
  },
  level: {
    value: 'level',
    description:
      '1: numbers of single nodes that consent; 2: totals of many (default: the most that each owner gives you)',
    choices: ['1', '2'],
    reads: (text: string) => Number(text) as 1 | 2,
  },
  'per-node': 'also each node by itself (level 1)',
  where: {
    value: 'field=op:value',
    repeat: true,
    reads: parseFilter,
    description: `only rows that match all filters. Operators: ${Object.keys(OPERATORS).join(' ')} (without one: =). ${types.map(({ word, fields }) => `${word}: ${Object.keys(fields).join(', ')}`).join('; ')}`,
  },
  team: {
    value: 'team',
    description: 'ask only the members that you put into this team',
    completes: 'team',
  },
  'as-node': 'ask as this node, although you are logged in as an operator',
  watch:
    'repeat the question until Ctrl-C, and show what changed; with --json each result is one line (NDJSON)',
  every: {
    value: 'duration',
    needs: 'watch',
    reads: lasting(EVERY.least, EVERY.most),
    description: `time between questions, ${EVERY.least} to ${EVERY.most} (default: ${EVERY.default})`,
  },
  'max-age': {
    value: 'duration',
    reads: (text: string, where: string) => (text === '0' ? 0 : lasting('1s', '24h')(text, where)),
    description:
      'show an earlier answer again if it is not older, with its age, 1s to 24h; 0 asks anew (default)',
  },
  timeout: {
    value: 'duration',
    // Also what query.timeout_ms could be.
    reads: lasting('100ms', '60s'),
    description: 'longest time for the question, 100ms to 60s (default: query.timeout_ms)',
  },
  'require-complete': 'exit with 5 unless every known node answered, even if there are numbers',
} as const

interface Input {
  readonly args: { readonly type: string }
  readonly options: OptionsOf<typeof OPTIONS>
}

const ask = defineCommand('query', {
  summary: 'ask the mesh; each node answers with its own numbers, as far as its people consent',
  shows: postQuery,
  args: {
    type: {
      description: types.map(({ word, meaning }) => `${word}: ${meaning}`).join('; '),
      choices: types.map(({ word }) => word),
    },
  },
  options: OPTIONS,
  examples: {
    'karo query tools': `which tools were used in the last ${DEFAULT_LAST}`,
    'karo query tools --last 24h --per-node': 'a day, and who used what',
    'karo query tools --where category=git --where uses=gt:10': 'what is used often',
    'karo query safety --where risk_level=in:high,critical': 'how risky the commands are',
    'karo query health --watch --every 10s': 'the nodes as they connect and leave',
  },
  async run(io, input) {
    const every = everyOf(input)
    try {
      return await (every === undefined ? once(io, input) : watch(io, input, every))
    } catch (error) {
      throw asTyped(error, {
        team: '--team',
        range: input.options.from === undefined ? '--last' : '--from',
      })
    }
  },
})

async function once(io: CommandIo, input: Input): Promise<ExitCode> {
  const body = bodyOf(input, Date.now())
  const result = await (io.liveLine && !io.json ? askLive(io, body) : askOnce(io, body))
  await print(io, result)
  const exit = EXIT_OF[result.status]
  const partial = input.options['require-complete'] === true && !result.coverage.complete
  return partial ? EXIT.partial : exit
}

async function askOnce(io: CommandIo, body: QueryRequest): Promise<QueryResult> {
  const began = performance.now()
  return timed(await io.call(postQuery, { body, deadlineMs: DEADLINE_MS }), began)
}

/** Asks, and meanwhile shows on a terminal how many nodes have answered. */
async function askLive(io: CommandIo, body: QueryRequest, signal?: AbortSignal): Promise<QueryResult> {
  const began = performance.now()
  using line = createLiveLine(io)
  const request = { body, deadlineMs: DEADLINE_MS, signal }
  for await (const told of io.daemon.lines(postQuery, request)) {
    if (told.type === 'progress') line.show(progressLine(told.coverage))
    else if (told.type === 'result') return timed(told.result, began)
    else throw rebuildError(told)
  }
  throw new KaroError('unavailable', 'the daemon closed the connection before it sent the result', {
    hint: 'It may have been stopped; karo status shows whether it runs. Then ask again.',
  })
}

/** The result with the time that the person waited: from the request to the complete result. */
function timed(result: QueryResult, began: number): QueryResult {
  const elapsed_ms = Math.round((performance.now() - began) * 10) / 10
  return { ...result, timing: { ...result.timing, elapsed_ms } }
}

/** Asks again and again until Ctrl-C, which cancels the question under way. */
async function watch(io: CommandIo, input: Input, everyMs: number): Promise<undefined> {
  let before: QueryResult | undefined
  return following(io, everyMs, async (signal, met) => {
    const body = bodyOf(input, Date.now())
    // A watch that began under a login ends with the login, and does not continue in the name of the node.
    const asked: QueryRequest = before?.asked_as === undefined ? body : { ...body, as: 'operator' }
    const result = await askLive(io, asked, signal)
    await print(io, result, before)
    before = result
    met()
    return false
  })
}

const CLEAR = '\x1b[H\x1b[2J'

/** As views say it of the machine that asks. */
const THIS = '<this node>'

/** Prints a result. `before` is the last result of a watch, which a new one replaces on a terminal. */
async function print(io: CommandIo, result: QueryResult, before?: QueryResult): Promise<void> {
  if (io.json) return void printJson(io, result)
  const text = queryView(result, io, before)
  // Advice for people of other machines, who know this one by its name.
  const name = text.includes(THIS) && shellWord((await io.call(getIdentity)).name)
  const clear = before ? (io.terminal ? CLEAR : '\n') : ''
  io.out(clear + (name ? text.replaceAll(THIS, printable(name)) : text))
}

/** Longer than the longest --timeout (60 s), so that the daemon's own deadline comes first. */
const DEADLINE_MS = 75_000

type QueryRequest = ReturnType<typeof bodyOf>

/** In ms; undefined without --watch. Throws KaroError bad_request. */
function everyOf({ options }: Input): number | undefined {
  const { watch: watching, every } = options
  if (!watching) return undefined
  if (options['require-complete'])
    throw usage(
      'this cannot be given together with --watch',
      '--require-complete',
      'Leave out one of the two.',
    )
  return every ?? parseDuration(EVERY.default, '--every')
}

/** Hours are widened by the daemon; the words are checked here. Throws KaroError bad_request. */
function bodyOf({ args, options }: Input, now: number) {
  const { last, from, to, level, timeout, where = [], team, 'max-age': maxAge } = options
  const query_type = ASKED_TYPES.find((type) => queryType(type).word === args.type)
  if (query_type === undefined) throw new Error(`the command line let ${args.type} through`)
  checkFilters(query_type, where, '--where', args.type)
  return {
    query_type,
    range: rangeOf(last, from, to, now),
    level,
    // Anomalies at level 1 are those of people who let them be named, so the names belong to the answer.
    per_node: options['per-node'] === true || (query_type === 'Anomalies' && level !== 2) || undefined,
    filters: where.length === 0 ? undefined : where.map((one) => ({ ...one, value: [one.value].flat() })),
    as: options['as-node'] ? ('node' as 'node' | 'operator') : undefined,
    team,
    max_age_ms: maxAge,
    timeout_ms: timeout,
  }
}

function rangeOf(
  last: number | undefined,
  from: string | undefined,
  to: string | undefined,
  now: number,
): { start: string; end: string } {
  if (last !== undefined && (from !== undefined || to !== undefined))
    throw usage(
      'this option already sets the beginning and the end',
      '--last',
      'Give either --last, or --from and --to.',
    )
  const where = from === undefined ? '--last' : '--from'
  const start =
    from === undefined ? now - (last ?? parseDuration(DEFAULT_LAST, where)) : parseSince(from, now, where)
  const end = to === undefined ? now : parseUntil(to, now)
  if (start >= end)
    throw usage(
      'the range ends before it starts',
      where,
      'It has to begin before it ends; without --to it ends now.',
    )
  return { start: rfc3339(start, where), end: rfc3339(end, '--to') }
}

export const commands = [ask]
