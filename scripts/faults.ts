// `npm run faults`: breaks a copy of the tree in one place at a time, and expects the tests that guard it to fail.
//   npm run faults -- [--jobs N] [--passed] [word…]
//   word: only those whose sentence, file or tests hold one; --passed: the tests have just passed without any fault
import { spawn } from 'node:child_process'
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Fault, problemOf, readFaults } from '../test/faults/faults.ts'
import { argumentsOf } from './arguments.ts'

const ROOT = join(import.meta.dirname, '..')
/** What tests read; packages are only pointed at. */
const TREE = [
  ...['src', 'protocols', 'test', 'scripts', 'docs', 'configs', 'packaging', 'systemd'],
  ...[
    'package.json',
    'tsconfig.json',
    'vitest.config.ts',
    'biome.json',
    'doors.ts',
    'LICENSE',
    'NOTICE',
    'README.md',
  ],
]

interface Counted {
  readonly passed: number
  /** Names of the tests that failed. */
  readonly failed: readonly string[]
  readonly output: string
}

/** What is used of vitest's report. */
interface Report {
  readonly numPassedTests: number
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[]
  }[]
}

function copyTree(): string {
  const tree = mkdtempSync(join(tmpdir(), 'karo-faults-'))
  // Jails of root run as nobody, who has to reach the program in it.
  chmodSync(tree, 0o755)
  for (const name of TREE) cpSync(join(ROOT, name), join(tree, name), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(tree, 'node_modules'))
  return tree
}

/** Runs these test files in the tree, until the first test fails. */
async function runTests(tree: string, tests: readonly string[]): Promise<Counted> {
  const report = join(tree, 'report.json')
  rmSync(report, { force: true })
  const args = ['run', '--bail=1', '--maxWorkers=1', '--reporter=json', `--outputFile=${report}`, ...tests]
  const child = spawn(process.execPath, [join(ROOT, 'node_modules/vitest/vitest.mjs'), ...args], {
    cwd: tree,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk))
  await new Promise((resolve) => child.once('close', resolve))
  try {
    const { numPassedTests, testResults } = JSON.parse(readFileSync(report, 'utf8')) as Report
    const failed = testResults
      .flatMap(({ assertionResults }) => assertionResults)
      .filter(({ status }) => status === 'failed')
      .map(({ fullName }) => fullName)
    return { passed: numPassedTests, failed, output: Buffer.concat(output).toString() }
  } catch {
    return { passed: 0, failed: [], output: Buffer.concat(output).toString() }
  }
}

/** Undefined when a test fails because of it, as it should. */
async function plant(tree: string, fault: Fault): Promise<string | undefined> {
  const path = join(tree, fault.file)
  const whole = readFileSync(path, 'utf8')
  // A function, because `$` means something in a text.
  writeFileSync(
    path,
    whole.replace(fault.find, () => fault.replace),
  )
  try {
    const { passed, failed, output } = await runTests(tree, fault.tests)
    if (failed.length > 0) return undefined
    // What cannot be loaded is no test that noticed.
    return passed > 0
      ? `nobody noticed: ${fault.tests.join(' ')} passed`
      : `no test ran: ${output.slice(-2_000)}`
  } finally {
    writeFileSync(path, whole)
  }
}

const { values, positionals } = argumentsOf('faults -- [--jobs N] [--passed] [word…]', {
  options: { jobs: { type: 'string' }, passed: { type: 'boolean', default: false } },
  allowPositionals: true,
})
const faults = readFaults().filter(
  ({ why, file, tests }) =>
    positionals.length === 0 ||
    positionals.some((word) => [why, file, ...tests].join('\n').toLowerCase().includes(word.toLowerCase())),
)
const waiting: Fault[] = []
let failed = 0
function tell(fault: Fault, problem: string | undefined, seconds: number): void {
  if (problem !== undefined) failed++
  const sign = problem === undefined ? '✓' : '✗'
  process.stdout.write(
    `${sign} ${fault.why} (${fault.file}, ${seconds.toFixed(0)} s)${problem === undefined ? '' : `\n  ${problem}`}\n`,
  )
}
for (const fault of faults) {
  const problem = problemOf(fault, ROOT)
  if (problem === undefined) waiting.push(fault)
  else tell(fault, problem, 0)
}

async function work(): Promise<void> {
  const tree = copyTree()
  try {
    for (let fault = waiting.shift(); fault !== undefined; fault = waiting.shift()) {
      const began = performance.now()
      tell(fault, await plant(tree, fault), (performance.now() - began) / 1_000)
    }
  } finally {
    rmSync(tree, { recursive: true, force: true })
  }
}

const jobs = Math.max(1, Number(values.jobs ?? availableParallelism()) || 1)
/** Undefined when all of them pass in the tree as it is: only then that they fail says something. */
async function failsWhole(): Promise<string | undefined> {
  const tree = copyTree()
  try {
    const tests = [...new Set(waiting.flatMap((fault) => fault.tests))]
    const { failed: broken, passed, output } = await runTests(tree, tests)
    return broken.length === 0 && passed > 0 ? undefined : broken.join('; ') || output.slice(-2_000)
  } finally {
    rmSync(tree, { recursive: true, force: true })
  }
}

const broken = values.passed || waiting.length === 0 ? undefined : await failsWhole()
if (broken !== undefined) {
  failed++
  process.stdout.write(`✗ tests fail without any fault, mend them first: ${broken}\n`)
} else await Promise.all(Array.from({ length: Math.min(jobs, waiting.length) }, work))
process.stdout.write(`${faults.length - failed} passed, ${failed} failed, 0 skipped\n`)
process.exitCode = failed === 0 ? 0 : 1
