// `npm test`: types, lint, unused code and every kind of test, side by side; all of them run, and the last line counts. `-- --changed`: what a change can touch.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { build } from './build.ts'
import { changedFiles, sourcesOf, touchedBy } from './changed.ts'
import { bin, run, TYPES, VITEST } from './checks.ts'
import { isFresh } from './fresh.ts'

interface Count {
  passed: number
  failed: number
  skipped: number
  /** What failed and why: told once more at the end, where nobody has to look for it among thousands of lines. */
  readonly failures: string[]
}

/** Of Vitest's JSON report, what is read here. */
interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly message: string
    readonly assertionResults: readonly {
      readonly fullName: string
      readonly status: string
      readonly failureMessages: readonly string[]
    }[]
  }[]
}

/** Lines of a failure that are told again: the message, what was expected, and where. */
const TOLD_LINES = 25

const ROOT = join(import.meta.dirname, '..')

/** Each counts as one. */
const CHECKS: readonly { readonly name: string; readonly command: readonly string[] }[] = [
  ...TYPES,
  { name: 'lint', command: [bin('biome'), 'check', '--error-on-warnings', '.'] },
  { name: 'unused', command: [bin('knip')] },
]
/** Real processes, which wait more than they work. */
const PROJECTS = ['integration']
/** What works more than it waits takes what daemons, shells and deadlines of the others leave idle. */
const IN_GAPS = ['pure', 'unit', 'alone', 'contract']
/**
 * Puts a command behind what somebody, or a deadline, waits for: a third of their share of a processor. Much less would be
 * none where the machine is busy with something else too, and a test of seconds would look as if it hung.
 */
const YIELDING = ['nice', '-n', '5'] as const
/** One worker more than processors, because some of these tests wait. Integration tests come first: see YIELDING. */
const GAP_WORKERS = `--maxWorkers=${availableParallelism() + 1}`
/** MiB of V8's young generation for the threads of pure tests: simulations make many objects that die young. More than by default, as two of them took 15 and 21 % less processor time. */
const YOUNG = '--max-semi-space-size=32'

/** Vitest's own exit status decides; its JSON report counts. What it prints goes to this terminal at once, or is returned. */
async function runVitest(
  args: readonly string[],
  count: Count,
  print: 'at once' | 'later',
  before: readonly string[] = [],
): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'karo-report-'))
  const report = join(directory, 'report.json')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const [program = '', ...words] = [...before, process.execPath, YOUNG, VITEST, 'run', ...args, ...reporters]
  const vitest = spawn(program, words, {
    cwd: ROOT,
    stdio: print === 'at once' ? 'inherit' : ['ignore', 'pipe', 'pipe'],
  })
  const output: Buffer[] = []
  for (const stream of [vitest.stdout, vitest.stderr])
    stream?.on('data', (chunk: Buffer) => output.push(chunk))
  const [status] = (await once(vitest, 'close')) as [number | null]
  const failedBefore = count.failed
  try {
    const result = JSON.parse(readFileSync(report, 'utf8')) as Report
    count.passed += result.numPassedTests
    count.failed += result.numFailedTests
    count.skipped += result.numPendingTests + result.numTodoTests
    count.failures.push(...failuresOf(result))
  } catch {
    // No report: counted as a failure below.
  }
  rmSync(directory, { recursive: true, force: true })
  // A file that cannot be loaded, or an error outside of any test, fails without a failed test.
  if (status !== 0 && count.failed === failedBefore) {
    count.failed++
    count.failures.push(`✗ vitest ${args.join(' ')}: exit status ${status}, by no test`)
  }
  return Buffer.concat(output).toString('utf8')
}

function failuresOf({ testResults }: Report): string[] {
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status === 'failed')
    const told = failed.map((test) => [test.fullName, ...test.failureMessages].join('\n'))
    if (status === 'failed' && told.length === 0) told.push(message)
    return told.map((text) => `✗ ${relative(ROOT, name)} ${text.split('\n').slice(0, TOLD_LINES).join('\n')}`)
  })
}

/** Returns what the failed ones said. */
async function runChecks(count: Count): Promise<string> {
  const ended = await Promise.all(
    CHECKS.map(async ({ name, command }) => ({ name, ...(await run([...YIELDING, ...command])) })),
  )
  const failed = ended.filter(({ ok }) => !ok)
  count.failed += failed.length
  count.passed += ended.length - failed.length
  count.failures.push(...failed.map(({ name }) => `✗ ${name}`))
  return failed.map(({ name, output }) => `\n✗ ${name}\n${output}`).join('')
}

/** Said at the end, as the terminal shows what the others find. */
async function runInGaps(count: Count): Promise<string> {
  return `\n── ${IN_GAPS.join(', ')} tests\n${await runVitest([...chosen(IN_GAPS), GAP_WORKERS], count, 'later', YIELDING)}`
}

/** The service on a machine of its own, with a real systemd: for minutes that a person need not wait each time. */
async function runService(count: Count): Promise<string> {
  if (!process.env.CI) return ''
  return `\n── service tests\n${await runVitest(['--project', 'service'], count, 'later')}`
}

/** Everything side by side: the machine with the service waits most of its time, and what waits is filled with the rest. */
async function runAll(count: Count): Promise<void> {
  process.stdout.write(`\n── ${CHECKS.map(({ name }) => name).join(', ')}, tests\n`)
  const counts = [count, nothing(), nothing(), nothing()] as const
  const checks = runChecks(counts[3])
  // Once, before the two that would otherwise both find dist/ missing and build it.
  // If it fails, they say so.
  if (!isFresh()) await build().catch(() => undefined)
  const said = await Promise.all([
    runVitest(chosen(PROJECTS), counts[0], 'at once'),
    runInGaps(counts[1]),
    runService(counts[2]),
    checks,
  ])
  for (const { passed, failed, skipped, failures } of counts.slice(1)) {
    count.passed += passed
    count.failed += failed
    count.skipped += skipped
    count.failures.push(...failures)
  }
  process.stdout.write(said.join(''))
}

/** `--changed [COMMIT]`: the tests that what differs from there can touch. */
async function runChanged(since: string | undefined, count: Count): Promise<void> {
  const changed = changedFiles(since)
  const tests = changed.length === 0 ? [] : touchedBy(changed, sourcesOf())
  if (tests === undefined) return runAll(count)
  process.stdout.write(`${changed.length} changed files can touch ${tests.length} files of tests\n`)
  if (tests.length > 0) await runVitest(tests, count, 'at once')
}

const chosen = (projects: readonly string[]): string[] =>
  projects.flatMap((project) => ['--project', project])
const nothing = (): Count => ({ passed: 0, failed: 0, skipped: 0, failures: [] })
const count = nothing()
const args = process.argv.slice(2)
if (args[0] === '--changed') await runChanged(args[1], count)
else if (args.length > 0) await runVitest(args, count, 'at once')
else await runAll(count)
if (count.failures.length > 0) process.stdout.write(`\n── what failed\n${count.failures.join('\n\n')}\n\n`)
process.stdout.write(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped\n`)
process.exitCode = count.failed === 0 ? 0 : 1
