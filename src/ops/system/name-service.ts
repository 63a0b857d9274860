// The system's name service, by the C library: users and groups of files and of whatever directory the machine asks.

import { loadLibc } from '../../base/kernel/libc.ts'
import type { NameService } from '../../trust/access/index.ts'
import { createLocalNames } from './local-names.ts'

/** Where a record's strings go; doubled while they do not fit. A group may have many thousand members. */
const STRINGS_BYTES = 4 * 1024
const STRINGS_BYTES_MAX = 8 * 1024 * 1024
/** NGROUPS_MAX of Linux. */
const GROUPS_MAX = 65_536

// errno(3), the same numbers on every Linux architecture.
const ERANGE = 34
/** getpwnam_r(3): what implementations say of a name that is not there, beside 0 without a record. */
const ABSENT: ReadonlySet<number> = new Set([2, 3])

interface User {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/**
 * Parsing /etc/passwd would miss the people of LDAP, sssd and systemd-homed, who are most people on many machines. Each
 * call runs on a thread of its own, because a directory may answer late. The library is loaded when it is first asked.
 */
export function createNameService(): NameService {
  let loaded: Promise<Calls> | undefined
  const calls = (): Promise<Calls> => (loaded ??= load())

  /** One record of the name service; undefined when there is none. */
  async function get<T extends object>(call: Foreign, key: string | number): Promise<T | undefined> {
    for (let size = STRINGS_BYTES; size <= STRINGS_BYTES_MAX; size *= 2) {
      const record = {}
      const result = [0]
      const code = await onThread(call, key, record, new Uint8Array(size), size, result)
      if (code === 0) return result[0] === 0 ? undefined : (record as T)
      if (ABSENT.has(code)) return undefined
      if (code !== ERANGE) throw new Error(`the name service failed (errno ${code})`)
    }
    throw new Error('the name service has a record that is too large')
  }

  return {
    nameOf: async (uid) => (await get<User>((await calls()).getpwuid, uid))?.name,
    uidOf: async (user) => (await get<User>((await calls()).getpwnam, user))?.uid,
    gidOf: async (name) => (await get<{ gid: number }>((await calls()).getgrnam, name))?.gid,
    async groupsOf(uid) {
      const { getpwuid, getgrouplist } = await calls()
      const user = await get<User>(getpwuid, uid)
      if (user === undefined) return []
      for (let most = 64; most <= GROUPS_MAX; most *= 4) {
        const groups = new Uint32Array(most)
        const count = [most]
        // -1: there are more.
        if ((await onThread(getgrouplist, user.name, user.gid, groups, count)) >= 0) {
          return [...groups.subarray(0, count[0])]
        }
      }
      throw new Error('somebody is in more groups than the kernel knows')
    },
    local: createLocalNames('/etc/passwd', '/etc/group'),
  }
}

type Calls = Readonly<Record<'getpwnam' | 'getpwuid' | 'getgrnam' | 'getgrouplist', Foreign>>

async function load(): Promise<Calls> {
  const { koffi, libc } = await loadLibc()
  // passwd.h and grp.h, of glibc and musl alike.
  const passwd = koffi.struct({
    name: 'char *',
    password: 'char *',
    uid: 'uint32_t',
    gid: 'uint32_t',
    gecos: 'char *',
    directory: 'char *',
    shell: 'char *',
  })
  const group = koffi.struct({ name: 'char *', password: 'char *', gid: 'uint32_t', members: 'void *' })
  const one = (record: typeof passwd) => [
    koffi.out(koffi.pointer(record)),
    koffi.pointer('uint8_t'),
    'size_t',
    koffi.out(koffi.pointer('uintptr_t')),
  ]
  return {
    getpwnam: libc.func('getpwnam_r', 'int', ['str', ...one(passwd)]),
    getpwuid: libc.func('getpwuid_r', 'int', ['uint32_t', ...one(passwd)]),
    getgrnam: libc.func('getgrnam_r', 'int', ['str', ...one(group)]),
    getgrouplist: libc.func(
      'int getgrouplist(str user, uint32_t gid, _Out_ uint32_t *groups, _Inout_ int *count)',
    ),
  }
}

interface Foreign {
  readonly async: (...values: never[]) => void
}

function onThread(call: Foreign, ...values: readonly unknown[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const done = (error: unknown, code: number): void => (error ? reject(error) : resolve(code))
    ;(call.async as (...all: unknown[]) => void)(...values, done)
  })
}
