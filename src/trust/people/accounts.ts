// The account that has a uid now, by the machine's files first and by its directory after them, kept for seconds.
import { createSerial } from '../../base/async/limiter.ts'
import type { Clock, Timers } from '../../base/clock.ts'
import { KaroError } from '../../base/errors.ts'
import type { NameService } from '../access/index.ts'

export interface Account {
  /** Names of the uid; none: no account has it. */
  readonly users: readonly string[]
  /** They stand in the machine's own files. */
  readonly local: boolean
  /** Milliseconds since the epoch: the account is as it is since then at least; undefined where nobody can say. */
  readonly since?: number | undefined
}

const KEPT_MS = 5_000
const LOOKUP_MS = 3_000
const KEPT_MAX = 4_096
/** Look-ups that wait at a directory that hangs. */
const PENDING_MAX = 64

export function createAccounts(deps: {
  readonly names: Pick<NameService, 'nameOf' | 'uidOf' | 'local'>
  readonly clock: Clock
  readonly timers: Timers
}) {
  const { names, clock, timers } = deps
  const kept = new Map<number, { readonly until: number; readonly account: Promise<Account | undefined> }>()
  const pending = new Map<number, Promise<string | undefined>>()
  // One at a time: a directory server that hangs holds one thread, not all.
  const serially = createSerial()

  async function lookUp(uid: number): Promise<Account | undefined> {
    // Files that cannot be read say nothing; the name service reads them, too.
    const local = await names.local(uid).catch(() => ({ users: [], changed: undefined }))
    if (local.users.length > 0) return { users: local.users, local: true, since: local.changed }
    if (!pending.has(uid) && pending.size >= PENDING_MAX) return undefined
    const asked = pending.get(uid) ?? serially(() => names.nameOf(uid)).finally(() => pending.delete(uid))
    pending.set(uid, asked)
    return new Promise((resolve) => {
      const stop = timers.after(LOOKUP_MS, () => resolve(undefined))
      asked
        .finally(stop)
        .then((name) => resolve({ users: name === undefined ? [] : [name], local: false }))
        .catch(() => resolve(undefined))
    })
  }

  const accounts = {
    /** Undefined when the system cannot say. Never rejects, and takes at most 3 s. */
    of(uid: number) {
      const now = clock.monotonic()
      const known = kept.get(uid)
      if (known !== undefined && known.until > now) return known.account
      if (kept.size >= KEPT_MAX) kept.clear()
      const account = lookUp(uid)
      kept.set(uid, { until: now + KEPT_MS, account })
      return account
    },
    /** The account of this name, or uid, as of now. Throws KaroError `not_found`. */
    async called(user: string) {
      const named = await names.uidOf(user).catch(() => undefined)
      const uid = named ?? (/^\d{1,10}$/.test(user) ? Number(user) : undefined)
      kept.clear()
      const account = uid === undefined ? undefined : await accounts.of(uid)
      if (uid !== undefined && account !== undefined && account.users.length > 0) return { uid, account }
      throw new KaroError('not_found', `there is no account '${user.slice(0, 64)}' on this machine`, {
        hint: 'Make it first, for example: sudo useradd -m <user>',
      })
    },
    /** The next answers are new ones. */
    forget: () => kept.clear(),
  }
  return accounts
}
