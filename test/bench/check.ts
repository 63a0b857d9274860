// Measures the risk check in process: microseconds per command, cold start excluded.
import { pathToFileURL } from 'node:url'
import { parse } from 'unbash'
import { checkCommand, firstTool, riskLevelOf } from '../../src/risk/index.ts'
import { dangerousLines, everydayLines } from '../support/lines.ts'

export interface CheckFigures {
  /** Median µs of checkCommand over the everyday corpus. */
  readonly typical_us: number
  readonly p99_us: number
  /** Mean µs of riskLevelOf over the same corpus, as the observer calls it. */
  readonly level_us: number
  readonly first_tool_us: number
  /** µs of checkCommand for a 500-character pipeline and for the longest command that is read. */
  readonly long_line_us: number
  readonly longest_us: number
}

/** Runs for a second or two. */
export function measureCheck(rounds = 50): CheckFigures {
  const corpus = everydayLines().map((line) => line.command)
  const options = { home: '/home/me', cwd: '/home/me/work' }
  const times: number[] = []
  for (let round = 0; round < rounds; round++) {
    for (const command of corpus) {
      const start = performance.now()
      checkCommand(command, options)
      // The first rounds are the compiler's.
      if (round >= rounds / 5) times.push((performance.now() - start) * 1000)
    }
  }
  times.sort((a, b) => a - b)
  const mean = (count: number, run: () => void) => {
    const start = performance.now()
    for (let i = 0; i < count; i++) run()
    return ((performance.now() - start) * 1000) / count
  }
  const line = `${'grep -v foo access.log | sort -u | '.repeat(14)}head`
  const longest = 'echo hello; '.repeat(5_000)
  return {
    typical_us: round(times[Math.floor(times.length / 2)] as number),
    p99_us: round(times[Math.floor(times.length * 0.99)] as number),
    level_us: round(
      mean(rounds, () => corpus.forEach((command) => void riskLevelOf(command, 'bash'))) / corpus.length,
    ),
    first_tool_us: round(
      mean(rounds, () => corpus.forEach((command) => void firstTool(command, 'bash'))) / corpus.length,
    ),
    long_line_us: round(mean(200, () => checkCommand(line, options))),
    longest_us: round(mean(5, () => checkCommand(longest, options))),
  }
}

function round(us: number): number {
  return Math.round(us * 10) / 10
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.stdout.write(`${JSON.stringify(measureCheck(), null, 2)}\n`)
}
