// Measures the risk check in process: microseconds per command, cold start excluded.
import { pathToFileURL } from 'node:url'
import { parse } from 'unbash'
import { checkCommand, firstTool, riskLevelOf } from '../../src/assist/risk/index.ts'
import { isUnruled } from '../../src/assist/risk/rules/index.ts'
import { dangerousLines, everydayLines } from '../support/data/lines.ts'

export interface CheckFigures {
  /** Median µs of checkCommand over the everyday corpus. */
  readonly typical_us: number
  readonly p99_us: number
  /** Median µs of riskLevelOf over the same corpus, as the observer calls it. */
  readonly level_us: number
  readonly first_tool_us: number
  /** µs of the bare parse of the same commands, for comparison. */
  readonly parse_us: number
  /** Median µs of riskLevelOf for lines of plain words whose tool no rule knows. */
  readonly plain_us: number
  /** Median µs of checkCommand over the dangerous corpus, safer forms included. */
  readonly dangerous_us: number
  /** µs of checkCommand for a 500-character pipeline and for the longest command that is read. */
  readonly long_line_us: number
  readonly longest_us: number
}

/** Runs for a second or two. */
export function measureCheck(rounds = 20): CheckFigures {
  const corpus = everydayLines().map((line) => line.command)
  const options = { home: '/home/me', cwd: '/home/me/work' }
  /** The least each command took, in order: what others do on the machine stays out. */
  const sorted = (commands: readonly string[], run: (command: string) => void) =>
    commands
      .map((command) => {
        let least = Number.POSITIVE_INFINITY
        for (let round = 0; round < rounds; round++) {
          const start = performance.now()
          run(command)
          least = Math.min(least, (performance.now() - start) * 1000)
        }
        return least
      })
      .sort((a, b) => a - b)
  const middle = (times: readonly number[]) => round(times[Math.floor(times.length / 2)] as number)
  const times = sorted(corpus, (command) => checkCommand(command, options))
  const dangerous = dangerousLines().map((line) => line.command)
  const plain = corpus.filter(
    (command) => /^[\w-]+(?: [\w./:@=-]+)*$/.test(command) && isUnruled(command.split(' ', 1)[0] as string),
  )
  const line = `${'grep -v foo access.log | sort -u | '.repeat(14)}head`
  const longest = 'echo hello; '.repeat(5_000)
  return {
    typical_us: middle(times),
    parse_us: middle(sorted(corpus, (command) => parse(command))),
    plain_us: middle(sorted(plain, (command) => riskLevelOf(command, 'bash'))),
    dangerous_us: middle(sorted(dangerous, (command) => checkCommand(command, options))),
    p99_us: round(times[Math.floor(times.length * 0.99)] as number),
    level_us: middle(sorted(corpus, (command) => riskLevelOf(command, 'bash'))),
    first_tool_us: middle(sorted(corpus, (command) => firstTool(command, 'bash'))),
    long_line_us: middle(sorted([line], (command) => checkCommand(command, options))),
    longest_us: middle(sorted([longest], (command) => checkCommand(command, options))),
  }
}

function round(us: number): number {
  return Math.round(us * 10) / 10
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.stdout.write(`${JSON.stringify(measureCheck(), null, 2)}\n`)
}
