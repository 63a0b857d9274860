// Opens the one database of a node and hands out its repositories.
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { singleFlight } from '../base/async/single-flight.ts'
import { diskTrouble } from '../base/disk-trouble.ts'
import { KaroError } from '../base/errors.ts'
import type { Ambient } from '../base/run/ambient.ts'
import { type Faults, noFaults } from '../base/run/faults.ts'
import type { Log } from '../base/run/log.ts'
import { createApprovalRepository, type StoredApproval } from './approvals/approvals.ts'
import { createEventRepository, type RemovedWith } from './events/events.ts'
import { newDatabase } from './level/database.ts'
import { type Disk, refusal, watchDisk } from './level/disk.ts'
import { makeKey } from './level/keyspace.ts'
import { createProcessRepository } from './processes/processes.ts'
import { removeClosed, writeClosed } from './rescue/leveldb/closed.ts'
import { migrate } from './rescue/migrations.ts'
import { checkFiles, finishRepair } from './rescue/repair.ts'
import { createRollupRepository } from './rollups/rollups.ts'
import { snapshot } from './snapshot.ts'
import { createAgentRepository } from './tables/agents.ts'
import { createAnomalyRepository } from './tables/anomalies.ts'
import { createArtifactRepository } from './tables/artifacts.ts'
import { createAuditRepository } from './tables/audit.ts'
import { createCapabilityRepository } from './tables/capabilities.ts'
import { createConsentRepository } from './tables/consent.ts'
import { createDocumentRepository } from './tables/documents.ts'
import { createFleetRepository } from './tables/fleet.ts'
import { forwarded } from './tables/forwarded.ts'
import { createMemberRepository } from './tables/members.ts'
import { createMemoryRepository } from './tables/memory.ts'
import { createPeopleRepository } from './tables/people.ts'
import { createReplayRepository } from './tables/replay.ts'
import { createRetentionTimeRepository } from './tables/retention-time.ts'
import { tokens } from './tables/tokens.ts'
import { createVaultRepository } from './tables/vault.ts'

/** Every row of a database of an earlier schema; the pieces are `createDatabase`'s. */
export interface EarlierDatabase {
  readonly schema: number
  readonly rows: AsyncIterable<Uint8Array>
}

export type Store = ReturnType<typeof openStore>

export interface StoreOptions extends Pick<Ambient, 'clock' | 'log'> {
  /** Made if missing; one process at a time may have it open. */
  readonly directory: string
  readonly faults?: Faults
  /** `make` is called before a database of an earlier schema is changed, which it then is only if that resolves. */
  readonly copies?: {
    make(earlier: EarlierDatabase): Promise<void>
    /** The path of the newest copy that a program of this schema restores. */
    newest(schema: number): string | undefined
  }
}

/** Always the same key, so that probing costs no room. */
const PROBE_KEY = makeKey('meta', { text: 'probe' })

/**
 * The store of one node. Nothing touches the disk before `start`; repositories may be handed out before that, and
 * their methods reject until then and after `stop`.
 * `start` errors: `conflict` when another process has the database open, `bad_file` when it is damaged, unreadable or
 * of a newer schema.
 */
export function openStore({ directory, clock, log, faults = noFaults, copies }: StoreOptions) {
  const db = newDatabase(directory)
  // Level opens itself a microtask after its construction; closing it now leaves that to `start`.
  void db.close()
  let disk: Disk | undefined
  // The listener is added only when faults are simulated, because Level copies every write for its listeners.
  if (faults !== noFaults) db.on('write', () => faults.hit('after-write'))
  const replay = createReplayRepository(db)

  const processes = createProcessRepository(db)
  // Processes of a command line say a good deal about it, so they are removed with it.
  const removeProcesses: RemovedWith = (uid, events, changes) =>
    processes.forget(
      uid,
      events.map(({ id }) => id),
      changes,
    )

  async function probe(): Promise<void> {
    const written = Buffer.alloc(8)
    written.writeDoubleBE(clock.monotonic())
    await db.put(PROBE_KEY, written)
    const read = await db.get(PROBE_KEY)
    if (read === undefined || !written.equals(read)) throw new Error('the database did not keep a value')
  }

  return {
    name: 'store',
    events: createEventRepository(db, [removeProcesses], clock),
    rollups: createRollupRepository(db),
    members: createMemberRepository(db),
    consent: createConsentRepository(db),
    replay,
    audit: createAuditRepository(db),
    documents: createDocumentRepository(db),
    fleet: createFleetRepository(db),
    forwarded: forwarded.in(db),
    tokens: tokens.in(db),
    /** The approvals room says what its rows are. */
    approvals: <Open extends StoredApproval, Ended extends StoredApproval>() =>
      createApprovalRepository<Open, Ended>(db),
    capabilities: createCapabilityRepository(db),
    people: createPeopleRepository(db),
    processes,
    anomalies: createAnomalyRepository(db),
    agents: createAgentRepository(db),
    vault: createVaultRepository(db),
    artifacts: createArtifactRepository(db),
    memory: createMemoryRepository(db),
    retentionTime: createRetentionTimeRepository(db),

    async start(signal: AbortSignal) {
      await lookOver(directory, log)
      signal.throwIfAborted()
      try {
        await db.open()
      } catch (error) {
        throw explainOpen(error, directory)
      }
      try {
        disk ??= watchDisk({ db, directory, log })
        await migrate(db, directory, {
          log,
          before: async (schema) => copies?.make({ schema, rows: snapshot(db) }),
          copyOf: (schema) => copies?.newest(schema),
          after: () => faults.hit('upgrade-step'),
        })
        await replay.prune(clock.now())
        signal.throwIfAborted()
      } catch (error) {
        await db.close()
        throw explainOpen(error, directory)
      }
    },

    async stop() {
      await disk?.stop()
      const wasOpen = db.status === 'open'
      await db.close()
      if (!wasOpen || disk?.trouble() !== undefined) return
      try {
        writeClosed(directory)
      } catch {
        // A disk that takes nothing more: the next start then cannot tell a file that was cut off from a kill.
      }
    },

    health() {
      const open = db.status === 'open'
      // Shells cannot write on a full disk either: then nothing comes that the database could refuse, so the disk is asked.
      const trouble = disk?.trouble() ?? refusal(directory)
      return [
        { name: 'store.open', ok: open, detail: open ? 'the database is open' : 'the database is closed' },
        {
          name: 'store.writable',
          ok: open && trouble === undefined,
          detail:
            trouble === undefined
              ? 'the disk takes what is written'
              : `the disk takes nothing more. What shells record waits in the spool, and is lost where that is on a disk that takes nothing either. Make room or mend it, it goes on: ${trouble}`,
        },
      ]
    },

    /** Bytes on disk, approximate. */
    bytes: async () => directoryBytes(directory),

    /** Every row as it is now, for a backup; the pieces are `createDatabase`'s. */
    snapshot: () => snapshot(db),

    /**
     * Writes a small value and reads it back; rejects when the database does not do both. For signs of life. All probes write the
     * same key, so a caller that comes during a probe gets that probe's result.
     */
    probe: singleFlight(probe),
  }
}

const REPAIR = 'Run: karo doctor --repair. It saves what can be read and keeps a copy; or restore a backup.'

/**
 * Level drops without a word what it cannot read of its log, and does not look at checksums when it reads: so nothing
 * is opened that is not whole. Throws KaroError `bad_file` for damage.
 */
async function lookOver(directory: string, log: Log): Promise<void> {
  try {
    const copy = await finishRepair(directory)
    if (copy !== undefined) log.info({ copy }, 'the repaired database was put in its place')
    const findings = await checkFiles(directory)
    const damage = findings.filter((finding) => finding.damage)
    const [first] = damage
    if (first !== undefined) {
      const more = damage.length > 1 ? ` (and ${damage.length - 1} more)` : ''
      throw new KaroError('bad_file', `the database is damaged: ${first.what}${more}`, {
        where: join(directory, first.where),
        hint: REPAIR,
      })
    }
    for (const { where, what } of findings) log.info({ where }, what)
    removeClosed(directory)
  } catch (error) {
    if (!(error instanceof KaroError)) throw explainOpen(error, directory)
    if (error.code !== 'not_found') throw error
  }
}

/** Turns what Level says about a database it could not open or read into something a person can act on. */
function explainOpen(error: unknown, directory: string): unknown {
  switch (causeCode(error)) {
    case 'LEVEL_LOCKED':
      return new KaroError('conflict', 'another process has the database open', {
        where: directory,
        hint: 'Stop the daemon of this home (karo doctor names it); or choose another home with --home.',
        cause: error,
      })
    case 'LEVEL_CORRUPTION':
      return new KaroError('bad_file', 'the database is damaged', {
        where: directory,
        hint: REPAIR,
        cause: error,
      })
    case 'LEVEL_IO_ERROR':
    // rmSync of Node.js 24 names no code of a read-only file system, only words.
    case '':
    case 'EEXIST':
    case 'ENOTDIR':
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'ENOSPC':
    case 'EDQUOT': {
      const { reason, hint } = diskTrouble(join(directory, 'CURRENT'), error)
      return new KaroError('bad_file', `the database cannot be read or written: ${reason}`, {
        where: directory,
        hint,
        cause: error,
      })
    }
    default:
      return error
  }
}

/** True for what the disk refuses (full, read-only, broken), and a restart does not cure. */
export function isDiskTrouble(error: unknown): boolean {
  return causeCode(error) === 'LEVEL_IO_ERROR'
}

/** Level wraps the engine's error as the cause of "database is not open". */
function causeCode(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    const code = (at as Error & { code?: unknown }).code
    if (typeof code === 'string' && code !== 'LEVEL_DATABASE_NOT_OPEN') return code
  }
  return undefined
}

/** Synchronous: a file takes microseconds, and each turn through the thread pool ten times that. */
function directoryBytes(directory: string): number {
  let total = 0
  for (const name of readdirSync(directory)) {
    // Level removes files whenever it compacts, so a file that has just gone counts as empty.
    total += statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0
  }
  return total
}
