// What agents cost on a real node: a call that only reads, here and from another machine, and the memory of ten agents.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, copyFileSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { daemonAt } from '../../src/api/contract/client/socket.ts'
import { followTask, runTask } from '../../src/api/contract/operations/agents/agents.ts'
import { startNode, type TestNode, temporaryHome } from '../support/node/node.ts'
import { endAll, track } from '../support/run/processes.ts'
import { until } from '../support/run/until.ts'
import { inTerminal } from '../support/shell/terminal-run.ts'
import { median } from './median.ts'

export interface AgentCosts {
  /** Medians of milliseconds: from the request to the API until the task is over. */
  readonly call_ms: number
  readonly remote_ms: number
  /** The same call to the same server, without Karo. */
  readonly bare_ms: number
  /** Mebibytes, each shared page divided by how many processes share it: of ten agents with all that holds them, and of one bare server. */
  readonly ten_mib: number
  readonly bare_mib: number
  readonly muscle_mib: number
}

const AGENTS = 10
/** Milliseconds between requests from another machine, which may not send more. */
const PACE_MS = 2_000
const PROGRAM = realpathSync(process.execPath)
const WORDS = 'nine words that nobody else in this bench says'

export async function measureAgents(rounds: number): Promise<AgentCosts> {
  try {
    const directory = realpathSync(temporaryHome())
    chmodSync(directory, 0o755)
    const server = join(directory, 'server.mjs')
    copyFileSync(join(import.meta.dirname, '../support/agents/server.mjs'), server)
    const { node, desk } = await twoNodes()
    const names = Array.from({ length: AGENTS }, (_, index) => `agent-${index}`)
    for (const name of names) await add(node, name, directory, server)
    for (const name of names) await call(node, name)
    const bare = await bareServer(server, rounds)
    const own = await times(rounds, () => call(node, 'agent-0'))
    const far = await times(Math.min(rounds, 20), () => call(desk, 'agent-0', { at: node.name }), PACE_MS)
    const muscle = childrenOf(node.pid).find((pid) => wordsOf(pid).some((word) => word.includes('karo-exec')))
    if (muscle === undefined) throw new Error('there is no karo-exec')
    return {
      call_ms: own,
      remote_ms: far,
      bare_ms: bare.ms,
      bare_mib: bare.mib,
      ten_mib: descendantsOf(muscle).reduce((sum, pid) => sum + mibOf(pid), 0),
      muscle_mib: mibOf(muscle),
    }
  } finally {
    await endAll(false)
  }
}

/** A node with agents, and one at which an operator sits who may task them. */
async function twoNodes(): Promise<{ readonly node: TestNode; readonly desk: TestNode }> {
  const config = '[agents]\nenabled = true\n'
  const node = await startNode({ name: 'build', config })
  await must(node, [
    'ca',
    'init',
    '--root-key',
    join(temporaryHome(), 'r'),
    '--grant',
    'admin',
    '--team',
    'eng',
    ...PASSPHRASE,
  ])
  const port = /tcp\/(\d+)$/.exec((await node.status()).mesh.listen[0] ?? '')?.[1] ?? ''
  const place = `127.0.0.1:${port}`
  const desk = await startNode({ name: 'desk', config: `[discovery]\npeers = ["${place}"]\n` })
  const invitation = (await node.karo(['invite'])).stdout
  await must(desk, ['join', '-', '--at', place], invitation)
  const file = join(temporaryHome(), 'ada.karo')
  await must(node, [
    'operator',
    'issue',
    'ada',
    '--to',
    file,
    ...PASSPHRASE,
    '--role',
    'admin',
    '--team',
    'eng',
  ])
  await until(
    async () => (await desk.json<{ operators: unknown[] }>(['operator', 'list'])).operators.length === 1,
    { what: 'the operator is known', deadlineMs: 60_000 },
  )
  await must(desk, ['login', '--credential', file, ...PASSPHRASE, '--agents'])
  return { node, desk }
}
const PASSPHRASE = ['--passphrase-file', '-']

async function must(node: TestNode, words: readonly string[], input = `${WORDS}\n`): Promise<void> {
  const { code, stderr } = await node.karo(words, input)
  if (code !== 0) throw new Error(`karo ${words[0]} ended with ${code}: ${stderr}`)
}

async function add(node: TestNode, name: string, directory: string, server: string): Promise<void> {
  const places = ['--read', directory, '--read', PROGRAM]
  const added = inTerminal(['agent', 'add', name, ...places, '--', PROGRAM, server], node.home)
  if ((await added.ended()) !== 0) throw new Error(added.shown())
}

let calls = 0

/** A call that only reads, to its end. */
async function call(node: TestNode, agent: string, at: { readonly at?: string } = {}): Promise<void> {
  const daemon = daemonAt({ socket: join(node.home, 'karo.sock') })
  calls += 1
  const id = `bench-${calls}`
  const input = JSON.stringify({ text: 'hello' })
  await daemon.call(runTask, { body: { agent, tool: 'echo', input, id, ...at }, deadlineMs: 60_000 })
  for await (const { final, state } of daemon.lines(followTask, { query: { id, after: 0, ...at } })) {
    if (final && state !== 'completed') throw new Error(`a call ended as ${state}`)
    if (final) return
  }
}

async function times(rounds: number, work: () => Promise<void>, pauseMs = 0): Promise<number> {
  const taken: number[] = []
  for (let round = 0; round <= rounds; round++) {
    const began = performance.now()
    await work()
    // The first one starts what is not there yet.
    if (round > 0) taken.push(performance.now() - began)
    if (pauseMs > 0) await sleep(pauseMs)
  }
  return median(taken)
}

/** The server without anything around it. */
async function bareServer(
  server: string,
  rounds: number,
): Promise<{ readonly ms: number; readonly mib: number }> {
  const child = track(spawn(PROGRAM, [server], { stdio: ['pipe', 'pipe', 'ignore'] }))
  const lines = createInterface(child.stdout)
  let id = 0
  const ask = async (method: string, params: object): Promise<void> => {
    id += 1
    const answered = once(lines, 'line')
    child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`)
    await answered
  }
  await ask('initialize', {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'bench', version: '1' },
  })
  const ms = await times(rounds, () => ask('tools/call', { name: 'echo', arguments: { text: 'hello' } }))
  const mib = mibOf(child.pid ?? 0)
  child.stdin.end()
  return { ms, mib }
}

const wordsOf = (pid: number): string[] => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')

const childrenOf = (pid: number): number[] =>
  readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  )

const descendantsOf = (pid: number): number[] =>
  childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child)])

const mibOf = (pid: number): number =>
  Number(/^Pss: +(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]) / 1024
