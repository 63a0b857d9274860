// A real node under every attack in turn and under all of them at once, beside the same node left in peace.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { build, stop } from 'esbuild'
import { addressOf, befriend, nextTo, trusts } from '../support/mesh/honest.ts'
import { testIdentity } from '../support/mesh/identity.ts'
import { startNode, type TestNode } from '../support/node/node.ts'
import { heapOf, INSPECTED } from '../support/run/heap.ts'
import { ended, track } from '../support/run/processes.ts'
import { until } from '../support/run/until.ts'
import type { Attack } from './attack.ts'
import type { Order } from './attacker.ts'
import { MEASURES_WITHIN_MS, type Measured, measure, waitedSeconds } from './measure.ts'

/** Our part in one file, and all of it compiled once for all attackers, which otherwise take half a second each before they attack. */
const COMPILED = join(import.meta.dirname, '../../node_modules/.cache/karo-attackers')
/** All that one period waits for, beside its measures, is against what hangs: a busy machine needs a minute for what a quiet one does in a second. */
const WITHIN_MS = 600_000
const BEGINS_BESIDE_OTHERS_MS = 120_000
/** Who attacks has so long to end, in which it says what it has done. */
const ENDS_WITHIN_MS = 120_000
/** Memory is back after so much time in which the node had a processor or asked for none. */
const MEMORY_BACK_MS = 180_000
/** The most resident memory under attack, beside that in peace, with all that is bounded full at the same time. */
const MEMORY_RATIO_MAX = 3
/** Of nineteen of twenty answers, without waits for a processor, which attackers and others of the machine have as well. */
const ANSWERS_WITHIN_MS = 200
/** Fewer answers say nothing of nineteen of twenty. */
const ANSWERS_JUDGED = 20
/** What is remembered of members and strangers (nonces, pending, addresses) is bounded, and small beside the program. */
const HEAP_RATIO_MAX = 1.5
/** What V8 compiles when the node is attacked for the first time: 6 MiB. */
const CODE_BYTES = 8 * 2 ** 20
const inUseMost = (before: number): number => before * HEAP_RATIO_MAX + CODE_BYTES

export interface TrialInit {
  /** Of all attacks together; each has an equal share, and as long as one is measured in peace before. */
  readonly seconds: number
  readonly seed: number
  readonly attacks: readonly Attack[]
  /** After all that are known, one after the other, comes a time with all at once. */
  readonly together: boolean
  /** Each attack goes on, unmeasured, until the node has refused more than this as too many; how soon depends on the machine. */
  readonly refusedMoreThan?: number
}

interface Period {
  /** `in peace`, the attack's name, `all at once`. */
  readonly name: string
  readonly measured: Measured
  /** What the attackers did, added up. */
  readonly done: Readonly<Record<string, number>>
  /** Attackers that had to be killed before they said it. */
  readonly silent: number
}

export interface TrialReport {
  readonly peace: Period
  readonly attacked: readonly Period[]
  /** In use after garbage collection, the heap and the buffers beside it: in peace, and after all of them. */
  readonly heapBefore: number
  readonly heapAfter: number
  /** Frames and connections that the node refused as too many. */
  readonly rateLimited: number
}

/** Rejects when the node dies; the rest is for the caller to judge (`failures`). */
export async function holdTrial({
  seconds,
  seed,
  attacks,
  together,
  refusedMoreThan = 0,
}: TrialInit): Promise<TrialReport> {
  const victim = await startNode({ name: 'victim', env: { NODE_OPTIONS: INSPECTED } })
  const honest = await startNode({ name: 'honest', config: await nextTo(victim) })
  await befriend(victim, honest)
  const share = seconds / (attacks.length + (together ? 1 : 0))
  const watch = async (name: string, by: readonly Attack[]): Promise<Period> => {
    const end = performance.now() + WITHIN_MS
    const attackers = await Promise.all(
      by.flatMap((attack) =>
        Array.from({ length: attack.attackers }, (_, i) => begin(attack, victim, seed + i, by.length === 1)),
      ),
    )
    const measured = await measure({ victim, honest, seconds: share })
    if (by.length > 0 && refusedMoreThan > 0)
      await until(async () => (await refused(victim)) > refusedMoreThan, {
        what: 'refusals',
        deadlineMs: end - performance.now(),
        // That there were too few is for the caller to judge.
      }).catch(() => {})
    const all = await Promise.all(attackers.map((stop) => stop()))
    const done: Record<string, number> = {}
    const silent = all.filter((said) => Object.keys(said).length === 0).length
    for (const [what, times] of all.flatMap(Object.entries<number>)) done[what] = (done[what] ?? 0) + times
    return { name, measured, done, silent }
  }

  // Once unmeasured: what a node does in its first seconds it does only then.
  await measure({ victim, honest, seconds: Math.min(share, 5) })
  const peace = await watch('in peace', [])
  const heapBefore = await inUse(victim)
  const attacked: Period[] = []
  for (const attack of attacks) attacked.push(await watch(attack.name, [attack]))
  if (together) attacked.push(await watch('all at once', attacks))

  let heapAfter = await inUse(victim)
  const began = performance.now()
  const waitedBefore = waitedSeconds(victim.pid)
  const hadMs = (): number => performance.now() - began - 1_000 * (waitedSeconds(victim.pid) - waitedBefore)
  await until(
    async () => {
      heapAfter = Math.min(heapAfter, await inUse(victim))
      // That it did not return is for the caller to judge.
      return heapAfter <= inUseMost(heapBefore) || hadMs() > MEMORY_BACK_MS
    },
    { what: 'memory as before', deadlineMs: WITHIN_MS, pollMs: 1_000 },
  )
  const rateLimited = await refused(victim)
  await Promise.all([victim.stop(), honest.stop()])
  return { peace, attacked, heapBefore, heapAfter, rateLimited }
}

/** Frames and connections that the node refused as too many, so far. */
const refused = async (node: TestNode): Promise<number> => (await node.status()).mesh.rejected.rate_limited

const inUse = async (node: TestNode): Promise<number> => {
  const { heapBytes, bufferBytes } = await heapOf(node.log())
  return heapBytes + bufferBytes
}

/** What did not hold, in words; empty when the node stood all of it. */
export function failures({ peace, attacked, heapBefore, heapAfter }: TrialReport): readonly string[] {
  const found: string[] = []
  for (const { name, measured } of attacked) {
    const { asked, complete, typed, recorded, peakBytes, freeAnswersMs } = measured
    if (recorded < typed)
      found.push(`${name}: ${typed - recorded} of ${typed} commands were not recorded in time`)
    if (complete < asked) found.push(`${name}: ${asked - complete} of ${asked} questions had no whole answer`)
    if (asked >= ANSWERS_JUDGED && freeAnswersMs > ANSWERS_WITHIN_MS)
      found.push(`${name}: 19 of 20 answers in ${freeAnswersMs.toFixed(0)} ms with a processor`)
    const most = peace.measured.peakBytes * MEMORY_RATIO_MAX
    if (peakBytes > most) found.push(`${name}: ${mebibytes(peakBytes)} MiB of memory`)
  }
  if (heapAfter > inUseMost(heapBefore)) found.push(`${mebibytes(heapAfter)} MiB stay in use afterwards`)
  return found
}

let program: Promise<string> | undefined

/** Path of the attacker's program, whole at every moment, as another trial may run beside this one. */
async function bundled(): Promise<string> {
  const outfile = join(COMPILED, `attacker.${process.pid}.mjs`)
  await build({
    entryPoints: [join(import.meta.dirname, 'attacker.ts')],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node24',
    logLevel: 'warning',
  })
  await stop()
  const path = join(COMPILED, 'attacker.mjs')
  renameSync(outfile, path)
  return path
}

/** The attacker has begun; beside others, if it could. The returned function ends it, and says what it has done. */
async function begin(attack: Attack, victim: TestNode, seed: number, isAlone: boolean) {
  program ??= bundled()
  const path = await program
  const key = randomBytes(32)
  if (attack.by === 'member') await trusts(victim, testIdentity(key).nodeId)
  const order: Order = {
    attack: attack.name,
    key: key.toString('hex'),
    seed,
    address: await addressOf(victim),
    spool: join(victim.home, 'spool'),
  }
  const env = { ...process.env, NODE_COMPILE_CACHE: COMPILED }
  const child = track(spawn(process.execPath, [path], { env, stdio: ['pipe', 'pipe', 'inherit'] }))
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
  child.stdin.on('error', () => {}).write(`${JSON.stringify(order)}\n`)
  const isGone = (): boolean => child.exitCode !== null || child.signalCode !== null
  await until(() => said.includes('\n') || isGone(), {
    what: `${attack.name} begins`,
    // Beside others it may be refused at the door for long: what it has done tells.
    deadlineMs: isAlone ? WITHIN_MS : BEGINS_BESIDE_OTHERS_MS,
  }).catch((error) => {
    if (isAlone) throw error
  })
  // It ends by itself only when it cannot attack at all, and nobody would be refused.
  if (isGone())
    throw new Error(`the attacker of ${attack.name} ended with ${child.exitCode ?? child.signalCode}`)
  return async (): Promise<Readonly<Record<string, number>>> => {
    child.stdin.end()
    const gone = ended(child)
    const timer = setTimeout(() => child.kill('SIGKILL'), ENDS_WITHIN_MS)
    await gone
    clearTimeout(timer)
    const line = said.split('\n').find((one) => one.startsWith('{')) ?? ''
    return line === '' ? {} : (JSON.parse(line) as Record<string, number>)
  }
}

const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0)
const ratio = (value: number, beside: number): string => `×${(value / Math.max(beside, 1e-9)).toFixed(1)}`

/** Of a whole trial, each of whose periods was as long as it may be: milliseconds. The first measure and the return of memory are one more. */
export const longestTrial = ({ seconds, attacks }: Pick<TrialInit, 'seconds' | 'attacks'>): number =>
  2 * seconds * 1_000 + (attacks.length + 3) * (WITHIN_MS + MEASURES_WITHIN_MS + ENDS_WITHIN_MS)

/** One line for each period, each figure with its ratio to the one in peace. */
export function describeTrial({ peace, attacked, heapBefore, heapAfter }: TrialReport): string {
  const lines = [peace, ...attacked].map(({ name, measured: m, done }) => {
    const p = peace.measured
    const did = Object.entries(done).map(([what, times]) => `${times} ${what}`)
    return [
      `  ${name}:`,
      `memory at most ${mebibytes(m.peakBytes)} MiB (${ratio(m.peakBytes, p.peakBytes)}),`,
      `processor ${m.processors.toFixed(2)} (${ratio(m.processors, p.processors)}), waited for one ${m.starved.toFixed(2)},`,
      `${mebibytes(m.writtenBytes)} MiB written in ${m.seconds.toFixed(0)} s,`,
      `${m.complete} of ${m.asked} answers whole, in ${m.answerMs.toFixed(0)} ms (${ratio(m.answerMs, p.answerMs)}), 19 of 20 in ${m.mostAnswersMs.toFixed(0)} ms, the slowest in ${m.slowestAnswerMs.toFixed(0)} ms, 19 of 20 in ${m.freeAnswersMs.toFixed(0)} ms of those with a processor,`,
      `${m.recorded} of ${m.typed} commands recorded in ${m.recordMs.toFixed(0)} ms (${ratio(m.recordMs, p.recordMs)}), the slowest in ${m.slowestRecordMs.toFixed(0)} ms`,
      did.length === 0 ? '' : `[${did.join(', ')}]`,
    ].join(' ')
  })
  const heap = `${mebibytes(heapBefore)} MiB in peace, ${mebibytes(heapAfter)} MiB afterwards (${ratio(heapAfter, heapBefore)})`
  return [...lines, `  in use after garbage collection: ${heap}`].join('\n')
}
