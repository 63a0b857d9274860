// Weeks of plausible history for one machine of the demonstration, the same in every run on one day: lines as `karo export` writes them.
import { firstTool, riskLevelOf } from '../../assist/risk/index.ts'
import { toolOf } from '../../base/words/dictionary.ts'
import { idOfEvent } from '../../base/words/event-id.ts'
import { COMMON, type Habit, LATE, type Machine, STICK } from './machines.ts'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
/** How many days before today there is history of. */
const DAYS = 21
/** Hours of a working day at which most is typed, UTC. */
const FIRST_HOUR = 8
const HOURS = 10
/** Hour of yesterday's evening in which everybody looked for a fault, UTC, and the fewest lines that each typed in it. */
const LATE_HOUR = 21
const LATE_LINES = 30

/** The day, counted back from today, on which everybody wrote a stick. */
const STICK_DAY = 3

/** Mulberry32: small and seeded, so that the demonstration shows the same numbers each time on one day. */
function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000
  }
}

/** NDJSON with its first and its last line; oldest first. `now`: ms since the epoch. */
export function historyOf(machine: Machine, index: number, now: number): string {
  const random = seeded(index + 1)
  const today = Math.floor(now / DAY_MS) * DAY_MS
  const events: string[] = []
  for (let back = DAYS; back >= 0; back--) {
    const start = today - back * DAY_MS
    // Fewer people work at the weekend; the same machines type a little, so that each day has totals.
    const isWeekend = [0, 6].includes(new Date(start).getUTCDay())
    const many = Math.round(machine.aDay * (isWeekend ? 0.25 : 0.8 + 0.4 * random()))
    const possible = [...COMMON, ...machine.habits].filter(
      ({ sinceDays }) => sinceDays === undefined || back <= sinceDays,
    )
    // Each of the common lines once a day, so that most rows have enough machines.
    const lines = [...COMMON.filter(({ weight }) => weight >= 2), ...chosen(possible, many, random)]
    const times = lines
      .map(() => start + FIRST_HOUR * HOUR_MS + random() * HOURS * HOUR_MS)
      .sort((a, b) => a - b)
    if (back === STICK_DAY) {
      lines.push(STICK)
      times.push(start + (FIRST_HOUR + random()) * HOUR_MS)
    }
    // One evening unlike the others, so that what is unusual for a person, and for many, has something to tell.
    if (back === 1) {
      const late = chosen(LATE, LATE_LINES + Math.floor(random() * 10), random)
      lines.push(...late)
      times.push(...late.map((_, i) => start + (LATE_HOUR + (i + random()) / late.length) * HOUR_MS))
    }
    for (const [at, one] of lines.entries()) {
      const time = Math.floor(times[at]!)
      if (time < now - HOUR_MS) events.push(eventOf(one, time, events.length, random))
    }
  }
  return `${JSON.stringify({ karo_export: 1 })}\n${events.join('\n')}\n${JSON.stringify({ end: events.length })}\n`
}

/**
 * What the guard of the machine did in these weeks: a spool file as the shell hook writes it, with its name. It has notes
 * alone, so no command of it is in the history.
 */
export function guardNotesOf(
  { aDay }: Machine,
  index: number,
  now: number,
): { readonly name: string; readonly text: string } {
  const random = seeded(1_000 + index)
  const today = Math.floor(now / DAY_MS) * DAY_MS
  const session = `${process.getuid?.() ?? 0}-${process.pid}-${now * 1000}-${String(index).padStart(32, '0')}`
  const records: string[] = []
  const note = (at: number, did: string): void => {
    const us = String(Math.floor(at) * 1000)
    const fields = ['1', session, String(records.length + 1), us, us, 'bash', '?', '?', `!${did}`, '.']
    if (at < now - HOUR_MS) records.push(`\0\0${fields.join('\0')}\0`)
  }
  for (let back = DAYS; back >= 0; back--) {
    const start = today - back * DAY_MS + FIRST_HOUR * HOUR_MS
    const at = (): number => start + random() * HOURS * HOUR_MS
    note(start, 'active safe')
    for (let i = 0; i < 1 + Math.floor(aDay / 30); i++) note(at(), 'confirmed high')
    if (random() < 0.6) note(at(), 'declined high')
    if (random() < 0.4 || back === STICK_DAY) note(at(), 'blocked critical')
  }
  return { name: `${session}.spool`, text: records.join('') }
}

function chosen(habits: readonly Habit[], many: number, random: () => number): Habit[] {
  const sum = habits.reduce((all, { weight }) => all + weight, 0)
  return Array.from({ length: many }, () => {
    let left = random() * sum
    const found = habits.find(({ weight }) => {
      left -= weight
      return left < 0
    })
    return found ?? habits[0]!
  })
}

function eventOf({ line, fails = 0.02 }: Habit, time: number, tag: number, random: () => number): string {
  const { tool, category } = toolOf(firstTool(line, 'bash').tool)
  return JSON.stringify({
    id: idOfEvent(time * 1000, tag),
    timestamp: new Date(time).toISOString(),
    shell: 'bash',
    command: line,
    cwd: '/home/demo',
    exit_code: random() < fails ? 1 : 0,
    duration_us: Math.round(50_000 + random() * 2_000_000),
    risk_level: riskLevelOf(line, 'bash'),
    category,
    tool,
    karo_generated: false,
  })
}
