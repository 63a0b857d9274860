// A real node for tests: its own home, the built program in its own process, and the real command line beside it.
import { type ChildProcess, spawn } from 'node:child_process'
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { StatusShape } from '../../../src/api/contract/shapes.ts'
import { EXIT } from '../../../src/base/errors.ts'
import { atEnd, ended, track } from '../run/processes.ts'
import { until } from '../run/until.ts'
import { callDaemon } from './call-daemon.ts'
import { fitsHere, KARO, type Ran, runHere } from './in-process.ts'

const ROOT = join(import.meta.dirname, '../../..')
/** Logs of failed files are kept here, one per node; the folder is ignored by git. */
const KEPT_LOGS = join(ROOT, 'test-logs')
/** A test without a LAN of its own says nothing on the machine's. */
export const ON_LOOPBACK = {
  KARO_MESH_PORT: '0',
  KARO_MESH_LISTEN: '127.0.0.1',
  KARO_HTTP_PORT: '0',
  KARO_DISCOVERY_MDNS: 'false',
}
/** A question ends when all have answered: how long that takes on a busy machine is not what is tried. */
const PATIENT = { KARO_QUERY_TIMEOUT_MS: '60000' }
/** Lines of a node's log that a failure shows. */
const TAIL_LINES = 30

export interface NodeOptions {
  /** config.toml; `[node] name` is written in front unless it has a [node] of its own. */
  readonly config?: string
  readonly name?: string
  readonly env?: Readonly<Record<string, string>>
  /** Network namespace to run the daemon in; without one it keeps to loopback, a free port, and no mDNS. */
  readonly netns?: string
  /** Program and arguments that become the daemon (execve), such as unshare. */
  readonly under?: readonly string[]
  /** A home that exists already, for a second life; it is then not written to nor removed. */
  readonly home?: string
  /** `dist/karo.js` of another build, for the daemon and its command line. */
  readonly program?: string | undefined
  /** Everything it says to others is kept in `<home>/said` (KARO_TAP). */
  readonly tap?: boolean
  /** Directory of its log; its home if absent. */
  readonly logs?: string
  /** False: do not wait until it is ready. */
  readonly ready?: boolean
}

export interface TestNode {
  readonly name: string
  readonly home: string
  readonly pid: number
  readonly process: ChildProcess
  /** The real CLI against this node; never throws for an exit code. */
  karo(args: readonly string[], input?: string): Promise<Ran>
  /** The same with --json: its document; throws with stderr when the exit code is not 0. */
  json<T>(args: readonly string[]): Promise<T>
  status(): Promise<StatusShape>
  /** Within `deadlineMs`, or for as long as there is patience. */
  ready(deadlineMs?: number): Promise<void>
  /** SIGTERM, then the end; resolves with how it ended. */
  stop(): Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  kill9(): Promise<void>
  /** What it wrote on stdout and stderr so far. */
  log(): string
}

/** A directory for one test file, removed at its end. Short, because a Unix socket's path is. */
export function temporaryHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'karo-'))
  atEnd(() => rmSync(home, { recursive: true, force: true }))
  return home
}

export type { Ran } from './in-process.ts'

/** Environment without what the machine's own Karo or npm would bring in. */
export function cleanEnv(home: string, extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([key]) => !/^(KARO_|npm_|VITEST|NODE_OPTIONS$|EDITOR$|VISUAL$)/.test(key),
  )
  return { ...Object.fromEntries(own), NO_COLOR: '1', KARO_HOME: home, ...extra }
}

/** Runs the built program once: in this process where that makes no difference, else in its own. */
export const runKaro = (args: readonly string[], env: NodeJS.ProcessEnv, input = ''): Promise<Ran> =>
  fitsHere(args, env) ? runHere(args, env, input) : runProgram(args, env, input)

/** Runs the built program, or that of another build, once, in a process of its own. */
export function runProgram(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  input = '',
  program = KARO,
): Promise<Ran> {
  const child = track(spawn(process.execPath, [program, ...args], { env, stdio: 'pipe' }))
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  child.stdin.on('error', () => {}).end(input)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, stdout, stderr }))
  })
}

export async function startNode(options: NodeOptions = {}): Promise<TestNode> {
  const home = options.home ?? temporaryHome()
  const name = options.name ?? basename(home)
  if (options.home === undefined)
    writeFileSync(join(home, 'config.toml'), configOf(name, options.config), { mode: 0o600 })
  const env = cleanEnv(home, {
    ...PATIENT,
    ...(options.netns === undefined ? ON_LOOPBACK : {}),
    ...(options.tap === true ? { KARO_TAP: join(home, 'said') } : {}),
    ...options.env,
  })
  const logPath = join(options.logs ?? home, `daemon-${Date.now()}-${Math.floor(performance.now())}.log`)
  const { netns, under, program } = options
  const node = launch({ home, name, env, logPath, netns, under, program })
  if (options.ready !== false) await node.ready()
  return node
}

function launch(of: {
  home: string
  name: string
  env: NodeJS.ProcessEnv
  logPath: string
  netns: string | undefined
  under?: readonly string[] | undefined
  program: string | undefined
}): TestNode {
  const { home, name, env, logPath } = of
  const command = [...(of.under ?? []), process.execPath, of.program ?? KARO, 'up']
  // nsenter becomes the command (execve), so the child's pid is the daemon's.
  const argv = of.netns === undefined ? command : ['nsenter', `--net=/run/netns/${of.netns}`, ...command]
  const log = openSync(logPath, 'a')
  const child = track(spawn(argv[0] as string, argv.slice(1), { env, stdio: ['ignore', log, log] }))
  closeSync(log)
  const readLog = (): string => readFileSync(logPath, 'utf8')
  atEnd((failed) => {
    if (failed && existsSync(logPath)) keepLog(name, child.pid, logPath, readLog())
  })
  const socket = join(home, 'karo.sock')
  const call = async () => (await callDaemon({ socket }, 'GET', '/api/v1/status')) as StatusShape

  const node: TestNode = {
    name,
    home,
    pid: child.pid ?? -1,
    process: child,
    karo: (args, input) =>
      of.program === undefined ? runKaro(args, env, input) : runProgram(args, env, input, of.program),
    async json<T>(args: readonly string[]) {
      const ran = await node.karo([...args, '--json'])
      // What is incomplete says so in its document.
      if (ran.code !== EXIT.done && ran.code !== EXIT.partial)
        throw new Error(`karo ${args.join(' ')}: exit ${ran.code}: ${ran.stdout}${ran.stderr}`)
      return JSON.parse(ran.stdout) as T
    },
    status: call,
    async ready(deadlineMs) {
      await until(
        async () => {
          if (child.exitCode !== null || child.signalCode !== null) return 'gone'
          if (!existsSync(socket)) return false
          const { health } = await call()
          if (!health.ready) throw new Error(JSON.stringify(health.checks.filter((check) => !check.ok)))
          return 'ready'
        },
        { what: `${name} is ready`, ...(deadlineMs === undefined ? {} : { deadlineMs }) },
      ).then((state) => {
        if (state === 'gone') throw new Error(`${name} ended instead of getting ready:\n${tail(readLog())}`)
      })
    },
    async stop() {
      child.kill('SIGTERM')
      return ended(child)
    },
    async kill9() {
      child.kill('SIGKILL')
      await ended(child)
    },
    log: readLog,
  }
  return node
}

function configOf(name: string, config = ''): string {
  return /^\[node\]/m.test(config) ? config : `[node]\nname = "${name}"\n\n${config}`
}

const tail = (log: string): string => log.trimEnd().split('\n').slice(-TAIL_LINES).join('\n')

function keepLog(name: string, pid: number | undefined, path: string, text: string): void {
  mkdirSync(KEPT_LOGS, { recursive: true })
  const kept = join(KEPT_LOGS, `${name}-${pid ?? 'never'}.log`)
  writeFileSync(kept, text)
  process.stderr.write(`log of ${name}: ${kept}\n`)
  rmSync(path, { force: true })
}
