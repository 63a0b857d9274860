// Handling of a full disk: writing stops until there is room again, and then the database is reopened.
import { accessSync, constants, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { readdir, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '../../base/run/log.ts'
import { orElse } from '../../base/run/or-else.ts'
import type { ChainedBatch, Database } from './database.ts'

/** Soon enough for a person who has just made room, and far from a burden. */
const RETRY_MS = 3_000
/** Room for what an open writes beside the table made of its log: a manifest and a new log. */
const ROOM_BYTES = 1024 * 1024
/** The code of a write that the disk refused, and of a write that is not tried because the disk would refuse it. */
const REFUSED = 'LEVEL_IO_ERROR'

export type Disk = ReturnType<typeof watchDisk>

export interface DiskOptions {
  readonly db: Database
  readonly directory: string
  readonly log: Log
  readonly retryMs?: number
}

/**
 * Watches every write to `db`. After one that the disk refused all others are refused at once, with the same code:
 * Level would go on in its log behind the half of a record, and drop what stands there at the next start without a
 * word. Reading goes on. When there is room, and the directory can be written to, the database is closed and opened.
 */
export function watchDisk({ db, directory, log, retryMs = RETRY_MS }: DiskOptions) {
  let trouble: string | undefined
  let timer: NodeJS.Timeout | undefined
  let attempt: Promise<void> | undefined
  let stopped = false

  async function guarded<T>(write: () => Promise<T>): Promise<T> {
    if (trouble !== undefined) throw refused(trouble)
    try {
      return await write()
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === REFUSED) begin((error as Error).message)
      throw error
    }
  }

  const { batch, put, del, clear } = db
  const guard = (write: (...args: never[]) => Promise<void>) =>
    ((...args: never[]) => guarded(() => write.apply(db, args))) as never
  const guardedBatch = guard(batch as never) as unknown as (...args: unknown[]) => Promise<void>
  // Without arguments it gives a batch that takes changes one by one, and only its `write` reaches the disk.
  db.batch = ((...args: unknown[]) => {
    if (args.length > 0) return guardedBatch(...args)
    const chained = (batch as unknown as () => ChainedBatch).call(db)
    const write = chained.write.bind(chained)
    chained.write = () => guarded(write)
    return chained
  }) as never
  db.put = guard(put as never)
  db.del = guard(del as never)
  db.clear = guard(clear as never)

  function begin(reason: string): void {
    if (trouble !== undefined || stopped) return
    trouble = reason
    log.error({ reason, retry_ms: retryMs }, 'the disk refuses writes')
    timer = setInterval(() => {
      attempt ??= reopen().finally(() => {
        attempt = undefined
      })
    }, retryMs)
    timer.unref()
  }

  async function reopen(): Promise<void> {
    try {
      // An open database can still be read, and a failed open leaves none that can, so the room is checked first.
      if (db.status === 'open' && !(await hasRoom(directory))) return
      await db.close()
      await db.open()
    } catch (error) {
      trouble = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
      return
    }
    clearInterval(timer)
    trouble = undefined
    log.info({}, 'the disk accepts writes again')
  }

  return {
    /** Why the disk refuses writes; undefined while it takes them. */
    trouble: () => trouble,
    /** Ends the waiting; resolves when no attempt is under way. */
    async stop() {
      stopped = true
      clearInterval(timer)
      await attempt
    },
  }
}

const refused = (reason: string): Error => Object.assign(new Error(reason), { code: REFUSED })

async function hasRoom(directory: string): Promise<boolean> {
  const trial = join(directory, 'TRIAL')
  try {
    const logs = (await readdir(directory)).filter((name) => name.endsWith('.log'))
    let needed = ROOM_BYTES
    for (const name of logs) needed += (await stat(join(directory, name))).size
    const { bavail, bsize } = await statfs(directory)
    if (bavail * bsize < needed) return false
    // A disk may have room and be read-only.
    writeFileSync(trial, '')
    rmSync(trial)
    return true
  } catch {
    return false
  }
}

/**
 * What the system says to a write into a filesystem that is read-only or claims to have no room; undefined where it has room or
 * takes the write all the same, as some do for root or while they make room.
 */
export function refusal(directory: string) {
  const trial = join(directory, 'TRIAL')
  try {
    accessSync(directory, constants.W_OK)
    if (statfsSync(directory).bavail > 0) return undefined
    writeFileSync(trial, Buffer.alloc(4_096))
    return undefined
  } catch (error) {
    return (error as Error).message
  } finally {
    // A write that failed may have made the file.
    orElse(() => rmSync(trial, { force: true }), undefined)
  }
}
