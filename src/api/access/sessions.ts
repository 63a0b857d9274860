// Sessions of browsers, in memory: a cookie that scripts cannot read and a key that other servers are not sent.
import type { Clock, Random } from '../../base/clock.ts'
import { toHex } from '../../base/hex.ts'
import type { TokenScope } from '../contract/constants.ts'
import { hashSecret, makeSecret, sameHash } from './secrets.ts'

/** A page that nobody looks at asks nothing. */
export const IDLE_MS = 30 * 60_000
/** A working day; whatever is done, it is then opened anew. */
export const LIFE_MS = 12 * 3_600_000
/** Between the command that shows a code and the page that has to use it. */
export const CODE_MS = 60_000
const SESSIONS_MAX = 256
const SESSIONS_PER_PERSON = 16
const CODES_MAX = 64
const CODES_PER_PERSON = 4

/** For whom, and how far. */
export interface Grant {
  readonly uid: number
  readonly scope: TokenScope
  /** Id of the token it was opened with, and with which it ends. */
  readonly token?: string
}

interface Session extends Grant {
  readonly number: number
}

/** Times are the wall clock's, ms. */
interface Listed extends Session {
  readonly openedAt: number
  readonly usedAt: number
}

/** Both halves are needed for every request; they are told once. */
interface Opened {
  readonly session: Session
  /** For the cookie, which a browser sends to every port of this host. */
  readonly cookie: string
  /** For a header, which only the page that got it can send. */
  readonly key: string
}

export interface Sessions {
  open(grant: Grant): Opened
  /** Undefined for whatever is no session now. Counts as its use. */
  find(cookie: string, key: string): Session | undefined
  /** Whether it is the cookie of a session now, whoever sends it. Not a use. */
  has(cookie: string): boolean
  holds(number: number): boolean
  end(number: number): void
  /** Those that hold, the newest first. */
  list(uid: number): readonly Listed[]
  /** Opens one session within `CODE_MS`. */
  makeCode(grant: Grant): string
  /** Of this person: none of them opens a session any more. */
  dropCodes(uid: number): void
  /** Undefined for one that was used, is too old, or never was. */
  redeem(code: string): Grant | undefined
}

interface Open {
  readonly session: Session
  readonly key: Uint8Array
  readonly endsAt: number
  usedAt: number
}

interface Code {
  readonly grant: Grant
  readonly endsAt: number
}

/** `holds` says whether a token is good; time is the monotonic clock's, which nobody sets back. */
export function createSessions(deps: {
  readonly clock: Clock
  readonly random: Random
  readonly tokenHolds: (id: string) => boolean
}): Sessions {
  const { clock, random, tokenHolds } = deps
  /** By the hash of the cookie, the oldest first. */
  const open = new Map<string, Open>()
  /** By the hash of the code, the oldest first. */
  const codes = new Map<string, Code>()
  let made = 0

  const isGood = ({ session, endsAt, usedAt }: Open): boolean => {
    const now = clock.monotonic()
    if (now >= endsAt || now - usedAt >= IDLE_MS) return false
    return session.token === undefined || tokenHolds(session.token)
  }

  return {
    open(grant) {
      for (const [id, one] of open) if (!isGood(one)) open.delete(id)
      makeRoom(open, ({ session }) => session.uid === grant.uid, SESSIONS_PER_PERSON, SESSIONS_MAX)
      const [cookie, key] = [makeSecret(random), makeSecret(random)]
      const now = clock.monotonic()
      const session = { ...grant, number: ++made }
      open.set(nameOf(cookie), { session, key: hashSecret(key), endsAt: now + LIFE_MS, usedAt: now })
      return { session, cookie, key }
    },
    find(cookie, key) {
      const one = open.get(nameOf(cookie))
      if (one === undefined || !sameHash(one.key, hashSecret(key)) || !isGood(one)) return undefined
      one.usedAt = clock.monotonic()
      return one.session
    },
    has(cookie) {
      const one = open.get(nameOf(cookie))
      return one !== undefined && isGood(one)
    },
    holds: (number) => [...open.values()].some((one) => one.session.number === number && isGood(one)),
    end(number) {
      for (const [id, { session }] of open) if (session.number === number) open.delete(id)
    },
    list(uid) {
      // What is kept is the monotonic clock's.
      const since = clock.now() - clock.monotonic()
      return [...open.values()]
        .filter((one) => one.session.uid === uid && isGood(one))
        .map(({ session, endsAt, usedAt }) => ({
          ...session,
          openedAt: since + endsAt - LIFE_MS,
          usedAt: since + usedAt,
        }))
        .reverse()
    },
    makeCode(grant) {
      const now = clock.monotonic()
      for (const [id, { endsAt }] of codes) if (now >= endsAt) codes.delete(id)
      makeRoom(codes, (code) => code.grant.uid === grant.uid, CODES_PER_PERSON, CODES_MAX)
      const code = makeSecret(random)
      codes.set(nameOf(code), { grant, endsAt: now + CODE_MS })
      return code
    },
    dropCodes(uid) {
      for (const [id, { grant }] of codes) if (grant.uid === uid) codes.delete(id)
    },
    redeem(code) {
      const found = codes.get(nameOf(code))
      codes.delete(nameOf(code))
      return found !== undefined && clock.monotonic() < found.endsAt ? found.grant : undefined
    },
  }
}

const nameOf = (secret: string): string => toHex(hashSecret(secret))

/** The oldest go: of the same person first, so that nobody puts others out while they have their own. */
function makeRoom<T>(all: Map<string, T>, same: (one: T) => boolean, perPerson: number, most: number): void {
  const own = [...all].filter(([, one]) => same(one)).map(([id]) => id)
  if (own.length >= perPerson) all.delete(own[0] as string)
  else if (all.size >= most) all.delete(all.keys().next().value as string)
}
