// Eight real nodes on loopback, in a directory of their own: started, made one mesh, given a past, and ended by their own pids.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { daemonAt } from '../../api/contract/client/socket.ts'
import { postReport } from '../../api/contract/operations/query.ts'
import { getStatus } from '../../api/contract/operations/status.ts'
import { KaroError } from '../../base/errors.ts'
import { askAgain, canShowAgents, showAgents } from './agents.ts'
import { guardNotesOf, historyOf } from './history.ts'
import { AGGREGATORS, MACHINES, type Machine } from './machines.ts'

/** Until a daemon answers, against one that hangs; eight start at once, on a machine that may have one processor. */
const READY_MS = 600_000
/** Between two looks whether a daemon answers. */
const LOOK_MS = 100
/** A request for approval ends after five minutes; until it is made again, none waits. */
const ASK_AGAIN_MS = 60_000
/** A week is added up within seconds; on a busy machine the demonstration begins without it. */
const TOTALS_MS = 60_000
const TOTALS_LOOK_MS = 5_000
const WEEK_MS = 7 * 86_400_000
/** A daemon that was told to stop gets so long. */
const STOP_MS = 10_000
/** Log lines that an error shows. */
const TAIL_LINES = 5

export type Stage = Awaited<ReturnType<typeof startStage>>

export interface StageOptions {
  /** Node.js and the program, as this process was started. */
  readonly program: readonly [string, string]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly now: number
  readonly signal: AbortSignal
  /** Says what is done now. */
  readonly say: (step: string) => void
}

interface Running extends Machine {
  readonly home: string
  readonly child: ChildProcess
}

/** Throws KaroError `unavailable` when a node does not start or a command fails; nothing is left behind then. */
export async function startStage(options: StageOptions) {
  const directory = mkdtempSync(join(tmpdir(), 'karo-demo-'))
  const watch = startWatch(directory)
  const running: Running[] = []
  let asking: ReturnType<typeof setInterval> | undefined
  const end = async (): Promise<void> => {
    clearInterval(asking)
    await Promise.all(running.map(({ child }) => ended(child)))
    watch.end()
    try {
      rmSync(directory, { recursive: true, force: true, maxRetries: 3 })
    } catch (error) {
      options.say(`${directory} could not be removed (${(error as Error).message}): remove it`)
    }
  }
  try {
    options.say(`starting ${MACHINES.length} nodes`)
    for (const machine of MACHINES) {
      const node = launch(options, directory, machine)
      running.push(node)
      watch.add(node.child)
    }
    await Promise.all(running.map((node) => ready(node, options.signal)))
    await makeMesh(options, directory, running)
    const withAgents = canShowAgents() ? running.find(({ hasAgents }) => hasAgents) : undefined
    let hasAgents = false
    if (withAgents !== undefined) {
      options.say('giving an agent something to do')
      const socket = socketOf(withAgents)
      hasAgents = await showAgents(socket, directory).catch(() => false)
    }
    if (withAgents !== undefined && hasAgents) {
      const socket = socketOf(withAgents)
      // What nobody decided meanwhile is asked for again; a daemon that ends meanwhile is noticed elsewhere.
      asking = setInterval(() => void askAgain(socket).catch(() => {}), ASK_AGAIN_MS)
    }
    await totalsCome(options, running)
    const reader = running.find(({ roles }) => roles.includes('security'))
    const http = reader && (await daemonOf(reader).call(getStatus)).http.listen
    return {
      /** Absolute. It holds the directory of each node, and a program of the node's name that is karo on it. */
      directory,
      nodes: running.map(({ name, home, roles }) => ({ name, home, roles })),
      /** Where the page of security staff is, `host:port`; null where its API has no port. */
      http: http ?? null,
      /** An agent works there, and requests wait. */
      hasAgents,
      /** Resolves with the name of the first node that ends by itself. */
      lost: Promise.race(running.map(lost)),
      /** Ends all nodes and removes the directory. Never rejects. */
      end,
    }
  } catch (error) {
    await end()
    throw error
  }
}

/**
 * A shell that waits for the end of this process, however it ends: its standard input closes then. It ends the nodes that
 * were added, each only while its environment names the directory, so that no other process with that number is hit, and
 * removes the directory.
 */
const WATCH = `pids=
while read -r pid; do pids="$pids $pid"; done
alive() { grep -qsF "KARO_HOME=$1/" "/proc/$2/environ"; }
for signal in TERM KILL; do
  for pid in $pids; do alive "$1" "$pid" && kill -s "$signal" "$pid"; done
  for try in 1 2 3 4 5 6 7 8 9 10; do
    left=; for pid in $pids; do alive "$1" "$pid" && left=1; done
    [ -n "$left" ] || break 2
    sleep 1
  done
done
rm -rf -- "$1"`

function startWatch(directory: string): { add(child: ChildProcess): void; end(): void } {
  // In a session of its own, so that Ctrl-C and a closed window do not reach it.
  const watch = spawn('sh', ['-c', WATCH, 'karo-demo-watch', directory], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  watch.on('error', () => {})
  watch.stdin.on('error', () => {})
  watch.unref()
  return {
    add: ({ pid }) => void (pid !== undefined && watch.stdin.write(`${pid}\n`)),
    // All nodes have ended: their numbers may be those of others soon.
    end: () => void watch.kill('SIGKILL'),
  }
}

async function lost({ child, name }: Running): Promise<string> {
  if (!isOver(child)) await once(child, 'exit')
  return name
}

const isOver = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null

function envOf({ env }: StageOptions, home: string): NodeJS.ProcessEnv {
  const own = Object.entries(env).filter(([key]) => !key.startsWith('KARO_'))
  return { ...Object.fromEntries(own), KARO_HOME: home, NO_COLOR: '1' }
}

function launch(options: StageOptions, directory: string, machine: Machine): Running {
  const home = join(directory, `.${machine.name}`)
  mkdirSync(home, { mode: 0o700 })
  const spool = join(home, 'spool')
  mkdirSync(spool, { mode: 0o700 })
  const notes = guardNotesOf(machine, MACHINES.indexOf(machine), options.now)
  writeFileSync(join(spool, notes.name), notes.text, { mode: 0o600 })
  writeFileSync(join(home, 'config.toml'), configOf(machine), { mode: 0o600 })
  const [node, karo] = options.program
  const program = join(directory, machine.name)
  writeFileSync(program, `#!/bin/sh\nKARO_HOME='${home}' exec '${node}' '${karo}' "$@"\n`)
  chmodSync(program, 0o700)
  const log = openSync(join(home, 'demo.log'), 'a')
  // In a group of its own: Ctrl-C is for the demonstration, which ends its nodes itself.
  const child = spawn(node, [karo, 'up'], {
    env: envOf(options, home),
    detached: true,
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  // A process that cannot be made has no number and never exits; `ready` says that it did not start.
  child.on('error', () => {})
  return { ...machine, home, child }
}

/** Nodes that may read totals watch them, with a low threshold for risky commands. */
const THRESHOLDS = `[reports.thresholds]
risky = 2
coverage = 80
missing = 2
`

/** Loopback and free ports only: nothing of it is seen on a network. */
const configOf = ({ name, roles, teams, hasAgents }: Machine): string => `[node]
name = "${name}"
[mesh]
listen = ["127.0.0.1"]
port = 0
[http]
port = 0
[discovery]
mdns = false
[sharing]
k_min = 3
allow = { peers = ["role:lead"], supervisors = ["role:security", "role:admin"] }
[policy]
teams = ${JSON.stringify(teams)}
${roles.includes('security') ? THRESHOLDS : ''}${hasAgents && canShowAgents() ? '[agents]\nenabled = true\n' : ''}`

const socketOf = ({ home }: Pick<Running, 'home'>): string => join(home, 'karo.sock')
const daemonOf = (node: Pick<Running, 'home'>) => daemonAt({ socket: socketOf(node) })

async function ready({ home, child, name }: Running, signal: AbortSignal): Promise<void> {
  const until = Date.now() + READY_MS
  while (Date.now() < until) {
    signal.throwIfAborted()
    if (isOver(child) || child.pid === undefined) break
    if (
      await daemonOf({ home })
        .call(getStatus)
        .catch(() => undefined)
    )
      return
    await sleep(LOOK_MS)
  }
  const tail = readFileSync(join(home, 'demo.log'), 'utf8').trim().split('\n').slice(-TAIL_LINES).join('\n')
  throw new KaroError('unavailable', `the node ${name} of the demonstration did not start`, { hint: tail })
}

/** Waits until security staff have totals of the last days, so that what the demonstration invites to ask has an answer. */
async function totalsCome({ now, signal, say }: StageOptions, running: readonly Running[]): Promise<void> {
  const reader = running.find(({ roles }) => roles.includes('security'))
  if (reader === undefined) return
  say('waiting for the totals')
  const range = { start: new Date(now - WEEK_MS).toISOString(), end: new Date(now).toISOString() }
  for (const until = Date.now() + TOTALS_MS; Date.now() < until; ) {
    signal.throwIfAborted()
    // The caller that waits for the end of a daemon reports it.
    if (running.some(({ child }) => isOver(child))) return
    // One that fails under load is asked for again.
    const report = await daemonOf(reader)
      .call(postReport, { body: { range }, signal })
      .catch(() => undefined)
    if (report !== undefined && report.tools.of > 0 && report.tools.periods === report.tools.of) return
    await sleep(TOTALS_LOOK_MS)
  }
  say('the totals take longer here; until they come, answers say that they are not released yet')
}

const isAggregator = ({ name }: Running): boolean => (AGGREGATORS as readonly string[]).includes(name)

/** One root, one issuer, a certificate for each, two aggregators, and weeks of history. */
async function makeMesh(
  options: StageOptions,
  directory: string,
  running: readonly Running[],
): Promise<void> {
  const { say } = options
  const karo = (node: Running, words: readonly string[], input = '') => run(options, node, words, input)
  const [hq, ...others] = running as [Running, ...Running[]]
  const pass = join(directory, '.pass')
  writeFileSync(pass, 'demonstration\n', { mode: 0o600 })
  const root = ['--root-key', join(directory, '.root.key'), '--passphrase-file', pass]
  say('making a mesh with a root, an issuer and roles')
  await karo(hq, ['ca', 'init', ...root, '--grant', 'security', '--team', hq.teams.join(',')])
  const at = placeOf((await daemonOf(hq).call(getStatus)).mesh.listen)
  for (const node of others) {
    const roles = node.roles.length === 0 ? [] : ['--role', node.roles.join(',')]
    const teams = node.teams.length === 0 ? [] : ['--team', node.teams.join(',')]
    // Whoever computes totals does so for somebody: the two halves of a number are not to be with one person.
    const owner = isAggregator(node) ? ['--owner', node.name] : []
    const code = await karo(hq, ['invite', ...roles, ...teams, ...owner])
    await karo(node, ['join', '-', '--at', at], code.split('\n')[0])
    say(`${node.name} joined`)
  }
  say('giving each node three weeks of history')
  for (const [index, node] of running.entries()) {
    const file = join(node.home, 'history.ndjson')
    writeFileSync(file, historyOf(node, index, options.now), { mode: 0o600 })
    await karo(node, ['import', file])
  }
  // Last, so that nobody gives a part of a day while its history comes in.
  say('naming two nodes that add totals up')
  // By key: a name is what a machine calls itself, and is no word of the root's.
  const named: string[] = []
  for (const node of running.filter(isAggregator)) {
    const { node_id } = await daemonOf(node).call(getStatus)
    named.push('--aggregator', node_id)
  }
  await karo(hq, ['policy', 'sign', ...root, ...named, '--k-min', '3'])
}

function placeOf(addresses: readonly string[]): string {
  const [, port] = /\/ip4\/127\.0\.0\.1\/tcp\/([0-9]+)/.exec(addresses.join(' ')) ?? []
  if (port === undefined)
    throw new KaroError('unavailable', 'the first node of the demonstration does not listen on any address')
  return `127.0.0.1:${port}`
}

/** One command of the real program; resolves with what it wrote. Throws KaroError `unavailable` when it fails. */
async function run(
  options: StageOptions,
  { home, name }: Running,
  words: readonly string[],
  input = '',
): Promise<string> {
  const [node, karo] = options.program
  const child = spawn(node, [karo, ...words], { env: envOf(options, home), signal: options.signal })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  child.stdin.on('error', () => {}).end(input)
  const [code] = await once(child, 'close')
  if (code === 0) return out
  throw new KaroError('unavailable', `karo ${words[0]} failed on ${name}`, { hint: err.trim() })
}

/** SIGTERM, and SIGKILL for one that does not end. */
async function ended(child: ChildProcess): Promise<void> {
  if (isOver(child) || child.pid === undefined) return
  const over = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
  await over
  clearTimeout(timer)
}
