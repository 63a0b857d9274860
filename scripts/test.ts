// `npm test`: types, lint, unused code and every kind of test, side by side; all of them run, and the last line counts.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

interface Count {
  passed: number
  failed: number
  skipped: number
}

const ROOT = join(import.meta.dirname, '..')
/** Run with this Node.js: the machine's own may be too old. */
const VITEST = join(ROOT, 'node_modules/vitest/vitest.mjs')
const bin = (name: string): string => join(ROOT, 'node_modules', '.bin', name)

/** What the types of unchanged files come to, so that only changes are looked at again. */
const TYPES_KEPT = join(ROOT, 'node_modules/.cache/karo-types.tsbuildinfo')

/** Each counts as one. */
const CHECKS: readonly { readonly name: string; readonly command: readonly string[] }[] = [
  { name: 'types', command: [bin('tsc'), '--noEmit', '--incremental', '--tsBuildInfoFile', TYPES_KEPT] },
  { name: 'lint', command: [bin('biome'), 'check', '--error-on-warnings', '.'] },
  { name: 'unused', command: [bin('knip')] },
]
/** Of one run, so that what waits in one file is filled with the work of another. */
const PROJECTS = ['pure', 'unit', 'alone', 'contract', 'integration']

interface Ended {
  readonly ok: boolean
  readonly output: string
}

function check([program = '', ...args]: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] })
    const output: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => output.push(chunk))
    child.on('error', (error) => output.push(Buffer.from(String(error))))
    child.on('close', (code) => resolve({ ok: code === 0, output: Buffer.concat(output).toString('utf8') }))
  })
}

/** Vitest's own exit status decides; its JSON report counts. */
async function runVitest(args: readonly string[], count: Count): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'karo-report-'))
  const report = join(directory, 'report.json')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const vitest = spawn(process.execPath, [VITEST, 'run', ...args, ...reporters], {
    cwd: ROOT,
    stdio: 'inherit',
  })
  const [status] = (await once(vitest, 'exit')) as [number | null]
  const failedBefore = count.failed
  try {
    const result = JSON.parse(readFileSync(report, 'utf8')) as Record<string, number>
    count.passed += result.numPassedTests ?? 0
    count.failed += result.numFailedTests ?? 0
    count.skipped += (result.numPendingTests ?? 0) + (result.numTodoTests ?? 0)
  } catch {
    // No report: counted as a failure below.
  }
  rmSync(directory, { recursive: true, force: true })
  // A file that cannot be loaded, or an error outside of any test, fails without a failed test.
  if (status !== 0 && count.failed === failedBefore) count.failed++
}

/** Returns what the failed ones said. */
async function runChecks(count: Count): Promise<string> {
  const ended = await Promise.all(
    CHECKS.map(async ({ name, command }) => ({ name, ...(await check(command)) })),
  )
  const failed = ended.filter(({ ok }) => !ok)
  count.failed += failed.length
  count.passed += ended.length - failed.length
  return failed.map(({ name, output }) => `\n✗ ${name}\n${output}`).join('')
}

async function runAll(count: Count): Promise<void> {
  process.stdout.write(`\n── ${CHECKS.map(({ name }) => name).join(', ')}, tests\n`)
  const checks: Count = { passed: 0, failed: 0, skipped: 0 }
  const [said] = await Promise.all([
    runChecks(checks),
    runVitest(
      PROJECTS.flatMap((project) => ['--project', project]),
      count,
    ),
  ])
  count.passed += checks.passed
  count.failed += checks.failed
  if (process.env.CI) {
    // The service is tried on a machine of its own, with a real systemd: minutes that a person need not wait each time.
    process.stdout.write('\n── service tests\n')
    await runVitest(['--project', 'service'], count)
  }
  process.stdout.write(said)
}

const count: Count = { passed: 0, failed: 0, skipped: 0 }
const args = process.argv.slice(2)
if (args.length > 0) await runVitest(args, count)
else await runAll(count)
process.stdout.write(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped\n`)
process.exitCode = count.failed === 0 ? 0 : 1
