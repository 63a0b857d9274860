// From spool file to stored event, beside the same number of bare batched puts into the same kind of database.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../src/base/clock.ts'
import { noFaults } from '../../src/base/run/faults.ts'
import { silentLog } from '../../src/base/run/log.ts'
import { createDigest } from '../../src/observe/record/digest.ts'
import { createFollower } from '../../src/observe/record/follower.ts'
import { createEventRepository } from '../../src/store/events/events.ts'
import { type Database, newDatabase } from '../../src/store/level/database.ts'
import { append, liveName, records } from '../support/data/spool.ts'
import { median } from './median.ts'

export interface IngestRate {
  /** Spool file to Level: parsed, judged, redacted, named, stored with rollups and offset. */
  readonly events_per_second: number
  /** Puts of 22 + 60 bytes in batches of 1000. */
  readonly raw_puts_per_second: number
  /** Median of the rounds' ratios of the two. */
  readonly ratio: number
}

/**
 * What a person types in a month: most lines come again, one in ten is new. The follower is driven directly, so that
 * nothing but its work is measured.
 */
export function typicalCommands(count: number): string[] {
  const often = [
    'git status',
    'ls -la',
    'cd ..',
    'make test',
    'vim src/daemon/main.ts',
    'docker ps',
    'git diff',
    'npm test',
  ]
  return Array.from({ length: count }, (_, i) =>
    i % 10 === 0
      ? `git commit -m "change number ${i}" src/file-${i % 97}.ts`
      : i % 3 === 0
        ? `grep -rn "needle-${(i * 7) % 150}" src/ | head`
        : often[(i * 31) % often.length]!,
  )
}

/** Rounds before the first that counts: the compiler's. */
const WARM_UP = 3

/** `rounds` of raw puts and events by turns, so that both meet the same machine; medians. */
export async function measureIngest(perRound = 20_000, rounds = 11): Promise<IngestRate> {
  const directory = mkdtempSync(join(tmpdir(), 'karo-ingest-'))
  try {
    const spool = join(directory, 'spool')
    mkdirSync(spool)
    const raw = newDatabase(join(directory, 'raw'))
    const db = newDatabase(join(directory, 'db'))
    await raw.open()
    await db.open()
    const name = liveName()
    const digest = createDigest({ ignore: [], redact: [] })
    const waiting = new Set<string>()
    /** As the room does: a file's turn is bounded, and it comes again. */
    const readAll = async (): Promise<void> => {
      waiting.add(name)
      for (const each of waiting) {
        waiting.delete(each)
        await follower.read([each])
      }
    }
    const follower = createFollower({
      personOf: async (uid) => uid,
      directory: spool,
      events: createEventRepository(db),
      digest: () => digest,
      stored: () => {},
      more: (name) => waiting.add(name),
      clock: systemClock,
      log: silentLog,
      faults: noFaults,
      stopping: () => false,
    })
    const commands = typicalCommands(perRound * (WARM_UP + rounds))
    const putTimes: number[] = []
    const readTimes: number[] = []
    for (let round = 0; round < WARM_UP + rounds; round++) {
      const from = round * perRound
      const putMs = await timed(() => putRaw(raw, from, perRound))
      append(spool, name, records(commands.slice(from, from + perRound), from + 1))
      const readMs = await timed(readAll)
      if (follower.pendingBytes() !== 0) throw new Error('the spool was not read to its end')
      if (round < WARM_UP) continue
      putTimes.push(putMs)
      readTimes.push(readMs)
    }
    await raw.close()
    await db.close()
    return {
      events_per_second: (perRound / median(readTimes)) * 1000,
      raw_puts_per_second: (perRound / median(putTimes)) * 1000,
      ratio: median(putTimes.map((putMs, i) => putMs / readTimes[i]!)),
    }
  } finally {
    rmSync(directory, { recursive: true })
  }
}

async function putRaw(db: Database, from: number, count: number): Promise<void> {
  for (let i = 0; i < count; i += 1000) {
    await db.batch(
      Array.from({ length: 1000 }, (_, j) => {
        const key = Buffer.alloc(22)
        key.writeBigUInt64BE(BigInt(from + i + j), 5)
        return { type: 'put' as const, key, value: Buffer.alloc(60, j) }
      }),
    )
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}
