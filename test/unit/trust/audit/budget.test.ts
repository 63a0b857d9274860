// A ledger under attack for days of virtual time: what people decided stays, provably, and others fill a bounded part of it.
import { expect, test } from 'vitest'
import type { NodeId } from '../../../../protocols/node-id.ts'
import { DAY_MS, HOUR_MS } from '../../../../src/base/calendar.ts'
import { type AuditRow, createAuditRepository } from '../../../../src/store/tables/audit.ts'
import { makeRow, NO_BASE } from '../../../../src/trust/audit/entry.ts'
import { AUDIT_TYPES, causeOf } from '../../../../src/trust/audit/entry-types.ts'
import { createFront } from '../../../../src/trust/audit/front.ts'
import { verifyLedger } from '../../../../src/trust/audit/verify.ts'
import { temporaryDatabase } from '../../../support/data/database.ts'
import { BEGIN, identity, openLedger, rowsOf } from './ledger.ts'

const REMOTE = AUDIT_TYPES.filter((type) => causeOf(type) === 'remote')

/** In a day twice as many as machines may write. */
const MANY_AN_HOUR = 42

async function ledger(options: { readonly keptMax?: number } = {}) {
  const { audit, clock, repository } = await openLedger(options)
  const peers = Array.from({ length: 5_000 }, (_, n) => `karo:ed25519:${n}` as NodeId)
  /** A day in which machines cause `perHour` entries of every type an hour, each with a key of its own or not. */
  const attackedDay = async (perHour: number): Promise<void> => {
    for (let hour = 0; hour < 24; hour++) {
      clock.time += HOUR_MS
      const written = Array.from({ length: perHour }, (_, n) =>
        audit.record({
          type: REMOTE[n % REMOTE.length] as (typeof REMOTE)[number],
          success: false,
          peer: peers[(hour * perHour + n) % peers.length] as NodeId,
          details: { n },
        }),
      )
      await Promise.all(written)
    }
  }
  const rows = () => rowsOf(repository)
  return { audit, clock, repository, peers, attackedDay, rows }
}

test('all other machines together write 1000 entries at once and 500 a day; the rest is counted', async () => {
  const { audit, attackedDay } = await ledger()
  for (let day = 0; day < 4; day++) await attackedDay(100)
  await audit.stop()
  const written = audit.status().written
  expect(written).toBeLessThanOrEqual(1_000 + 4 * (500 + 24) + 2)
  const entries = await audit.log({ limit: 100_000 })
  const remote = entries.filter(({ type }) => causeOf(type) === 'remote').length
  const counted = entries
    .filter(({ type }) => type === 'entries_counted')
    .flatMap(({ details }) => Object.values(details) as number[])
    .reduce((sum, count) => sum + count, 0)
  expect(remote + counted).toBe(4 * 24 * 100)
})

test('one machine has a share of that, so that others are still told', async () => {
  const { audit, peers } = await ledger()
  const [loud, quiet] = peers as [NodeId, NodeId]
  for (let n = 0; n < 5_000; n++)
    void audit.record({ type: 'policy_violation', success: false, peer: loud, details: { n } })
  await audit.record({ type: 'peer_connected', success: true, peer: quiet, details: {} })
  expect(await audit.log({ limit: 10_000, peer: loud })).toHaveLength(100)
  expect(await audit.log({ limit: 10, peer: quiet })).toHaveLength(1)
})

test('what a machine signed against itself is told, however much noise it makes before', async () => {
  const { audit, peers } = await ledger()
  const [loud] = peers as [NodeId]
  for (let n = 0; n < 5_000; n++)
    void audit.record({ type: 'policy_violation', success: false, peer: loud, details: { n } })
  await audit.record({ type: 'ledger_conflict', success: false, peer: loud, details: { reason: 'shorter' } })
  expect(await audit.log({ limit: 10, type: 'ledger_conflict' })).toMatchObject([{ peer: loud }])
  // Bounded as well, for itself.
  for (let n = 0; n < 100; n++)
    void audit.record({ type: 'ledger_conflict', success: false, peer: loud, details: { n } })
  await audit.record({ type: 'node_started', success: true, details: {} })
  expect(await audit.log({ limit: 1_000, type: 'ledger_conflict' })).toHaveLength(10)
})

test('decisions outlive everything around them, provably', async () => {
  const { audit, attackedDay, repository, clock, peers, rows } = await ledger({ keptMax: 1_000 })
  const decided = ['trust_change', 'consent_change', 'token_created', 'history_deleted'] as const
  for (const type of decided) await audit.record({ type, success: true, details: { uid: 1000 } })
  await audit.record({ type: 'trust_change', success: false, details: { refused: true } })
  for (let day = 0; day < 5; day++) await attackedDay(MANY_AN_HOUR)
  const late = { peer: peers[0] as NodeId, details: { late: true } }
  await audit.record({ type: 'consent_change', success: true, ...late })
  for (let day = 0; day < 5; day++) await attackedDay(MANY_AN_HOUR)

  expect((await rows()).length).toBeLessThan(1_100)
  const kept = async (): Promise<unknown[]> => {
    const all = (await audit.log({ limit: 10_000 })).filter(({ type }) => causeOf(type) === 'decision')
    return all.map(({ type }) => type)
  }
  expect(await kept()).toEqual(['consent_change', ...decided.toReversed()])
  expect(await audit.verify()).toMatchObject({ ok: true, first_bad: null })

  // An export begins behind them, and is whole.
  const lines = []
  for await (const line of audit.export({})) lines.push(line)
  expect(lines.length).toBeGreaterThan(100)

  // What is older than it may be goes, decisions too.
  await audit.trim(BEGIN + 3 * DAY_MS)
  expect(await kept()).toEqual(['consent_change'])
  expect(await audit.verify()).toMatchObject({ ok: true })

  // One that is altered, and one that is missing, are noticed; and stay noticed after the next removal.
  const [first] = (await rows()) as [AuditRow]
  await repository.append([{ ...first, ts: first.ts + 1 }])
  expect(await audit.verify()).toMatchObject({ ok: false, first_bad: first.seq })
  clock.time += DAY_MS
  for (let day = 0; day < 2; day++) await attackedDay(MANY_AN_HOUR)
  expect(await audit.verify()).toMatchObject({ ok: false, first_bad: first.seq })
})

test('a decision that is gone from those kept is noticed', async () => {
  const { audit, attackedDay, repository, rows } = await ledger({ keptMax: 1_000 })
  await audit.record({ type: 'trust_change', success: true, details: {} })
  await audit.record({ type: 'consent_change', success: true, details: {} })
  for (let day = 0; day < 2; day++) await attackedDay(MANY_AN_HOUR)
  expect(await audit.verify()).toMatchObject({ ok: true })
  const base = await repository.base()
  const [first] = await rows()
  await repository.append([], { base: base!, keep: new Set([first!.seq]) })
  expect(await audit.verify()).toMatchObject({ ok: false })
})

test('a kept decision that is damaged is noticed for good, and the bounds on kept ones hold all the same', async () => {
  const repository = createAuditRepository(await temporaryDatabase())
  const front = createFront(repository, 10, 5)
  let newest: Pick<AuditRow, 'seq' | 'hash'> = NO_BASE
  let base = NO_BASE
  const decide = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n++) {
      const record = { type: 'trust_change', success: true, details: { n } } as const
      const row = makeRow(newest.seq + 1, BEGIN + newest.seq, record, newest.hash)
      await repository.append([row])
      newest = row
    }
  }
  const cut = async (before?: number): Promise<number | undefined> => {
    const made = await front.cut(newest, base, BEGIN, before)
    if (made === undefined) return undefined
    await repository.append([made.row], { base: made.base, keep: made.keep })
    newest = made.row
    base = made.base
    return made.keep.size
  }
  await decide(11)
  expect(await cut()).toBe(2)
  const [first] = [(await repository.forwards()[Symbol.asyncIterator]().next()).value as { row: AuditRow }]
  await repository.append([{ ...first.row, ts: first.row.ts + 1 }])
  for (let round = 0; round < 5; round++) {
    await decide(11)
    expect(await cut()).toBeLessThanOrEqual(5)
    expect(await verifyLedger(repository, identity.publicKey, [])).toMatchObject({ ok: false })
  }
  // And go for their age.
  expect(await cut(BEGIN + 10 * DAY_MS)).toBe(0)
})
