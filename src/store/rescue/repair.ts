// Checks a node's database for damage, and repairs it by saving everything readable into a new database.
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { KaroError } from '../../base/errors.ts'
import { freeName, syncFilesOf, syncPath } from '../../base/files.ts'
import { toHex } from '../../base/hex.ts'
import { silentLog } from '../../base/run/log.ts'
import { createEventCounts } from '../events/counts.ts'
import { putRepaired } from '../events/spool-positions.ts'
import { type Database, delRow, flush } from '../level/database.ts'
import { KEYSPACES, type Keyspace, keyRange } from '../level/keyspace.ts'
import { pages } from '../level/pages.ts'
import { peopleIn } from '../level/table.ts'
import { type AuditRepository, createAuditRepository } from '../tables/audit.ts'
import { failClosed } from '../tables/fail-closed.ts'
import { alignCommands } from './commands.ts'
import { recount } from './counts.ts'
import { type FilesRead, type Finding, readFiles } from './files.ts'
import { refuseOpen } from './held.ts'
import { writeClosed } from './leveldb/closed.ts'
import { migrate, writeSchema } from './migrations.ts'
import { isSound, keyspaceOf } from './rows.ts'
import { salvage } from './salvage.ts'

export type { Finding } from './files.ts'

interface KeyspaceCounts {
  /** Rows that can be read and make sense. */
  readonly kept: number
  /** Rows known to be missing or unusable. How many rows a damaged file held is not known: see `loss`. */
  readonly lost: number
  /** Rows that were rebuilt from others: counts from the events. */
  readonly rebuilt: number
}

export interface Report {
  readonly directory: string
  /** No finding is damage: a repair would change nothing. */
  readonly ok: boolean
  /** In the order found; at most 200, the last one then says how many more. */
  readonly findings: readonly Finding[]
  /** Keyspaces that have rows, or are known to have had some. */
  readonly keyspaces: Readonly<Partial<Record<Keyspace, KeyspaceCounts>>>
  /**
   * `none`: every row is there. `counted`: those that `keyspaces` calls lost are gone, the ledger's apart, and no others.
   * `unknown`: more are, and nobody knows how many; `unreadable_bytes` of `row_bytes` tells about how much.
   */
  readonly loss: 'none' | 'counted' | 'unknown'
  /** Bytes of files that hold rows and could not be read, or are known to be gone. */
  readonly unreadable_bytes: number
  /** Bytes of all files that hold rows, the damaged ones included. */
  readonly row_bytes: number
  /** Where the database is as it was before the repair; absent when nothing was changed. */
  readonly copy?: string
}

export interface RepairOptions {
  /** Walks the ledger's chain; resolves with its defect, or undefined. The audit room provides it. */
  readonly ledger?: (repository: AuditRepository) => Promise<string | undefined>
}

/** Keyspaces in which a lost row may have been a person's last decision. */
const DECISIONS = ['consent', 'members', 'api_tokens'] as const
const FINDINGS_MAX = 200
const PAGE = 2_000

/** The directory of the repaired database. It has this name when it is complete; the next open puts it in its place. */
const repairedName = (directory: string): string => `${directory}.repaired`

/**
 * Only the files: every checksum, and whether all of them are there. Changes nothing; nobody may have it open. Some
 * 700 MB a second. Errors: `not_found`, `bad_file`.
 */
export async function checkFiles(directory: string): Promise<readonly Finding[]> {
  return (await readFiles(directory)).findings
}

/**
 * Reads every byte and every row; changes nothing, and takes as much room as the database for as long. Errors:
 * `not_found` without a database there, `conflict` while a daemon has it open, `bad_file` when it cannot be read or is
 * of a newer schema.
 */
export async function checkDatabase(directory: string, options: RepairOptions = {}): Promise<Report> {
  return build(directory, options, async (report) => report)
}

/**
 * Saves what can be read into a new database and puts that in the place of the damaged one, which is kept beside it.
 * A kill at any point leaves one of the two, whole. Where nothing is wrong it changes nothing. Errors as checkDatabase.
 */
export async function repairDatabase(directory: string, options: RepairOptions = {}): Promise<Report> {
  await finishRepair(directory)
  return build(directory, options, async (report, rebuilt) => {
    if (report.ok) return report
    // Level made it as the umask says.
    await chmod(rebuilt, 0o700)
    await rename(rebuilt, repairedName(directory))
    return { ...report, copy: (await finishRepair(directory)) as string }
  })
}

/**
 * Puts a repaired database that is complete into its place: what a kill kept the repair from. Resolves with where the
 * other one is now; undefined when there was nothing to do. Nobody may have the database open.
 */
export async function finishRepair(directory: string): Promise<string | undefined> {
  const repaired = repairedName(directory)
  if (!existsSync(repaired)) return undefined
  const copy = freeName(`${directory}.damaged`, Date.now())
  if (existsSync(directory)) await rename(directory, copy)
  await rename(repaired, directory)
  syncPath(dirname(directory))
  return copy
}

async function build(
  directory: string,
  options: RepairOptions,
  use: (report: Report, rebuilt: string) => Promise<Report>,
): Promise<Report> {
  await refuseOpen(directory)
  const suffix = toHex(randomBytes(4))
  const scratch = `${directory}.${suffix}.reading`
  const rebuilt = `${directory}.${suffix}.rebuilding`
  try {
    const { db, ...read } = await salvage(directory, scratch, rebuilt)
    let report: Report
    try {
      report = await checkRows(db, { ...read, directory, findings: [...read.findings] }, options)
      if (!report.ok) await flush(db)
    } finally {
      await db.close()
    }
    writeClosed(rebuilt)
    syncFilesOf(rebuilt)
    return await use(report, rebuilt)
  } catch (error) {
    throw explain(error, directory)
  } finally {
    await rm(scratch, { recursive: true, force: true })
    await rm(rebuilt, { recursive: true, force: true })
  }
}

async function checkRows(
  db: Database,
  read: Omit<FilesRead, 'findings'> & { directory: string; findings: Finding[] },
  { ledger }: RepairOptions,
): Promise<Report> {
  const { findings, unreadableBytes, rowBytes, lossy } = read
  const counts: Partial<Record<Keyspace, { kept: number; lost: number; rebuilt: number }>> = {}
  const of = (keyspace: Keyspace) => (counts[keyspace] ??= { kept: 0, lost: 0, rebuilt: 0 })
  const note = (where: Keyspace, what: string): void => void findings.push({ where, what, damage: true })
  const damaged = findings.some(({ damage }) => damage)

  await keepSchema(db, read.directory, damaged, note)
  await dropUnsound(db, of, note)

  const people = new Set([...(await createEventCounts(db).people()), ...(await peopleIn(db, 'events'))])
  for (const uid of people) {
    const { lost, rebuilt } = await alignCommands(db, uid)
    of('commands').lost += lost
    of('commands').rebuilt += rebuilt
    if (lost > 0) note('commands', `the text of ${lost} commands is lost; their events are kept without it`)
    const days = damaged || of('rollups_day').lost + of('command_days').lost > 0
    for (const [keyspace, anew] of Object.entries(await recount(db, uid, days))) {
      of(keyspace as Keyspace).rebuilt += anew
      if (anew > 0)
        note(keyspace as Keyspace, `${anew} rows did not agree with the events and were counted again`)
    }
  }
  if (read.lossy || DECISIONS.some((keyspace) => of(keyspace).lost > 0)) await closeAll(db, note)
  if (read.lossy) await db.batch([putRepaired(Date.now() * 1000)])
  const tell: Note = (where, what) => void findings.push({ where, what, damage: false })
  await checkLedger(db, of, tell, ledger)

  for (const keyspace of Object.keys(KEYSPACES) as Keyspace[]) {
    const kept = await countRows(db, keyspace)
    if (kept > 0) of(keyspace).kept = kept
  }
  const known = Object.entries(counts).filter(([, { kept, lost, rebuilt }]) => kept + lost + rebuilt > 0)
  const ok = !findings.some(({ damage }) => damage)
  // Lost entries of the ledger stay lost, so they do not make a repair incomplete.
  const counted = known.some(([keyspace, { lost }]) => keyspace !== 'audit' && lost > 0)
  const shown = findings.slice(0, FINDINGS_MAX)
  if (findings.length > FINDINGS_MAX) {
    const more = findings.length - FINDINGS_MAX + 1
    shown[FINDINGS_MAX - 1] = { where: read.directory, what: `${more} findings more`, damage: !ok }
  }
  return {
    directory: read.directory,
    ok,
    findings: shown,
    keyspaces: Object.fromEntries(known),
    loss: lossy ? 'unknown' : counted ? 'counted' : 'none',
    unreadable_bytes: unreadableBytes,
    row_bytes: rowBytes,
  }
}

type Note = (where: Keyspace, what: string) => void
type Of = (keyspace: Keyspace) => { kept: number; lost: number; rebuilt: number }

/** Rows of an older schema are brought to this program's; where the number is lost they are taken to be of it. */
async function keepSchema(db: Database, directory: string, damaged: boolean, note: Note): Promise<void> {
  try {
    await migrate(db, directory, { log: silentLog })
  } catch (error) {
    const lost = damaged && error instanceof KaroError && /which schema/.test(error.message)
    if (!lost) throw error
    note('meta', 'the number of the schema is lost; the rows are read as those of this version')
    await writeSchema(db)
  }
}

async function dropUnsound(db: Database, of: Of, note: Note): Promise<void> {
  let strange = 0
  for await (const page of pages(db.iterator(), PAGE)) {
    const bad = page.filter(([key, value]) => {
      const keyspace = keyspaceOf(key)
      if (keyspace === undefined) strange++
      else if (isSound(keyspace, key, value)) return false
      else of(keyspace).lost++
      return true
    })
    await db.batch(bad.map(([key]) => delRow(key)))
  }
  for (const keyspace of Object.keys(KEYSPACES) as Keyspace[]) {
    const { lost } = of(keyspace)
    if (lost > 0) note(keyspace, `${lost} rows cannot be understood and are left out`)
  }
  if (strange > 0) note('meta', `${strange} rows are of no kind that this version knows and are left out`)
}

/** The lost rows may be the newest decisions of people and administrators, so everything that they opened is closed. */
async function closeAll(db: Database, note: Note): Promise<void> {
  const { tokens, members, invites } = await failClosed(db)
  note('consent', 'sharing is off for everybody here, because a decision may be lost: see karo share')
  if (tokens > 0) note('api_tokens', 'every token is withdrawn, because a withdrawal may be lost')
  if (invites > 0)
    note('fleet', 'every open invite is cancelled, because a use or a cancellation may be lost')
  if (members > 0) note('members', 'a denial or a trust may be lost: look through karo peers')
}

/** Lost entries of the ledger cannot be made again: a repair leaves the ledger as it is, and says so every time. */
async function checkLedger(db: Database, of: Of, note: Note, ledger: RepairOptions['ledger']): Promise<void> {
  const repository = createAuditRepository(db)
  const removed = (await repository.base())?.seq ?? 0
  let expected = removed + 1
  let missing = 0
  let bad = 0
  for await (const { seq, row } of repository.forwards()) {
    if (row === undefined) bad++
    // Decisions kept from before the removed entries have no neighbours in the chain.
    if (seq <= removed) continue
    missing += Math.max(0, seq - expected)
    expected = seq + 1
  }
  of('audit').lost += missing + bad
  if (missing > 0) note('audit', `${missing} entries of the ledger are missing`)
  if (bad > 0) note('audit', `${bad} entries of the ledger are damaged; they stay, as evidence`)
  const told = await ledger?.(repository)
  if (told !== undefined) note('audit', told)
}

async function countRows(db: Database, keyspace: Keyspace): Promise<number> {
  let count = 0
  for await (const page of pages(db.keys(keyRange(keyspace)), PAGE)) count += page.length
  return count
}

function explain(error: unknown, directory: string): unknown {
  if (error instanceof KaroError) return error
  const { code, message } = error as NodeJS.ErrnoException
  const reason = error instanceof Error && error.cause instanceof Error ? error.cause.message : message
  return new KaroError('bad_file', `the database cannot be checked: ${reason}`, {
    where: directory,
    hint:
      code === 'ENOSPC' || code === 'EDQUOT' || /No space|quota/.test(reason)
        ? `Make as much room in ${dirname(directory)} as the database takes.`
        : `Check that ${dirname(directory)} belongs to this user and can be written to.`,
    cause: error,
  })
}
