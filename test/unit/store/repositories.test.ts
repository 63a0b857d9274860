// Members, consent, fleet and audit rows come back as they were written, and damage is seen, not believed.
import { describe, expect, test } from 'vitest'
import { createApprovalRepository, type StoredApproval } from '../../../src/store/approvals/approvals.ts'
import { maybe, shape, text, whole } from '../../../src/store/level/is.ts'
import { keyRange, makeKey } from '../../../src/store/level/keyspace.ts'
import { definePeoplesTable, peopleIn } from '../../../src/store/level/table.ts'
import { encodeValue } from '../../../src/store/level/value.ts'
import { createAuditRepository } from '../../../src/store/tables/audit.ts'
import { createConsentRepository, EVERYBODY_ELSE } from '../../../src/store/tables/consent.ts'
import { createFleetRepository } from '../../../src/store/tables/fleet.ts'
import { createMemberRepository } from '../../../src/store/tables/members.ts'
import { createPeopleRepository } from '../../../src/store/tables/people.ts'
import { temporaryDatabase } from '../../support/data/database.ts'

const bytes = (fill: number, length = 32): Uint8Array => Buffer.alloc(length, fill)

test('the log of approvals begins with the newest, and trimmed keeps those', async () => {
  const repository = createApprovalRepository<StoredApproval, StoredApproval>(await temporaryDatabase())
  const row = (created_at: number): StoredApproval => ({ id: `${created_at}`, created_at, person: null })
  for (const at of [300, 2, 20]) await repository.end('none', row(at))
  expect(await repository.log()).toEqual([300, 20, 2].map(row))
  await repository.trim(2)
  expect(await repository.log()).toEqual([300, 20].map(row))
  await repository.trim(2)
  expect(await repository.log()).toHaveLength(2)
})

test('consent is kept per uid, the last decision holds', async () => {
  const repository = createConsentRepository(await temporaryDatabase())
  const record = (uid: number, off: boolean) => ({
    uid,
    allow_peers: ['team:eng'],
    allow_supervisors: ['*'],
    deny_peers: [],
    allow_only: [],
    deny_only: [],
    off,
    decided_at: 1_763_626_500_000,
  })
  await repository.put(record(70_000, false))
  await repository.put(record(1000, false))
  await repository.put(record(1000, true))
  expect(await repository.get(1000)).toEqual(record(1000, true))
  expect(await repository.get(1)).toBeUndefined()
  expect(await repository.get(70_000)).toEqual(record(70_000, false))
  expect(await repository.everybody()).toEqual([1000, 70_000, EVERYBODY_ELSE])
})

test('the decision that stands for everybody else makes nobody a person', async () => {
  const db = await temporaryDatabase()
  const nothing = { allow_peers: [], allow_supervisors: [], deny_peers: [], allow_only: [], deny_only: [] }
  for (const uid of [1000, EVERYBODY_ELSE])
    await createConsentRepository(db).put({ ...nothing, uid, off: true, decided_at: 1 })
  expect(await createPeopleRepository(db).used()).toEqual([1000])
})

test('a decision holds at once for every repository of the database, also while others read it', async () => {
  const db = await temporaryDatabase()
  const [one, other] = [createConsentRepository(db), createConsentRepository(db)]
  const decided = (off: boolean) => ({
    uid: 1000,
    allow_peers: [],
    allow_supervisors: [],
    deny_peers: [],
    allow_only: [],
    deny_only: [],
    off,
    decided_at: 1,
  })
  expect(await one.get(1000)).toBeUndefined()
  for (const off of [false, true, false, true]) {
    const readBefore = Promise.all([one.get(1000), other.get(1000)])
    const written = other.put(decided(off))
    const readMeanwhile = Promise.all([one.get(1000), other.get(1000)])
    await Promise.all([written, readBefore, readMeanwhile])
    expect([(await one.get(1000))?.off, (await other.get(1000))?.off]).toEqual([off, off])
  }
  // Of everybody else: it holds for people that were read before it.
  expect(await one.get(2000)).toBeUndefined()
  await other.put({ ...decided(true), uid: EVERYBODY_ELSE })
  expect((await one.get(2000))?.off).toBe(true)
})

test('consent to categories comes back, and a release that knows none of them refuses it', async () => {
  const db = await temporaryDatabase()
  const repository = createConsentRepository(db)
  const record = {
    uid: 1000,
    allow_peers: [],
    allow_supervisors: [],
    deny_peers: [],
    allow_only: [{ who: 'team:eng', categories: ['tool_usage'] as const }],
    deny_only: [{ who: '*', categories: ['anomalies'] as const }],
    off: false,
    decided_at: 1,
  }
  const version = async () => (await db.values(keyRange('consent')).all())[0]?.[0]
  await repository.put({ ...record, allow_only: [], deny_only: [] })
  expect(await version()).toBe(1)
  await repository.put(record)
  expect(await repository.get(1000)).toEqual(record)
  expect(await version()).toBe(2)
  const chosen = { ...record, anomalies: 'off' as const }
  await repository.put(chosen)
  expect(await repository.get(1000)).toEqual(chosen)
  expect(await version()).toBe(3)
})

test('decisions, sightings and strangers of one key stand side by side and are forgotten apart', async () => {
  const db = await temporaryDatabase()
  const repository = createMemberRepository(db)
  const decision = {
    keys: [bytes(1), bytes(2)] as const,
    level: 'peer',
    name: 'bob',
    roles: ['lead'],
    teams: [],
    denied: false,
    revoked: true,
    decided_at: 5,
  }
  const sighting = {
    key: bytes(1),
    name: 'b',
    addresses: ['/ip4/10.0.0.1/tcp/1'],
    last_seen: 7,
    offline: true,
  }
  const stranger = { key: bytes(1), name: 'b', addresses: [], first_seen: 1, last_seen: 2 }
  await repository.write({ decisions: [decision], sightings: [sighting], strangers: [stranger] })
  expect(await createMemberRepository(db).load()).toEqual({
    decisions: [decision],
    sightings: [sighting],
    strangers: [stranger],
  })
  await repository.write({ forget_sightings: [bytes(1)] })
  expect(await repository.load()).toEqual({ decisions: [decision], sightings: [], strangers: [stranger] })
  await repository.write({ forget_strangers: [bytes(1)] })
  expect(await repository.load()).toEqual({ decisions: [decision], sightings: [], strangers: [] })
})

const memberKey = (kind: number): Buffer =>
  makeKey('members', { bytes: Uint8Array.of(kind) }, { bytes: bytes(1) })
const fleetKey = (text: string): Buffer => makeKey('fleet', { text })

test.each([
  ['decision', memberKey(1), createMemberRepository, 'members'],
  ['sighting', memberKey(2), createMemberRepository, undefined],
  ['stranger', memberKey(3), createMemberRepository, undefined],
  ['membership', fleetKey('membership'), createFleetRepository, 'fleet'],
  ['attempt to join', fleetKey('joining'), createFleetRepository, undefined],
  ['invite', fleetKey('invite 00'), createFleetRepository, 'fleet'],
] as const)(
  'a damaged %s is passed over only where it cannot have been a refusal',
  async (_, key, create, refused) => {
    const db = await temporaryDatabase()
    const none = await create(db).load()
    for (const damaged of [Buffer.of(1, 0xc1), encodeValue({ id: '01' }), encodeValue({}, 2)]) {
      await db.put(key, damaged)
      const loaded = create(db).load()
      if (refused === undefined) expect(await loaded).toEqual(none)
      else
        await expect(loaded).rejects.toMatchObject({
          code: 'bad_file',
          message: `a row of ${refused} in the database is damaged`,
        })
    }
  },
)

test('audit rows are walked both ways; a base takes entries and heads up to it away', async () => {
  const repository = createAuditRepository(await temporaryDatabase())
  const row = (seq: number) => ({
    seq,
    ts: 1_763_626_500_000 + seq,
    type: 't',
    details: bytes(3, 9),
    hash: bytes(seq),
  })
  const seqs = async (places: AsyncIterable<{ seq: number }>): Promise<number[]> => {
    const found: number[] = []
    for await (const { seq } of places) found.push(seq)
    return found
  }
  expect(await repository.newest()).toBeUndefined()
  expect(await repository.base()).toBeUndefined()
  await repository.append([row(1), row(2)], { head: { seq: 2, frame: bytes(9, 5) } })
  await repository.append([row(3), row(300)], { head: { seq: 300, frame: bytes(8, 5) } })
  expect(await repository.newest()).toEqual({ seq: 300, row: row(300) })
  expect(await repository.at(2)).toEqual({ seq: 2, row: row(2) })
  expect(await repository.at(4)).toBeUndefined()
  expect(await seqs(repository.forwards())).toEqual([1, 2, 3, 300])
  expect(await seqs(repository.backwards())).toEqual([300, 3, 2, 1])
  await repository.append([], { base: { seq: 2, hash: bytes(2) } })
  expect(await seqs(repository.forwards())).toEqual([3, 300])
  expect(await repository.heads()).toEqual([{ seq: 300, frame: bytes(8, 5) }])
  expect(await repository.base()).toEqual({ seq: 2, hash: bytes(2) })
})

test('a damaged audit row is a place without a row', async () => {
  const db = await temporaryDatabase()
  const repository = createAuditRepository(db)
  await repository.append([{ seq: 1, ts: 1, type: 't', details: bytes(3, 9), hash: bytes(1) }])
  const [key, stored] = (await db.iterator(keyRange('audit')).all())[0]!
  const value = Buffer.from(stored)
  // The same row in another spelling: its one-letter type with a length byte of its own.
  const type = value.indexOf(Buffer.from('\u00a1t', 'latin1'))
  const respelled = Buffer.concat([value.subarray(0, type), Buffer.of(0xd9, 1), value.subarray(type + 1)])
  for (const damaged of [
    respelled,
    value.subarray(0, -1),
    Buffer.concat([value, Buffer.of(0)]),
    Buffer.of(1, 0x90),
    Buffer.of(),
    // A whole number of 96 bits is read, and cannot be written.
    Buffer.concat([Buffer.of(1, 0xc7, 12, 0x42), Buffer.alloc(12, 0x7f)]),
  ]) {
    await db.put(key, damaged)
    expect(await repository.newest()).toEqual({ seq: 1 })
  }
})

describe('a table', () => {
  const row = shape({ id: text, size: whole, note: maybe(text) })
  const [texts, hex] = [
    definePeoplesTable({ keyspace: 'memory', kind: 1, value: row }),
    definePeoplesTable({ keyspace: 'memory', kind: 2, ids: 'hex', value: row }),
  ]

  test('gives back what it wrote, of that person and kind alone', async () => {
    const db = await temporaryDatabase()
    const [one, other] = [texts.in(db), hex.in(db)]
    await one.write(1, {
      put: [
        { id: 'a', size: 1 },
        { id: 'b', size: 2, note: 'x' },
      ],
    })
    await one.write(2, { put: [{ id: 'c', size: 3 }] })
    await other.write(1, { put: [{ id: 'ab'.repeat(32), size: 4 }] })
    expect(await one.all(1)).toEqual([
      { id: 'a', size: 1 },
      { id: 'b', size: 2, note: 'x' },
    ])
    expect(await one.all(1, 'b')).toEqual([{ id: 'b', size: 2, note: 'x' }])
    expect(await one.get(2, 'a')).toBeUndefined()
    expect(await other.ids(1)).toEqual(['ab'.repeat(32)])
    expect(await peopleIn(db, 'memory')).toEqual([1, 2])
    await one.write(1, { remove: ['a'], put: [{ id: 'b', size: 5 }] })
    expect(await one.all(1)).toEqual([{ id: 'b', size: 5 }])
  })

  test.each([
    ['of another version', Buffer.concat([Buffer.of(2), encodeValue({ id: 'a', size: 1 }).subarray(1)])],
    ['cut off', encodeValue({ id: 'a', size: 1 }).subarray(0, 4)],
    ['under the key of another', encodeValue({ id: 'b', size: 1 })],
    ['without a member', encodeValue({ id: 'a' })],
    ['with a member of another kind', encodeValue({ id: 'a', size: '1' })],
  ])('has no row that is %s', async (_, value) => {
    const db = await temporaryDatabase()
    const key = makeKey('memory', { u32: 1 }, { bytes: Uint8Array.of(1) }, { text: 'a' })
    await db.put(key, value)
    expect(texts.isRow(key, value)).toBe(false)
    expect([await texts.in(db).get(1, 'a'), await texts.in(db).all(1)]).toEqual([undefined, []])
  })
})
