// `npm run check`: types, lint, structure and the tests without I/O, side by side; for every save, in well under a minute.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'

const ROOT = join(import.meta.dirname, '..')
const bin = (name: string): string => join(ROOT, 'node_modules', '.bin', name)

/** The slowest first, so that two processors end together. */
const STEPS: readonly { readonly name: string; readonly command: readonly string[] }[] = [
  {
    name: 'tests',
    command: [
      ...[process.execPath, join(ROOT, 'node_modules/vitest/vitest.mjs')],
      ...['run', '--project', 'pure', '--project', 'contract', '--maxWorkers=2'],
      // A line's meaning tried in thousands of ways, and a simulated mesh of a hundred: for `npm test`.
      ...['--exclude', 'test/unit/assist/**', '--exclude', 'test/sim/mesh*'],
    ],
  },
  { name: 'types', command: [bin('tsc'), '--noEmit'] },
  { name: 'lint', command: [bin('biome'), 'check', '--error-on-warnings', '.'] },
  { name: 'unused', command: [bin('knip')] },
  { name: 'structure', command: [process.execPath, join(ROOT, 'scripts/house.ts')] },
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
    if (!ok) process.stdout.write(output)
    failed ||= !ok
  }
}
await Promise.all([work(), work()])
process.stdout.write(
  `${failed ? 'failed' : 'all good'}, ${((performance.now() - began) / 1_000).toFixed(1)} s\n`,
)
process.exitCode = failed ? 1 : 0
