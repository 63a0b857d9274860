// What went wrong with a command that failed, and the next line that would do it; from the line, its exit code and the place, or from the error that it printed.
import { compareLevels } from '../../risk/decide.ts'
import type { RiskVerdict } from '../../risk/index.ts'
import type { Knowledge } from '../knowledge.ts'
import { type Answer, NO_ANSWER, type Proposal } from '../types.ts'
import { files } from './files.ts'
import { git, WHO_ARE_YOU } from './git.ts'
import { callsOf } from './line.ts'
import { names } from './names.ts'
import { places } from './places.ts'
import { listening, ports, whoListens } from './ports.ts'
import { rights } from './rights.ts'
import { type Fix, found, type Rule, type World } from './rule.ts'

export interface Failure {
  readonly line: string
  /** Null where only the line is known. */
  readonly exitCode: number | null
}

const RULES: readonly Rule[] = [names, places, rights, ports, git, files]

/** Shape of `karo fix --json`: the answer as `karo ask` gives it, for the line that failed. */
export interface Fixed extends Answer {
  readonly failed: string
  readonly exit_code: number | null
  /** What went wrong, one sentence; null where nothing is known. */
  readonly problem: string | null
}

interface FixOptions {
  readonly world: World
  readonly knowledge: Knowledge
  readonly judge: (command: string) => RiskVerdict
  /** An answer to the line as words, where it names no program at all. */
  readonly asWords: (words: string) => Answer
}

const MOST = 4
/** Exit codes of programs that say what went wrong. */
const OF_PROGRAMS: Readonly<Record<string, string>> = {
  'curl 6': 'No address is known for the name of that host.',
  'curl 7': 'Nobody answers at that host and port.',
  'curl 22': 'The server answered with an error.',
  'curl 28': 'It took longer than it may.',
  'curl 60': 'The certificate of the server is not trusted here.',
  'diff 1': 'The files differ.',
  'grep 1': 'No line matches.',
  'ssh 255': 'The connection failed before a command ran: by the name, the network, the key or the account.',
}
/** Exit codes that the shell or a signal gave, whatever the program. */
const CODES: Readonly<Record<number, string>> = {
  124: 'It ran longer than its time limit, and timeout ended it.',
  130: 'It was interrupted with Ctrl-C.',
  134: 'It gave up by itself (SIGABRT): a fault in the program, or a check in it that failed.',
  137: 'It was killed (SIGKILL): by somebody, or by the system when memory ran out. Look: journalctl -k -g oom',
  139: 'It read or wrote where it may not (SIGSEGV): a fault in the program.',
  141: 'What should read its output had ended (SIGPIPE); that is usual before head or less.',
  143: 'Somebody ended it (SIGTERM).',
}

/** Lines that fail with these errors, which people give in place of the line. */
const LINES: readonly (readonly [error: RegExp, line: string])[] = [
  [/(?:command not found|Unknown command): (\S+)/, '$1'],
  [/([^\s:]+): (?:command )?not found/, '$1'],
  [/not a git repository/, 'git status'],
  [/missing script: "?([\w:-]+)/i, 'npm run $1'],
]

/** Nothing is run. A line that the guard blocks is never proposed. */
export function fixOf(failure: Failure, options: FixOptions): Fixed {
  const { world, knowledge, judge, asWords } = options
  const { line, exitCode } = failure
  const typed = exitCode === null ? lineOf(line) : undefined
  if (typed !== undefined) return { ...fixOf({ line: typed, exitCode }, options), failed: line }
  const knowing = { world, knowledge, exitCode }
  const calls = callsOf(line)
  const fixes: Fix[] = exitCode === null ? [...ofError(line, world)] : []
  for (const call of calls)
    for (const rule of RULES) if (fixes.length === 0) fixes.push(...rule(call, knowing))
  const said =
    fixes[0]?.problem ??
    (exitCode === null ? undefined : (OF_PROGRAMS[`${calls.at(-1)?.tool} ${exitCode}`] ?? CODES[exitCode]))
  const proposals = fixes.flatMap(({ line: next, sure }): Proposal[] => {
    if (next === undefined || next.trim() === line.trim()) return []
    const { risk_level, decision, matches } = judge(next)
    const reasons = matches.map(({ why }) => why)
    const confidence = sure ? 'sure' : 'perhaps'
    return [
      {
        command: next,
        source: 'karo fix',
        does: null,
        risk_level,
        decision,
        placeholders: next.match(/\b(?:NAME|EMAIL)\b/g) ?? [],
        reasons,
        confidence,
      },
    ]
  })
  const about = { failed: line, exit_code: exitCode, problem: said ?? null }
  const [first, ...alternatives] = proposals.filter(({ decision }) => decision !== 'block').slice(0, MOST)
  if (first !== undefined)
    return { ...NO_ANSWER, ...about, ...first, alternatives: alternatives.filter(isNotWorseThan(first)) }
  const tool = calls.length === 1 ? calls[0]?.tool : undefined
  // A path is no request in words.
  if (exitCode === 127 && tool !== undefined && !tool.includes('/') && !world.programs().includes(tool)) {
    const answer = asWords(line)
    if (answer.command !== null) return { ...answer, ...about }
  }
  return { ...NO_ANSWER, ...about }
}

const isNotWorseThan =
  (first: Proposal) =>
  ({ risk_level }: Proposal): boolean =>
    compareLevels(risk_level, first.risk_level) <= 0

/** The line that failed, as far as its error tells it. */
function lineOf(text: string): string | undefined {
  const lines = LINES.map(([error, line]) => error.exec(text)?.[0].replace(error, line))
  return lines.find((line) => line !== undefined)
}

/** Nothing where the text is no error that is known. */
function ofError(text: string, world: World): readonly Fix[] {
  if (/EADDRINUSE|address already in use|port is already allocated/i.test(text)) {
    const port = Number(/:(\d{2,5})\b|\bport:? (\d{2,5})\b/i.exec(text)?.slice(1).find(Boolean))
    if (Number.isNaN(port)) return found('Somebody listens at its port already.', 'ss -ltnp')
    const now = listening(port, world, true)
    return now === undefined
      ? found(`Port ${port} was taken, and nobody listens there now.`, whoListens(port, world))
      : [now]
  }
  if (/please tell me who you are|unable to auto-detect email/i.test(text)) return WHO_ARE_YOU
  if (/Permission denied \(.*publickey/.test(text))
    return found('The other side takes none of your keys; this lists those that ssh offers.', 'ssh-add -l')
  const module = /No module named ['"]?(\w+)/.exec(text)?.[1]
  if (module !== undefined)
    return found(
      `Python has no module ${module} here; the package has its name most of the time.`,
      `python3 -m pip install ${module}`,
      false,
    )
  const of = /Cannot find (?:module|package) '((?:@[\w.-]+\/)?\w[\w.-]*)/.exec(text)?.[1]
  return of === undefined ? [] : found(`Node finds no package ${of} here.`, `npm install ${of}`, false)
}
