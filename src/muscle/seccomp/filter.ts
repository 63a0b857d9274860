// The system calls that a jail may not make, as a seccomp program: what reaches the kernel's rarely used parts is refused.
import {
  AUDIT_ARCH,
  DENIED,
  DENIED_IN_SHARED,
  JUDGED,
  type Machine,
  MISSING_IN_SHARED,
  WATCHED,
} from './syscalls.ts'

/** RLIMIT_NPROC of asm-generic/resource.h. */
export const TASK_LIMIT = 6

// linux/seccomp.h.
const KILL_PROCESS = 0x8000_0000
const ALLOW = 0x7fff_0000
const USER_NOTIF = 0x7fc0_0000
const ERRNO = 0x0005_0000
// asm-generic/errno.h.
const EPERM = 1
const ENOTTY = 25
const ENOSYS = 38
const EOPNOTSUPP = 95
const EAFNOSUPPORT = 97

/** Numbers from here on are the x32 form of x64 calls, which would pass by a list of x64 numbers. */
const X32_FROM = 0x4000_0000
/** Flags of clone(2) that make namespaces: time, mount, cgroup, UTS, IPC, user, PID and network. */
const NEW_NAMESPACES = 0x7e02_0080
/** Requests of ioctl(2) that type at a terminal as if a person did: TIOCSTI, TIOCLINUX. */
const TYPING = [0x5412, 0x541c]
/** Unix, IPv4 and IPv6. The last two reach nothing in a jail without network, but programs make such sockets to ask about addresses. */
const FAMILIES = [1, 2, 10]
const UNIX_ONLY = [1]
/** SOCK_STREAM and SOCK_SEQPACKET: ends of such a pair can be sent to nobody else. Those of SOCK_DGRAM can, by a path. */
const LASTING_PAIRS = [1, 5]
const SOCKET_TYPE = 0xf
/** Of ioctl(2): TCGETS, TCSETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX. Others change file systems behind Landlock's back. */
const HARMLESS = [0x5401, 0x5402, 0x5413, 0x541b, 0x5421, 0x5450, 0x5451]

/** Whether a jail has namespaces of its own, or is in those of the machine; then the filter has to hold what namespaces hold otherwise. */
export type Namespaces = 'own' | 'shared'

/** The filter for `machine`; undefined for one that it is not written for, and then nothing may run. */
export function seccompFilter(machine: string, namespaces: Namespaces): Buffer | undefined {
  return machine === 'x64' || machine === 'arm64' ? assemble(filterProgram(machine, namespaces)) : undefined
}

/**
 * Each check stands by itself: it compares, answers or goes on with the next. So no jump is longer than a few instructions,
 * and one more denied call changes nothing else.
 */
export function filterProgram(machine: Machine, namespaces: Namespaces): readonly Instruction[] {
  const judged = JUDGED[machine]
  const missing = namespaces === 'shared' ? MISSING_IN_SHARED[machine] : {}
  const denied = { ...DENIED[machine], ...(namespaces === 'shared' && DENIED_IN_SHARED[machine]) }
  return [
    load(ARCHITECTURE_AT),
    equal(AUDIT_ARCH[machine], 1, 0),
    answer(KILL_PROCESS),
    load(NUMBER_AT),
    ...(machine === 'x64' ? [atLeast(X32_FROM, 0, 1), answer(ERRNO | ENOSYS)] : []),
    ...Object.values(denied).flatMap((number) => [equal(number, 0, 1), answer(ERRNO | EPERM)]),
    ...Object.values(missing).flatMap((number) => [equal(number, 0, 1), answer(ERRNO | EOPNOTSUPP)]),
    // Its flags lie in memory, where a filter cannot look. C libraries then use clone.
    ...[equal(judged.clone3, 0, 1), answer(ERRNO | ENOSYS)],
    ...when(judged.clone, [load(argumentAt(0)), anyBit(NEW_NAMESPACES, 0, 1), answer(ERRNO | EPERM)]),
    ...when(judged.ioctl, [
      load(argumentAt(1)),
      ...TYPING.flatMap((request) => [equal(request, 0, 1), answer(ERRNO | EPERM)]),
      ...(namespaces === 'shared' ? [...only(HARMLESS), answer(ERRNO | ENOTTY)] : []),
    ]),
    ...(namespaces === 'own'
      ? [...when(judged.socket, ofFamilies(FAMILIES)), ...when(judged.socketpair, ofFamilies(UNIX_ONLY))]
      : [
          // A socket could reach programs of the machine by a path, where Landlock does not look.
          ...[equal(judged.socket, 0, 1), answer(ERRNO | EAFNOSUPPORT)],
          ...when(judged.socketpair, [
            ...ofFamilies(UNIX_ONLY),
            ...[load(argumentAt(1)), keep(SOCKET_TYPE), ...only(LASTING_PAIRS), answer(ERRNO | EAFNOSUPPORT)],
          ]),
          // Limits of itself alone: 0. By another number it would be those of any process of the user.
          // Nor that of tasks, whose hard limit is high, because the Muscle moves the soft one with what the user has.
          ...when(judged.prlimit64, [
            ...[load(argumentAt(0)), ...only([0]), answer(ERRNO | EPERM)],
            // To ask for it is not to set it: then the new one is nowhere, in both halves of the address.
            ...[load(argumentAt(1)), equal(TASK_LIMIT, 0, 5)],
            ...[
              load(argumentAt(2)),
              equal(0, 0, 2),
              load(argumentAt(2) + 4),
              equal(0, 1, 0),
              answer(ERRNO | EPERM),
            ],
          ]),
          ...when(judged.setrlimit, [load(argumentAt(0)), equal(TASK_LIMIT, 0, 1), answer(ERRNO | EPERM)]),
        ]),
    answer(ALLOW),
  ]
}

/** Has a listener asked about each call that names a file. The flags of openat2 lie in memory, and all that use it do without. */
export const watchingFilter = (machine: Machine): Buffer =>
  assemble([
    load(NUMBER_AT),
    ...[equal(JUDGED[machine].openat2, 0, 1), answer(ERRNO | ENOSYS)],
    ...Object.keys(WATCHED[machine]).flatMap((number) => [equal(Number(number), 0, 1), answer(USER_NOTIF)]),
    answer(ALLOW),
  ])

/** O_WRONLY, O_RDWR, O_CREAT and O_TRUNC of fcntl.h. */
const FOR_WRITING = 0o1103

/** Has a listener asked about each call that may change a file which it names, or that opens one for that. */
export const changesFilter = (machine: Machine): Buffer =>
  assemble([
    load(NUMBER_AT),
    ...Object.entries(WATCHED[machine]).flatMap(([number, words]) => {
      const [does, ...places] = words.split(' ')
      if (does === 'change' && places.length > 0) return [equal(Number(number), 0, 1), answer(USER_NOTIF)]
      const asks = [load(argumentAt(Number(places[2]))), anyBit(FOR_WRITING, 0, 1), answer(USER_NOTIF)]
      return does === 'open' ? when(Number(number), asks) : []
    }),
    answer(ALLOW),
  ])

/** Instructions for one system call alone; they may load an argument, so the number is loaded again behind them. */
function when(number: number, instructions: readonly Instruction[]): readonly Instruction[] {
  return [equal(number, 0, instructions.length + 1), ...instructions, load(NUMBER_AT)]
}

const ofFamilies = (families: readonly number[]): readonly Instruction[] => [
  load(argumentAt(0)),
  ...only(families),
  answer(ERRNO | EAFNOSUPPORT),
]

/** Skips the one instruction behind it where the loaded word is one of `values`. */
const only = (values: readonly number[]): readonly Instruction[] =>
  values.map((value, index) => equal(value, values.length - index, 0))

// Classic BPF as seccomp(2) takes it: single instructions, and a program as the bytes of `struct sock_filter`.

/** One `struct sock_filter` of linux/filter.h. */
export interface Instruction {
  readonly code: number
  /** Instructions to skip when the comparison holds, and when it does not. */
  readonly jt: number
  readonly jf: number
  readonly k: number
}

// linux/bpf_common.h: load a 32-bit word at an absolute place; keep some of its bits; compare with a constant; return a constant.
const LOAD = 0x20
const AND = 0x54
const JUMP_EQUAL = 0x15
const JUMP_AT_LEAST = 0x35
const JUMP_ANY_BIT = 0x45
const RETURN = 0x06

/** Offsets in `struct seccomp_data`: number, architecture, and the lower half of each argument (both machines are little-endian). */
const NUMBER_AT = 0
const ARCHITECTURE_AT = 4
const argumentAt = (index: number): number => 16 + 8 * index

const load = (k: number): Instruction => ({ code: LOAD, jt: 0, jf: 0, k })
const keep = (bits: number): Instruction => ({ code: AND, jt: 0, jf: 0, k: bits })
const equal = (k: number, jt: number, jf: number): Instruction => ({ code: JUMP_EQUAL, jt, jf, k })
const atLeast = (k: number, jt: number, jf: number): Instruction => ({
  code: JUMP_AT_LEAST,
  jt,
  jf,
  k,
})
const anyBit = (k: number, jt: number, jf: number): Instruction => ({ code: JUMP_ANY_BIT, jt, jf, k })
const answer = (k: number): Instruction => ({ code: RETURN, jt: 0, jf: 0, k })

const INSTRUCTION_BYTES = 8
/** BPF_MAXINSNS of linux/bpf_common.h. */
const MOST_INSTRUCTIONS = 4096

/** Throws a RangeError for a program that the kernel would refuse for its size or for a jump beyond what a byte holds. */
export function assemble(program: readonly Instruction[]): Buffer {
  if (program.length > MOST_INSTRUCTIONS) throw new RangeError('the filter has too many instructions')
  const bytes = Buffer.alloc(program.length * INSTRUCTION_BYTES)
  program.forEach(({ code, jt, jf, k }, index) => {
    const at = index * INSTRUCTION_BYTES
    bytes.writeUInt16LE(code, at)
    bytes.writeUInt8(jt, at + 2)
    bytes.writeUInt8(jf, at + 3)
    bytes.writeUInt32LE(k >>> 0, at + 4)
  })
  return bytes
}
