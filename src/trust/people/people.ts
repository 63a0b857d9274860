// Keeps people apart by name and uid, so that an account that gets a used uid gets nobody's data with it.
import { createSerial } from '../../base/async/limiter.ts'
import { KaroError } from '../../base/errors.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import type { HeldReason } from '../../base/words/held-reasons.ts'
import type { PeopleRepository, PersonRecord } from '../../store/tables/people.ts'
import type { NameService } from '../access/index.ts'
import { type Account, createAccounts } from './accounts.ts'
import type { NumberOptions, Person } from './types.ts'

export interface PeopleDeps extends Pick<Ambient, 'clock' | 'timers' | 'log'> {
  readonly repository: PeopleRepository
  readonly names: Pick<NameService, 'nameOf' | 'uidOf' | 'local'>
  /** Whose own node this is, who may read its database anyway; undefined for the machine's. */
  readonly ownUid: number | undefined
  /** Of `machineOf`. */
  readonly machine: string
}

/** An account that is missing from the machine's files in two looks is gone; in one, somebody may be writing the file. */
export const LOOK_MS = 60_000
/** Numbers of people whose uid was another person's before begin here; no account has such a uid. */
export const FIRST_FREE = 2 ** 31
const LAST_NUMBER = 0xffff_fffe
/** People of one node. More than that wait until some are removed. */
const PEOPLE_MAX = 65_536
/**
 * Uids without an account that are kept as people. Anybody with subordinate uids (subuid(5)) has 65 536 of them, and could
 * leave no number for accounts that come later.
 */
export const NAMELESS_MAX = 16
/** People without a record, who only looked. */
const GUESTS_MAX = 1_024
/** Longest text of an administrator that an error repeats. */
const SHOWN = 64
/** A directory that does not know an account for so long is believed. */
export const GRACE_MS = 10 * 60_000

/** Of data of which nobody can say whose it is. */
const NOBODYS = { name: null, machine: '', local: false, state: 'held', since: 0, ended_at: null } as const

export function createPeople(deps: PeopleDeps) {
  const { repository, names, ownUid, machine, clock, timers, log } = deps
  const records = new Map<number, PersonRecord>()
  /** People who have no record yet, by uid. */
  const guests = new Map<number, PersonRecord>()
  const accounts = createAccounts({ names, clock, timers })
  /** When a local account was first seen to be missing. By number. */
  const gone = new Map<number, number>()
  /** What a uid was last, for the time in which nobody can say. By uid. */
  const last = new Map<number, number>()
  /** Since when nobody has heard of the account of a uid. */
  const missing = new Map<number, number>()
  const serially = createSerial()
  let next = FIRST_FREE
  let heldCount = 0
  let stopLooking = (): void => {}

  const known = (): PersonRecord[] => [...records.values()]
  const isLive = ({ state, machine: where }: PersonRecord): boolean => state === 'known' && where === machine

  const namelessAreMany = (): boolean =>
    known().filter((one) => isLive(one) && one.name === null && one.uid !== ownUid).length >= NAMELESS_MAX

  async function put(record: PersonRecord): Promise<PersonRecord> {
    await repository.put([record])
    records.set(record.number, record)
    return record
  }

  function freeNumber(uid: number): number {
    const isTaken = (number: number): boolean =>
      records.has(number) || [...guests.values()].some((guest) => guest.number === number)
    if (uid < FIRST_FREE && !isTaken(uid)) return uid
    while (isTaken(next)) next++
    if (next > LAST_NUMBER) throw new RangeError('there are no numbers left')
    return next++
  }

  function newPerson(uid: number, account: Account): PersonRecord {
    const guest = guests.get(uid)
    if (guest !== undefined && guest.name === (account.users[0] ?? null)) return guest
    if (guests.size >= GUESTS_MAX) {
      const oldest = guests.keys().next().value as number
      guests.delete(oldest)
      if (!records.has(last.get(oldest) ?? -1)) last.delete(oldest)
    }
    const begun = Math.min(account.since ?? Number.POSITIVE_INFINITY, clock.now())
    const record = recordFor(freeNumber(uid), uid, account, begun)
    guests.set(uid, record)
    return record
  }

  const recordFor = (
    number: number,
    uid: number,
    { users, local }: Account,
    since = clock.now(),
  ): PersonRecord => ({
    number,
    uid,
    name: users[0] ?? null,
    machine,
    local,
    state: 'known',
    since,
    ended_at: null,
  })

  const isCalled =
    ({ users }: Account) =>
    ({ name }: PersonRecord): boolean =>
      name !== null && users.includes(name)
  const isUnclaimed =
    (uid: number) =>
    (one: PersonRecord): boolean =>
      one.state === 'unclaimed' && one.uid === uid
  const isLiveOf =
    (uid: number) =>
    (one: PersonRecord): boolean =>
      isLive(one) && one.uid === uid

  /** The owner of a home can read its database, so there is nobody to keep its only data from. */
  function ownerOf(uid: number, account: Account): PersonRecord | undefined {
    const all = known().filter(({ state }) => state !== 'removed')
    const own = all.filter(isLiveOf(uid))
    const same = own.find(isCalled(account)) ?? own[0]
    if (same !== undefined) return same
    const waiting = all.find(isUnclaimed(uid)) ?? all[0]
    const isOnly = waiting !== undefined && (waiting.uid === uid || all.length === 1)
    return isOnly && !isLive(waiting) ? recordFor(waiting.number, uid, account) : undefined
  }

  /** Undefined: nobody can say now whose this uid is. */
  function recordOf(uid: number, account: Account | undefined): PersonRecord | undefined {
    if (uid === ownUid) {
      const who = account ?? { users: [], local: false }
      return ownerOf(uid, who) ?? newPerson(uid, who)
    }
    const before = last.get(uid)
    const remembered = before === undefined ? undefined : (records.get(before) ?? guests.get(uid))
    if (account === undefined) return remembered
    const live = known().filter(isLiveOf(uid))
    if (account.users.length === 0) {
      const nameless = live.find(({ name }) => name === null)
      if (nameless !== undefined) return nameless
      // A directory that is not there yet, or a file that is being written, knows nobody.
      if (live.length > 0 && isInGrace(uid)) return remembered
    } else {
      missing.delete(uid)
      const same = live.find(isCalled(account))
      if (same !== undefined) return same
    }
    const unclaimed = known().find(isUnclaimed(uid))
    return unclaimed === undefined ? newPerson(uid, account) : recordFor(unclaimed.number, uid, account)
  }

  function isInGrace(uid: number): boolean {
    const since = missing.get(uid) ?? clock.monotonic()
    missing.set(uid, since)
    return clock.monotonic() - since < GRACE_MS
  }

  const numberOf = async (uid: number, { keep, begun }: NumberOptions = { keep: false }) => {
    const account = await accounts.of(uid)
    return serially(async () => {
      const record = recordOf(uid, account)
      if (record === undefined) return undefined
      const stored = records.get(record.number)
      const isNew = stored === undefined
      if (isNew ? keep : stored !== record) {
        if (isNew && records.size >= PEOPLE_MAX) return undefined
        if (isNew && record.name === null && uid !== ownUid && namelessAreMany()) return undefined
        await put(record)
        guests.delete(uid)
      }
      last.set(uid, record.number)
      if (begun === undefined || record.uid === ownUid) return record.number
      return ownerAt(record, begun, known()).number
    })
  }

  const uidOf = async (number: number): Promise<number | undefined> => {
    const record = records.get(number) ?? [...guests.values()].find((guest) => guest.number === number)
    if (record === undefined || !['known', 'unclaimed'].includes(record.state)) return undefined
    return (await numberOf(record.uid)) === number ? record.uid : undefined
  }

  async function reasonOf(record: PersonRecord): Promise<HeldReason | null> {
    if (record.state === 'held') return 'restored'
    if (record.state === 'ended') return 'account_gone'
    if ((await uidOf(record.number)) !== undefined) return null
    if (record.state === 'known' && record.machine !== machine) return 'other_machine'
    const account = await accounts.of(record.uid)
    if (account === undefined) return 'unsure'
    return account.users.length === 0 ? 'no_account' : 'renamed'
  }

  async function shown(record: PersonRecord): Promise<Person> {
    const { number, uid, since } = record
    const held = await reasonOf(record)
    const { name } = records.get(number) ?? record
    return { number, uid, name, since, held, account: (await nameOf(uid)) ?? null }
  }

  const nameOf = async (uid: number) => (await accounts.of(uid))?.users[0]

  /** Notices accounts that are gone, so that another one of the same name and uid is not taken for them. */
  async function look(): Promise<void> {
    let held = 0
    for (const record of known()) {
      if (record.state === 'removed') continue
      if (isLive(record) && record.local && record.uid !== ownUid) await lookForEnd(record)
      if ((await reasonOf(records.get(record.number) ?? record)) !== null) held++
    }
    if (held > heldCount) {
      log.warn({ people: held }, 'data of people is held back: karo people list says whose and why')
    }
    heldCount = held
  }

  /** True once the account was missing in two looks, which are to be `LOOK_MS` apart. */
  async function isOver({ number, uid, name }: PersonRecord): Promise<boolean> {
    const local = await names.local(uid).catch(() => undefined)
    if (local === undefined || (name !== null && local.users.includes(name))) {
      gone.delete(number)
      return false
    }
    const since = gone.get(number)
    if (since === undefined) gone.set(number, clock.monotonic())
    else if (clock.monotonic() - since >= LOOK_MS) return gone.delete(number)
    return false
  }

  async function lookForEnd(record: PersonRecord): Promise<void> {
    if (!(await isOver(record))) return
    accounts.forget()
    await serially(() => put({ ...record, state: 'ended', ended_at: clock.now() }))
    log.warn({ uid: record.uid }, 'an account is gone, and its data is held back: karo people list')
  }

  function lookLater(): void {
    stopLooking = timers.after(LOOK_MS, () => {
      look()
        .catch((error: unknown) => log.warn({ reason: String(error) }, 'accounts could not be looked at'))
        .finally(lookLater)
    })
  }

  const matching = (who: string, { held = false } = {}): Promise<PersonRecord> =>
    meant(known(), who, held ? reasonOf : undefined)

  return {
    name: 'people',
    async start() {
      records.clear()
      for (const record of await repository.all()) records.set(record.number, record)
      for (const number of await repository.used()) {
        const record = records.get(number)
        // What a removal that was killed left behind.
        if (record?.state === 'removed') await repository.clear(number)
        // After a damage nobody can say whose this is.
        if (record !== undefined) continue
        await put({ number, uid: number, ...NOBODYS })
      }
      await look()
      lookLater()
    },
    async stop() {
      stopLooking()
    },
    /** Of the account that has this uid; undefined for none, or while the system cannot say. Takes at most 3 s. */
    nameOf,
    /**
     * The number under which the data of the account is kept that has this uid now. Undefined while the system cannot say
     * whose the uid is: then nothing is to be shown or stored. A person who is new gets a number that is kept only with
     * `keep`. Takes at most 3 s; an answer is at most 5 s old.
     */
    numberOf,
    /** The uid of the account that the data under this number belongs to; undefined while it is held. */
    uidOf,
    /** True: nothing of this uid is kept, because no account has it and other such uids have all the places there are. */
    async turnsAway(uid: number) {
      const account = await accounts.of(uid)
      if (uid === ownUid || account === undefined || account.users.length > 0) return false
      return namelessAreMany() && !known().some(isLiveOf(uid))
    },
    /** True while an account has this uid, or nobody can say. */
    hasAccount: async (uid: number) => (await accounts.of(uid))?.users.length !== 0,
    /** The part of these numbers whose accounts exist. */
    async here(numbers: readonly number[]) {
      const uids = await Promise.all(numbers.map(uidOf))
      return numbers.filter((_, i) => uids[i] !== undefined)
    },
    /** By name. */
    async list() {
      const there = known().filter(({ state }) => state !== 'removed')
      const all = await Promise.all(there.map(shown))
      return all.sort((a, b) => (a.name ?? '').localeCompare(b.name ?? '') || a.number - b.number)
    },
    /** How many people's data is held, as the last look a minute ago or less saw it. */
    held: () => heldCount,
    /** The person that is meant; `held`: of several the one whose data is held back, as `map` takes it. */
    find: async (who: string, options?: { readonly held: boolean }) => shown(await matching(who, options)),
    /**
     * Gives the data of `who` (a name, a uid or `number:…`) to the account `user` (a name or uid). Throws
     * KaroError `not_found`; `conflict` where it means several, or where the account has data of its own already.
     */
    async map(who: string, user: string) {
      const record = await matching(who, { held: true })
      const { uid, account } = await accounts.called(user)
      const made = await serially(async () => {
        const taken = known().find((one) => isLiveOf(uid)(one) && isCalled(account)(one) && one !== record)
        if (taken !== undefined && (await repository.holds(taken.number))) {
          throw new KaroError('conflict', `'${user.slice(0, 64)}' has a history of their own here already`, {
            hint: `Each account has one. If theirs may go: karo people remove number:${taken.number}`,
          })
        }
        if (taken !== undefined) await put({ ...taken, state: 'removed', ended_at: clock.now() })
        // What the account's open shells write is older than this moment, and theirs.
        const since = taken?.since ?? guests.get(uid)?.since
        guests.delete(uid)
        last.delete(uid)
        return put(recordFor(record.number, uid, account, since))
      })
      await look()
      return shown(made)
    },
    /** Everything of this person is to go: from now on nobody has the number. The caller removes the rows. */
    async remove(number: number) {
      const record = records.get(number)
      if (record === undefined) throw new KaroError('not_found', 'no person has that number')
      // What an account that is gone left unread goes as well; one that is there goes on as a new person.
      const where = (await uidOf(number)) === undefined ? record.machine : ''
      await serially(() =>
        put({ ...record, name: null, machine: where, state: 'removed', ended_at: clock.now() }),
      )
      last.delete(record.uid)
      await look()
    },
  }
}

export type People = ReturnType<typeof createPeople>

/**
 * Whom an administrator means, by name, then by uid; `number:…` is exact. `reasonOf`: of several, the one whose data is held
 * back. Throws KaroError `not_found`, and `conflict` where it means several.
 */
async function meant(
  records: readonly PersonRecord[],
  who: string,
  reasonOf?: (record: PersonRecord) => Promise<unknown>,
): Promise<PersonRecord> {
  const all = records.filter(({ state }) => state !== 'removed')
  const number = /^number:(\d{1,10})$/.exec(who)?.[1]
  const byName = all.filter(({ name }) => name === who)
  const others = all.filter((one) =>
    number === undefined ? String(one.uid) === who : one.number === Number(number),
  )
  let found = byName.length > 0 ? byName : others
  if (reasonOf !== undefined && found.length > 1) {
    const reasons = await Promise.all(found.map(reasonOf))
    found = found.filter((_, i) => reasons[i] !== null)
  }
  const [one] = found
  if (one === undefined) {
    throw new KaroError('not_found', `nobody here is or was called '${who.slice(0, SHOWN)}'`, {
      hint: 'karo people list shows everybody whose data is here.',
    })
  }
  if (found.length === 1) return one
  const numbers = found.map((each) => `number:${each.number}`).join(', ')
  throw new KaroError('conflict', `'${who.slice(0, SHOWN)}' means ${found.length} people`, {
    hint: `Name one of them: ${numbers}. karo people list shows who they are.`,
  })
}

/**
 * Who of `all` had the uid of `record`, which has it now, at the moment `begun` (milliseconds since the epoch): an account
 * that got a used uid gets nothing of what its first owner left unread.
 */
function ownerAt(record: PersonRecord, begun: number, all: readonly PersonRecord[]): PersonRecord {
  if (begun >= record.since) return record
  const before = all
    .filter((one) => one.uid === record.uid && one.machine === record.machine && one.since < record.since)
    .sort((a, b) => b.since - a.since)
  return before.find(({ since }) => since <= begun) ?? before.at(-1) ?? record
}
