// Whose the data of a uid is: nobody who gets the uid gets the data with it, and nobody who keeps it loses it.

import { expect, test } from 'vitest'
import { silentLog } from '../../../src/base/run/log.ts'
import type { Database } from '../../../src/store/level/database.ts'
import { makeKey } from '../../../src/store/level/keyspace.ts'
import { encodeValue } from '../../../src/store/level/value.ts'
import { migrate } from '../../../src/store/rescue/migrations.ts'
import { createPeopleRepository, markRestored, peopleOfUids } from '../../../src/store/tables/people.ts'
import {
  createPeople,
  FIRST_FREE,
  GRACE_MS,
  LOOK_MS,
  NAMELESS_MAX,
} from '../../../src/trust/people/people.ts'
import { temporaryDatabase } from '../../support/data/database.ts'
import fc, { forAllAsyncIn } from '../../support/run/properties.ts'
import { VirtualTime } from '../../support/run/virtual-time.ts'

const LONGER_THAN_KEPT = 6_000
const KEEP = { keep: true }

interface World {
  /** Accounts in the machine's own files, by uid. */
  local: Map<number, string>
  /** Accounts of a directory. */
  far: Map<number, string>
  /** When the machine's own files were changed, milliseconds since the epoch. */
  changed: number
  /** What the directory does when it is asked. */
  directory: 'answers' | 'fails' | 'hangs'
}

/** Names by uid. */
type Accounts = Readonly<Record<number, string>>
const byUid = (accounts: Accounts) =>
  new Map(Object.entries(accounts).map(([uid, name]) => [Number(uid), name]))

async function world(
  options: {
    db?: Database
    ownUid?: number
    machine?: string
    local?: Accounts
    far?: Accounts
    /** When the files were changed, after the start of the world. */
    changed?: number
  } = {},
) {
  const time = new VirtualTime()
  const db = options.db ?? (await temporaryDatabase())
  const accounts: World = {
    local: byUid(options.local ?? { 1000: 'ada' }),
    far: byUid(options.far ?? { 5000: 'grace' }),
    changed: time.clock.now() + (options.changed ?? 0),
    directory: 'answers',
  }
  const { machine = 'here' } = options
  const people = createPeople({
    clock: time.clock,
    timers: time,
    log: silentLog,
    machine,
    ownUid: options.ownUid,
    repository: createPeopleRepository(db),
    names: {
      nameOf: async (uid) => {
        if (accounts.directory === 'fails') throw new Error('no directory')
        if (accounts.directory === 'hangs') return new Promise(() => {})
        return accounts.local.get(uid) ?? accounts.far.get(uid)
      },
      uidOf: async (user) => [...accounts.local, ...accounts.far].find(([, name]) => name === user)?.[0],
      async local(uid) {
        const name = accounts.local.get(uid)
        return { users: name === undefined ? [] : [name], groups: [], changed: accounts.changed }
      },
    },
  })
  const pass = (ms: number): Promise<void> => time.wait(ms)
  const done = <T>(promise: Promise<T>): Promise<T> => time.during(promise)
  await done(people.start())
  return { people, accounts, db, pass, done, now: time.clock.now }
}

const put = (db: Database, number: number) =>
  db
    .put(makeKey('event_counts', { u32: number }), encodeValue(1))
    .then(() => db.put(makeKey('rollups_day', { u32: number }, { u32: 1 }), encodeValue(1)))

test('an account keeps its number; one that gets its uid gets another number, and the first one is held', async () => {
  const { people, accounts, pass } = await world()
  expect(await people.numberOf(1000, KEEP)).toBe(1000)
  await pass(LONGER_THAN_KEPT)
  expect(await people.numberOf(1000, KEEP)).toBe(1000)
  accounts.local.set(1000, 'bob')
  await pass(LONGER_THAN_KEPT)
  const bobs = await people.numberOf(1000, KEEP)
  expect(bobs).toBeGreaterThanOrEqual(FIRST_FREE)
  expect(await people.uidOf(1000)).toBeUndefined()
  expect(await people.uidOf(bobs!)).toBe(1000)
  expect(await people.here([1000, bobs!])).toEqual([bobs])
  const told = (await people.list()).map(({ name, held }) => `${name}: ${held}`)
  expect(told).toEqual(['ada: renamed', 'bob: null'])
  await pass(LOOK_MS)
  expect(people.held()).toBe(1)
})

test('what was begun before an account had the uid is the first owner’s, also when nobody looked meanwhile', async () => {
  const first = await world({ changed: -60_000 })
  const typed = first.now() - 30_000
  await first.people.numberOf(1000, KEEP)
  // The daemon rests while ada leaves and bob gets her uid.
  const { people, accounts } = await world({ db: first.db, local: { 1000: 'bob' }, changed: -1_000 })
  expect(await people.numberOf(1000, { keep: true, begun: typed })).toBe(1000)
  const bobs = await people.numberOf(1000, { keep: true, begun: accounts.changed })
  expect(bobs).toBeGreaterThanOrEqual(FIRST_FREE)
  expect(await people.numberOf(1000, { keep: true, begun: accounts.changed - 1 })).toBe(1000)
  expect(await people.numberOf(1000)).toBe(bobs)
})

test('what open shells write of an account that was renamed goes to its old name, and to the new one once that is mapped', async () => {
  const { people, accounts, pass, now } = await world()
  await people.numberOf(1000, KEEP)
  const begun = now()
  await pass(LONGER_THAN_KEPT)
  accounts.local.set(1000, 'adele')
  accounts.changed = now()
  await pass(LONGER_THAN_KEPT)
  expect(await people.numberOf(1000, { keep: true, begun: now() })).toBeGreaterThanOrEqual(FIRST_FREE)
  expect(await people.numberOf(1000, { keep: true, begun })).toBe(1000)
  await people.map('ada', 'adele')
  for (const when of [begun, accounts.changed, now()])
    expect(await people.numberOf(1000, { keep: true, begun: when })).toBe(1000)
})

test('what a person who was removed left unread is nobody’s; who is still there goes on', async () => {
  const { people, accounts, pass, now } = await world()
  await people.numberOf(1000, KEEP)
  const begun = now()
  await people.remove(1000)
  accounts.changed = now() + 1
  await pass(LONGER_THAN_KEPT)
  const anew = await people.numberOf(1000, { keep: true, begun })
  expect(anew).toBeGreaterThanOrEqual(FIRST_FREE)
  accounts.local.set(1000, 'bob')
  accounts.changed = now()
  await pass(2 * LOOK_MS + 1_000)
  await people.remove(anew!)
  await pass(LONGER_THAN_KEPT)
  expect(await people.numberOf(1000, { keep: true, begun })).toBe(anew)
  expect(await people.uidOf(anew!)).toBeUndefined()
})

test('uids without an account take few numbers, however many ask; accounts have theirs', async () => {
  const { people, db } = await world()
  const numbers = new Set<number | undefined>()
  for (let uid = 100_000; uid < 100_000 + 4 * NAMELESS_MAX; uid++)
    numbers.add(await people.numberOf(uid, KEEP))
  expect(numbers.size).toBe(NAMELESS_MAX + 1)
  expect(await createPeopleRepository(db).all()).toHaveLength(NAMELESS_MAX)
  expect(await people.turnsAway(100_000)).toBe(false)
  expect(await people.turnsAway(100_000 + NAMELESS_MAX)).toBe(true)
  expect(await people.turnsAway(1000)).toBe(false)
  expect(await people.numberOf(1000, KEEP)).toBe(1000)
})

test('an account of the same name and uid that was made anew is another person, once the end of the first was seen', async () => {
  const { people, accounts, pass } = await world()
  await people.numberOf(1000, KEEP)
  accounts.local.delete(1000)
  await pass(2 * LOOK_MS + 1_000)
  accounts.local.set(1000, 'ada')
  await pass(LONGER_THAN_KEPT)
  expect(await people.numberOf(1000, KEEP)).toBeGreaterThanOrEqual(FIRST_FREE)
  expect((await people.list()).map(({ held }) => held).sort()).toEqual(['account_gone', null])
})

test('a file of accounts that is being written for a moment ends nobody', async () => {
  const { people, accounts, pass } = await world()
  await people.numberOf(1000, KEEP)
  for (let i = 0; i < 3; i++) {
    accounts.local.delete(1000)
    await pass(LONGER_THAN_KEPT)
    // Meanwhile the uid is still that of the person it was a moment ago.
    expect(await people.numberOf(1000, KEEP)).toBe(1000)
    accounts.local.set(1000, 'ada')
    await pass(LOOK_MS)
  }
  expect(await people.numberOf(1000, KEEP)).toBe(1000)
})

test.each(['fails', 'hangs'] as const)(
  'while the directory %s nobody new is let in, and who was there stays',
  async (what) => {
    const { people, accounts, pass, done } = await world()
    accounts.far.set(5001, 'joan')
    expect(await people.numberOf(5000, KEEP)).toBe(5000)
    accounts.directory = what
    await pass(LONGER_THAN_KEPT)
    expect(await done(people.numberOf(5000, KEEP))).toBe(5000)
    expect(await done(people.numberOf(5001, KEEP))).toBeUndefined()
    expect(await done(people.numberOf(1000, KEEP))).toBe(1000)
    // Nobody waits for a name longer than for a number.
    expect(await done(people.nameOf(5000))).toBeUndefined()
    expect(await done(people.nameOf(1000))).toBe('ada')
  },
)

test('a directory that is not there yet after a start is waited for, and one that knows nobody for long is believed', async () => {
  const first = await world()
  expect(await first.people.numberOf(5000, KEEP)).toBe(5000)
  const { people, accounts, pass } = await world({ db: first.db, far: {} })
  expect(await people.numberOf(5000, KEEP)).toBeUndefined()
  await pass(GRACE_MS + LONGER_THAN_KEPT)
  const nobody = await people.numberOf(5000, KEEP)
  expect(nobody).toBeGreaterThanOrEqual(FIRST_FREE)
  accounts.far.set(5000, 'grace')
  await pass(LONGER_THAN_KEPT)
  expect(await people.numberOf(5000, KEEP)).toBe(5000)
  expect(await people.uidOf(nobody!)).toBeUndefined()
})

test('who only looks is not kept; who decides is', async () => {
  const { people, db } = await world()
  const repository = createPeopleRepository(db)
  expect(await people.numberOf(1000)).toBe(1000)
  expect(await repository.all()).toEqual([])
  await people.numberOf(1000, KEEP)
  expect(await repository.all()).toMatchObject([{ number: 1000, name: 'ada', state: 'known' }])
})

test('on another machine nobody sees anything until it is mapped, whatever names and uids are the same', async () => {
  const first = await world()
  await first.people.numberOf(1000, KEEP)
  await put(first.db, 1000)
  const { people, pass } = await world({ db: first.db, machine: 'there' })
  const other = await people.numberOf(1000, KEEP)
  expect(other).toBeGreaterThanOrEqual(FIRST_FREE)
  expect(await people.here([1000])).toEqual([])
  expect(people.held()).toBe(1)
  await expect(people.map('ada', 'nobody-here')).rejects.toMatchObject({ code: 'not_found' })
  const several = { code: 'conflict', hint: expect.stringContaining('number:1000') }
  await expect(people.find('ada')).rejects.toMatchObject(several)
  expect(await people.find('number:1000')).toMatchObject({ held: 'other_machine' })
  expect(await people.map('1000', 'ada')).toMatchObject({ held: null, number: 1000 })
  await pass(LONGER_THAN_KEPT)
  expect(await people.numberOf(1000, KEEP)).toBe(1000)
  expect(await people.uidOf(other!)).toBeUndefined()
  expect(people.held()).toBe(0)
})

test('an account with data of its own gets nobody else’s', async () => {
  const { people, accounts, db } = await world({ local: { 1000: 'ada', 1001: 'bob' } })
  for (const uid of [1000, 1001]) {
    await people.numberOf(uid, KEEP)
    await put(db, uid)
  }
  accounts.local.delete(1000)
  await expect(people.map('ada', 'bob')).rejects.toMatchObject({ code: 'conflict' })
  await people.remove(1001)
  expect((await people.map('ada', 'bob')).account).toBe('bob')
})

test('a removed person’s number is nobody’s for ever, also when rows were left and the daemon starts anew', async () => {
  const first = await world()
  await first.people.numberOf(1000, KEEP)
  await put(first.db, 1000)
  await first.people.remove(1000)
  expect(await first.people.list()).toEqual([])
  expect(await first.people.numberOf(1000, KEEP)).toBeGreaterThanOrEqual(FIRST_FREE)
  const { people } = await world({ db: first.db })
  expect(await createPeopleRepository(first.db).holds(1000)).toBe(false)
  expect(await people.numberOf(1000, KEEP)).toBeGreaterThanOrEqual(FIRST_FREE)
})

test('a database of uids goes to the accounts that have them; one out of a backup waits', async () => {
  for (const restored of [false, true]) {
    const db = await temporaryDatabase()
    await put(db, 1000)
    await put(db, 4242)
    if (restored) await db.batch([markRestored()])
    await db.put(makeKey('meta', { text: 'schema' }), encodeValue(3))
    await migrate(db, '/db', { log: silentLog })
    const { people } = await world({ db })
    const number = await people.numberOf(1000)
    expect((await people.here([1000])).length).toBe(restored ? 0 : 1)
    if (restored) expect(number).toBeGreaterThanOrEqual(FIRST_FREE)
    else expect(number).toBe(1000)
    const held = (await people.list()).map((one) => [one.number, one.held]).sort()
    const why = restored ? 'restored' : null
    expect(held).toEqual([1000, 4242].map((number) => [number, why]))
    // Again: nothing is left that would hold it back a second time.
    expect(await peopleOfUids(db)).not.toHaveLength(0)
  }
})

test('rows of whom no record is left are nobody’s', async () => {
  const db = await temporaryDatabase()
  await put(db, 1000)
  const { people } = await world({ db })
  expect(await people.here([1000])).toEqual([])
  expect(await people.numberOf(1000)).toBeGreaterThanOrEqual(FIRST_FREE)
})

test('a person’s own node is theirs: renamed, without a directory, or restored on another machine under another uid', async () => {
  const first = await world({ ownUid: 1000 })
  await first.people.numberOf(1000, KEEP)
  const elsewhere = { ownUid: 1007, machine: 'there', local: { 1007: 'ada' } }
  const { people, accounts, pass } = await world({ db: first.db, ...elsewhere })
  expect(await people.numberOf(1007)).toBe(1000)
  accounts.local.set(1007, 'adele')
  await pass(LONGER_THAN_KEPT)
  expect(await people.numberOf(1007)).toBe(1000)
  accounts.local.delete(1007)
  accounts.directory = 'fails'
  await pass(LONGER_THAN_KEPT)
  expect(await people.numberOf(1007)).toBe(1000)
  expect(await people.here([1000])).toEqual([1000])
})

test('the owner of a node does not get what another account on the same machine typed there', async () => {
  const { people } = await world({ ownUid: 0, local: { 0: 'root', 1000: 'ada' } })
  expect(await people.numberOf(1000, KEEP)).toBe(1000)
  expect(await people.numberOf(0, KEEP)).toBe(0)
  expect(await people.uidOf(1000)).toBe(1000)
})

test('whatever happens to accounts, a number is never that of two accounts of different names or uids', async () => {
  const names = ['ada', 'bob', 'joan'] as const
  await forAllAsyncIn(
    { numRuns: 60 },
    fc.array(
      fc.record({
        uid: fc.constantFrom(1000, 1001),
        name: fc.option(fc.constantFrom(...names)),
        restart: fc.boolean(),
      }),
      { minLength: 1, maxLength: 8 },
    ),
    async (steps) => {
      let one = await world({ local: {} })
      const owners = new Map<number, string>()
      for (const { uid, name, restart } of steps) {
        if (restart) one = await world({ db: one.db, local: Object.fromEntries(one.accounts.local) })
        if (name === null) one.accounts.local.delete(uid)
        else one.accounts.local.set(uid, name)
        await one.pass(LONGER_THAN_KEPT)
        const number = await one.people.numberOf(uid, KEEP)
        if (number === undefined || name === null) continue
        const owner = `${uid} ${name}`
        expect(owners.get(number) ?? owner).toBe(owner)
        owners.set(number, owner)
      }
    },
  )
})
