// `npm run check`: types, lint, structure and the tests without I/O, side by side; for every save, in well under a minute.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'

const ROOT = join(import.meta.dirname, '..')
const bin = (name: string): string => join(ROOT, 'node_modules', '.bin', name)

/** What one run finds out about unchanged files, for the next one. */
const KEPT = join(ROOT, 'node_modules/.cache')
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

/** Several of them each look at most types again: four take twice the processor time, which the tests beside them need. */
const ONE_CHECKER = ['--checkers', '1']

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
      ...[process.execPath, join(ROOT, 'node_modules/vitest/vitest.mjs')],
      ...['run', '--project', 'pure', '--project', 'contract', '--maxWorkers=2'],
      ...LONG.flatMap((files) => ['--exclude', files]),
    ],
  },
  {
    name: 'types',
    command: [
      ...[bin('tsc'), '--noEmit', ...ONE_CHECKER, '--incremental'],
      ...['--tsBuildInfoFile', join(KEPT, 'karo-types.tsbuildinfo')],
    ],
  },
  // The page, which knows a browser and not Node.js.
  {
    name: 'types of the page',
    command: [
      ...[bin('tsc'), '--noEmit', '-p', 'src/window', ...ONE_CHECKER, '--incremental'],
      ...['--tsBuildInfoFile', join(KEPT, 'karo-page-types.tsbuildinfo')],
    ],
  },
  {
    name: 'lint',
    mend: 'The form of lines: npm run format.',
    command: [process.execPath, join(import.meta.dirname, 'lint-changed.ts')],
  },
  { name: 'unused', command: [bin('knip'), '--cache', '--cache-location', join(KEPT, 'karo-unused')] },
]

interface Ended {
  readonly ok: boolean
  readonly output: string
  readonly seconds: number
}

function run(command: readonly string[]): Promise<Ended> {
  const [program = '', ...args] = command
  const began = performance.now()
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] })
    const output: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => output.push(chunk))
    child.on('error', (error) => output.push(Buffer.from(String(error))))
    child.on('close', (code) =>
      resolve({
        ok: code === 0,
        output: Buffer.concat(output).toString('utf8'),
        seconds: (performance.now() - began) / 1_000,
      }),
    )
  })
}

const began = performance.now()
const waiting = [...STEPS]
let failed = false
/** Takes one step after the other, until none is left. */
async function work(): Promise<void> {
  for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
    const { ok, output, seconds } = await run(step.command)
    process.stdout.write(`${ok ? '✓' : '✗'} ${step.name} ${seconds.toFixed(1)} s\n`)
    if (!ok) process.stdout.write(step.mend === undefined ? output : `${output}\n${step.mend}\n`)
    failed ||= !ok
  }
}
await Promise.all([work(), work()])
process.stdout.write(
  `${failed ? 'failed' : 'all good'}, ${((performance.now() - began) / 1_000).toFixed(1)} s\n`,
)
process.exitCode = failed ? 1 : 0
