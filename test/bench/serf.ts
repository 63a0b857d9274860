// As many `serf agent`s as there are daemons, and what `serf query` needs to hear them all: what Karo is measured beside.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { atEnd, ended, track } from '../support/run/processes.ts'
import { until } from '../support/run/until.ts'
import { cpuOfAll } from './cpu.ts'
import { median } from './median.ts'

export type Profile = 'lan' | 'local'

/** Medians over the rounds, as they are seen from outside the command. */
export interface QueryCost {
  /** From the start of the command until its first, and its last answer. */
  readonly first_ms: number
  readonly last_ms: number
  /** Until the command has ended. */
  readonly done_ms: number
  /** Answers that did not come, over all rounds. */
  readonly lost: number
  /** Processor time of one node for one query, its share of the asking one's included. */
  readonly cpu_ms: number
}

export interface SerfAgents {
  readonly pids: readonly number[]
  query(rounds: number): Promise<QueryCost>
  stop(): Promise<void>
}

/** An answer as long as one of Karo's; serf allows 1024 bytes. */
const ANSWER_BYTES = 500
/** A heavily loaded machine lets the agents find each other slowly. */
const PATIENCE_MS = 120_000

export const hasSerf = (): boolean => spawnSync('serf', ['version']).status === 0

/** All joined, on loopback. */
export async function startSerf(count: number, profile: Profile): Promise<SerfAgents> {
  const directory = mkdtempSync(join(tmpdir(), 'karo-serf-'))
  atEnd(() => rmSync(directory, { recursive: true, force: true }))
  const answer = join(directory, 'answer')
  writeFileSync(answer, 'x'.repeat(ANSWER_BYTES))
  const ports = await freePorts(count * 2)
  const rpc = `127.0.0.1:${ports[count]}`
  const agents = Array.from({ length: count }, (_, i) =>
    track(
      spawn(
        'serf',
        [
          'agent',
          `-node=node-${i}`,
          `-bind=127.0.0.1:${ports[i]}`,
          `-rpc-addr=127.0.0.1:${ports[count + i]}`,
          `-profile=${profile}`,
          '-log-level=err',
          `-event-handler=query:tools=cat ${answer}`,
          ...(i === 0 ? [] : [`-retry-join=127.0.0.1:${ports[0]}`, '-retry-interval=1s']),
        ],
        { stdio: 'ignore' },
      ),
    ),
  )
  const members = (): number => {
    const ran = spawnSync('serf', ['members', `-rpc-addr=${rpc}`, '-status=alive'], { encoding: 'utf8' })
    return ran.stdout.split('\n').filter((line) => line.startsWith('node-')).length
  }
  await until(() => members() === count, {
    what: `${count} serf agents have found each other`,
    deadlineMs: PATIENCE_MS,
    pollMs: 500,
  })
  const pids = agents.map((agent) => agent.pid!)
  return {
    pids,
    async query(rounds) {
      const before = cpuOfAll(pids)
      const asked = []
      for (let i = 0; i < rounds; i++) asked.push(await ask(rpc))
      const cpu_ms = (cpuOfAll(pids) - before) / rounds / count
      return {
        first_ms: median(asked.map((one) => one.first)),
        last_ms: median(asked.map((one) => one.last)),
        done_ms: median(asked.map((one) => one.done)),
        lost: asked.reduce((sum, one) => sum + count - one.answers, 0),
        cpu_ms,
      }
    },
    async stop() {
      for (const agent of agents) agent.kill('SIGKILL')
      await Promise.all(agents.map(ended))
    },
  }
}

async function ask(rpc: string): Promise<{ first: number; last: number; done: number; answers: number }> {
  const began = performance.now()
  const times: number[] = []
  const child = track(
    spawn('serf', ['query', `-rpc-addr=${rpc}`, '-no-ack', 'tools'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  )
  createInterface(child.stdout).on('line', (line) => {
    if (line.startsWith('Response from')) times.push(performance.now() - began)
  })
  await ended(child)
  return {
    first: Math.min(...times),
    last: Math.max(...times),
    done: performance.now() - began,
    answers: times.length,
  }
}

/** Free for both TCP and, very likely, UDP; held open together so that none is given twice. */
async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
          const server = createServer()
          server.once('error', reject).listen(0, '127.0.0.1', () => resolve(server))
        }),
    ),
  )
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
