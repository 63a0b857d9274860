// The system calls that a jail may not make, as a seccomp program: what reaches the kernel's rarely used parts is refused.
import {
  ARCHITECTURE_AT,
  answer,
  anyBit,
  argumentAt,
  assemble,
  atLeast,
  equal,
  type Instruction,
  load,
  NUMBER_AT,
} from './bpf.ts'
import { AUDIT_ARCH, DENIED, JUDGED, type Machine } from './syscalls.ts'

// linux/seccomp.h.
const KILL_PROCESS = 0x8000_0000
const ALLOW = 0x7fff_0000
const ERRNO = 0x0005_0000
// asm-generic/errno.h.
const EPERM = 1
const ENOSYS = 38
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

/** The filter for `machine`; undefined for one that it is not written for, and then nothing may run. */
export function seccompFilter(machine: string): Buffer | undefined {
  return machine === 'x64' || machine === 'arm64' ? assemble(filterProgram(machine)) : undefined
}

/**
 * Each check stands by itself: it compares, answers or goes on with the next. So no jump is longer than a few instructions,
 * and one more denied call changes nothing else.
 */
export function filterProgram(machine: Machine): readonly Instruction[] {
  const judged = JUDGED[machine]
  return [
    load(ARCHITECTURE_AT),
    equal(AUDIT_ARCH[machine], 1, 0),
    answer(KILL_PROCESS),
    load(NUMBER_AT),
    ...(machine === 'x64' ? [atLeast(X32_FROM, 0, 1), answer(ERRNO | ENOSYS)] : []),
    ...Object.values(DENIED[machine]).flatMap((number) => [equal(number, 0, 1), answer(ERRNO | EPERM)]),
    // Its flags lie in memory, where a filter cannot look. C libraries then use clone.
    ...[equal(judged.clone3, 0, 1), answer(ERRNO | ENOSYS)],
    ...when(judged.clone, [load(argumentAt(0)), anyBit(NEW_NAMESPACES, 0, 1), answer(ERRNO | EPERM)]),
    ...when(judged.ioctl, [
      load(argumentAt(1)),
      ...TYPING.flatMap((request) => [equal(request, 0, 1), answer(ERRNO | EPERM)]),
    ]),
    ...when(judged.socket, onlyFamilies(FAMILIES)),
    ...when(judged.socketpair, onlyFamilies(UNIX_ONLY)),
    answer(ALLOW),
  ]
}

/** Instructions for one system call alone; they may load an argument, so the number is loaded again behind them. */
function when(number: number, instructions: readonly Instruction[]): readonly Instruction[] {
  return [equal(number, 0, instructions.length + 1), ...instructions, load(NUMBER_AT)]
}

function onlyFamilies(families: readonly number[]): readonly Instruction[] {
  const checks = families.map((family, index) => equal(family, families.length - index, 0))
  return [load(argumentAt(0)), ...checks, answer(ERRNO | EAFNOSUPPORT)]
}
