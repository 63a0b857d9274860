// Checks of what is kept: database, disk, ledger, summaries.
import { accessSync, constants, readdirSync, statfsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { DaemonFacts } from '../../../api/contract/shapes.ts'
import { DAY_MS } from '../../../base/calendar.ts'
import { KaroError } from '../../../base/errors.ts'
import { bytes } from '../../../base/format.ts'
import { restoreCommand } from '../repair.ts'
import { type Finding, fail, ok, skipped, warn } from '../result.ts'
import { quote } from '../shell-words.ts'
import type { World } from '../world.ts'
import { clockSynchronised } from './machine.ts'

/** Below this a day's work may not fit any more. */
const ROOM_LEAST = 64 * 1024 * 1024
/** Below this the database cannot even write its memory to disk (two write buffers of 4 MiB). */
const ROOM_NONE = 8 * 1024 * 1024
/** A node that was off has to publish first. */
const PUBLISHES_WITHIN_S = 600
/** The open day's summary changes at least once a day; one hour is added for slow machines. */
const SUMMARY_OLD_MS = 25 * 60 * 60_000

export async function storeDatabase(world: World): Promise<readonly Finding[]> {
  const facts = await world.facts()
  if (facts === undefined) return [await databaseAtRest(world)]
  const check = facts.checks.find(({ name }) => name === 'store.open')
  if (facts.store_problem !== null) {
    // A disk that is full or read-only is what is to be mended, not the database.
    const disk = await storeDisk(world)
    if (disk.some(({ outcome }) => outcome === 'fail'))
      return [skipped('nothing can be written to the disk, see store.disk')]
    return [fail(`the database does not keep a value: ${facts.store_problem}`)]
  }
  if (check?.ok === false) return [fail(check.detail)]
  return [ok(`${bytes(facts.store_bytes)}, can be written and read`)]
}

/** Every checksum of its files; only while nobody has it open. */
async function databaseAtRest(world: World): Promise<Finding> {
  const { db } = world.paths
  if ((await world.daemon()).kind !== 'down') return skipped('a daemon may have it open, see daemon.running')
  const stat = world.stat(db, 'follow')
  if (stat === 'denied' || (stat !== 'missing' && world.uid !== 0 && stat.uid !== world.uid)) {
    return skipped(`only root may read ${db}: sudo karo doctor`)
  }
  const { checkFiles } = await import('../../../store/rescue/repair.ts')
  let found: Awaited<ReturnType<typeof checkFiles>>
  try {
    found = await checkFiles(db)
  } catch (error) {
    if (error instanceof KaroError && error.code === 'not_found') return skipped('there is no database yet')
    throw error
  }
  const damaged = found.filter(({ damage }) => damage)
  const [first] = damaged
  if (first === undefined) return ok(`${bytes(directoryBytes(db))}, its files are whole`)
  const more = damaged.length === 1 ? '' : ` (and ${damaged.length - 1} more)`
  return fail(
    `it is damaged: ${first.where}: ${first.what}${more}`,
    `karo doctor --repair${world.homeFlag}\nor, with a backup, which may have more: ${restoreCommand(world.service)}${world.homeFlag}`,
  )
}

export interface Room {
  readonly path: string
  readonly free: number
  /** Inodes; a file system without such says 0 of 0. */
  readonly files: { readonly free: number; readonly all: number }
  /** `EROFS`, or undefined when it can be written. */
  readonly refused: string | undefined
}

export async function storeDisk(world: World): Promise<readonly Finding[]> {
  const { home, db, spool } = world.paths
  const places = [home, spool].flatMap((path) => roomAt(path) ?? [])
  if (places.length === 0) return [skipped(`there is no directory ${home}`)]
  const found = judgeRooms(places, directoryBytes(db))
  if (found.some(({ outcome }) => outcome === 'fail')) return found
  // There is room, and still: a quota, an error of the disk, or the daemon has not noticed yet.
  const check = (await world.facts())?.checks.find(({ name }) => name === 'store.writable')
  return check?.ok === false ? [judgeRefused(check.detail, home)] : found
}

/** The daemon could not write, for the reason in `detail`, though the file system has room. */
export function judgeRefused(detail: string, home: string): Finding {
  const shows = /quota/i.test(detail) ? 'quota -s' : 'dmesg | tail'
  return fail(detail, `${shows}\ndf -h ${quote(home)}`)
}

function roomAt(path: string): Room | undefined {
  try {
    const { bavail, bsize, ffree, files } = statfsSync(path)
    return { path, free: bavail * bsize, files: { free: ffree, all: files }, refused: refusedAt(path) }
  } catch {
    return undefined
  }
}

export const remountOf = (path: string): string =>
  `sudo mount -o remount,rw "$(df --output=target ${quote(path)} | tail -1)"`

/** `EROFS`, or undefined when it can be written as far as its file system goes. */
export function refusedAt(path: string): string | undefined {
  try {
    accessSync(path, constants.W_OK)
    return undefined
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // Whose it is and who may write it is for others to say.
    return code === 'EROFS' ? code : undefined
  }
}

function directoryBytes(directory: string): number {
  try {
    return readdirSync(directory).reduce(
      (sum, name) => sum + (statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0),
      0,
    )
  } catch {
    return 0
  }
}

export function judgeRooms(places: readonly Room[], database: number): readonly Finding[] {
  const found = places.flatMap(({ path, free, files, refused }) => {
    const name = quote(path)
    // All of that file system: what fills it is seldom Karo's.
    const look = `sudo du -xh "$(df --output=target ${name} | tail -1)" | sort -h | tail -20`
    if (refused !== undefined) {
      return [fail(`the file system of ${path} is read-only`, remountOf(path))]
    }
    if (free < ROOM_NONE)
      return [fail(`only ${bytes(free)} are free at ${path}: soon commands cannot be recorded`, look)]
    if (files.all > 0 && files.free === 0)
      return [fail(`no file can be made at ${path}: no inode is free`, `df -i ${name}`)]
    if (free < ROOM_LEAST) return [warn(`only ${bytes(free)} are free at ${path}`, look)]
    if (free < database) {
      return [
        warn(
          `${bytes(free)} are free at ${path}; the database of ${bytes(database)} needs as much to become smaller`,
          look,
        ),
      ]
    }
    return []
  })
  // Home and spool are mostly on one file system: one finding then.
  const distinct = [
    // If home and spool are on the same disk, the finding names the home.
    ...new Map(
      found.toReversed().map((one) => [one.outcome + one.detail.replace(/ at \S+|of \S+ is/, ''), one]),
    ).values(),
  ]
  if (distinct.length > 0) return distinct
  return [ok(`${bytes(Math.min(...places.map(({ free }) => free)))} free`)]
}

export async function storeRetention(facts: DaemonFacts, world: World): Promise<Finding> {
  const synchronised = facts.retention_waits_ms > 0 && (await clockSynchronised(world)).outcome === 'ok'
  return judgeRetention(facts, synchronised)
}

/** `synchronised`: a time server keeps the clock, so it is right now, whatever it said when the node first ran. */
export function judgeRetention(
  { retention_waits_ms: ms }: Pick<DaemonFacts, 'retention_waits_ms'>,
  synchronised = false,
): Finding {
  const days = Math.round(ms / DAY_MS)
  if (days === 0) return ok('the clock did not jump; old entries are removed in time')
  if (synchronised)
    return ok(`the clock is synchronised, but jumped ${days} days ahead, so old entries are removed slowly`)
  return warn(
    `the clock is ${days} days ahead of the last time that this node has seen; if the clock is right, old entries are removed within ${days} hours of running`,
  )
}

export async function auditLedger(world: World): Promise<readonly Finding[]> {
  if ((await world.daemon()).kind !== 'up') return []
  try {
    const { ok: fine, entries, first_bad, earlier_keys } = await world.ledger()
    const last = earlier_keys.at(-1)
    const before = last === undefined ? '' : `; entries up to ${last.through} are signed by an earlier key`
    const all = entries === 1 ? '1 entry, whole' : `${entries} entries in one unbroken chain`
    if (fine) return [ok(`${all}${before}`)]
    return [fail(`entry ${first_bad} was altered, removed, or does not match its signature`, copyOf(world))]
  } catch (error) {
    if (error instanceof KaroError) return [skipped(`it could not be verified: ${error.message}`)]
    throw error
  }
}

const copyOf = ({ paths }: World): string =>
  `cp -a ${quote(paths.db)} ${quote(join(dirname(paths.db), 'db.suspect'))}\nkaro audit verify`

export function judgeSummaries(
  { summaries, uptime_seconds }: Pick<DaemonFacts, 'summaries' | 'uptime_seconds'>,
  now: number,
): Finding {
  const { recipients, last } = summaries
  if (recipients === 0) return ok('none are published, because no node may read them')
  const age = last === null ? Number.POSITIVE_INFINITY : now - Date.parse(last)
  if (age <= SUMMARY_OLD_MS) return ok(`the last one is from ${last}, for ${recipients}`)
  if (uptime_seconds < PUBLISHES_WITHIN_S)
    return ok(`${recipients} may read them; the daemon has just started`)
  return warn(`${recipients} may read them, but the last one is from ${last ?? 'never'}`)
}
