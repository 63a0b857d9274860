// What `npm test` and `npm run check` have in common: the two programs of types, and how a check is run.
import { spawn } from 'node:child_process'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
export const bin = (name: string): string => join(ROOT, 'node_modules/.bin', name)
/** Run with this Node.js: the machine's own may be too old. */
export const VITEST = join(ROOT, 'node_modules/vitest/vitest.mjs')
/** What one run finds out about unchanged files, for the next one. */
export const KEPT = join(ROOT, 'node_modules/.cache')

/** Without garbage collection the compiler takes a fifth less processor time, and it ends before its memory grows too large. */
const COMPILER = ['env', 'GOGC=off', 'GOMEMLIMIT=3GiB']
/** `npm run types` keeps the same. Several checkers each look at most types again: four take twice the processor time, which the tests beside them need. */
const typesOf = (kept: string, ...project: string[]): string[] => [
  ...COMPILER,
  ...[bin('tsc'), '--noEmit', ...project, '--checkers', '1'],
  ...['--incremental', '--tsBuildInfoFile', join(KEPT, `${kept}.tsbuildinfo`)],
]
/** The page's are by themselves, as it knows a browser and not Node.js. */
export const TYPES = [
  { name: 'types', command: typesOf('karo-types') },
  { name: 'types of the page', command: typesOf('karo-page-types', '-p', 'src/window') },
]

interface Ended {
  readonly ok: boolean
  readonly output: string
}

export function run([program = '', ...args]: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] })
    const output: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => output.push(chunk))
    child.on('error', (error) => output.push(Buffer.from(String(error))))
    child.on('close', (code) => resolve({ ok: code === 0, output: Buffer.concat(output).toString('utf8') }))
  })
}
