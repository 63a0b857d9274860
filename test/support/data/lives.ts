// Made-up people at work for a year: seeded, with habits, projects, holidays and bad days, as rollups of hours and days.

import type { RiskLevel } from '../../../src/assist/risk/index.ts'
import { DAY_MS, weekdayOf } from '../../../src/base/calendar.ts'
import { toolOf } from '../../../src/base/words/dictionary.ts'
import { count, emptyRollup, type MutableRollup } from '../../../src/store/rollups/count.ts'
import type { Rollup } from '../../../src/store/rollups/types.ts'

/** Uniform in [0, 1), the same for the same seed (mulberry32). */
function dice(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Gaussian, of mean 0 and deviation 1 (Box and Muller). */
const gauss = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
const lognormal = (random: () => number, median: number, sigma: number): number =>
  Math.round(median * Math.exp(sigma * gauss(random)))
const pick = <T>(random: () => number, from: readonly T[]): T => from[Math.floor(random() * from.length)]!

export interface Habits {
  /** Chance of a day at the keyboard, Monday first. */
  readonly days: readonly number[]
  /** Commands of a usual day, and how days vary (deviation of the logarithm). */
  readonly median: number
  readonly sigma: number
  /** First and last hour of work, and how far a day's shift varies. */
  readonly hours: readonly [from: number, to: number]
  readonly jitter: number
  /** Chance that some of it happens in the evening, and until when at the latest. */
  readonly evenings: number
  readonly latest: number
  /** Chance of an incident in a night of an on-call week, every fourth week. */
  readonly nights: number
  /** Tools in everyday use, the most used first; projects add others. */
  readonly everyday: string
  readonly projects: readonly string[]
  readonly riskyShare: number
}

export const PROFILES = {
  worker: {
    days: [0.97, 0.98, 0.98, 0.97, 0.93, 0.04, 0.03],
    median: 110,
    sigma: 0.5,
    hours: [9, 17],
    jitter: 0.8,
    evenings: 0.07,
    latest: 22,
    nights: 0,
    riskyShare: 0.003,
    everyday: 'git ls cd grep npm node cat vim docker rg make rm mkdir ssh curl find',
    projects: [
      'cargo rustc',
      'python3 pytest pip',
      'kubectl helm',
      'psql',
      'terraform aws',
      'go make',
      'npx tsc vitest',
      'ffmpeg',
      'jq curl',
      'gh',
    ],
  },
  tinkerer: {
    days: [0.2, 0.15, 0.2, 0.15, 0.3, 0.75, 0.7],
    median: 55,
    sigma: 0.75,
    hours: [13, 22],
    jitter: 2.5,
    evenings: 0.5,
    latest: 25,
    nights: 0,
    riskyShare: 0.008,
    everyday: 'ls cd git python3 vim sudo apt cat make gcc ssh rm cp nano',
    projects: [
      'docker docker-compose',
      'cargo',
      'ffmpeg',
      'node npm',
      'cmake ninja g++',
      'sqlite3',
      'rsync rclone',
    ],
  },
  oncall: {
    days: [0.97, 0.97, 0.97, 0.97, 0.95, 0.25, 0.25],
    median: 150,
    sigma: 0.55,
    hours: [8, 18],
    jitter: 1,
    evenings: 0.2,
    latest: 23,
    nights: 0.3,
    riskyShare: 0.012,
    everyday:
      'kubectl ssh git grep cd ls journalctl systemctl terraform aws cat jq curl helm less tail vim docker',
    projects: [
      'ansible ansible-playbook',
      'psql pg_dump',
      'python3 pip',
      'go',
      'nginx openssl',
      'redis-cli',
      'tcpdump ip ss',
    ],
  },
} as const satisfies Readonly<Record<string, Habits>>
export type Profile = keyof typeof PROFILES

/** How often each tool fails by itself. */
const FAILS: Readonly<Record<string, number>> = {
  grep: 0.15,
  rg: 0.12,
  make: 0.2,
  npm: 0.12,
  cargo: 0.25,
  pytest: 0.3,
  git: 0.04,
  ssh: 0.08,
  vitest: 0.3,
  tsc: 0.3,
  gcc: 0.25,
  docker: 0.08,
  kubectl: 0.07,
  curl: 0.06,
  find: 0.05,
  terraform: 0.12,
  cd: 0.03,
}

export interface LivedDay {
  readonly day: number
  /** In UTC, which is local time here: hours since the epoch. */
  readonly hours: readonly { readonly hour: number; readonly rollup: Rollup }[]
}

export interface Typed {
  readonly hour: number
  readonly tool: string
  /** Null: it is not known how it ended. */
  readonly failed?: boolean | null
  readonly risk?: RiskLevel
}

/** Adds commands to the hours of one day. */
export function addTyped(hours: Map<number, MutableRollup>, day: number, typed: Typed): void {
  const hour = day * 24 + typed.hour
  const rollup = hours.get(hour) ?? emptyRollup()
  hours.set(hour, rollup)
  const { tool, category } = toolOf(typed.tool)
  count(rollup, {
    tool,
    category,
    exit_code: typed.failed === null ? null : typed.failed ? 1 : 0,
    duration_us: 20_000,
    karo_generated: false,
    risk_level: typed.risk ?? 'safe',
    local: { day, hour: typed.hour },
  })
}

/** `days` days from `first` on (days since the epoch), of which some are not worked at. */
export function live(profile: Profile, seed: number, first: number, days: number): LivedDay[] {
  const habits: Habits = PROFILES[profile]
  const random = dice(seed)
  const everyday = habits.everyday.split(' ')
  let project = pick(random, habits.projects).split(' ')
  let projectUntil = first + 14
  let holidayUntil = 0
  const lived: LivedDay[] = []
  for (let day = first; day < first + days; day++) {
    if (day >= projectUntil) {
      project = pick(random, habits.projects).split(' ')
      projectUntil = day + 10 + Math.floor(random() * 40)
    }
    if (random() < 1 / 120) holidayUntil = day + 4 + Math.floor(random() * 12)
    const hours = new Map<number, MutableRollup>()
    const onCall = habits.nights > 0 && Math.floor(day / 7) % 4 === 0
    if (day >= holidayUntil && random() < habits.days[weekdayOf(day)]!) {
      // Now and then a release, a migration, an exam.
      const busy = random() < 0.04 ? 1.8 : 1
      const most = Math.max(1, lognormal(random, habits.median * busy, habits.sigma))
      const debugging = random() < 0.06 ? 2.2 : 1
      const shift = gauss(random) * habits.jitter
      const evening = random() < habits.evenings
      const onProject = random() < 0.8 ? 0.25 + 0.3 * random() : 0.05
      let at = habits.hours[0]
      for (let i = 0; i < most; i++) {
        // In bursts: most commands follow another one.
        if (random() < 0.12) {
          const late = evening && random() < 0.3
          const [from, to] = late ? [habits.hours[1], habits.latest] : habits.hours
          at = from + random() * (to - from) + (late ? 0 : shift)
        }
        type(hours, day, Math.min(habits.latest, Math.max(5, at)), {
          tool: random() < onProject ? pick(random, project) : ranked(random, everyday),
          debugging,
          random,
          riskyShare: habits.riskyShare,
        })
      }
    }
    if (onCall && random() < habits.nights) {
      const at = 1 + Math.floor(random() * 4)
      const many = 8 + Math.floor(random() * 30)
      for (let i = 0; i < many; i++)
        type(hours, day, at + random(), {
          tool: ranked(random, everyday),
          debugging: 1.5,
          random,
          riskyShare: 0.02,
        })
    }
    lived.push({
      day,
      hours: [...hours].sort(([a], [b]) => a - b).map(([hour, rollup]) => ({ hour, rollup })),
    })
  }
  return lived
}

/** The first of a list most often (Zipf). */
function ranked(random: () => number, tools: readonly string[]): string {
  return tools[Math.min(tools.length - 1, Math.floor(tools.length ** random()) - 1)]!
}

function type(
  hours: Map<number, MutableRollup>,
  day: number,
  at: number,
  how: { tool: string; debugging: number; random: () => number; riskyShare: number },
): void {
  const { tool, debugging, random, riskyShare } = how
  const risk = random()
  addTyped(hours, day, {
    // What lies after midnight is the small hours of this day: the same thing for a year of such days.
    hour: Math.floor(at) % 24,
    tool,
    failed: random() < Math.min(0.9, (FAILS[tool] ?? 0.02) * debugging),
    risk:
      risk < riskyShare / 10 ? 'critical' : risk < riskyShare ? 'high' : risk < 0.05 ? 'moderate' : 'safe',
  })
}

/** All hours of a day as one. */
export function dayOf(hours: LivedDay['hours']): MutableRollup {
  const sum = emptyRollup()
  for (const { rollup } of hours) {
    for (const key of ['count', 'failures', 'unknown', 'duration_ms', 'generated'] as const)
      sum[key] += rollup[key]
    for (const [name, tally] of Object.entries(rollup.categories)) {
      sum.categories[name] ??= { count: 0, failures: 0, unknown: 0, duration_ms: 0 }
      const own = sum.categories[name]
      own.count += tally.count
      own.failures += tally.failures
      own.unknown += tally.unknown
      own.duration_ms += tally.duration_ms
    }
    for (const [name, tally] of Object.entries(rollup.tools)) {
      sum.tools[name] ??= { category: tally.category, count: 0, failures: 0, unknown: 0 }
      const own = sum.tools[name]
      own.count += tally.count
      own.failures += tally.failures
      own.unknown += tally.unknown
    }
    for (const level of ['safe', 'moderate', 'high', 'critical'] as const)
      sum.risk[level] += rollup.risk[level]
    for (const one of ['blocked', 'confirmed', 'declined', 'unjudged'] as const)
      sum.guard[one] += rollup.guard[one]
    for (let hour = 0; hour < 24; hour++) sum.hourly[hour]! += rollup.hourly[hour] ?? 0
  }
  return sum
}

/** Midnight of a day, in the UTC these people live in. */
export const midnight = (day: number): number => day * DAY_MS
