// karo query: asks the mesh, and always says who answered and why the others did not.
import { callDaemon } from '../../api/client.ts'
import type { QueryResult } from '../../api/shapes.ts'
import { EXIT, type ExitCode, KaroError } from '../../base/errors.ts'
import type { Command, CommandInput, CommandIo } from '../command.ts'
import { parseDuration, parseSince, rfc3339 } from '../time.ts'
import { queryView } from '../views/query.ts'

/** What is asked without --last or --from: a week shows habits, a day shows chance. */
const DEFAULT_LAST = '7d'

const TIMEOUT_LEAST_MS = 100
const TIMEOUT_MOST_MS = 60_000

const QUERY_TYPE = { tools: 'ToolUsage', health: 'NodeHealth' } as const
type Asked = keyof typeof QUERY_TYPE
const asked = Object.keys(QUERY_TYPE) as Asked[]

const EXIT_OF: Readonly<Record<QueryResult['status'], ExitCode>> = {
  success: EXIT.done,
  no_data: EXIT.done,
  access_denied: EXIT.refused,
  withheld: EXIT.refused,
}

const ask: Command = {
  name: 'query',
  summary: 'ask the mesh; each node answers for itself, as far as its people consent',
  args: [
    {
      name: 'type',
      required: true,
      description: 'tools: which tools are used; health: how the nodes are',
      choices: asked,
    },
  ],
  options: [
    {
      name: 'last',
      value: 'duration',
      description: `the time until now (without it and --from: ${DEFAULT_LAST})`,
    },
    { name: 'from', value: 'time', description: 'start: 2h, today, a date, or RFC 3339' },
    { name: 'to', value: 'time', description: 'end, with --from (default: now)' },
    {
      name: 'level',
      value: 'level',
      description:
        '1: numbers of consenting nodes; 2: totals of many (default: what each owner lets you have)',
      choices: ['1', '2'],
    },
    { name: 'per-node', description: 'also each node by itself (level 1)' },
    {
      name: 'timeout',
      value: 'duration',
      description: 'at most this long, 100ms to 60s (default: query.timeout_ms)',
    },
    {
      name: 'require-complete',
      description: 'exit 5 unless every known node answered, whatever else came of it',
    },
  ],
  examples: [
    { run: 'karo query tools', does: `which tools were used in the last ${DEFAULT_LAST}` },
    { run: 'karo query tools --last 24h --per-node', does: 'a day, and who used what' },
    { run: 'karo query health --require-complete', does: 'fails when a known node is missing' },
  ],
  async run(io, input) {
    const body = bodyOf(input, Date.now())
    const began = performance.now()
    const answer = (await callDaemon(io, 'POST', '/api/v1/query', body, DEADLINE_MS)) as QueryResult
    const elapsed_ms = Math.round((performance.now() - began) * 10) / 10
    const result: QueryResult = { ...answer, timing: { ...answer.timing, elapsed_ms } }
    print(io, result)
    const exit = EXIT_OF[result.status]
    const partial = input.options['require-complete'] === true && !result.coverage.complete
    return partial ? EXIT.partial : exit
  },
}

function print(io: CommandIo, result: QueryResult): void {
  io.out(io.json ? `${JSON.stringify(result)}\n` : queryView(result, io))
}

/** Hours are widened by the daemon; the words are checked here. Throws KaroError bad_request. */
function bodyOf({ args, options }: CommandInput, now: number): Record<string, unknown> {
  const { last, from, to, level, timeout } = options
  return {
    query_type: QUERY_TYPE[args.type as Asked],
    range: rangeOf(last, from, to, now),
    ...(typeof level === 'string' ? { level: Number(level) } : {}),
    ...(options['per-node'] === true ? { per_node: true } : {}),
    ...(typeof timeout === 'string' ? { timeout_ms: timeoutOf(timeout) } : {}),
  }
}

/** In ms. Throws KaroError bad_request for what query.timeout_ms could not be either. */
function timeoutOf(text: string): number {
  const ms = parseDuration(text, '--timeout')
  if (ms >= TIMEOUT_LEAST_MS && ms <= TIMEOUT_MOST_MS) return ms
  throw new KaroError('bad_request', `'${text}' is out of range`, {
    where: '--timeout',
    hint: 'It can be 100ms to 60s.',
  })
}

type Value = CommandInput['options'][string]

function rangeOf(last: Value, from: Value, to: Value, now: number): { start: string; end: string } {
  if (typeof last === 'string' && (typeof from === 'string' || typeof to === 'string')) {
    throw new KaroError('bad_request', '--last already says from when to when', {
      where: '--last',
      hint: 'Give either --last, or --from and --to.',
    })
  }
  if (typeof to === 'string' && typeof from !== 'string') {
    throw new KaroError('bad_request', '--to needs a beginning', { where: '--to', hint: 'Add --from.' })
  }
  const start =
    typeof from === 'string'
      ? parseSince(from, now, '--from')
      : now - parseDuration(typeof last === 'string' ? last : DEFAULT_LAST, '--last')
  const end = typeof to === 'string' ? parseSince(to, now, '--to') : now
  if (start >= end) {
    throw new KaroError('bad_request', 'the range ends before it starts', {
      where: typeof from === 'string' ? '--from' : '--last',
      hint: 'Name an earlier beginning.',
    })
  }
  return { start: rfc3339(start, typeof from === 'string' ? '--from' : '--last'), end: rfc3339(end, '--to') }
}

/** Above the longest --timeout (60 s), so that the daemon's own deadline speaks first. */
const DEADLINE_MS = 75_000

export const query: readonly Command[] = [ask]
