// Verification finds the first entry that is not what it was, whichever byte was changed and whatever was removed.

import { describe, expect, test } from 'vitest'
import { formatNodeId, type NodeId } from '../../../../protocols/node-id.ts'
import { systemClock, systemRandom } from '../../../../src/base/clock.ts'
import type { Database } from '../../../../src/store/level/database.ts'
import { keyRange, makeKey } from '../../../../src/store/level/keyspace.ts'
import { type AuditRow, createAuditRepository } from '../../../../src/store/tables/audit.ts'
import { makeRow } from '../../../../src/trust/audit/entry.ts'
import { signHead } from '../../../../src/trust/audit/head.ts'
import type { AuditRecord } from '../../../../src/trust/audit/index.ts'
import { verifyLedger } from '../../../../src/trust/audit/verify.ts'
import type { Identity } from '../../../../src/trust/identity/index.ts'
import { temporaryDatabase } from '../../../support/data/database.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'
import fc, { forAllAsyncIn } from '../../../support/run/properties.ts'
import { times } from '../../../support/run/thorough.ts'
import { identity, ledgerOver, rowsOf } from './ledger.ts'

const ENTRIES = 8
const entryKey = (seq: number): Buffer => makeKey('audit', { bytes: Uint8Array.of(1) }, { u64: seq })
const headKey = (seq: number): Buffer => makeKey('audit', { bytes: Uint8Array.of(2) }, { u64: seq })
const baseKey = makeKey('audit', { bytes: Uint8Array.of(3) })

/** Something is recorded under a key, and signed for at the stop. */
async function goOn(db: Database, records: readonly AuditRecord[], signer = identity): Promise<void> {
  const { audit } = ledgerOver(createAuditRepository(db), { identity: signer })
  await audit.start()
  for (const record of records) await audit.record(record)
  await audit.stop()
}
/** The head over an entry, by whoever it may be. */
const headOver = (
  { seq, hash, ts }: Pick<AuditRow, 'seq' | 'hash' | 'ts'>,
  signer: Identity,
  entries = seq,
) => signHead({ seq, hash, ts, entries }, signer, systemClock, systemRandom)
const STARTED: AuditRecord = { type: 'node_started', success: true, details: {} }

/** Entries 1 to 8, with signed heads over 4 and 8. */
async function ledger(rule = 'consent.none'): Promise<Database> {
  const db = await temporaryDatabase()
  for (const from of [1, 5]) {
    const records = [0, 1, 2, 3].map((more): AuditRecord => {
      const n = from + more
      return { type: 'query_received', success: n % 2 === 0, details: { n, rule } }
    })
    await goOn(db, records)
  }
  return db
}

const verify = (db: Database) => verifyLedger(createAuditRepository(db), identity.publicKey)
const entriesOf = (db: Database) => rowsOf(createAuditRepository(db))

test('an untouched ledger is whole, an empty one too', async () => {
  expect(await verify(await ledger())).toMatchObject({ ok: true, entries: ENTRIES, first_bad: null })
  const empty = { ok: true, entries: 0, first_bad: null, earlier_keys: [] }
  expect(await verify(await temporaryDatabase())).toEqual({ ...empty, head: '0'.repeat(64) })
})

test('any changed bit of any entry or signed head is found where it is', async () => {
  const db = await ledger()
  const stored = await db.iterator(keyRange('audit')).all()
  expect(stored.length).toBe(ENTRIES + 2)
  const rows = fc.nat({ max: stored.length - 1 })
  const place = fc.record({ row: rows, byte: fc.nat(), bit: fc.nat({ max: 7 }) })
  await forAllAsyncIn({ numRuns: times(200, 500) }, place, async ({ row, byte, bit }) => {
    const [key, value] = stored[row]!
    const changed = Buffer.from(value)
    changed[byte % changed.length]! ^= 1 << bit
    await db.put(key, changed)
    const verdict = await verify(db)
    await db.put(key, value)
    const seq = Number(Buffer.from(key).readBigUInt64BE(2))
    expect(verdict).toMatchObject({ ok: false, entries: ENTRIES, first_bad: seq })
  })
  expect(await verify(db)).toMatchObject({ ok: true })
})

test('an entry moved to any other number is missed at the first number concerned', async () => {
  const db = await ledger()
  for (let seq = 1; seq <= ENTRIES; seq++) {
    const value = (await db.get(entryKey(seq)))!
    for (const moved of [seq + 1, seq + 100, 2 ** 40]) {
      const there = await db.get(entryKey(moved))
      await db.batch([
        { type: 'del', key: entryKey(seq) },
        { type: 'put', key: entryKey(moved), value },
      ])
      expect(await verify(db)).toMatchObject({ ok: false, first_bad: seq })
      await db.batch([
        { type: 'put', key: entryKey(seq), value },
        there === undefined
          ? { type: 'del', key: entryKey(moved) }
          : { type: 'put', key: entryKey(moved), value: there },
      ])
    }
  }
})

test.each([
  ['the first entry', [1]],
  ['an entry', [2]],
  ['the last but one', [7]],
  ['the end, which a signed head is over', [7, 8]],
  ['everything but the heads', [1, 2, 3, 4, 5, 6, 7, 8]],
])('%s is missed where it was, and stays missed when the ledger goes on', async (_, gone) => {
  const db = await ledger()
  for (const seq of gone) await db.del(entryKey(seq))
  const missed = { ok: false, first_bad: gone[0] }
  expect(await verify(db)).toMatchObject({ ...missed, entries: ENTRIES - gone.length })
  await goOn(db, [STARTED])
  expect(await verify(db)).toMatchObject(missed)
})

test('a chain written anew by somebody without the key is found at the first head it does not agree with', async () => {
  const db = await ledger()
  const repository = createAuditRepository(db)
  const rows = await entriesOf(db)
  let previous = rows[1]!.hash
  for (const { seq, ts } of rows.slice(2)) {
    const record = { type: 'query_received', success: true, details: { forged: seq } } as const
    const row = makeRow(seq, ts, record, previous)
    await repository.append([row])
    previous = row.hash
  }
  expect(await verify(db)).toMatchObject({ ok: false, first_bad: 4 })
  // Heads signed by another key do not help.
  const forged = await entriesOf(db)
  for (const seq of [4, 8]) {
    await repository.append([], { head: headOver(forged[seq - 1]!, testIdentity(2)) })
  }
  expect(await verify(db)).toMatchObject({ ok: false, first_bad: 4 })
})

test('a head of this node cannot stand for another entry', async () => {
  const db = await ledger()
  await db.put(headKey(6), (await db.get(headKey(4)))!)
  expect(await verify(db)).toMatchObject({ ok: false, first_bad: 6 })
})

describe('a key that was replaced', () => {
  const successor = testIdentity(3)
  const verifyAs = (db: Database, { publicKey } = successor) =>
    verifyLedger(createAuditRepository(db), publicKey)
  /** The ledger of the first key, gone on with under each of these. */
  async function continued(...signers: readonly (typeof identity)[]): Promise<Database> {
    const db = await ledger()
    for (const signer of signers) await goOn(db, [STARTED], signer)
    return db
  }

  test('is an entry, and the ledger stays whole: now, after another start, and after another key', async () => {
    const first = { node_id: identity.nodeId, through: ENTRIES }
    const db = await continued(successor, successor)
    expect(await verifyAs(db)).toMatchObject({ ok: true, first_bad: null, earlier_keys: [first] })
    const [change] = (await entriesOf(db)).slice(ENTRIES)
    expect(change?.type).toBe('key_rotation')
    const third = testIdentity(4)
    expect(await verifyAs(await continued(successor, third), third)).toMatchObject({
      ok: true,
      earlier_keys: [first, { node_id: successor.nodeId, through: ENTRIES + 2 }],
    })
    // And back: no other key is left out.
    expect(await verifyAs(await continued(successor, identity), identity)).toMatchObject({
      ok: true,
      earlier_keys: [first, { node_id: successor.nodeId, through: ENTRIES + 2 }],
    })
  })

  test('without the entry, and for whoever it does not name, nothing it signed counts', async () => {
    expect(await verifyAs(await ledger())).toMatchObject({ ok: false, first_bad: 4 })
    const db = await continued(successor)
    expect(await verifyAs(db, testIdentity(4))).toMatchObject({ ok: false, first_bad: 4 })
    expect(await verifyAs(db, identity)).toMatchObject({ ok: false })
  })

  test.each([
    ['is nothing without a signature of the newer key over it', successor, false],
    ['that names another key is nothing to who signed it', testIdentity(4), true],
  ])('an entry %s', async (_, next, isSigned) => {
    const db = await ledger()
    const { seq, hash } = (await entriesOf(db)).at(-1)!
    const details = { previous: identity.nodeId, next: next.nodeId }
    const row = makeRow(seq + 1, Date.now(), { type: 'key_rotation', success: true, details }, hash)
    await createAuditRepository(db).append([row], isSigned ? { head: headOver(row, successor) } : {})
    expect(await verifyAs(db)).toMatchObject({ ok: false, first_bad: 4 })
  })

  test('does not cover what a third one signed among it', async () => {
    const db = await ledger()
    const head = headOver((await entriesOf(db))[5]!, testIdentity(2))
    await createAuditRepository(db).append([], { head })
    await goOn(db, [], successor)
    expect(await verifyAs(db)).toMatchObject({ ok: false, first_bad: 6 })
  })
})

describe('a removed front', () => {
  /** Kept entries 12 and later, told by a signed checkpoint. */
  async function pruned(): Promise<{ db: Database; first: number }> {
    const db = await temporaryDatabase()
    const { audit } = ledgerOver(createAuditRepository(db), { keptMax: 10 })
    await audit.start()
    for (let n = 1; n <= 20; n++) await audit.record({ type: 'query_asked', success: true, details: { n } })
    await audit.stop()
    const first = (await createAuditRepository(db).base())!.seq + 1
    expect(await audit.verify()).toMatchObject({ ok: true })
    return { db, first }
  }

  test('without its base, or with a changed one, is not believed', async () => {
    const { db, first } = await pruned()
    const base = (await db.get(baseKey))!
    for (let byte = 0; byte < base.length; byte++) {
      const changed = Buffer.from(base)
      changed[byte]! ^= 1
      await db.put(baseKey, changed)
      expect((await verify(db)).ok).toBe(false)
    }
    await db.del(baseKey)
    expect(await verify(db)).toMatchObject({ ok: false, first_bad: 1 })
    await db.put(baseKey, base)
    expect(await verify(db)).toMatchObject({ ok: true })
    expect(first).toBeGreaterThan(1)
  })

  test('is not believed when the checkpoint that tells it has no signature over it', async () => {
    const db = await ledger()
    const repository = createAuditRepository(db)
    const rows = await entriesOf(db)
    const [third, last] = [rows[2]!, rows.at(-1)!]
    const hash = Buffer.from(third.hash).toString('hex')
    const details = { removed_through: 3, hash }
    const told = makeRow(last.seq + 1, last.ts, { type: 'checkpoint', success: true, details }, last.hash)
    await repository.append([told], { base: { seq: 3, hash: third.hash } })
    expect(await verify(db)).toMatchObject({ ok: false, first_bad: 4 })
    // The node's own signature over it makes it good.
    await repository.append([], { head: headOver(told, identity, 6) })
    expect(await verify(db)).toMatchObject({ ok: true, entries: 6 })
  })
})

describe('a head that others keep', () => {
  const birch = formatNodeId(new Uint8Array(32).fill(7))
  const headOf = async (db: Database, seq: number) =>
    (await createAuditRepository(db).heads()).find((head) => head.seq === seq)!.frame
  const verifyWith = (db: Database, ...heads: { frame: Uint8Array; by: NodeId[] }[]) =>
    verifyLedger(createAuditRepository(db), identity.publicKey, heads)

  test('shows an end that was cut off together with its heads', async () => {
    const db = await ledger()
    const frame = await headOf(db, 8)
    const outside = { seq: 8, by: [birch], missing: 0 }
    expect(await verifyWith(db, { frame, by: [birch] })).toMatchObject({ ok: true, outside })
    for (const seq of [5, 6, 7, 8]) await db.del(entryKey(seq))
    await db.del(headKey(8))
    // By itself it looks whole.
    expect(await verify(db)).toMatchObject({ ok: true, entries: 4 })
    const cut = await verifyWith(db, { frame, by: [birch] })
    expect(cut).toMatchObject({ ok: false, first_bad: 5, outside: { ...outside, missing: 4 } })
  })

  const cutOff = async (db: Database): Promise<Database> => {
    const after = (await db.get(entryKey(8))) as never
    for (const seq of [5, 6, 7, 8]) await db.del(entryKey(seq))
    await db.put(entryKey(9), after)
    return db
  }
  const altered = async (db: Database): Promise<Database> => {
    await db.del(entryKey(3))
    return db
  }
  test.each([
    ['an end that was cut off also after the node has written on', cutOff, 5, 4],
    ['an end that was written anew', () => ledger('consent.allow'), 8, 0],
    ['an entry that was altered, which is no end that was cut off', altered, 3, 0],
  ])('shows %s', async (_, change, first_bad, missing) => {
    const db = await ledger()
    const frame = await headOf(db, 8)
    const verdict = await verifyWith(await change(db), { frame, by: [birch] })
    expect(verdict).toMatchObject({ ok: false, first_bad, outside: { missing } })
  })

  test('counts only when this node signed it, and the one that covers most', async () => {
    const db = await ledger()
    const { frame: forged } = headOver({ seq: 1000, hash: new Uint8Array(32), ts: 1 }, testIdentity(9))
    const own = { frame: await headOf(db, 8), by: [] }
    const older = { frame: await headOf(db, 4), by: [birch] }
    expect(await verifyWith(db, { frame: forged, by: [birch] })).toMatchObject({ ok: true })
    expect((await verifyWith(db, older, own)).outside).toMatchObject({ seq: 8, by: [] })
    expect((await verifyWith(db, own, { ...own, by: [birch] })).outside).toMatchObject({ by: [birch] })
  })
})
