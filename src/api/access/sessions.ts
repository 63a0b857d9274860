// Browser sessions, in memory. Each needs two secrets: the cookie of its browser, which scripts cannot read, and a key of
// its own that only its page sends. Pages of one person in one browser share the cookie, so they live side by side.
import type { Clock, Random } from '../../base/clock.ts'
import { toHex } from '../../base/hex.ts'
import { isSameSecret } from '../../trust/identity/index.ts'
import type { TokenScope } from '../contract/constants.ts'
import { hashSecret, makeSecret } from './secrets.ts'

/** A session ends after this time without a request; a page in the background sends none. */
export const IDLE_MS = 30 * 60_000
/** Longest life of a session, a working day; then a new one has to be opened. */
export const LIFE_MS = 12 * 3_600_000
/** How long a code is valid that a command shows and a page exchanges for a session. */
export const CODE_MS = 60_000
const SESSIONS_MAX = 256
const SESSIONS_PER_PERSON = 16
const CODES_MAX = 64
const CODES_PER_PERSON = 4

/** Whom a session is for, and how far it goes. */
export interface Grant {
  readonly uid: number
  readonly scope: TokenScope
  /** Id of the token that opened the session; the session ends together with the token. */
  readonly token?: string
  /** Where the code was made, as the kernel says; absent with a token. */
  readonly seat?: SeatOfSession | undefined
}

/** Login sessions of the process that made the code, so that a page is as much of a terminal as the command that opens it. */
interface SeatOfSession {
  /** Out of these nothing may have been asked that the page approves, see `Seat.sessions`. */
  readonly sessions: readonly string[]
  /** Those that count as who asks, see `Seat.near`. */
  readonly near: readonly string[]
}

/** Its times are of the wall clock, in ms. */
interface Session extends Grant {
  readonly number: number
  readonly openedAt: number
  usedAt: number
}

/** A new session with its two secrets. Every request needs both; they are shown only here. */
interface Opened {
  readonly session: Session
  /** Value of the cookie, which a browser sends to every port of this host: a new one, or the one that the browser has. */
  readonly cookie: string
  /** Value of a header that only the page that got it can send. */
  readonly key: string
}

export type Sessions = ReturnType<typeof createSessions>

interface Open {
  readonly session: Session
  /** Hash of the cookie. */
  readonly cookie: string
  readonly key: Uint8Array
  readonly endsAt: number
  usedAt: number
}

interface Code {
  readonly grant: Grant
  readonly endsAt: number
}

/**
 * `tokenHolds` tells whether a token is valid. Ages are measured by the monotonic clock, which cannot be set back, and that nobody looks
 * at a page by the wall clock too: the other one stands still while the machine sleeps.
 */
export function createSessions(deps: {
  readonly clock: Clock
  readonly random: Random
  readonly tokenHolds: (id: string) => boolean
}) {
  const { clock, random, tokenHolds } = deps
  /** Sessions by their number, oldest first. */
  const open = new Map<number, Open>()
  /** Codes by their hash, oldest first. */
  const codes = new Map<string, Code>()
  let made = 0

  const isGood = ({ session, endsAt, usedAt }: Open): boolean => {
    const now = clock.monotonic()
    if (now >= endsAt || now - usedAt >= IDLE_MS || clock.now() - session.usedAt >= IDLE_MS) return false
    return session.token === undefined || tokenHolds(session.token)
  }

  const ofCookies = (cookies: readonly string[]): Open[] => {
    const names = new Set(cookies.map(nameOf))
    return [...open.values()].filter((one) => names.has(one.cookie) && isGood(one))
  }

  return {
    /** `shown`: the cookies that the browser sent; one that belongs to a valid session of the same person is kept. */
    open(grant: Grant, shown: readonly string[]): Opened {
      for (const [number, one] of open) if (!isGood(one)) open.delete(number)
      const own = shown.find((one) => ofCookies([one]).some(({ session }) => session.uid === grant.uid))
      makeRoom(open, ({ session }) => session.uid === grant.uid, SESSIONS_PER_PERSON, SESSIONS_MAX)
      const cookie = own ?? makeSecret(random)
      const key = makeSecret(random)
      const now = clock.monotonic()
      const session = { ...grant, number: ++made, openedAt: clock.now(), usedAt: clock.now() }
      open.set(session.number, {
        session,
        cookie: nameOf(cookie),
        key: hashSecret(key),
        endsAt: now + LIFE_MS,
        usedAt: now,
      })
      return { session, cookie, key }
    },
    /** The valid session of this key and one of the cookies, else undefined. Counts as a use of the session. */
    find(cookies: readonly string[], key: string): Session | undefined {
      const hash = hashSecret(key)
      const one = ofCookies(cookies).find((each) => isSameSecret(each.key, hash))
      if (one === undefined) return undefined
      one.usedAt = clock.monotonic()
      one.session.usedAt = clock.now()
      return one.session
    },
    /** Whether one of them belongs to a valid session, without looking at a key. Does not count as a use. */
    has: (cookies: readonly string[]) => ofCookies(cookies).length > 0,
    holds(number: number): boolean {
      const one = open.get(number)
      return one !== undefined && isGood(one)
    },
    end: (number: number) => void open.delete(number),
    /** The valid sessions of a person, newest first. */
    list: (uid: number): readonly Session[] =>
      [...open.values()]
        .filter((one) => one.session.uid === uid && isGood(one))
        .map(({ session }) => session)
        .reverse(),
    /** Makes a code that opens one session within `CODE_MS`. */
    makeCode(grant: Grant): string {
      const now = clock.monotonic()
      for (const [id, { endsAt }] of codes) if (now >= endsAt) codes.delete(id)
      makeRoom(codes, (code) => code.grant.uid === grant.uid, CODES_PER_PERSON, CODES_MAX)
      const code = makeSecret(random)
      codes.set(nameOf(code), { grant, endsAt: now + CODE_MS })
      return code
    },
    /** Drops all codes of this person. */
    dropCodes(uid: number): void {
      for (const [id, { grant }] of codes) if (grant.uid === uid) codes.delete(id)
    },
    /** Uses up the code and returns its grant; undefined if it was used, is too old, or never existed. */
    redeem(code: string): Grant | undefined {
      const found = codes.get(nameOf(code))
      codes.delete(nameOf(code))
      return found && clock.monotonic() < found.endsAt ? found.grant : undefined
    },
  }
}

const nameOf = (secret: string): string => toHex(hashSecret(secret))

/** Drops the oldest entry if there are too many: of the same person if they have their share, so that others keep theirs. */
function makeRoom<K, T>(all: Map<K, T>, same: (one: T) => boolean, perPerson: number, most: number): void {
  const own = [...all].filter(([, one]) => same(one)).map(([id]) => id)
  if (own.length >= perPerson) all.delete(own[0] as K)
  else if (all.size >= most) all.delete(all.keys().next().value as K)
}
