// Checks of what is kept: database, disk, ledger here and elsewhere, summaries.
import { accessSync, constants, readdirSync, statfsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { DaemonFacts } from '../../../api/contract/shapes.ts'
import { DAY_MS } from '../../../base/calendar.ts'
import { KaroError } from '../../../base/errors.ts'
import { bytes } from '../../../base/format.ts'
import { shellWord } from '../../../base/quote.ts'
import { orElse } from '../../../base/run/or-else.ts'
import { type Checks, type Finding, fail, ok, onlyRoot, skipped, troubleOf, warn, who } from '../check.ts'
import { counted, shortOf } from '../ledger.ts'
import { restoreCommand } from '../repair.ts'
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

export const store = {
  'store.database': {
    title: 'database',
    what: 'The daemon writes a value and reads it back. While no daemon runs, the checksums of all database files are right. karo doctor --repair --dry-run checks each row.',
    why: 'If the database is damaged or cannot be written, nothing is recorded.',
    severity: 'fail',
    fix: 'Stop the daemon, then: karo doctor --repair, which saves the readable part; or restore a backup, which may contain more: karo restore <file> --replace',
    async look(world) {
      const facts = await world.facts()
      if (facts === undefined) return databaseAtRest(world)
      const trouble = troubleOf(facts, 'store.open')
      if (facts.store_problem !== null)
        // A disk that is full or read-only is what is to be mended, not the database.
        return (await lookAtDisk(world)).some(({ outcome }) => outcome === 'fail')
          ? skipped('nothing can be written to the disk, see store.disk')
          : fail(`the database does not keep a value: ${facts.store_problem}`)
      return trouble === undefined
        ? ok(`${bytes(facts.store_bytes)}, can be written and read`)
        : fail(trouble)
    },
  },
  'store.disk': {
    title: 'disk space',
    what: 'The disks of database and spool have enough free space for one compaction of the database, and at least 64 MiB.',
    why: 'A full disk stops recording, and the database needs free space to become smaller.',
    severity: 'fail',
    fix: 'Remove unneeded files from <directory>: du -xh <directory> | sort -h | tail',
    look: lookAtDisk,
  },
  'store.retention': {
    title: 'retention',
    what: 'Old data is removed as [retention] says, and the clock did not jump ahead.',
    why: 'With a wrong clock, retention would remove everything for good. So after a jump it advances slowly: a day in an hour, or two months in an hour if systemd-timesyncd confirms the time.',
    severity: 'warn',
    looksAt: 'daemon',
    fix: 'Check the clock: date. If it is wrong: sudo timedatectl set-ntp true, or sudo date -s "<time>". If it is right, wait.',
    async look({ retention_waits_ms: waits }, world) {
      return judgeRetention(waits, waits > 0 && (await clockSynchronised(world)).outcome === 'ok')
    },
  },
  'audit.ledger': {
    title: 'audit ledger',
    what: 'Every entry contains the hash of the entry before it, and the signed heads match.',
    why: 'If an entry was altered or is missing, somebody changed the record or put back a snapshot, or another machine signs with the key of this node (peers.twins).',
    severity: 'fail',
    looksAt: 'daemon',
    fix: 'Keep a copy of <database>, and find out who could write it. karo audit verify names the entry.',
    async look(_facts, { ledger, paths }) {
      const verdict = await ledger()
      const short = shortOf(verdict, who)
      if (!verdict.ok)
        return fail(
          short ?? `entry ${verdict.first_bad} was altered, removed, or does not match its signature`,
          `a restore is noted: karo audit log --type node_restored\notherwise: cp -a ${shellWord(paths.db)} ${shellWord(join(dirname(paths.db), 'db.suspect'))}\nkaro audit verify`,
        )
      const last = verdict.earlier_keys.at(-1)
      const before = last ? `; entries up to ${last.through} are signed by an earlier key` : ''
      return ok(`${counted(verdict.entries)} in one unbroken chain${before}`)
    },
  },
  'summaries.fresh': {
    title: 'summaries',
    what: 'If a node may read your summaries, the last one is at most a day old.',
    why: 'While this node is off, other nodes see its last summary, which would be out of date.',
    severity: 'warn',
    looksAt: 'daemon',
    fix: 'karo share preview shows what would be sent; the log says why it is not sent: journalctl -u karo.',
    look({ summaries: { recipients, last }, uptime_seconds }, { now }) {
      if (recipients === 0) return ok('none are published, because no node may read them')
      if (last !== null && now() - Date.parse(last) <= SUMMARY_OLD_MS)
        return ok(`the last one is from ${last}, for ${recipients}`)
      const may = `${recipients} may read them`
      return uptime_seconds < PUBLISHES_WITHIN_S
        ? ok(`${may}; the daemon has just started`)
        : warn(`${may}, but the last one is from ${last ?? 'never'}`)
    },
  },
  'forward.targets': {
    title: 'ledger and traces elsewhere',
    what: 'Every target of forward.to takes the entries of the ledger, and none was removed before it was sent. forward.traces takes the traces.',
    why: 'Whoever watches there sees nothing of this machine. Entries wait in the ledger, which keeps 200 000; traces are lost.',
    severity: 'warn',
    looksAt: 'admin',
    fix: 'Let this machine reach the collector, by TLS with a certificate of forward.tls_ca, or write the file (systemctl edit karo: ReadWritePaths=).',
    look({ forward = [], traces }) {
      const found = forward.map(({ to, waiting, missed, problem }) => {
        if (problem !== null)
          return warn(`${to} does not get the ledger: ${problem}; ${waiting} entries wait`)
        if (missed > 0)
          return warn(`${to} never got ${missed} entries, which the ledger does not keep any more`)
        return ok(waiting === 0 ? `${to} has every entry` : `${to} gets the ledger; ${waiting} entries wait`)
      })
      if (traces === null) found.push(ok('forward.traces refused no traces'))
      else if (traces !== undefined)
        found.push(warn(`the collector of forward.traces does not get the traces: ${traces}`))
      return found.length === 0 ? skipped('they are sent nowhere (forward.to, forward.traces)') : found
    },
  },
} satisfies Checks

/** Every checksum of its files; only while nobody has it open. */
async function databaseAtRest(world: World): Promise<Finding> {
  const { db } = world.paths
  if ((await world.daemon()).kind !== 'down') return skipped('a daemon may have it open, see daemon.running')
  const stat = world.stat(db, 'follow')
  if (stat === 'denied' || (stat !== 'missing' && world.uid !== 0 && stat.uid !== world.uid))
    return onlyRoot(db)
  const { checkFiles } = await import('../../../store/rescue/repair.ts')
  try {
    const [first, ...others] = (await checkFiles(db)).filter(({ damage }) => damage)
    if (first === undefined) return ok(`${bytes(directoryBytes(db))}, its files are whole`)
    return fail(
      `it is damaged: ${first.where}: ${first.what}${others.length === 0 ? '' : ` (and ${others.length} more)`}`,
      `${world.service ? 'sudo ' : ''}karo doctor --repair${world.homeFlag}\nor, with a backup, which may have more: ${restoreCommand(world.service)}${world.homeFlag}`,
    )
  } catch (error) {
    if (error instanceof KaroError && error.code === 'not_found') return skipped('there is no database yet')
    throw error
  }
}

export interface Room {
  readonly path: string
  readonly free: number
  /** Inodes; a file system without such says 0 of 0. */
  readonly files: { readonly free: number; readonly all: number }
  /** The file system cannot be written. */
  readonly refused: boolean
}

async function lookAtDisk(world: World): Promise<readonly Finding[]> {
  const { home, db, spool } = world.paths
  const rooms = [home, spool].flatMap((path): Room | [] =>
    orElse(() => {
      const { bavail, bsize, ffree, files } = statfsSync(path)
      return { path, free: bavail * bsize, files: { free: ffree, all: files }, refused: refusedAt(path) }
    }, []),
  )
  if (rooms.length === 0) return [skipped(`there is no directory ${home}`)]
  const found = judgeRooms(rooms, directoryBytes(db))
  if (found.some(({ outcome }) => outcome === 'fail')) return found
  // There is room, and still: a quota, an error of the disk, or the daemon has not noticed yet.
  const trouble = troubleOf(await world.facts(), 'store.writable')
  return trouble === undefined ? found : [judgeRefused(trouble, home)]
}

/** The daemon could not write, for the reason in `detail`, though the file system has room. */
export const judgeRefused = (detail: string, home: string): Finding =>
  fail(detail, `${/quota/i.test(detail) ? 'quota -s' : 'dmesg | tail'}\ndf -h ${shellWord(home)}`)

const mountOf = (path: string): string => `"$(df --output=target ${shellWord(path)} | tail -1)"`
export const remountOf = (path: string): string => `sudo mount -o remount,rw ${mountOf(path)}`

/** Whether its file system is read-only. Whose it is and who may write it is for others to say. */
export function refusedAt(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EROFS'
  }
}

const directoryBytes = (directory: string): number =>
  orElse(() => readdirSync(directory), []).reduce(
    (sum, name) => sum + (statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0),
    0,
  )

export function judgeRooms(rooms: readonly Room[], database: number): readonly Finding[] {
  const found = rooms.flatMap(({ path, free, files, refused }) => {
    // All of that file system: what fills it is seldom Karo's.
    const look = `sudo du -xh ${mountOf(path)} | sort -h | tail -20`
    const only = `only ${bytes(free)} are free at ${path}`
    if (refused) return fail(`the file system of ${path} is read-only`, remountOf(path))
    if (free < ROOM_NONE) return fail(`${only}: soon commands cannot be recorded`, look)
    if (files.all > 0 && files.free === 0)
      return fail(`no file can be made at ${path}: no inode is free`, `df -i ${shellWord(path)}`)
    if (free < ROOM_LEAST) return warn(only, look)
    if (free < database)
      return warn(
        `${bytes(free)} are free at ${path}; the database of ${bytes(database)} needs as much to become smaller`,
        look,
      )
    return []
  })
  // Home and spool are mostly on one file system: one finding then, which names the home.
  const distinct = new Map(
    found.toReversed().map((one) => [one.outcome + one.detail.replace(/ at \S+|of \S+ is/, ''), one]),
  )
  return [...distinct.values(), ok(`${bytes(Math.min(...rooms.map(({ free }) => free)))} free`)]
}

/** `synchronised`: a time server keeps the clock, so it is right now, whatever it said when the node first ran. */
export function judgeRetention(waits: DaemonFacts['retention_waits_ms'], synchronised = false): Finding {
  const days = Math.round(waits / DAY_MS)
  if (days === 0) return ok('the clock did not jump; old entries are removed in time')
  if (synchronised)
    return ok(`the clock is synchronised, but jumped ${days} days ahead, so old entries are removed slowly`)
  return warn(
    `the clock is ${days} days ahead of the last time that this node has seen; if the clock is right, old entries are removed within ${days} hours of running`,
  )
}
