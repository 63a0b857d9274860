// Attempts to get out of a jail, made from inside: each tells whether the jail held. The program of a probe, never of a job.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  linkSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { loadLibc } from '../../base/kernel/libc.ts'
import type { ProbeOutcome } from '../contract/messages.ts'
import { DENIED, JUDGED, type Machine } from '../seccomp/syscalls.ts'
import {
  type Attempt,
  type Bait,
  errorOf,
  firstThat,
  HANG_UP,
  hangUpMark,
  held,
  type Kernel,
  open,
  over,
  reaches,
  read,
  readdirOf,
  refused,
  type Syscall,
  sent,
  untried,
} from './tries.ts'

/** How often a process is begun that is to be left behind, and milliseconds between. */
const ORPHAN_TRIES = 30
const ORPHAN_AGAIN_MS = 100
const PERL = '/usr/bin/perl'

const EPERM = 1
const ENOSYS = 38
const CLONE_NEWUSER = 0x1000_0000
const TIOCSTI = 0x5412
const IPC_CREAT = 0o1000
/** RLIMIT_NOFILE; the numbers of prctl(2) that tell of privileges; the last capability there may be. */
const OPEN_FILES = 7
const [GET_SECCOMP, CAPBSET_READ, GET_NO_NEW_PRIVS, CAPABILITIES] = [21, 23, 39, 63]
/** Netlink, packet and VM sockets. */
const FAMILIES = { netlink: 16, packet: 17, vsock: 40 } as const

const machine = process.arch as Machine

/** By the names that the rows of `karo doctor` have. */
export const ATTEMPTS = {
  read_host: ({ file }) =>
    firstThat([file, '/etc/shadow', '/root', '/var/lib', '/run'], (path) => read(path)),
  // Missing rights would refuse it outside of a jail, too: inside, the file system itself is read-only.
  // Landlock gives the same answer as missing rights, so there a file that everybody may write is tried, too.
  write_system: ({ provider, file }) => {
    const refusal = provider === 'landlock' ? 'EACCES' : 'EROFS'
    const places = ['/usr/karo-probe', '/etc/karo-probe', '/karo-probe', '/dev/karo-probe']
    if (provider === 'landlock') places.push(file)
    const writable = places.filter((path) => errorOf(() => writeFileSync(path, '')) !== refusal)
    return writable.length === 0 ? held(places.join(', ')) : open(`not refused: ${writable.join(', ')}`)
  },
  // Outside of a jail each of these is done: the user who builds it has the file, and everybody may write it. In a jail with a /tmp of its
  // own there may be another file of that path, so the probe looks from outside whether anything came of it.
  change_host: ({ file, link }) => {
    const changes = [
      () => writeFileSync(file, 'changed'),
      () => writeFileSync(link, 'changed'),
      () => writeFileSync(`${file}-beside`, ''),
      () => chmodSync(file, 0o777),
      () => utimesSync(file, 1, 1),
      () => rmSync(file),
    ]
    for (const change of changes) errorOf(change)
    return held('contents, mode, times and place of a file outside are as they were')
  },
  links: ({ link, content }) => {
    const made = `${link}-made`
    symlinkSync('/etc/shadow', made)
    errorOf(() => linkSync('/etc/shadow', `${link}-hard`))
    const reached = [made, `${link}-hard`, '/proc/self/root/etc/shadow', '/proc/1/root/etc/shadow'].filter(
      (path) => errorOf(() => readFileSync(path)) === undefined,
    )
    if (reached.length > 0) return open(`read: ${reached.join(', ')}`)
    return errorOf(() => readFileSync(link)) === undefined && readFileSync(link, 'utf8') === content
      ? open('a link led out of the given place')
      : held('links lead to nothing that was not given')
  },
  devices: () =>
    firstThat(['/dev/mem', '/dev/kmsg', '/dev/vda', '/dev/sda', '/dev/kvm', '/dev/fuse'], (path) =>
      read(path),
    ),
  network: async ({ port, udp, mark, provider }) => {
    // Two lines of titles, then one for each interface; loopback is the jail's own.
    if (provider !== 'landlock') {
      const lines = readFileSync('/proc/net/dev', 'utf8').trim().split('\n').slice(2)
      if (lines.some((line) => !line.trim().startsWith('lo:')))
        return open('the jail has an interface of the network')
    }
    // The probe hears outside whether it arrives.
    await sent(udp, mark)
    const reached = await reaches({ host: '127.0.0.1', port: port || 1 })
    return reached
      ? open('a port of this machine was reached')
      : held('no port of this machine, by TCP or UDP')
  },
  abstract_socket: async ({ socket }) =>
    (await reaches({ path: `\0${socket}` })) ? open('an abstract socket was reached') : held('not reached'),
  path_socket: async ({ path }) => {
    for (const where of [path, '/run/dbus/system_bus_socket', '/var/run/docker.sock'])
      if (await reaches({ path: where })) return open(`${where} was reached`)
    return held('no socket at a path, as D-Bus has one')
  },
  shared_memory: ({ mark, ipc }, call) => {
    const errno = call(machine === 'x64' ? 29 : 194, Number(mark) % 0x7fff_ffff, 4096, IPC_CREAT | 0o666)
    if (errno === EPERM) return held('shmget is refused')
    const own = readlinkSync('/proc/self/ns/ipc')
    return own !== ipc ? held('its own, shared with nobody') : open('shared memory of the machine')
  },
  other_processes: ({ pid }, call) => {
    const seen = readdirOf('/proc').filter((name) => /^\d+$/.test(name)).length
    if (seen > 8) return open(`${seen} processes are seen`)
    const told = ['cmdline', 'environ', 'status'].filter(
      (name) => errorOf(() => readFileSync(`/proc/${pid}/${name}`)) === undefined,
    )
    if (told.length > 0) return open(`a process outside tells its ${told.join(', ')}`)
    if (errorOf(() => process.kill(pid, 0)) === undefined) return open('a process outside takes signals')
    return call(JUDGED[machine].prlimit64, pid, OPEN_FILES, 0, 0) === 0
      ? open('limits of a process outside can be asked for')
      : held(`${seen} processes are seen, and none outside is reached`)
  },
  ptrace: (_, call) => refused(call(DENIED[machine].ptrace as number, 0, 0, 0, 0), 'ptrace'),
  user_namespace: (_, call) => {
    const calls = [
      call(DENIED[machine].unshare as number, CLONE_NEWUSER),
      call(JUDGED[machine].clone, CLONE_NEWUSER, 0, 0, 0, 0),
    ]
    if (call(JUDGED[machine].clone3, 0, 0) !== ENOSYS) return open('clone3 is there')
    return refused(calls.find((errno) => errno !== EPERM) ?? EPERM, 'a user namespace')
  },
  io_uring: (_, call) => refused(call(DENIED[machine].io_uring_setup as number, 1, 0), 'io_uring'),
  kernel_calls: (_, call) => {
    const names = [
      'bpf',
      'userfaultfd',
      'perf_event_open',
      'keyctl',
      'add_key',
      'mount',
      'kexec_load',
      'init_module',
    ]
    const passed = names.filter((name) => call(DENIED[machine][name] as number, 0, 0, 0, 0, 0) !== EPERM)
    return passed.length === 0 ? held(names.join(', ')) : open(`not refused: ${passed.join(', ')}`)
  },
  socket_families: ({ provider }, call) => {
    // IPv4 of a jail that shares the network with the machine would lead out.
    if (provider === 'landlock' && call(JUDGED[machine].socket, 2, 2, 0) === 0) return open('made: IPv4')
    const passed = Object.entries(FAMILIES).filter(
      ([, family]) => call(JUDGED[machine].socket, family, 3, 0) === 0,
    )
    return passed.length === 0
      ? held(Object.keys(FAMILIES).join(', '))
      : open(`made: ${passed.map(([name]) => name).join(', ')}`)
  },
  typing: (_, call) => refused(call(JUDGED[machine].ioctl, 0, TIOCSTI, 0), 'typing at a terminal'),
  privileges: ({ provider }, call, { prctl, capabilities }) => {
    if (prctl(GET_NO_NEW_PRIVS) !== 1) return open('a set-uid program would give its rights')
    if (capabilities()?.every((byte) => byte === 0) !== true) return open('capabilities are left')
    // Without new privileges the bounding set gives nothing; only a namespace can empty it without rights.
    const bounding = Array.from({ length: CAPABILITIES }, (_, index) => prctl(CAPBSET_READ, index))
    if (provider !== 'landlock' && bounding.includes(1)) return open('capabilities are left to gain')
    if (prctl(GET_SECCOMP) !== 2) return open('no filter for system calls is in force')
    // setuid(2), by the number that each machine has for it.
    return call(machine === 'x64' ? 105 : 146, 0) === 0
      ? open('uid 0 was taken')
      : held('no capability, and none to gain')
  },
  memory: ({ memory }) => {
    try {
      const bytes = Buffer.alloc(memory + 64 * 1024 * 1024, 1)
      return open(`${bytes.length} bytes were given`)
    } catch {
      return held('more than the limit is not given')
    }
  },
  // Several files, because one alone has a limit of its own.
  disk: ({ disk }) => {
    const half = Buffer.alloc(disk / 2)
    try {
      for (const name of ['a', 'b', 'c']) writeFileSync(`/tmp/${name}`, half)
      return open('/tmp holds more than the limit')
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      return held(code === 'EACCES' ? 'nothing of its own to write' : '/tmp is full at the limit')
    }
  },
  fork_bomb: async ({ tasks }) => {
    const children: ChildProcess[] = []
    for (; children.length <= tasks; ) {
      const child = spawn('/usr/bin/sleep', ['60'], { stdio: 'ignore' })
      const failed = once(child, 'error').then(() => true)
      if (await Promise.race([failed, once(child, 'spawn').then(() => false)]).catch(() => true)) break
      children.push(child)
    }
    const begun = children.length
    // The next attempt begins a process of its own.
    for (const child of children) child.kill('SIGKILL')
    await Promise.all(children.map(over))
    return begun < tasks ? held(`no more than ${tasks} tasks`) : open(`${begun} processes were begun`)
  },
  // The kernel sends SIGHUP to a process group that has a stopped process and no parent left in its session, whatever domain its members
  // are in. If what keeps the jail were in that group, the sleeping process would be left, for which the probe looks from outside.
  hang_up: async ({ mark }) => {
    if (!existsSync(PERL)) return untried(`there is no ${PERL}, which jails by Landlock need`)
    process.on('SIGHUP', () => {})
    for (let tries = 0; tries < ORPHAN_TRIES; tries++) {
      const helper = spawn(PERL, ['-e', HANG_UP, hangUpMark(mark)], { stdio: 'ignore' })
      const [code] = await once(helper, 'exit').catch(() => [])
      if (code === 0) return held('nothing but the command is in a process group that hangs up')
      await sleep(ORPHAN_AGAIN_MS)
    }
    return open('no process group could be left to hang up')
  },
  // The probe looks from outside whether this one is left when the jail is gone.
  orphan: async ({ mark }) => {
    // The kernel counts tasks by user, and other jails of this one may have theirs at this moment.
    for (let tries = 0; tries < ORPHAN_TRIES; tries++) {
      const left = spawn('/usr/bin/sleep', [mark], { stdio: 'ignore', detached: true })
      const begun = await once(left, 'spawn').then(
        () => true,
        () => false,
      )
      left.unref()
      if (begun) return held('one process was left behind on purpose')
      await sleep(ORPHAN_AGAIN_MS)
    }
    return open('no process could be begun to be left behind')
  },
} as const satisfies Readonly<Record<string, Attempt>>

/** Runs every attempt; one that fails in an unforeseen way counts as not held. Prints one line of JSON. */
export async function attemptAll(bait: Bait, write: (line: string) => void): Promise<void> {
  const { koffi, libc } = await loadLibc()
  const syscall = libc.func('long syscall(long number, long a, long b, long c, long d, long e, long f)')
  const call: Syscall = (number, ...args) => {
    const all = [...args, 0, 0, 0, 0, 0, 0].slice(0, 6)
    return syscall(number, ...all) === -1 ? koffi.errno() : 0
  }
  const capget = libc.func('int capget(uint8_t *header, _Out_ uint8_t *sets)')
  const kernel: Kernel = {
    prctl: (option, argument = 0) =>
      Number(syscall(machine === 'x64' ? 157 : 167, option, argument, 0, 0, 0, 0)),
    capabilities() {
      // _LINUX_CAPABILITY_VERSION_3 and this process; then three words, twice.
      const [header, sets] = [Buffer.alloc(8), Buffer.alloc(24)]
      header.writeUInt32LE(0x2008_0522)
      return capget(header, sets) === 0 ? sets : undefined
    },
  }
  const results: Record<string, ProbeOutcome> = {}
  for (const [name, attempt] of Object.entries<Attempt>(ATTEMPTS)) {
    try {
      results[name] = await attempt(bait, call, kernel)
    } catch (error) {
      results[name] = open(`it could not be tried: ${(error as Error).message}`.slice(0, 512))
    }
  }
  write(`${JSON.stringify(results)}\n`)
}
