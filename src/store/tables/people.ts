// Whose the data of this node is: for each number under which data is kept, the account that it belongs to.
import { type Change, type Database, delRow, flush, putRow } from '../level/database.ts'
import { type Checked, flag, oneOf, orNull, shape, text, whole } from '../level/is.ts'
import { type Keyspace, keyRange, makeKey, OF_PEOPLE } from '../level/keyspace.ts'
import { NOBODY, peopleIn } from '../level/table.ts'
import { encodeValue, readValue } from '../level/value.ts'

/**
 * `unclaimed`: written by a release that knew uids only; the first account of that uid has it. `known`: the account's of
 * this name and uid, on this machine. `ended`: the account was seen to be gone. `held`: nobody's until it is mapped.
 * `removed`: all its data is gone; the number is never given to anybody else.
 */
const personState = oneOf('unclaimed', 'known', 'ended', 'held', 'removed')
const account = (value: unknown): value is number => whole(value) && value >= 0 && value < NOBODY

const isPerson = shape({
  /** Stands in the keys of all data of the person: the uid, or 2^31 and above where the uid was another person's before. */
  number: account,
  uid: account,
  /** Null: no account of that uid had a name, or nobody looked yet. */
  name: orNull(text),
  /** Of the machine on which the account is; empty where the machine does not say. */
  machine: text,
  /** The account stood in the machine's own files, so that its absence there is its end. */
  local: flag,
  state: personState,
  /** Milliseconds since the epoch: since when the account is known without a break. */
  since: whole,
  ended_at: orNull(whole),
})
export type PersonRecord = Checked<typeof isPerson>

export type PeopleRepository = ReturnType<typeof createPeopleRepository>

/** Says that the rows were restored from a backup that knew no people yet. */
const RESTORED = makeKey('people', { text: 'restored' })
const PERSON = makeKey('people', { text: 'person ' })
const keyOf = (number: number): Buffer => {
  const end = Buffer.alloc(4)
  end.writeUInt32BE(number)
  return Buffer.concat([PERSON, end])
}
/** A count may be left of events that are gone, and so may the first day of rollups. */
const LEFT_OVER: readonly Keyspace[] = ['event_counts', 'rollups_from']

export function createPeopleRepository(db: Database) {
  const holdsIn = async (number: number, keyspace: Keyspace): Promise<boolean> =>
    (await db.keys({ ...keyRange(keyspace, { u32: number }), limit: 1 }).all()).length > 0
  return {
    /** All of them; a damaged record stands for data that is nobody's. */
    async all() {
      const rows = await db.iterator(keyRange('people', { text: 'person ' })).all()
      return rows.flatMap(([key, value]) => readPerson(key, value) ?? [])
    },
    /** One batch, durable (fsync) when it resolves. */
    async put(records: readonly PersonRecord[]) {
      await db.batch(records.map(putPerson), { sync: true })
    },
    /** Numbers under which something is kept, whether or not there is a record of them. */
    used: () => numbersIn(db),
    /** Whether anything is kept under this number. */
    async holds(number: number) {
      for (const keyspace of OF_PEOPLE)
        if (!LEFT_OVER.includes(keyspace) && (await holdsIn(number, keyspace))) return true
      return false
    },
    /** Removes every row that is kept under this number, its record apart; durable when it resolves. */
    async clear(number: number) {
      for (const keyspace of OF_PEOPLE) await db.clear(keyRange(keyspace, { u32: number }))
      await flush(db)
    },
  }
}

const putPerson = (record: PersonRecord): Change => putRow(keyOf(record.number), encodeValue(record))

/** Undefined for a damaged one. */
function readPerson(key: Uint8Array, value: Uint8Array) {
  const record = readValue(value)
  return isPerson(record) && keyOf(record.number).equals(key) ? record : undefined
}

/** False for a row that this program would not have written. */
export const isPersonRow = (key: Uint8Array, value: Uint8Array) =>
  RESTORED.equals(key) || readPerson(key, value) !== undefined

/** Who has rows in any keyspace but those that may be left over. */
async function numbersIn(db: Database): Promise<readonly number[]> {
  const spaces = OF_PEOPLE.filter((keyspace) => !LEFT_OVER.includes(keyspace))
  const found = await Promise.all(spaces.map((keyspace) => peopleIn(db, keyspace)))
  return [...new Set(found.flat())].sort((a, b) => a - b)
}

/**
 * Marks data of before there were people as restored: it belongs to nobody yet, because the account that has its uid here
 * need not be the one that had it on the machine from which the data comes.
 */
export const markRestored = (): Change => putRow(RESTORED, encodeValue(true))

const isOfUid = shape({ uid: account })

/**
 * Schema 4: every uid that has data becomes a person. On the machine where the data was written it is the account's that
 * has the uid now, as it was before. Data out of a backup of another machine, or of one of which that is not known, waits.
 */
export async function peopleOfUids(db: Database): Promise<readonly Change[]> {
  const state: PersonRecord['state'] = (await db.get(RESTORED)) === undefined ? 'unclaimed' : 'held'
  const tokens = await db.values(keyRange('api_tokens')).all()
  const numbers = new Set(await numbersIn(db))
  for (const bytes of tokens) {
    const token = readValue(bytes)
    // A damaged one opens nothing.
    if (isOfUid(token)) numbers.add(token.uid)
  }
  const since = { machine: '', local: false, since: 0, ended_at: null, name: null }
  return [
    ...[...numbers].map((number) => putPerson({ number, uid: number, state, ...since })),
    delRow(RESTORED),
  ]
}
