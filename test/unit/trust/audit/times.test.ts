// How far back a moment is: never beyond an entry that is newer, not far short of it, and read once.

import { describe, expect, test } from 'vitest'
import {
  type AuditRepository,
  type AuditRow,
  createAuditRepository,
} from '../../../../src/store/tables/audit.ts'
import { createTimes } from '../../../../src/trust/audit/times.ts'
import { temporaryDatabase } from '../../../support/data/database.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'
import fc, { forAllAsyncIn } from '../../../support/run/properties.ts'
import { ledgerOver } from './ledger.ts'

type AuditPlace = AsyncItem<ReturnType<AuditRepository['forwards']>>
type AsyncItem<T> = T extends AsyncIterable<infer One> ? One : never

const place = (seq: number, ts: number | undefined): AuditPlace =>
  ts === undefined ? { seq } : { seq, row: { seq, ts } as AuditRow }

function ledger(entries: readonly AuditPlace[], broken: () => boolean = () => false) {
  const seen = { walks: 0 }
  const times = createTimes({
    async *forwards() {
      seen.walks++
      for (const [i, entry] of entries.entries()) {
        if (i === 100 && broken()) throw new Error('the disk failed')
        yield entry
      }
    },
  })
  return { times, seen }
}

describe('how far back a moment is', () => {
  test('no newer entry is passed over, whatever the clock did, what was removed, and what was written since', async () => {
    const step = fc.oneof(
      { arbitrary: fc.nat(1_000), weight: 20 },
      { arbitrary: fc.integer({ min: -500_000, max: 500_000 }), weight: 1 },
    )
    const runs = fc.array(fc.tuple(fc.integer({ min: 1, max: 900 }), step), { minLength: 1, maxLength: 12 })
    await forAllAsyncIn(
      { numRuns: 60 },
      runs,
      fc.nat(3_000),
      fc.nat(4_000),
      async (parts, removed, writtenLater) => {
        const entries: AuditPlace[] = []
        let ts = 1_000_000
        for (const [count, by] of parts) {
          for (let i = 0; i < count; i++) {
            ts += by / 10
            entries.push(place(removed + entries.length + 1, ts))
          }
        }
        const later = Math.min(writtenLater, entries.length)
        const { times, seen } = ledger(entries.slice(0, entries.length - later))
        await times.olderThrough(0)
        for (const { seq, row } of entries.slice(entries.length - later)) times.note(seq, row!.ts)
        for (const since of [0, 1_000_000, ts, ts + 1, ts - 50_000]) {
          const through = await times.olderThrough(since)
          const newer = entries.find(({ row }) => row!.ts >= since)?.seq ?? Number.POSITIVE_INFINITY
          expect(through).toBeLessThan(newer)
          const last = Math.min(newer - 1, entries.at(-1)!.seq)
          expect(last - Math.max(through, removed)).toBeLessThan(1_024)
        }
        expect(seen.walks).toBe(1)
      },
    )
  })

  test('what is written while it is read counts, too; damaged entries are nowhere in time', async () => {
    const entries = Array.from({ length: 2_000 }, (_, i) => place(i + 1, i % 7 === 0 ? undefined : 1_000))
    const { times } = ledger(entries)
    const first = times.olderThrough(2_000)
    for (let seq = 2_001; seq <= 3_000; seq++) times.note(seq, seq === 2_500 ? 5_000 : 1_000)
    await first
    const through = await times.olderThrough(2_000)
    expect(through).toBeGreaterThan(2_000 - 1_024)
    expect(through).toBeLessThan(2_500)
    expect(await times.olderThrough(6_000)).toBeGreaterThanOrEqual(2_048)
  })

  test('a walk that fails is told, and made again', async () => {
    let broken = true
    const entries = Array.from({ length: 3_000 }, (_, i) => place(i + 1, i))
    const { times } = ledger(entries, () => broken)
    await expect(times.olderThrough(2_900)).rejects.toThrow('the disk failed')
    broken = false
    expect(await times.olderThrough(2_900)).toBe(2_048)
  })

  test('the log and who asked end there', async () => {
    const repository = createAuditRepository(await temporaryDatabase())
    let read = 0
    const counting = {
      ...repository,
      async *backwards() {
        for await (const one of repository.backwards()) {
          read++
          yield one
        }
      },
    }
    const { audit, clock } = ledgerOver(counting)
    await audit.start()
    const peer = testIdentity(1).nodeId
    const ask = (query_type: string) =>
      audit.record({ type: 'query_received', success: true, peer, details: { query_type } })
    await Promise.all(Array.from({ length: 4_000 }, () => ask('old')))
    clock.time += 60_000
    const since = clock.time
    await ask('new')
    expect(await audit.log({ limit: 10_000, since })).toHaveLength(1)
    expect(read).toBeLessThan(1_100)
    read = 0
    const asked = await audit.whoAsked({ since, memberOf: (peer) => peer })
    expect(asked).toMatchObject([{ query_type: 'new', asked: 1 }])
    expect(read).toBeLessThan(1_100)
  })
})
