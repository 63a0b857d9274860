// Commands for many nodes from one seed, put where a shell would have put them, and what all numbers must then be.
import { mkdirSync } from 'node:fs'
import { pick, randomOf } from '../run/random.ts'
import { append, deadName, record, type Spooled } from './spool.ts'

const HOUR_MS = 3_600_000

/** Lines that count, by the tool and the risk the product gives them; each may fail. */
const LINES = [
  { command: 'git status', tool: 'git', risk: 'safe' },
  { command: 'git log --oneline', tool: 'git', risk: 'safe' },
  { command: 'ls -la', tool: 'ls', risk: 'safe' },
  { command: 'docker ps', tool: 'docker', risk: 'safe' },
  { command: 'make test', tool: 'make', risk: 'safe' },
  { command: './own-script --now', tool: 'other', risk: 'safe' },
  { command: 'rm -rf /', tool: 'rm', risk: 'critical' },
] as const
type Risk = 'safe' | 'moderate' | 'high' | 'critical'

/** What one node's people did, as a question about the whole time must add it up. */
export interface Fed {
  readonly commands: number
  readonly unique: number
  readonly failures: number
  readonly uses: Readonly<Record<string, number>>
  readonly risk: Readonly<Record<Risk, number>>
}

/** Whole UTC hours that hold every command: the two before the open one, and the open one. */
export function hoursOfFeed(now = Date.now()): { readonly start: number; readonly end: number } {
  const open = Math.floor(now / HOUR_MS) * HOUR_MS
  return { start: open - 2 * HOUR_MS, end: open + HOUR_MS }
}

/** Some commands of now: in the first hour of a Monday nothing else that was fed is in an open hour, day or week. */
export function typeNow(spool: string): void {
  const typed = ['docker ps', 'make test'].map((command, i) => ({
    command,
    sequence: i + 1,
    session: '0-1-now',
    start: Date.now() * 1_000 + i,
    exit: 0,
  }))
  append(spool, deadName(900), Buffer.concat(typed.map(record)))
}

/**
 * Commands of node `index` in the two closed hours of `range`, in the spool of a shell that has ended. Pure but for
 * the file: the same seed and index give the same commands.
 */
export function feed(spool: string, index: number, seed: number, range: { readonly start: number }): Fed {
  const random = randomOf((seed * 1_000 + index) >>> 0)
  const count = 5 + random.below(20)
  const uses: Record<string, number> = {}
  const risk: Record<Risk, number> = { safe: 0, moderate: 0, high: 0, critical: 0 }
  const texts = new Set<string>()
  let failures = 0
  const spooled: Spooled[] = []
  for (let i = 0; i < count; i++) {
    const line = pick(random, LINES)
    const exit = random.below(5) === 0 ? 1 : 0
    // In the order in which they were typed, over both hours.
    const start = (range.start + Math.floor(((2 * HOUR_MS - 60_000) * i) / count)) * 1_000
    spooled.push({ command: line.command, sequence: i + 1, session: `0-1-${index}`, start, exit })
    uses[line.tool] = (uses[line.tool] ?? 0) + 1
    risk[line.risk] += 1
    texts.add(line.command)
    if (exit !== 0) failures++
  }
  mkdirSync(spool, { recursive: true, mode: 0o700 })
  append(spool, deadName(index), Buffer.concat(spooled.map(record)))
  return { commands: count, unique: texts.size, failures, uses, risk }
}

/** What everybody of `fed` did together. */
export function sumOf(fed: readonly Fed[]): Fed {
  const uses: Record<string, number> = {}
  const risk: Record<Risk, number> = { safe: 0, moderate: 0, high: 0, critical: 0 }
  for (const one of fed) {
    for (const [tool, count] of Object.entries(one.uses)) uses[tool] = (uses[tool] ?? 0) + count
    for (const level of Object.keys(risk) as Risk[]) risk[level] += one.risk[level]
  }
  const total = (of: (one: Fed) => number): number => fed.reduce((sum, one) => sum + of(one), 0)
  return {
    commands: total((one) => one.commands),
    unique: total((one) => one.unique),
    failures: total((one) => one.failures),
    uses,
    risk,
  }
}
