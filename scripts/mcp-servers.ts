// `npm run mcp-servers`: installs two MCP servers of the protocol's authors from npm into a temporary directory, adds them as agents
// of a real node, drives them by the real command line, and prints what was tried, and what came of it.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { constants } from 'node:os'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import type { TaskLineShape, TaskShape } from '../src/api/contract/shapes.ts'
import { within } from '../src/base/async/deadline.ts'
import { cleanEnv, type Ran, runProgram, startNode, temporaryHome } from '../test/support/node/node.ts'
import { endAll } from '../test/support/run/processes.ts'
import { until } from '../test/support/run/until.ts'
import { inTerminal } from '../test/support/shell/terminal-run.ts'
import { build } from './build.ts'
import { ENTRY, isFresh } from './fresh.ts'
import { installPackages } from './install-packages.ts'

/** Of this one edition, so that a run tells what a later one does otherwise. */
const EDITION = '2026.8.31'
const SERVERS = ['server-filesystem', 'server-everything'] as const
const PROGRAM = realpathSync(process.execPath)
const CONFIG = '[agents]\nenabled = true\n[mcp]\ntasks = true\n'
/** Exit code of a program that ended by a signal, with the signal's number. */
const ENDED_BY = 128
const SECRET = 'nothing that a jail may see'

/** What a jail has of its own, and Perl and the shell in front of the command leave. */
const OF_A_JAIL = 'HOME LOGNAME PATH PWD TMPDIR USER'

/** What a task of the trial may take on a busy machine. */
const FOLLOW_MS = 120_000

let wrong = 0
// A run takes seconds; on a busy machine somebody may end it before that, and nothing that it started may be left.
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(
    signal,
    () => void endAll(true).finally(() => process.exit(ENDED_BY + constants.signals[signal])),
  )
if (!isFresh()) await build()
try {
  await tryServers()
} catch (error) {
  wrong += 1
  console.log(`It could not go on: ${(error as Error).message}`)
} finally {
  await endAll(false)
}
console.log(wrong === 0 ? 'All went as it has to.' : `${wrong} went otherwise than it has to.`)
process.exitCode = wrong === 0 ? 0 : 1

/** One line of the table: what the commands said has to match `wanted`. */
function tell(agent: string, what: string, said: string, wanted: RegExp): void {
  const isRight = wanted.test(said)
  if (!isRight) wrong += 1
  const line = said.replaceAll(/\s+/g, ' ').trim()
  const shown = line.length > 90 && isRight ? `${line.slice(0, 89)}…` : line
  console.log(`${isRight ? 'ok ' : 'BAD'}  ${agent.padEnd(6)} ${what.padEnd(62)} ${shown}`)
  if (!isRight) console.log(`     expected ${wanted}`)
}

interface Trial {
  readonly karo: (...words: readonly string[]) => Promise<Ran>
  /** In a terminal of its own, as a second person would sit at it; what it shows, with its exit code. */
  readonly atTerminal: (...words: readonly string[]) => Promise<string>
  readonly home: string
  /** Which the filesystem server is given; and one beside it that it is not given. */
  readonly given: string
  readonly other: string
  readonly writable: string
  readonly packages: string
}

async function tryServers(): Promise<void> {
  const root = realpathSync(temporaryHome())
  const packages = join(root, 'servers')
  await installPackages(
    packages,
    SERVERS.map((name) => `@modelcontextprotocol/${name}@${EDITION}`),
    { scripts: false },
  )
  // Of a Muscle of root, jails run as nobody.
  chmodSync(root, 0o755)
  const [given, other, writable] = ['given', 'other', 'writable'].map((name) => join(root, name)) as [
    string,
    string,
    string,
  ]
  for (const directory of [given, other, writable]) mkdirSync(directory)
  chmodSync(writable, 0o777)
  writeFileSync(join(given, 'a.txt'), 'words in a file\n')
  writeFileSync(join(other, 'b.txt'), SECRET)
  symlinkSync(join(other, 'b.txt'), join(given, 'link'))
  const node = await startNode({ config: CONFIG })
  const trial: Trial = {
    home: node.home,
    given,
    other,
    writable,
    packages,
    karo: (...words) => runProgram(words, cleanEnv(node.home)),
    async atTerminal(...words) {
      const ran = inTerminal(words, node.home, { NO_COLOR: '1' })
      const code = await ran.ended()
      return `${ran.shown()} (exit ${code})`
    },
  }
  await tryFiles(trial)
  await tryWriter(trial)
  await tryEverything(trial)
  await tryMcp(trial)
  for (const name of ['files', 'writer', 'every']) await trial.karo('agent', 'stop', name)
  tell('all', 'no process of them is left', String(processesOf(packages).length), /^0$/)
  const { code } = await node.stop()
  tell('all', 'the daemon ends', `exit ${code}`, /^exit 0$/)
}

function said({ stdout, stderr, code }: Ran): string {
  return `${stdout}${stderr} (exit ${code})`
}

/** Adds an agent at a terminal, which grants it what is named; nothing else may. */
async function addAgent(
  trial: Trial,
  name: string,
  server: (typeof SERVERS)[number],
  words: readonly string[],
  places: readonly string[] = [],
): Promise<void> {
  const { karo, atTerminal, packages } = trial
  const script = join(packages, 'node_modules/@modelcontextprotocol', server, 'dist/index.js')
  const add = ['agent', 'add', name, '--read', packages, '--read', PROGRAM, ...places]
  tell(
    name,
    'karo agent add without a terminal',
    said(await karo(...add, '--', PROGRAM, script, ...words)),
    /at a terminal.*\(exit 4\)/s,
  )
  tell(
    name,
    `karo agent add … ${server}, at a terminal`,
    await atTerminal(...add, '--', PROGRAM, script, ...words),
    /running.*\(exit 0\)/s,
  )
}

/** The task as it is after a person at another terminal said yes or no. */
async function decided(
  { karo, atTerminal }: Trial,
  words: readonly string[],
  decision: 'approve' | 'deny',
  id: string,
): Promise<TaskShape> {
  const asked = await atTerminal('task', 'run', ...words, '--id', id)
  await decide({ karo, atTerminal }, approvalIn(asked), decision)
  // One process that waits, instead of many that look: each costs a tenth of a second of processor time.
  const over = await within(karo('task', 'follow', id), FOLLOW_MS)
  if (!over) await karo('task', 'cancel', id)
  return JSON.parse((await karo('task', 'show', id, '--json')).stdout) as TaskShape
}

/** Throws where it asks for none. */
function approvalIn(said: string): string {
  const [, approval] = /approve ([0-9a-f]{10})/.exec(said) ?? []
  if (approval === undefined) throw new Error(`it did not ask for an approval: ${said}`)
  return approval
}

async function decide(
  { karo, atTerminal }: Pick<Trial, 'karo' | 'atTerminal'>,
  approval: string,
  decision: 'approve' | 'deny',
): Promise<void> {
  const { hash } = JSON.parse((await karo('approvals', 'show', approval, '--json')).stdout) as {
    hash: string
  }
  const more = decision === 'approve' ? ['--yes', hash] : ['--reason', 'not today']
  const answer = await atTerminal('approvals', decision, approval, ...more)
  if (!answer.includes('(exit 0)')) throw new Error(answer)
}

/** Its last state, why, and its result. */
function ended({ state, events, result }: TaskShape): string {
  return `${state}: ${events.at(-1)?.message ?? ''} ${result === null ? '' : JSON.stringify(result)}`
}

/** The server itself is told that it may serve everything (`/`): what it cannot read is held by its jail. */
async function tryFiles(trial: Trial): Promise<void> {
  const { karo, given, other, home } = trial
  const name = 'files'
  await addAgent(trial, name, 'server-filesystem', [given, '/'], ['--read', given])
  const run = async (tool: string, input: object) =>
    said(await karo('task', 'run', name, tool, JSON.stringify(input)))
  tell(
    name,
    'karo agent start',
    said(await karo('agent', 'start', name)),
    /running.*read_text_file.*only reads/s,
  )
  tell(name, 'karo agent list', said(await karo('agent', 'list')), /kExecutor:files +running/)
  tell(
    name,
    'list_directory of the given place',
    await run('list_directory', { path: given }),
    /a\.txt.*exit 0/s,
  )
  const read = (path: string) => run('read_text_file', { path })
  tell(name, 'read_text_file in it', await read(join(given, 'a.txt')), /^words in a file\s+\(exit 0\)/)
  tell(name, 'directory_tree of it', await run('directory_tree', { path: given }), /a\.txt.*exit 0/s)
  const outside = new RegExp(`^(?!.*${SECRET}).*(ENOENT|does not exist).*exit 1`, 's')
  tell(name, 'read a file beside it', await read(join(other, 'b.txt')), outside)
  tell(name, 'read it by a link in the given place', await read(join(given, 'link')), outside)
  tell(name, 'read /etc/shadow', await read('/etc/shadow'), outside)
  tell(name, "read the node's configuration", await read(join(home, 'config.toml')), outside)
  tell(name, 'list /root', await run('list_directory', { path: '/root' }), outside)
  tell(
    name,
    'read a file that is not there: the error of the tool',
    await read(join(given, 'no')),
    /ENOENT.*exit 1/s,
  )
  tell(
    name,
    'arguments of another form',
    await run('read_text_file', { road: 1 }),
    /Invalid arguments.*exit 1/s,
  )
  tell(name, 'a tool that it has not', await run('read_tarot', {}), /rejected: .*has no tool.*exit 4/s)
  const write = ['files', 'write_file', JSON.stringify({ path: join(given, 'c.txt'), content: 'x' })]
  const denied = await decided(trial, write, 'deny', 'write-denied')
  tell(name, 'write_file, and a person says no', ended(denied), /^rejected: .*not today/)
  const approved = await decided(trial, write, 'approve', 'write-approved')
  tell(
    name,
    'write_file, and a person says yes: its jail only reads',
    ended(approved),
    /^failed: .*(EROFS|read-only)/s,
  )
  tell(name, 'nothing was written', String(existsSync(join(given, 'c.txt'))), /^false$/)
}

/** With a place that it may change: each change takes a yes. */
async function tryWriter(trial: Trial): Promise<void> {
  const { writable, given } = trial
  const name = 'writer'
  await addAgent(trial, name, 'server-filesystem', ['/'], ['--write', writable])
  const input = (directory: string) =>
    JSON.stringify({ path: join(directory, 'd.txt'), content: 'written\n' })
  const done = await decided(trial, [name, 'write_file', input(writable)], 'approve', 'written')
  tell(name, 'write_file, and a person says yes', ended(done), /^completed/)
  tell(name, 'the file is there', readFileSync(join(writable, 'd.txt'), 'utf8'), /^written\n$/)
  const beside = await decided(trial, [name, 'write_file', input(given)], 'approve', 'beside')
  tell(name, 'the same beside its place', ended(beside), /^failed: .*(ENOENT|not exist)/s)
  tell(name, 'nothing was written there', String(existsSync(join(given, 'd.txt'))), /^false$/)
}

async function tryEverything(trial: Trial): Promise<void> {
  const { karo, packages } = trial
  const name = 'every'
  await addAgent(trial, name, 'server-everything', [])
  const run = async (tool: string, input: object = {}) =>
    said(await karo('task', 'run', name, tool, JSON.stringify(input)))
  tell(name, 'karo agent start', said(await karo('agent', 'start', name)), /running.*get-sum/s)
  const offers = said(await karo('agent', 'describe', name))
  const asks = /trigger-(?:sampling|\w*-?elicitation)/.exec(offers)?.[0] ?? 'none'
  tell(name, 'a tool by which it asks the model or the person', asks, /^none$/)
  tell(name, 'echo', await run('echo', { message: 'hello' }), /^Echo: hello\s+\(exit 0\)/)
  tell(name, 'get-sum', await run('get-sum', { a: 2, b: 40 }), /sum of 2 and 40 is 42\.\s+\(exit 0\)/)
  const weather = said(
    await karo('task', 'run', name, 'get-structured-content', '{"location":"Chicago"}', '--json'),
  )
  tell(
    name,
    'get-structured-content',
    weather.split('\n').at(-2) ?? '',
    /"structuredContent":\{"temperature":36/,
  )
  const { stdout: env } = await karo('task', 'run', name, 'get-env', '{}')
  tell(name, 'get-env: its variables, and no other', namesIn(env), new RegExp(`^${OF_A_JAIL}$`))
  tell(name, 'get-tiny-image', await run('get-tiny-image'), /\[image image\/png/)
  tell(
    name,
    'get-sum of words: the error of the tool',
    await run('get-sum', { a: 'x' }),
    /Invalid arguments.*exit 1/s,
  )
  tell(name, 'karo agent logs', said(await karo('agent', 'logs', name)), /Starting default/)
  await tryFetch(trial, name)
  await tryLongRunning(trial, name)
  tell(name, 'echo: the next task starts it again', await run('echo', { message: 'again' }), /^Echo: again/)
  tell(name, 'karo agent stop', said(await karo('agent', 'stop', name)), /Stopped/)
  const left = processesOf(join(packages, 'node_modules/@modelcontextprotocol/server-everything'))
  tell(name, 'no process of it is left', String(left.length), /^0$/)
}

/** In their order; the text itself where it is no object. */
function namesIn(json: string): string {
  try {
    return Object.keys(JSON.parse(json) as object)
      .sort()
      .join(' ')
  } catch {
    return json
  }
}

/** A tool that fetches, also after a yes: there is no network in its jail. */
async function tryFetch(trial: Trial, name: string): Promise<void> {
  let asked = 0
  const server = createServer((_, answer) => {
    asked += 1
    answer.end('x')
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const input = JSON.stringify({ data: url, outputType: 'resource' })
  const task = await decided(trial, [name, 'gzip-file-as-resource', input], 'approve', 'fetch')
  tell(name, 'gzip-file-as-resource of an address, after a yes', ended(task), /^failed: .*fetch failed/)
  tell(name, 'the address was asked', String(asked), /^0$/)
  server.close()
}

/** Says that it works until it is cancelled. */
async function tryLongRunning(trial: Trial, name: string): Promise<void> {
  const { karo, atTerminal, packages } = trial
  const script = join(packages, 'node_modules/@modelcontextprotocol/server-everything')
  const words = [name, 'trigger-long-running-operation', '{"duration":50,"steps":100}', '--id', 'long']
  const asked = await atTerminal('task', 'run', ...words)
  tell(name, 'trigger-long-running-operation waits for a yes', asked, /input-required.*Unknown, critical/s)
  const followed = karo('task', 'follow', 'long', '--json')
  await decide(trial, approvalIn(asked), 'approve')
  await until(
    async () => {
      const task = JSON.parse((await karo('task', 'show', 'long', '--json')).stdout) as TaskShape
      return task.events.some(({ progress }) => progress !== undefined && progress !== null)
    },
    { what: 'it tells of its progress', pollMs: 500 },
  )
  tell(name, 'its processes meanwhile', String(processesOf(script).length), /^[1-9]/)
  tell(name, 'karo task cancel', said(await karo('task', 'cancel', 'long')), /^long: canceled/)
  tell(name, 'its processes afterwards', String(processesOf(script).length), /^0$/)
  const lines = (await followed).stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as TaskLineShape)
  const inOrder = lines.every(({ seq }, index) => seq === index + 1)
  const told = lines.map(
    ({ state, progress }) => `${state}${progress ? ` ${progress.done} of ${progress.total}` : ''}`,
  )
  tell(
    name,
    'karo task follow --json, in another process',
    `${inOrder ? 'in order' : 'not in order'}: ${told.join(', ')}`,
    /^in order: submitted, .*working 1 of 100.*canceled$/,
  )
}

/** The official client, `karo mcp`, the daemon, and one of the servers: protocol at both ends. */
async function tryMcp({ home }: Trial): Promise<void> {
  const client = new Client({ name: 'mcp-servers', version: '1' })
  const env = cleanEnv(home) as Record<string, string>
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [ENTRY, 'mcp'],
      env,
      stderr: 'ignore',
      cwd: '/',
    }),
  )
  try {
    const call = async (tool: string, given: Record<string, unknown>) =>
      (await client.callTool({ name: tool, arguments: given })).structuredContent as Record<string, unknown>
    const { id } = await call('task_run', { agent: 'every', tool: 'get-sum', arguments: { a: 1, b: 2 } })
    const task = await until(
      async () => {
        const shown = await call('task_status', { id })
        return ['completed', 'failed', 'rejected'].includes(String(shown.state)) && shown
      },
      { what: 'the task is over' },
    )
    tell(
      'every',
      'get-sum by the official client and karo mcp',
      JSON.stringify(task.result),
      /sum of 1 and 2 is 3/,
    )
  } finally {
    await client.close()
  }
}

/** Pids of processes of this machine whose words name the path, bubblewrap itself among them. */
function processesOf(path: string): number[] {
  return readdirSync('/proc').flatMap((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(path)
        ? [Number(pid)]
        : []
    } catch {
      return []
    }
  })
}
