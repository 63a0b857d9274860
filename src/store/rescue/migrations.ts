// Brings a database from the schema it was written with to the schema of this program, one numbered step at a time.
import { HOUR_MS, localDay } from '../../base/calendar.ts'
import { KaroError } from '../../base/errors.ts'
import type { Log } from '../../base/run/log.ts'
import { countEvents } from '../events/counts.ts'
import { localThen } from '../events/rollup-writer.ts'
import { decodeWithoutText, isEndKnown } from '../events/rows.ts'
import { type Change, type Database, putRow } from '../level/database.ts'
import { isCounted, readU32, startOfKey, UID_AT } from '../level/key-of-event.ts'
import { keyRange, makeKey } from '../level/keyspace.ts'
import { pages } from '../level/pages.ts'
import { decodeValue, encodeValue } from '../level/value.ts'
import { mutable } from '../rollups/count.ts'
import {
  dayKey,
  decodeRollup,
  encodeRollup,
  hourKey,
  ROLLUP_TIME_AT,
  ROLLUP_VERSION,
} from '../rollups/rollups.ts'
import { peopleOfUids } from '../tables/people.ts'

export interface Migration {
  /** The schema after it: from 2, consecutive, never renumbered. */
  readonly version: number
  /** A few words for the log. */
  readonly name: string
  /**
   * Returns the changes that take the database from `version - 1` to `version`; the runner writes them and the new
   * number in one batch. A migration too large for one batch may write parts of itself before it returns: those must
   * be harmless when they run again, because a kill in between repeats the whole migration.
   */
  run(db: Database): Promise<readonly Change[]>
}

/** From this schema on, data says which account it belongs to. */
export const PEOPLE_SCHEMA = 4

/** Every step since schema 1, the first. */
const MIGRATIONS: readonly Migration[] = [
  { version: 2, name: 'durations by category', run: categoryDurations },
  { version: 3, name: 'counts of events', run: countEvents },
  { version: PEOPLE_SCHEMA, name: 'people of uids', run: peopleOfUids },
  // Nothing changes at once, but an earlier release could not add up the counts of days that are written from now on.
  { version: 5, name: 'counts of rules and answers', run: async () => [] },
  { version: 6, name: 'counts of unknown exit codes', run: unknownEnds },
]

const FIRST_SCHEMA = 1
/** The schema version of a database that this program has opened. */
export const NEWEST_SCHEMA: number = MIGRATIONS.at(-1)?.version ?? FIRST_SCHEMA
const SCHEMA_KEY = makeKey('meta', { text: 'schema' })

export interface MigrateOptions {
  readonly log: Log
  /** Before the first step of those that are missing; where it rejects, nothing is changed. */
  readonly before?: (schema: number) => Promise<void>
  /** A copy from before an upgrade that a program of this schema can restore. */
  readonly copyOf?: (schema: number) => string | undefined
  /** After each step. */
  readonly after?: () => void
  readonly migrations?: readonly Migration[]
}

/**
 * Runs what is missing, in order, each step durable before the next. `db` must be open. Returns the schema reached.
 * Errors: `bad_file` when the database is of a newer schema, or has data but says no schema.
 */
export async function migrate(
  db: Database,
  directory: string,
  { log, before = async () => {}, copyOf, after = () => {}, migrations = MIGRATIONS }: MigrateOptions,
): Promise<number> {
  checkNumbers(migrations)
  const newest = migrations.at(-1)?.version ?? FIRST_SCHEMA
  let schema = await readSchema(db, directory)
  if (schema === undefined) {
    // Nothing was ever stored, so there is nothing to move: it starts as the newest schema.
    await writeStep(db, [], newest)
    return newest
  }
  if (schema > newest) {
    const copy = copyOf?.(newest)
    const back =
      copy === undefined
        ? ', or restore an older backup.'
        : `. To go back to before its upgrade: karo restore ${copy} --replace (for the machine's service, --service too)`
    throw new KaroError(
      'bad_file',
      `the database has schema ${schema}; this program knows schemas up to ${newest}`,
      { where: directory, hint: `Run the newer version of Karo that wrote it${back}` },
    )
  }
  if (schema < newest) await before(schema)
  for (const migration of migrations) {
    if (migration.version <= schema) continue
    log.info({ schema: migration.version, migration: migration.name }, 'migrating the database')
    await writeStep(db, await migration.run(db), migration.version)
    schema = migration.version
    after()
  }
  return schema
}

/** Says that the database has the newest schema, whatever it said before; durable when it resolves. */
export const writeSchema = (db: Database): Promise<void> => writeStep(db, [], NEWEST_SCHEMA)

/** Undefined when there is none, or it cannot be read. */
export async function readSchemaOf(db: Database): Promise<number | undefined> {
  const bytes = await db.get(SCHEMA_KEY)
  return bytes === undefined ? undefined : decodeValue<number>(bytes)
}

function checkNumbers(migrations: readonly Migration[]): void {
  migrations.forEach((migration, i) => {
    if (migration.version !== FIRST_SCHEMA + 1 + i) {
      throw new RangeError(`migration ${migration.name} has number ${migration.version}, not ${i + 2}`)
    }
  })
}

/** Undefined for a database without any row. */
async function readSchema(db: Database, directory: string): Promise<number | undefined> {
  const bytes = await db.get(SCHEMA_KEY)
  if (bytes === undefined) {
    if ((await db.keys({ limit: 1 }).all()).length === 0) return undefined
    throw damaged(directory)
  }
  let schema: unknown
  try {
    schema = decodeValue(bytes)
  } catch (cause) {
    throw damaged(directory, cause)
  }
  if (typeof schema !== 'number' || !Number.isInteger(schema) || schema < FIRST_SCHEMA)
    throw damaged(directory)
  return schema
}

function damaged(directory: string, cause?: unknown): KaroError {
  return new KaroError('bad_file', 'the database does not say which schema it has', {
    where: directory,
    hint: 'Run: karo doctor --repair. It saves what can be read and keeps a copy; or restore a backup.',
    cause,
  })
}

async function writeStep(db: Database, changes: readonly Change[], schema: number): Promise<void> {
  const done: Change = putRow(SCHEMA_KEY, encodeValue(schema))
  await db.batch([...changes, done], { sync: true })
}

// Schema 2: rollups from before durations were kept by category get them from the events.

type OldCategories = Readonly<Record<string, readonly [count: number, failures: number]>>
type OldRow = readonly [
  count: number,
  failures: number,
  ms: number,
  categories: OldCategories,
  ...rest: unknown[],
]

/** Milliseconds by category, for each person and hour or day. */
type Sums = Map<string, Record<string, number>>

const nameOf = (uid: number, at: number): string => `${uid} ${at}`

/** Days follow the calendar that the machine has now; rows of a day keep their own categories. */
async function categoryDurations(db: Database): Promise<readonly Change[]> {
  const hours: Sums = new Map()
  const days: Sums = new Map()
  const add = (sums: Sums, name: string, category: string, ms: number): void => {
    const sum = sums.get(name) ?? {}
    sum[category] = (sum[category] ?? 0) + ms
    sums.set(name, sum)
  }
  for await (const page of pages(db.iterator(keyRange('events')))) {
    for (const [key, value] of page) {
      const { timestamp, category, duration_ms } = decodeWithoutText(key, value)
      if (duration_ms === null) continue
      const uid = readU32(key, UID_AT)
      add(hours, nameOf(uid, Math.floor(timestamp / HOUR_MS)), category, duration_ms)
      add(days, nameOf(uid, Math.max(0, localDay(timestamp))), category, duration_ms)
    }
  }

  const changes: Change[] = []
  for (const [keyspace, sums] of [
    ['rollups_hour', hours],
    ['rollups_day', days],
  ] as const) {
    for (const [key, value] of await db.iterator(keyRange(keyspace)).all()) {
      const [count, failures, ms, categories, ...rest] = decodeValue<OldRow>(value)
      const sum = sums.get(nameOf(readU32(key, UID_AT), readU32(key, ROLLUP_TIME_AT))) ?? {}
      const withDurations = Object.fromEntries(
        Object.entries(categories).map(([name, tally]) => [name, [...tally, sum[name] ?? 0]]),
      )
      const row = [count, failures, ms, withDurations, ...rest]
      changes.push(putRow(key, encodeValue(row, ROLLUP_VERSION)))
    }
  }
  return changes
}

// Schema 6: rollups from before unknown exit codes were counted get their number from the events that are still there.

/** Hours and days that are read at once. */
const ROWS = 512

/** Events of unknown end by category and by tool. */
interface Unknown {
  readonly key: Buffer
  readonly categories: Map<string, number>
  readonly tools: Map<string, number>
}

/** Events of a day are those of its hours, which keep the calendar that the machine had when they were counted. */
async function unknownEnds(db: Database): Promise<readonly Change[]> {
  const hours = new Map<string, Unknown>()
  const days = new Map<string, Unknown>()
  for await (const page of pages(db.iterator(keyRange('events')))) {
    const unknown = page.filter(([key, value]) => isCounted(key) && !isEndKnown(key, value))
    const found = unknown.map(([key, value]) => {
      const uid = readU32(key, UID_AT)
      const start_us = startOfKey(key)
      const at = Math.floor(start_us / 1000)
      return { uid, start_us, at, hour: Math.floor(at / HOUR_MS), event: decodeWithoutText(key, value) }
    })
    const keys = new Map(found.map(({ uid, hour }) => [`${uid} ${hour}`, hourKey(uid, hour)]))
    const values = await db.getMany([...keys.values()])
    const hourly = new Map([...keys.keys()].map((name, i) => [name, values[i] && decodeRollup(values[i])]))
    for (const { uid, start_us, at, hour, event } of found) {
      const name = `${uid} ${hour}`
      const counted = hourly.get(name)
      if (counted === undefined) continue
      const local = { day: Math.max(0, localDay(at)), hour: new Date(at).getHours() }
      const { day } = localThen(counted, { start_us, local })
      add(hours, name, keys.get(name)!, event)
      add(days, `${uid} ${day}`, dayKey(uid, day), event)
    }
  }
  return [...(await changesOf(db, [...hours.values()])), ...(await changesOf(db, [...days.values()]))]
}

function add(
  sums: Map<string, Unknown>,
  name: string,
  key: Buffer,
  { category, tool }: { readonly category: string; readonly tool: string },
): void {
  const sum = sums.get(name) ?? { key, categories: new Map(), tools: new Map() }
  sums.set(name, sum)
  sum.categories.set(category, (sum.categories.get(category) ?? 0) + 1)
  sum.tools.set(tool, (sum.tools.get(tool) ?? 0) + 1)
}

async function changesOf(db: Database, sums: readonly Unknown[]): Promise<readonly Change[]> {
  const changes: Change[] = []
  for (let from = 0; from < sums.length; from += ROWS) {
    const some = sums.slice(from, from + ROWS)
    const values = await db.getMany(some.map(({ key }) => key))
    for (const [i, { key, categories, tools }] of some.entries()) {
      if (values[i] === undefined) continue
      const rollup = mutable(decodeRollup(values[i]))
      set(rollup.categories, categories)
      set(rollup.tools, tools)
      changes.push(putRow(key, encodeRollup(rollup)))
    }
  }
  return changes
}

/** Never more than what did not fail: a row may have lost some that events still tell of. */
function set(
  tallies: Readonly<Record<string, { readonly count: number; readonly failures: number; unknown: number }>>,
  unknown: ReadonlyMap<string, number>,
): void {
  for (const [name, many] of unknown) {
    if (!Object.hasOwn(tallies, name)) continue
    const tally = tallies[name]!
    tally.unknown = Math.min(many, tally.count - tally.failures)
  }
}
