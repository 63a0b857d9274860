// `npm run check`: types, lint, structure and the tests without I/O, side by side; for every save, in well under a minute.
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { bin, KEPT, run, TYPES, VITEST } from './checks.ts'

/**
 * For `npm test`, because each takes seconds: pure tests that try lines and frames in thousands of ways or a mesh of a hundred,
 * and of the contract those that run whole programs or every command.
 */
const LONG = [
  'test/sim/**',
  'test/contract/{bundle,hostile-text,man,openapi,runtime}.test.ts',
  'test/unit/assist/copilot/{examples,knowledge,limits,requests,within}.test.ts',
  'test/unit/assist/guard/{own-files,resident}.test.ts',
  'test/unit/assist/risk/{carriers,disguises,everyday,properties}.test.ts',
  'test/unit/exchange/aggregates/{tally,teams}.test.ts',
  'test/unit/exchange/query/{answer,fetched,released,team-totals,trees}.test.ts',
  'test/unit/insight/anomalies/lives.test.ts',
  'test/unit/protocols/{fields,frame,fuzz,summary-size}.test.ts',
  'test/unit/trust/audit/{audit,budget}.test.ts',
  'test/unit/trust/peers/agreement.test.ts',
]

/** The slowest first, so that two processors end together. Structure is among the tests: doors and house. */
const STEPS: readonly {
  readonly name: string
  readonly command: readonly string[]
  /** What to do first when it fails. */
  readonly mend?: string
}[] = [
  {
    name: 'tests',
    mend: 'Pages and tables out of date: npm run docs. One file alone: npm test -- <file>.',
    command: [
      ...[process.execPath, VITEST],
      ...['run', '--project', 'pure', '--project', 'contract', '--maxWorkers=2', '--reporter=dot'],
      ...LONG.flatMap((files) => ['--exclude', files]),
    ],
  },
  ...TYPES,
  {
    name: 'lint',
    mend: 'The form of lines: npm run format.',
    command: [process.execPath, join(import.meta.dirname, 'lint-changed.ts')],
  },
  { name: 'unused', command: [bin('knip'), '--cache', '--cache-location', join(KEPT, 'karo-unused')] },
]

const secondsSince = (since: number): string => ((performance.now() - since) / 1_000).toFixed(1)
const began = performance.now()
const waiting = [...STEPS]
let failed = false
/** Takes one step after the other, until none is left. */
async function work(): Promise<void> {
  for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
    const since = performance.now()
    const { ok, output } = await run(step.command)
    process.stdout.write(`${ok ? '✓' : '✗'} ${step.name} ${secondsSince(since)} s\n`)
    if (!ok) process.stdout.write(step.mend === undefined ? output : `${output}\n${step.mend}\n`)
    failed ||= !ok
  }
}
await Promise.all([work(), work()])
process.stdout.write(`${failed ? 'failed' : 'all good'}, ${secondsSince(began)} s\n`)
process.exitCode = failed ? 1 : 0
