// The built program within this process: what the entry of dist/ does, without the start of another Node.js for each command.
import { AsyncLocalStorage } from 'node:async_hooks'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { programLoader } from '../../../src/cli/loader.ts'
import type { runCli } from '../../../src/cli/run.ts'
import { atEnd } from '../run/processes.ts'

const DIST = join(import.meta.dirname, '../../../dist')
export const KARO = join(DIST, 'karo.js')

export interface Ran {
  /** Null when a signal ended it. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** What is about the process itself: it becomes the daemon, is ended from outside, has a jail, or holds a home. */
const WHOLE_WORDS: ReadonlySet<string> = new Set(['up', 'stop', 'run', 'mcp', 'acp', 'restore', 'demo'])
/** Variables that only the command line reads, and reads as they are given to it; of some the daemon alone reads them. */
const GIVEN =
  /^(NOTIFY_SOCKET$|WATCHDOG_USEC$|KARO_(?!FAULT$|DEBUG$)|VITEST|npm_|NODE_OPTIONS$|NO_COLOR$|EDITOR$|VISUAL$|HOME$|HISTFILE$|XDG_)/

/** True where a process of its own would do nothing that this one cannot: no other time zone, no other place for programs. */
export function fitsHere(args: readonly string[], env: NodeJS.ProcessEnv): boolean {
  if (args.some((word) => word === '--repair' || word.startsWith('/dev/'))) return false
  if (args[0] === undefined || WHOLE_WORDS.has(args[0])) return false
  const names = new Set([...Object.keys(env), ...Object.keys(process.env)])
  for (const name of names) {
    if (env[name] === process.env[name] || GIVEN.test(name)) continue
    if (name !== 'TZ' || env.TZ !== Intl.DateTimeFormat().resolvedOptions().timeZone) return false
  }
  return true
}

const inputs = new AsyncLocalStorage<Readable>()
let program: Promise<typeof runCli> | undefined

/** From the chunk that the entry loads; loaded as the entry does it, not as vitest loads sources. */
async function load(): Promise<typeof runCli> {
  const chunk = /require\("(\.\/chunks\/[^"]+)"\)/.exec(readFileSync(KARO, 'utf8'))?.[1]
  if (chunk === undefined) throw new Error(`${KARO} does not load runCli`)
  const outside = createRequire(KARO)
  // As where the program runs by itself: what it writes for shells and tools names it by its path.
  process.argv[1] = KARO
  const own = process.stdin
  Object.defineProperty(process, 'stdin', { configurable: true, get: () => inputs.getStore() ?? own })
  return (programLoader(DIST, outside)(chunk) as { runCli: typeof runCli }).runCli
}

/** One command line, whatever else of this process runs meanwhile. */
export async function runHere(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  input: string | Uint8Array,
): Promise<Ran> {
  program ??= load()
  const run = await program
  const out: Buffer[] = []
  const err: Buffer[] = []
  const into = (parts: Buffer[]) => ({
    write: (part: string | Uint8Array) =>
      parts.push(typeof part === 'string' ? Buffer.from(part) : Buffer.from(part)),
  })
  const stdin = Readable.from(input.length > 0 ? [Buffer.from(input as string)] : [], { objectMode: false })
  const words = passphraseIn(args, input)
  const code = await inputs.run(stdin, () =>
    run(words, { env: { ...env }, stdout: into(out), stderr: into(err) }),
  )
  stdin.destroy()
  return { code, stdout: Buffer.concat(out).toString('utf8'), stderr: Buffer.concat(err).toString('utf8') }
}

/** A passphrase would be read from the descriptor of standard input, which is this process's own: it is in a file instead. */
function passphraseIn(args: readonly string[], input: string | Uint8Array): readonly string[] {
  const at = args.indexOf('--passphrase-file') + 1
  if (at === 0 || args[at] !== '-') return args
  const directory = mkdtempSync(join(tmpdir(), 'karo-'))
  atEnd(() => rmSync(directory, { recursive: true }))
  const file = join(directory, 'passphrase')
  writeFileSync(file, input, { mode: 0o600 })
  return args.with(at, file)
}
