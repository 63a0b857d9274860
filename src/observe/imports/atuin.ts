// Reads atuin's database (crates/atuin-client/migrations) without writing to it or to its sync state.
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { LATEST_MS } from '../../base/calendar.ts'
import { KaroError } from '../../base/errors.ts'
import { COMMAND_BYTES, commandOf, type ForeignEntry, type Item, UNKNOWN } from './entry.ts'

/** Columns since atuin's first version; the optional ones came later. */
const COLUMNS = ['timestamp', 'duration', 'exit', 'command', 'cwd', 'hostname'] as const
const OPTIONAL = ['deleted_at', 'shell', 'author_kind'] as const
/** Milliseconds to wait while atuin is writing. */
const BUSY_MS = 5_000
/** Value of author_kind for AI agents (history.rs, AuthorKind). */
const AGENT = 2
const EXIT_MOST = 2 ** 31 - 1
const MOST_NS = `${LATEST_MS}000000`
/** atuin's duration of a command that has not ended, or that it imported. */
const NOT_KNOWN = -1
/** Stands for durations that no safe integer holds, or that are no number. */
const IMPOSSIBLE = -1

/** Throws KaroError `bad_file`, or `unavailable` if this Node has no SQLite. */
export async function openAtuin(path: string): Promise<AtuinHistory> {
  const sqlite = await loadSqlite()
  let db: DatabaseSync | undefined
  try {
    db = new sqlite.DatabaseSync(path, { readOnly: true, timeout: BUSY_MS })
    const names = db.prepare("SELECT name FROM pragma_table_info('history')").all()
    const columns = new Set(names.map(({ name }) => String(name)))
    if (!COLUMNS.every((name) => columns.has(name))) {
      throw new KaroError(
        'bad_file',
        'it is an SQLite database, but not the one in which atuin keeps its history',
        { where: path },
      )
    }
    return historyOf(db, columns)
  } catch (error) {
    db?.close()
    if (error instanceof KaroError) throw error
    throw new KaroError('bad_file', `the database cannot be read: ${(error as Error).message}`, {
      where: path,
      hint: isDamaged(error)
        ? 'The file is damaged, or was copied while atuin wrote to it. Copy it again, or save what is left: sqlite3 FILE .recover'
        : 'If its directory cannot be written to, copy the database and the -wal file beside it to a directory of your own.',
      cause: error,
    })
  }
}

/** SQLITE_CORRUPT and SQLITE_NOTADB (sqlite.org/rescode.html), in the low byte of an extended code. */
const isDamaged = (error: unknown): boolean =>
  [11, 26].includes(Number((error as { errcode?: unknown }).errcode) & 0xff)

type AtuinHistory = ReturnType<typeof historyOf>

function historyOf(db: DatabaseSync, columns: ReadonlySet<string>) {
  const own = (name: (typeof OPTIONAL)[number]): string => (columns.has(name) ? name : 'NULL')
  const there = columns.has('deleted_at') ? 'WHERE deleted_at IS NULL' : ''
  const hosts = new Map<string, number>()
  let total = 0
  for (const row of db.prepare(`SELECT hostname, count(*) AS n FROM history ${there} GROUP BY 1`).iterate()) {
    const host = hostOf(row.hostname)
    hosts.set(host, (hosts.get(host) ?? 0) + Number(row.n))
    total += Number(row.n)
  }
  // Reads only as much of a command as is kept, and microseconds, since nanoseconds exceed safe integers.
  const select = db.prepare(`
    SELECT CASE WHEN timestamp BETWEEN 1 AND ${MOST_NS} THEN timestamp / 1000 END AS start_us,
           CASE WHEN duration = ${NOT_KNOWN} THEN NULL
                WHEN duration BETWEEN 0 AND ${MOST_NS} THEN duration / 1000
                WHEN duration IS NOT NULL THEN ${IMPOSSIBLE} END AS duration_us,
           CASE WHEN exit BETWEEN 0 AND ${EXIT_MOST} THEN exit END AS exit_code,
           substr(CAST(command AS BLOB), 1, ${COMMAND_BYTES + 1}) AS command, cwd, hostname,
           ${own('shell')} AS shell, ${own('author_kind')} = ${AGENT} AS generated
    FROM history ${there} ORDER BY timestamp, id`)
  return {
    /** Number of entries that are not deleted. */
    total,
    /** Number of entries that are not deleted, by lower-case machine name. */
    hosts,
    /** The entries of these machines, or of all, in order of time. `line` of an item is its number. */
    *items(wanted?: ReadonlySet<string>) {
      let line = 0
      for (const row of select.iterate()) {
        line++
        if (wanted === undefined || wanted.has(hostOf(row.hostname))) yield itemOf(line, row)
      }
    },
    close: () => db.close(),
  }
}

/** The machine's name in `host:user`, `host:` or `host`. */
const hostOf = (value: SQLOutputValue | undefined): string =>
  String(value ?? '')
    .split(':', 1)[0]!
    .toLowerCase()

function itemOf(line: number, row: Record<string, SQLOutputValue>): Item {
  const told = row.command instanceof Uint8Array ? commandOf(row.command, false) : undefined
  const start_us = numberOf(row.start_us)
  if (told === undefined) return { line, problem: 'holds no command' }
  if (start_us === null) return { line, problem: 'has no possible time' }
  const cwd = typeof row.cwd === 'string' && row.cwd.startsWith('/') ? row.cwd.slice(0, MOST_PATH) : UNKNOWN
  const shell = typeof row.shell === 'string' && /^[a-z]{1,16}$/.test(row.shell) ? row.shell : UNKNOWN
  const entry: ForeignEntry = {
    command: told.command,
    start_us,
    cwd: cwd.toWellFormed(),
    shell,
    // atuin writes -1 for an exit code that it does not know.
    duration_us: numberOf(row.duration_us),
    exit_code: numberOf(row.exit_code),
    karo_generated: row.generated === 1,
  }
  return { line, entry, cut: told.cut }
}

/** UTF-16 units of a path that are kept. */
const MOST_PATH = 8_192

const numberOf = (value: SQLOutputValue | undefined): number | null =>
  typeof value === 'number' ? value : null

/** Loads SQLite without the warning that some versions of Node print on the terminal. */
async function loadSqlite(): Promise<typeof import('node:sqlite')> {
  const { emitWarning } = process
  process.emitWarning = (() => {}) as typeof emitWarning
  try {
    return await import('node:sqlite')
  } catch (cause) {
    throw new KaroError('unavailable', 'this version of Node cannot read SQLite databases', {
      hint: 'Node 22.13 and later can. karo import bash, zsh and fish read the history files of the shells.',
      cause,
    })
  } finally {
    process.emitWarning = emitWarning
  }
}
