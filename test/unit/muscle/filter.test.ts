// The seccomp filter, run instruction by instruction as the kernel does, for both machines; its numbers against the kernel's.
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  assemble,
  filterProgram,
  type Instruction,
  type Namespaces,
  seccompFilter,
} from '../../../src/muscle/seccomp/filter.ts'
import {
  AUDIT_ARCH,
  DENIED,
  DENIED_IN_SHARED,
  JUDGED,
  type Machine,
  MISSING_IN_SHARED,
} from '../../../src/muscle/seccomp/syscalls.ts'
import { testWhere } from '../../support/run/only.ts'
import fc, { forAll } from '../../support/run/properties.ts'

const ALLOW = 0x7fff0000
const KILL = 0x80000000
const errno = (number: number): number => 0x50000 + number
const [EPERM, ENOTTY, ENOSYS, EOPNOTSUPP, EAFNOSUPPORT] = [1, 25, 38, 95, 97].map(errno)
const MACHINES: readonly Machine[] = ['x64', 'arm64']
const KINDS = MACHINES.flatMap((machine) =>
  (['own', 'shared'] as const).map((namespaces): [Machine, Namespaces] => [machine, namespaces]),
)

/** What the program answers to a call; throws when it runs out of its end. */
function judge(
  program: readonly Instruction[],
  arch: number,
  number: number,
  args: readonly bigint[] = [],
): number {
  const data = Buffer.alloc(64)
  data.writeUInt32LE(number, 0)
  data.writeUInt32LE(arch, 4)
  args.forEach((value, index) => {
    data.writeBigUInt64LE(BigInt.asUintN(64, value), 16 + 8 * index)
  })
  let accumulator = 0
  for (let at = 0; ; at++) {
    const { code, jt, jf, k } = program[at] as Instruction
    if (code === 0x20) accumulator = data.readUInt32LE(k)
    else if (code === 0x54) accumulator = (accumulator & k) >>> 0
    else if (code === 0x06) return k
    else {
      const holds =
        code === 0x15
          ? accumulator === k >>> 0
          : code === 0x35
            ? accumulator >= k >>> 0
            : (accumulator & k) >>> 0 !== 0
      at += holds ? jt : jf
    }
  }
}

describe.each(KINDS)('on %s, in namespaces that are %s', (machine, namespaces) => {
  const program = filterProgram(machine, namespaces)
  const call = (number: number, ...args: bigint[]): number =>
    judge(program, AUDIT_ARCH[machine], number, args)
  const judged = JUDGED[machine]

  test('each denied call is refused whatever its arguments are, and all others pass', () => {
    const denied = new Set<number>(Object.values(DENIED[machine]))
    if (namespaces === 'shared')
      for (const number of Object.values(DENIED_IN_SHARED[machine])) denied.add(number)
    const special = new Set<number>(Object.values(judged))
    if (namespaces === 'shared')
      for (const number of Object.values(MISSING_IN_SHARED[machine])) {
        special.add(number)
        expect(call(number, 0xffffffffffffffffn)).toBe(EOPNOTSUPP)
      }
    for (let number = 0; number < 600; number++) {
      if (denied.has(number)) expect(call(number, 0xffffffffffffffffn)).toBe(EPERM)
      else if (!special.has(number)) expect(call(number)).toBe(ALLOW)
    }
  })

  test('calls of another machine kill the process', () => {
    forAll(fc.nat(0xffffffff), fc.nat(600), (arch, number) => {
      fc.pre(arch !== AUDIT_ARCH[machine])
      expect(judge(program, arch, number)).toBe(KILL)
    })
  })

  test('a process may be cloned, a namespace not; clone3 is not there', () => {
    expect(call(judged.clone, 0x01200011n)).toBe(ALLOW)
    for (const flag of [
      0x80n,
      0x20000n,
      0x2000000n,
      0x4000000n,
      0x8000000n,
      0x10000000n,
      0x20000000n,
      0x40000000n,
    ])
      expect(call(judged.clone, flag | 0x11n)).toBe(EPERM)
    expect(call(judged.clone3, 0n)).toBe(ENOSYS)
  })

  test('typing at a terminal is refused, also with bits that the kernel does not read', () => {
    expect(call(judged.ioctl, 0n, 0x5401n)).toBe(ALLOW)
    for (const request of [0x5412n, 0x541cn]) {
      expect(call(judged.ioctl, 0n, request)).toBe(EPERM)
      expect(call(judged.ioctl, 0n, request | (1n << 32n))).toBe(EPERM)
    }
  })

  testWhere(namespaces !== 'own')('devices and file systems are asked for nothing else', () => {
    // FS_IOC_SETFLAGS, BTRFS_IOC_SUBVOL_CREATE, TIOCSCTTY.
    for (const request of [0x40086602n, 0x5000940en, 0x540en])
      expect(call(judged.ioctl, 0n, request)).toBe(ENOTTY)
    expect(call(judged.ioctl, 0n, 0x5421n)).toBe(ALLOW)
  })

  testWhere(namespaces !== 'own')(
    'there are no sockets, and no pairs whose ends can be sent elsewhere',
    () => {
      for (let family = 0n; family < 64n; family++) {
        expect(call(judged.socket, family)).toBe(EAFNOSUPPORT)
        expect(call(judged.socketpair, family, 0x80801n)).toBe(family === 1n ? ALLOW : EAFNOSUPPORT)
      }
      expect(call(judged.socketpair, 1n, 2n)).toBe(EAFNOSUPPORT)
      expect(call(judged.socketpair, 1n, 0x80002n)).toBe(EAFNOSUPPORT)
      expect(call(judged.socketpair, 1n, 5n)).toBe(ALLOW)
    },
  )

  testWhere(namespaces !== 'own')('limits are those of the process itself', () => {
    expect(call(judged.prlimit64, 0n)).toBe(ALLOW)
    for (const pid of [1n, 4711n, -1n]) expect(call(judged.prlimit64, pid)).toBe(EPERM)
    // RLIMIT_NPROC is the Muscle's to move; RLIMIT_NOFILE is not.
    for (const limits of [1n, 1n << 32n, 0x7fff_0000_1000n]) {
      expect(call(judged.prlimit64, 0n, 6n, limits)).toBe(EPERM)
      expect(call(judged.prlimit64, 0n, 7n, limits)).toBe(ALLOW)
    }
    expect(call(judged.prlimit64, 0n, 6n, 0n)).toBe(ALLOW)
    expect([6n, 7n].map((which) => call(judged.setrlimit, which))).toEqual([EPERM, ALLOW])
  })

  testWhere(namespaces !== 'shared')('sockets are of three families alone, pairs of one', () => {
    for (let family = 0n; family < 64n; family++) {
      expect(call(judged.socket, family)).toBe([1n, 2n, 10n].includes(family) ? ALLOW : EAFNOSUPPORT)
      expect(call(judged.socketpair, family)).toBe(family === 1n ? ALLOW : EAFNOSUPPORT)
    }
  })
})

test('x32, a second set of numbers on x64, is not there', () => {
  const program = filterProgram('x64', 'own')
  for (const number of [0x40000000, 0x40000000 + 101, 0xffffffff])
    expect(judge(program, AUDIT_ARCH.x64, number)).toBe(ENOSYS)
})

test('there is a filter for two machines, of 8 bytes an instruction', () => {
  for (const machine of MACHINES)
    expect(seccompFilter(machine, 'own')).toEqual(assemble(filterProgram(machine, 'own')))
  expect(seccompFilter('x64', 'own')?.length).toBe(filterProgram('x64', 'own').length * 8)
  expect(seccompFilter('ia32', 'shared')).toBeUndefined()
})

const HEADERS = {
  x64: '/usr/include/x86_64-linux-gnu/asm/unistd_64.h',
  arm64: '/usr/include/asm-generic/unistd.h',
} as const

describe.each(MACHINES)('numbers on %s', (machine) => {
  // Without the kernel's headers (package linux-libc-dev) there is nothing to compare with.
  test.skipIf(!existsSync(HEADERS[machine]))('are those of the kernel', () => {
    const found = new Map<string, number>()
    for (const [, name = '', number] of readFileSync(HEADERS[machine], 'utf8').matchAll(
      /^#define __NR(?:3264)?_(\w+)\s+(\d+)/gm,
    ))
      found.set(name, Number(number))
    for (const [name, number] of Object.entries({
      ...DENIED[machine],
      ...DENIED_IN_SHARED[machine],
      ...MISSING_IN_SHARED[machine],
      ...JUDGED[machine],
    })) {
      // Headers may be older than a call, and newer than one that is gone.
      if (found.has(name)) expect([name, found.get(name)]).toEqual([name, number])
    }
    expect(found.get('ptrace')).toBe(DENIED[machine].ptrace)
  })
})
