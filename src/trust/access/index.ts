// The access room: who may manage this node and who may ask through it, by the configured people and groups, looked up and kept for seconds.
import { createSerial } from '../../base/async/limiter.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import type { Config } from '../../config/index.ts'
import { DEFAULTS } from '../../config/table.ts'

export interface Rights {
  /** May manage the node and its mesh; sees nobody's commands or numbers but their own for that. */
  readonly admin: boolean
  /** May ask the mesh in the name of this node. Administrators of the node may too. */
  readonly asks: boolean
}

/** The groups of one person in the machine's own files; empty for people of a directory service. */
export interface LocalNames {
  readonly users: readonly string[]
  readonly groups: readonly string[]
  /** When the file of the users was last changed, milliseconds since the epoch: since then at least they are there. */
  readonly changed?: number
}

/** Asks the system about people and their groups. Rejects if the system cannot say. */
export interface NameService {
  /** Undefined: nobody has that number. */
  nameOf(uid: number): Promise<string | undefined>
  /** Undefined: nobody is called that. */
  uidOf(user: string): Promise<number | undefined>
  /** Undefined: no group is called that. */
  gidOf(group: string): Promise<number | undefined>
  /** All of them, the primary one too; none when the system does not know that uid. */
  groupsOf(uid: number): Promise<readonly number[]>
  /** Asks no directory, and so never takes long. */
  local(uid: number): Promise<LocalNames>
}

interface AccessDeps extends Pick<Ambient, 'clock' | 'timers' | 'log'> {
  readonly config: Pick<Config, 'access'>
  readonly names: NameService
  /** Of the daemon: whose own node this is, or the account of the machine's service, which has its key in any case. */
  readonly ownUid: number
}

/**
 * Long enough that a page with ten requests looks up the groups once, short enough that removing somebody from a group
 * takes effect soon.
 */
export const KEPT_MS = 5_000
/** A directory server that does not answer must not hold a person's `karo status` for longer. */
export const LOOKUP_MS = 3_000
/** People whose rights are kept; far more than are ever logged in to one machine. */
const KEPT_MAX = 1_024
/** People whose look-up is under way or waits for one; beyond, nothing is granted until some have ended. */
const PENDING_MAX = 64

const ALL: Rights = { admin: true, asks: true }
const NONE: Rights = { admin: false, asks: false }

export function createAccess({ config, names, ownUid, clock, timers, log }: AccessDeps) {
  /** By uid; the oldest first. */
  const kept = new Map<number, { readonly until: number; readonly rights: Promise<Rights> }>()
  /** By uid. A look-up that takes for ever is not begun a second time. */
  const pending = new Map<number, Promise<Rights>>()
  // One look-up at a time: a directory server that hangs blocks one thread, not all of them.
  const serially = createSerial()

  async function listed(uid: number, entries: readonly string[]): Promise<boolean> {
    if (entries.includes('*') || entries.includes(String(uid))) return true
    const users = entries.filter((entry) => !isGroup(entry) && !isUid(entry))
    const name = users.length === 0 ? undefined : await names.nameOf(uid)
    if (name !== undefined && users.includes(name)) return true
    // Two names may have one number.
    for (const user of users) if ((await names.uidOf(user)) === uid) return true
    const groups = entries.filter(isGroup)
    if (groups.length === 0) return false
    const own = await names.groupsOf(uid)
    for (const group of groups) {
      const gid = await names.gidOf(groupName(group))
      if (gid !== undefined && own.includes(gid)) return true
    }
    return false
  }

  /** By what no directory has to be asked for: root and the machine's own administrators, whatever hangs. */
  async function nearRights(uid: number): Promise<Rights> {
    const { users, groups } = await names.local(uid).catch((error: unknown) => {
      log.warn({ reason: String(error) }, 'the files of users and groups cannot be read')
      return { users: [], groups: [] }
    })
    // A user whose name is a number is not the user who has that uid.
    const called = users.filter((user) => !isUid(user))
    const own = new Set([String(uid), ...called, ...groups.map((group) => GROUP + group)])
    const admin = config.access.admins.some((entry) => own.has(entry))
    return { admin, asks: admin || config.access.askers.some((entry) => entry === '*' || own.has(entry)) }
  }

  async function rightsOf(uid: number): Promise<Rights> {
    const admin = await listed(uid, config.access.admins)
    return { admin, asks: admin || (await listed(uid, config.access.askers)) }
  }

  function lookUp(uid: number): Promise<Rights> {
    const under = pending.get(uid)
    if (under !== undefined) return under
    if (pending.size >= PENDING_MAX) return Promise.reject(new Error(`${PENDING_MAX} look-ups are under way`))
    const rights = serially(() => rightsOf(uid)).finally(() => {
      if (pending.get(uid) === rights) pending.delete(uid)
    })
    pending.set(uid, rights)
    return rights
  }

  async function nearThenFar(uid: number): Promise<Rights> {
    const near = await nearRights(uid)
    if (near.admin) return near
    const far = await inTime(lookUp(uid))
    return { admin: far.admin, asks: far.asks || near.asks }
  }

  function inTime(rights: Promise<Rights>): Promise<Rights> {
    return new Promise((resolve) => {
      const fail = (reason: string): void => {
        log.warn({ reason }, 'the name service does not say who may do what: nothing is granted by it')
        resolve(NONE)
      }
      const stop = timers.after(LOOKUP_MS, () => fail(`no answer within ${LOOKUP_MS / 1000} s`))
      rights.finally(stop).then(resolve, (error: unknown) => fail(String(error)))
    })
  }

  function forget(now: number): void {
    for (const [uid, { until }] of kept) {
      if (until > now && kept.size < KEPT_MAX) return
      kept.delete(uid)
    }
  }

  /** Names that grant nothing are mistakes of the file; those of the default need not be there on every machine. */
  async function nameUnknown(): Promise<void> {
    for (const key of ['admins', 'askers'] as const) {
      for (const entry of config.access[key]) {
        if (entry === '*' || isUid(entry) || DEFAULTS.access[key].includes(entry)) continue
        const found = isGroup(entry) ? names.gidOf(groupName(entry)) : names.uidOf(entry)
        if ((await found) === undefined) {
          log.warn(
            { key: `access.${key}`, entry },
            'nobody on this machine is called that: it grants nothing',
          )
        }
      }
    }
  }

  function checkNames(): void {
    serially(nameUnknown).catch((error: unknown) => {
      log.warn({ reason: String(error) }, 'the names in [access] could not be looked up')
    })
  }

  return {
    name: 'access',
    async start() {
      checkNames()
    },
    async stop() {
      kept.clear()
    },
    /**
     * By `access.admins` and `access.askers` as they are now, and by the groups a person is in now: at most 5 s old.
     * Never rejects and never takes longer than 3 s: while the system's name service fails, what names or groups of a
     * directory would grant is not granted; what the machine's own files grant is.
     */
    async of(uid: number) {
      if (uid === ownUid) return ALL
      const now = clock.monotonic()
      const known = kept.get(uid)
      if (known !== undefined && known.until > now) return known.rights
      kept.delete(uid)
      forget(now)
      const rights = nearThenFar(uid)
      kept.set(uid, { until: now + KEPT_MS, rights })
      return rights
    },
    /** `config.access` has changed. */
    reload() {
      kept.clear()
      // A look-up that is running may have read the lists before the change.
      pending.clear()
      checkNames()
    },
  }
}

const GROUP = 'group:'
const isGroup = (entry: string): boolean => entry.startsWith(GROUP)
const groupName = (entry: string): string => entry.slice(GROUP.length)
const isUid = (entry: string): boolean => /^\d+$/.test(entry)
