// A real database with everything in it, and seeded damage to its files: bytes turned, files cut off.
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../../src/base/clock.ts'
import { KaroError } from '../../../src/base/errors.ts'
import { markLevel0, revealLevel0 } from '../../../src/base/level0/level0.ts'
import { silentLog } from '../../../src/base/run/log.ts'
import type { EventInput, GuardNote } from '../../../src/store/events/events.ts'
import { openStore, type Store } from '../../../src/store/index.ts'
import type { ProcessBatch } from '../../../src/store/processes/processes.ts'
import { LOST_TEXT } from '../../../src/store/rescue/commands.ts'
import { checkDatabase, type Report, repairDatabase } from '../../../src/store/rescue/repair.ts'
import { eventOf, positionAt } from './events.ts'

export const openIn = async (directory: string): Promise<Store> => {
  const store = openStore({ directory, clock: systemClock, log: silentLog })
  await store.start(new AbortController().signal)
  return store
}

/** `[0, 1)`, the same for the same seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const TOOLS = [
  ['ls', 'file_ops'],
  ['git', 'git'],
  ['docker', 'container'],
] as const

/** Of two people, over some days; its text and all numbers follow from `n`. */
export function someEvent(n: number): EventInput {
  const [tool, category] = TOOLS[n % TOOLS.length]!
  const start_us = 1_795_000_000_000_000 + n * 97_000_000
  const date = new Date(start_us / 1000)
  return eventOf(n, {
    uid: n % 5 === 0 ? 1001 : 1000,
    start_us,
    exit_code: n % 7 === 0 ? 1 : 0,
    command: `${tool} do-something ${n % 400} ${'x'.repeat(n % 90)}`,
    cwd: `/home/ada/project-${n % 12}`,
    tool,
    category,
    local: {
      day: Math.round(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86_400_000),
      hour: date.getHours(),
    },
  })
}

/** `events` of them, with consent, ledger, members and documents beside; `tables`: the first half lies in tables. */
export async function fillDatabase(directory: string, events: number): Promise<void> {
  for (const half of [0, 1]) {
    const store = await openIn(directory)
    const from = Math.floor((events / 2) * half)
    const to = half === 0 ? Math.floor(events / 2) : events
    for (let at = from; at < to; at += 100) {
      const batch = Array.from({ length: Math.min(100, to - at) }, (_, i) => someEvent(at + i))
      // Some of them were imported.
      if (at === from) await importAll(store, batch)
      else {
        const guarded = [blockedBeside(batch[0]!)]
        await store.events.ingest({ events: batch, guarded, position: positionAt(at + 1), dropped: 0 })
      }
    }
    await store.processes.write([whatRan(half)])
    await store.anomalies.update(1000, { put: [someSignal(half)], remove: [], day: 20_000 + half })
    await store.anomalies.mutes.write(1000, { put: [{ target: `timing/${half}`, until: null }] })
    await store.consent.put({
      uid: 1000,
      allow_peers: ['*'],
      allow_supervisors: [],
      deny_peers: [],
      allow_only: [],
      deny_only: [],
      off: false,
      decided_at: 1 + half,
    })
    const row = (seq: number) => ({
      seq,
      ts: 1_795_000_000_000 + seq,
      type: 'node_started',
      details: Buffer.from('{"details":{},"success":true}'),
      hash: new Uint8Array(32).fill(seq),
    })
    await store.audit.append(Array.from({ length: 20 }, (_, i) => row(half * 20 + i + 1)))
    await store.members.write({
      decisions: [
        {
          keys: [new Uint8Array(32).fill(half + 1)],
          level: 'peer',
          name: 'bob',
          roles: [],
          teams: [],
          denied: false,
          revoked: false,
          decided_at: 1,
        },
      ],
    })
    await store.stop()
  }
}

const blockedBeside = ({ uid, start_us, local }: EventInput): GuardNote => ({
  uid,
  at_us: start_us,
  local,
  outcome: 'blocked',
  risk_level: 'high',
})

/** Twenty processes, and what their lines needed. */
const whatRan = (half: number): ProcessBatch => ({
  uid: 1000,
  rows: Array.from({ length: PROCESSES }, (_, i) => ({
    started_at: 1_795_000_000_000 + 1_000 * (half * PROCESSES + i),
    pid: 4711 + i,
    shell: 'bash',
    name: markLevel0(`tool${i}`),
    duration_ms: 2_000,
    peak_rss_bytes: 1_000_000 + i,
    cpu_ms: 10,
    exit_code: i % 2 === 0 ? 0 : null,
    event_id: `0hocdwl8bao0z79n${half}${i % 10}`,
  })),
  peaks: Array.from({ length: PROCESSES }, (_, i) => ({
    event_id: `0hocdwl8bao0z7${half}${String(i).padStart(3, '0')}`,
    peak_rss_bytes: 1_000_000 + i,
    last_start: 1_795_000_000_000,
  })),
})
const PROCESSES = 20

const someSignal = (n: number) => ({
  id: `0000000${n}`,
  kind: 'timing',
  subject: null,
  severity: 6,
  unit: 'commands',
  observed: 34,
  expected: 0,
  spread: null,
  n: 30,
  window: { start: 1, end: 2 },
  first_seen: 1,
  last_seen: 2,
  count: 1,
  last_day: 1,
  seen: true,
})

/** What is not of events: lines that were stopped, signals, mutes, processes. */
async function besideEvents({ rollups, anomalies, processes }: Store): Promise<readonly number[]> {
  const days = await Promise.all([1000, 1001].map((uid) => rollups.days(uid, 0, 99_999)))
  const blocked = days.flat().reduce((sum, { rollup }) => sum + rollup.guard.blocked, 0)
  let ran = 0
  for await (const page of processes.rows(1000)) ran += page.length
  const ids = [0, 1].flatMap((half) => whatRan(half).peaks.map(({ event_id }) => event_id))
  const peaks = await processes.peaks(1000, ids)
  return [
    ...[blocked, (await anomalies.signals(1000)).length, (await anomalies.mutes.all(1000)).length],
    ...[ran, peaks.size],
  ]
}

async function importAll(store: Store, events: readonly EventInput[]): Promise<void> {
  for (const [uid, own] of Map.groupBy(events, (event) => event.uid)) {
    const about = { source: 'karo', file: 'history.ndjson', started_at: 1_795_000_000_000 }
    const importing = await store.events.beginImport(uid, about, false)
    await importing.add(own.map((event) => ({ event, exact: true, nth: 1 })))
    await importing.finish(1_795_000_000_001)
    await importing.close()
  }
}

interface Harm {
  readonly file: string
  readonly size: number
  readonly what: string
}

/** One harm to one file that matters, chosen by `random`: cut off, a bit turned, or a stretch of bytes overwritten. */
function harm(directory: string, random: () => number): Harm {
  const names = readdirSync(directory).filter((name) => /^(CURRENT|CLOSED|MANIFEST-|\d+\.)/.test(name))
  const weighed = names.flatMap((name) => {
    const { size } = statSync(join(directory, name))
    return size === 0 ? [] : [{ name, size }]
  })
  const { name, size } = weighed[Math.floor(random() * weighed.length)]!
  const path = join(directory, name)
  const at = Math.floor(random() * size)
  const kind = Math.floor(random() * 3)
  if (kind === 0) {
    truncateSync(path, at)
    return { file: name, size, what: `cut off at ${at} of ${size}` }
  }
  const bytes = readFileSync(path)
  if (kind === 1) {
    const bit = Math.floor(random() * 8)
    bytes[at] = bytes[at]! ^ (1 << bit)
    writeFileSync(path, bytes)
    return { file: name, size, what: `bit ${bit} of byte ${at} of ${size} turned` }
  }
  const end = Math.min(size, at + 1 + Math.floor(random() * 512))
  for (let i = at; i < end; i++) bytes[i] = Math.floor(random() * 256)
  writeFileSync(path, bytes)
  return { file: name, size, what: `bytes ${at} to ${end} of ${size} overwritten` }
}

export interface Round {
  readonly harm: Harm
  /** `opened`: as if nothing were wrong. */
  readonly start: 'opened' | 'refused'
  readonly kept: number
  readonly report: Report
}

/**
 * Harms a copy of the database `whole`, which has `events` of `someEvent`, starts with it and repairs it. Throws where
 * something is silently gone, is not what it was, or is not told.
 */
export async function damageRound(whole: string, events: number, copy: string, seed: number): Promise<Round> {
  cpSync(whole, copy, { recursive: true })
  const done = harm(copy, seeded(seed))
  const harmed = readFileSync(join(copy, done.file))
  const start = await tryStart(copy)
  const report = await repairDatabase(copy)
  const round: Round = { harm: done, start, kept: 0, report }
  const fail = (why: string): never => {
    throw new Error(`seed ${seed}, ${JSON.stringify(round)}: ${why}`)
  }
  if ((start === 'opened') !== report.ok) fail('the start and the check say different things')
  if (!report.ok && (statSync(copy).mode & 0o077) !== 0) fail('others may read the database')
  if (!report.ok && !readFileSync(join(report.copy ?? fail('no copy'), done.file)).equals(harmed))
    fail('the copy is not what was there')

  const texts = new Set(Array.from({ length: events }, (_, n) => revealLevel0(someEvent(n).command)))
  const store = await openIn(copy)
  let kept = 0
  let placeholders = 0
  let beside: readonly number[] = []
  try {
    for (const uid of [1000, 1001]) {
      const found = await store.events.search(uid, { words: [], limit: events })
      kept += found.events.length
      for (const { command } of found.events) {
        const text = revealLevel0(command)
        if (text === LOST_TEXT) placeholders++
        else if (!texts.has(text)) fail('a text that nobody typed')
      }
    }
    beside = await besideEvents(store)
    // What is left of the lists of imports can be undone, and takes out nothing else.
    for (const uid of [1000, 1001]) {
      for (const { number } of await store.events.imports(uid, 10)) {
        const before = await store.events.count(uid)
        const undone = await store.events.undoImport(uid, number, 100, new AbortController().signal)
        const removed = undone?.removed ?? -1
        if (before - (await store.events.count(uid)) !== removed) fail('an undo miscounts')
        if (removed > 100) fail('an undo takes out what an import did not bring')
      }
    }
  } finally {
    await store.stop()
  }
  if (kept > events) fail('more events than there were')
  const told = report.keyspaces.commands?.lost ?? 0
  if (placeholders > 0 && told === 0) fail('texts are lost and nobody says so')
  const lossless = report.ok || !report.findings.some(({ where }) => /^\d+\.(ldb|log)/.test(where))
  // The first batch of each half was imported, without a guard.
  const besideOfWhole = [events / 100 - 2, 2, 2, 2 * PROCESSES, 2 * PROCESSES]
  if (beside.some((count, i) => count > besideOfWhole[i]!)) fail('more beside events than there was')
  if (lossless && beside.join() !== besideOfWhole.join())
    fail('what is beside events is gone and nobody says so')
  if (lossless && (kept !== events || placeholders > 0)) fail('events are gone and nobody says so')
  // What the ledger lost stays lost, and is told again.
  if (!(await checkDatabase(copy)).ok) fail('what was repaired is not whole')
  return { ...round, kept }
}

async function tryStart(directory: string): Promise<Round['start']> {
  try {
    await (await openIn(directory)).stop()
    return 'opened'
  } catch (error) {
    const clear =
      error instanceof KaroError && error.code === 'bad_file' && error.hint?.includes('karo doctor --repair')
    if (!clear) throw error
    return 'refused'
  }
}

/** Many rounds, each with a seed of its own; resolves with what happened, in words. */
export async function damageRounds(options: { rounds: number; seed: number }): Promise<string> {
  const events = 2_400
  const directory = mkdtempSync(join(tmpdir(), 'karo-damage-'))
  try {
    const whole = join(directory, 'whole')
    await fillDatabase(whole, events)
    let refused = 0
    let lost = 0
    for (let round = 0; round < options.rounds; round++) {
      const copy = join(directory, String(round))
      const { start, kept } = await damageRound(whole, events, join(copy, 'db'), options.seed + round)
      if (start === 'refused') refused++
      lost += events - kept
      rmSync(copy, { recursive: true, force: true })
    }
    return `${options.rounds} rounds, ${refused} refused and repaired, ${lost} of ${options.rounds * events} events lost, none silently`
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
