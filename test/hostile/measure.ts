// What a node is worth to others while something goes on: its memory, its answers, and what it records.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { QueryResult } from '../../src/api/contract/shapes.ts'
import { median } from '../bench/median.ts'
import { append, liveName, record } from '../support/data/spool.ts'
import { api } from '../support/mesh/honest.ts'
import type { TestNode } from '../support/node/node.ts'
import { until } from '../support/run/until.ts'

/** One author may ask twenty questions in ten seconds. */
const ASKS_EVERY_MS = 600
const TYPES_EVERY_MS = 300
const SAMPLES_EVERY_MS = 100
const RANGE_MS = 3_600_000
/** Of an answer and of what is typed; generous: slow is measured, never is an error. */
const PATIENCE_MS = 120_000
/** The longest that a question may wait. */
const QUESTION_MS = 60_000
/** Beyond its time, when the last question is asked again for as long as there is patience. */
export const MEASURES_WITHIN_MS = PATIENCE_MS + QUESTION_MS

export interface Measured {
  readonly seconds: number
  /** Bytes resident in memory: the most of all samples, and the middle one. */
  readonly peakBytes: number
  readonly medianBytes: number
  /** Processor time in a second, 1 = one processor. */
  readonly processors: number
  /** Seconds in a second that it was ready and had no processor, because others of the machine had them. */
  readonly starved: number
  /** Bytes written to the disk. */
  readonly writtenBytes: number
  readonly asked: number
  /** Of these, answered by everybody who was known. */
  readonly complete: number
  /** The middle one, and what nineteen of twenty stay below. */
  readonly answerMs: number
  readonly mostAnswersMs: number
  readonly slowestAnswerMs: number
  /** What nineteen of twenty stay below without the time that the two nodes and this process were ready and had no processor. */
  readonly freeAnswersMs: number
  /** Commands typed one after the other, and those of them that were stored within their time. */
  readonly typed: number
  readonly recorded: number
  readonly recordMs: number
  readonly slowestRecordMs: number
}

export interface Measure {
  /** The victim, one other member of its mesh, and how long. */
  readonly victim: TestNode
  readonly honest: TestNode
  readonly seconds: number
}

/** Asks, types and samples for that long, each on its own. */
export async function measure({ victim, honest, seconds }: Measure): Promise<Measured> {
  const begun = performance.now()
  const busyBefore = processorSeconds(victim.pid)
  const waitedBefore = waitedSeconds(victim.pid)
  const writtenBefore = writtenBytes(victim.pid)
  const over = (): boolean => performance.now() - begun > seconds * 1_000
  const [answers, records, sizes] = await Promise.all([
    asking(victim, honest, over),
    typing(victim, over),
    sampling(victim, over),
  ])
  const took = (performance.now() - begun) / 1_000
  const latencies = answers.map(({ ms }) => ms)
  const most = (all: readonly number[]): number =>
    all.toSorted((a, b) => a - b)[Math.floor(all.length * 0.95)] as number
  return {
    seconds: took,
    peakBytes: Math.max(...sizes),
    medianBytes: median(sizes),
    processors: (processorSeconds(victim.pid) - busyBefore) / took,
    starved: (waitedSeconds(victim.pid) - waitedBefore) / took,
    writtenBytes: writtenBytes(victim.pid) - writtenBefore,
    asked: answers.length,
    complete: answers.filter(({ complete }) => complete).length,
    answerMs: median(latencies),
    mostAnswersMs: most(latencies),
    freeAnswersMs: most(answers.map(({ freeMs }) => freeMs)),
    slowestAnswerMs: Math.max(...latencies),
    typed: records.length,
    recorded: records.filter((ms) => ms < PATIENCE_MS).length,
    recordMs: median(records),
    slowestRecordMs: Math.max(...records),
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** At least once. */
async function repeat<T>(over: () => boolean, everyMs: number, once: () => T | Promise<T>): Promise<T[]> {
  const results: T[] = []
  do {
    const began = performance.now()
    results.push(await once())
    await pause(Math.max(0, began + everyMs - performance.now()))
  } while (!over())
  return results
}

interface Answered {
  readonly ms: number
  readonly freeMs: number
  readonly complete: boolean
}

function asking(victim: TestNode, honest: TestNode, over: () => boolean): Promise<Answered[]> {
  const pids = [victim.pid, honest.pid, process.pid]
  const waited = (): number => 1_000 * pids.reduce((sum, pid) => sum + waitedSeconds(pid), 0)
  let asked = 0
  return repeat(over, ASKS_EVERY_MS, async () => {
    const began = performance.now()
    const waitedBefore = waited()
    const now = Date.now()
    const range = { start: new Date(now - RANGE_MS).toISOString(), end: new Date(now).toISOString() }
    const query_type = asked++ % 2 === 0 ? 'ToolUsage' : 'NodeHealth'
    const body = { query_type, range, timeout_ms: QUESTION_MS }
    const ask = async (): Promise<QueryResult['coverage']> =>
      ((await api(honest, 'POST', 'query', body)) as QueryResult).coverage
    const answered = (complete: boolean): Answered => {
      const ms = performance.now() - began
      return { ms, freeMs: Math.max(0, ms - (waited() - waitedBefore)), complete }
    }
    try {
      let coverage = await ask()
      // A node works on so many questions at once, and on a slow machine each takes long: a person asks again.
      while (
        coverage.nodes.some(({ outcome }) => outcome === 'busy') &&
        performance.now() - began < PATIENCE_MS
      ) {
        await pause(ASKS_EVERY_MS)
        coverage = await ask()
      }
      return answered(coverage.complete && coverage.answered === 1)
    } catch {
      // Its own node did not even say so in time.
      return answered(false)
    }
  })
}

/** Typed into one shell, which is this process. Resolves with how long each took to be stored. */
async function typing(victim: TestNode, over: () => boolean): Promise<number[]> {
  const name = liveName()
  let sequence = 0
  let { events } = (await victim.status()).store
  return await repeat(over, TYPES_EVERY_MS, async () => {
    const began = performance.now()
    const start = Date.now() * 1_000
    append(
      join(victim.home, 'spool'),
      name,
      record({ command: 'ls', sequence: ++sequence, start, end: start }),
    )
    events++
    await until(async () => (await victim.status()).store.events >= events, {
      what: 'a command that was typed is stored',
      deadlineMs: PATIENCE_MS,
      // How many were not is for the caller to judge.
    }).catch(() => {})
    return performance.now() - began
  })
}

const sampling = ({ pid }: TestNode, over: () => boolean): Promise<number[]> =>
  repeat(over, SAMPLES_EVERY_MS, () => residentBytes(pid))

export function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
}

/** Of the thread that runs the program. */
export const waitedSeconds = (pid: number): number =>
  Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[1]) / 1e9

const writtenBytes = (pid: number): number =>
  Number(/^write_bytes: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1])

/** User and system time so far. Linux counts both in hundredths of a second. */
function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / 100
}
