// A real node under every attack in turn and under all of them at once, beside the same node left in peace.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { addressOf, befriend, nextTo, trusts } from '../support/honest.ts'
import { testIdentity } from '../support/mesh-node.ts'
import { startNode, type TestNode } from '../support/node.ts'
import { ended, track } from '../support/processes.ts'
import { until } from '../support/until.ts'
import type { Attack } from './attack.ts'
import type { Order } from './attacker.ts'
import { type Measured, measure, residentBytes } from './measure.ts'
import { ATTACKS_KNOWN } from './table.ts'

const ATTACKER = join(import.meta.dirname, 'attacker.ts')
/** An attacker that is told to stop finishes what it does. */
const STOPS_WITHIN_MS = 20_000
const QUIET_AGAIN_MS = 60_000

export interface TrialInit {
  /** Of all attacks together; each has an equal share, and as long as one is measured in peace before. */
  readonly seconds: number
  readonly seed: number
  /** All that are known, if absent; one after the other, and then at once. */
  readonly attacks?: readonly Attack[]
}

export interface Period {
  /** `in peace`, the attack's name, `all at once`. */
  readonly name: string
  readonly measured: Measured
  /** What the attackers did, added up. */
  readonly done: Readonly<Record<string, number>>
}

export interface TrialReport {
  readonly peace: Period
  readonly attacked: readonly Period[]
  /** Resident after all of them: the least within a minute. */
  readonly afterBytes: number
  /** Frames and connections that the node refused as too many. */
  readonly rateLimited: number
}

/** Rejects when a command is not recorded, or the node dies; the rest is for the caller to judge. */
export async function holdTrial({ seconds, seed, attacks = ATTACKS_KNOWN }: TrialInit): Promise<TrialReport> {
  const victim = await startNode({ name: 'victim' })
  const honest = await startNode({ name: 'honest', config: await nextTo(victim) })
  await befriend(victim, honest)
  const share = seconds / (attacks.length + (attacks.length > 1 ? 1 : 0))
  const watch = async (name: string, by: readonly Attack[]): Promise<Period> => {
    const attackers = await Promise.all(
      by.flatMap((attack) =>
        Array.from({ length: attack.attackers }, (_, i) => begin(attack, victim, seed + i)),
      ),
    )
    const measured = await measure({ victim, honest, seconds: share })
    const all = await Promise.all(attackers.map((end) => end()))
    const done: Record<string, number> = {}
    for (const [what, times] of all.flatMap(Object.entries<number>)) done[what] = (done[what] ?? 0) + times
    return { name, measured, done }
  }

  // Once unmeasured: what a node does in its first seconds it does only then.
  await measure({ victim, honest, seconds: Math.min(share, 5) })
  const peace = await watch('in peace', [])
  const attacked: Period[] = []
  for (const attack of attacks) attacked.push(await watch(attack.name, [attack]))
  if (attacks.length > 1) attacked.push(await watch('all at once', attacks))

  let afterBytes = residentBytes(victim.pid)
  await until(
    () => {
      afterBytes = Math.min(afterBytes, residentBytes(victim.pid))
      return afterBytes <= peace.measured.peakBytes
    },
    { what: 'memory as before', deadlineMs: Math.min(QUIET_AGAIN_MS, seconds * 1_000), pollMs: 250 },
  ).catch(() => {})
  const { mesh } = await victim.status()
  await Promise.all([victim.stop(), honest.stop()])
  return { peace, attacked, afterBytes, rateLimited: mesh.rejected.rate_limited }
}

/** The attacker has begun; the returned function ends it, and says what it has done. */
async function begin(attack: Attack, victim: TestNode, seed: number) {
  const key = randomBytes(32)
  if (attack.by === 'member') await trusts(victim, testIdentity(key).nodeId)
  const order: Order = {
    ...{ attack: attack.name, key: key.toString('hex'), seed },
    ...{ address: await addressOf(victim), spool: join(victim.home, 'spool') },
  }
  const child = track(spawn(process.execPath, [ATTACKER], { stdio: ['pipe', 'pipe', 'inherit'] }))
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
  child.stdin.on('error', () => {}).write(`${JSON.stringify(order)}\n`)
  await until(() => said.includes('\n') || child.exitCode !== null, { what: `${attack.name} begins` })
  return async (): Promise<Readonly<Record<string, number>>> => {
    child.stdin.end()
    const gone = ended(child)
    const timer = setTimeout(() => child.kill('SIGKILL'), STOPS_WITHIN_MS)
    await gone
    clearTimeout(timer)
    const line = said.split('\n')[1] ?? ''
    return line === '' ? {} : (JSON.parse(line) as Record<string, number>)
  }
}

const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0)
const ratio = (value: number, beside: number): string => `×${(value / Math.max(beside, 1e-9)).toFixed(1)}`

/** One line for each period, each figure with its ratio to the one in peace. */
export function describeTrial({ peace, attacked, afterBytes }: TrialReport): string {
  const lines = [peace, ...attacked].map(({ name, measured: m, done }) => {
    const p = peace.measured
    const did = Object.entries(done).map(([what, times]) => `${times} ${what}`)
    return [
      `  ${name}:`,
      `memory at most ${mebibytes(m.peakBytes)} MiB (${ratio(m.peakBytes, p.peakBytes)}),`,
      `processor ${m.processors.toFixed(2)} (${ratio(m.processors, p.processors)}),`,
      `${m.complete} of ${m.asked} answers whole, in ${m.answerMs.toFixed(0)} ms (${ratio(m.answerMs, p.answerMs)}), the slowest in ${m.slowestAnswerMs.toFixed(0)} ms,`,
      `${m.recorded} recorded in ${m.recordMs.toFixed(0)} ms (${ratio(m.recordMs, p.recordMs)}), the slowest in ${m.slowestRecordMs.toFixed(0)} ms`,
      did.length === 0 ? '' : `[${did.join(', ')}]`,
    ].join(' ')
  })
  return [...lines, `  afterwards: memory ${mebibytes(afterBytes)} MiB`].join('\n')
}
