// `npm test`: types, lint, unused code, then every kind of test; stops at the first step that fails, counts at the end.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

interface Count {
  passed: number
  failed: number
  skipped: number
}

const ROOT = join(import.meta.dirname, '..')
const bin = (name: string): string => join(ROOT, 'node_modules', '.bin', name)

/** Each counts as one. */
const CHECKS: readonly { readonly name: string; readonly command: readonly string[] }[] = [
  { name: 'types', command: [bin('tsc'), '--noEmit'] },
  { name: 'lint', command: [bin('biome'), 'check', '--error-on-warnings', '.'] },
  { name: 'unused', command: [bin('knip')] },
]
/** The service is tried on a machine of its own, with a real systemd: minutes that a person need not wait each time. */
const PROJECTS = ['unit', 'contract', 'integration', ...(process.env.CI ? ['service'] : [])]

function run(command: readonly string[]): boolean {
  const [program = '', ...args] = command
  return spawnSync(program, args, { cwd: ROOT, stdio: 'inherit' }).status === 0
}

/** Vitest's own exit status decides; its JSON report counts. */
function runVitest(args: readonly string[], count: Count): boolean {
  const directory = mkdtempSync(join(tmpdir(), 'karo-report-'))
  const report = join(directory, 'report.json')
  const ok = run([
    bin('vitest'),
    'run',
    ...args,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ])
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
  if (!ok && count.failed === failedBefore) count.failed++
  return ok
}

function runAll(count: Count): boolean {
  for (const { name, command } of CHECKS) {
    process.stdout.write(`\n── ${name}\n`)
    if (!run(command)) {
      count.failed++
      process.stdout.write(`\n✗ ${name} failed; the steps after it did not run\n`)
      return false
    }
    count.passed++
  }
  for (const project of PROJECTS) {
    process.stdout.write(`\n── ${project} tests\n`)
    if (!runVitest(['--project', project], count)) {
      process.stdout.write(`\n✗ ${project} tests failed; the steps after them did not run\n`)
      return false
    }
  }
  return true
}

const count: Count = { passed: 0, failed: 0, skipped: 0 }
const args = process.argv.slice(2)
const ok = args.length > 0 ? runVitest(args, count) : runAll(count)
process.stdout.write(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped\n`)
process.exitCode = ok && count.failed === 0 ? 0 : 1
