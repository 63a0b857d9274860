// What a small virtual machine begins with: a kernel of Debian, its modules, busybox, and a first process that waits for a job.
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { quoteShell } from '../../base/quote.ts'
import { seccompFilter } from '../seccomp/filter.ts'
import { NOBODY } from './begin.ts'
import { argumentsOf, GROUP, PASSWD } from './bwrap-arguments.ts'
import type { Places } from './places.ts'
import { firstSecret, type JailSpec, PROXY } from './provider.ts'

/** The ports of virtio-serial, by their numbers from 1 on: the line to the Muscle, and the streams of the command. */
export const PORTS = ['line', 'stdin', 'stdout', 'stderr'] as const
/** Where the places of the machine are, outside for QEMU and inside for the guest. */
export const SHARED = '/jail'

/** In the order in which the guest loads them. Kernels have some of them built in, without a file. */
const MODULES = [
  'drivers/virtio/virtio_ring.ko',
  'drivers/virtio/virtio.ko',
  'drivers/virtio/virtio_mmio.ko',
  'drivers/char/virtio_console.ko',
  'net/core/failover.ko',
  'drivers/net/net_failover.ko',
  'drivers/net/virtio_net.ko',
  'fs/netfs/netfs.ko',
  'fs/fscache/fscache.ko',
  'net/9p/9pnet.ko',
  'net/9p/9pnet_virtio.ko',
  'fs/9p/9p.ko',
]
/** A kernel without this file is not taken: those for clouds have no 9P at all. */
const NEEDED = 'fs/9p/9p.ko'

/**
 * The first process. What it reads on the line becomes the job: a length, and as many bytes of a program for this shell. The template is made
 * while it waits for them, so that what stands before is done once. The shell is busybox, whose other commands need no path.
 */
const INIT = `#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc && mount -t sysfs sys /sys && mount -t devtmpfs dev /dev
for module in /modules/*; do insmod "$module"; done
until [ -e /dev/vport*p4 ]; do usleep 1000; done
# The kernel knows how many bytes this shell and what it waited for wrote.
wrote() { while read -r name count; do [ "$name" != wchar: ] || wrote=$count; done </proc/self/io; }
pump() {
  wrote; before=$wrote
  dd bs=64k status=none <"$1" >"$2"
  wrote; echo $((wrote - before)) >"$1-told"
}
port() { echo /dev/vport*p$1; }
mkfifo -m 666 /run/in /run/out /run/err
exec 3<>"$(port 1)"
cat "$(port 2)" >/run/in & input=$!
pump /run/out "$(port 3)" & out=$!
pump /run/err "$(port 4)" & err=$!
take() { dd bs="$1" count=1 iflag=fullblock <&3 2>/dev/null; }
fail() { echo "failed $1" >&3; sleep 60; }
echo ready >&3
read -r size <&3 && take "$size" >/run/job && . /run/job
`

/** A program that asks the kernel to make its random numbers anew: ioctl(0, RNDRESEEDCRNG). No command of busybox does. */
function reseed(): Buffer {
  const code = Buffer.from(
    'b81000000031ff be07520000 0f05 89c7 c1ef1f b83c000000 0f05'.replaceAll(' ', ''),
    'hex',
  )
  const at = 0x400000
  const header = Buffer.alloc(64 + 56)
  header.write('\x7fELF\x02\x01\x01', 'latin1')
  header.writeUInt16LE(2, 16)
  header.writeUInt16LE(62, 18)
  header.writeUInt32LE(1, 20)
  header.writeBigUInt64LE(BigInt(at + header.length), 24)
  header.writeBigUInt64LE(64n, 32)
  for (const [value, place] of [
    [64, 52],
    [56, 54],
    [1, 56],
  ] as const)
    header.writeUInt16LE(value, place)
  // One segment, to be read and executed.
  header.writeUInt32LE(1, 64)
  header.writeUInt32LE(5, 68)
  for (const place of [80, 88]) header.writeBigUInt64LE(BigInt(at), place)
  for (const place of [96, 104]) header.writeBigUInt64LE(BigInt(header.length + code.length), place)
  header.writeBigUInt64LE(4096n, 112)
  return Buffer.concat([header, code])
}

/** Bytes that the random numbers of each guest begin with. */
const SEED = 64

/**
 * What a guest reads on its line: the job as a program for its shell, and behind it bytes for random numbers and the secrets. The command is in the
 * same jail as on the machine itself; what is covered in its places is covered outside already.
 */
export function jobProgram(
  spec: JailSpec,
  places: Places,
  {
    now,
    held,
    keepsSockets,
  }: { readonly now: number; readonly held: readonly Buffer[]; readonly keepsSockets: boolean },
): Buffer {
  const secret = firstSecret(spec)
  const first = secret + spec.secrets.length
  const words = argumentsOf(
    { ...spec, net: false, secrets: [] },
    { ...places, hidden: [], fixed: [] },
    {
      first,
      holds: held.length > 0,
      mark: 'karo-gate',
      machine: 'x64',
      keepsSockets,
      joinsNetwork: spec.net === true,
    },
  )
  const account = ['/usr/bin/setpriv', '--reuid', String(NOBODY), '--regid', String(NOBODY), '--clear-groups']
  const program = Buffer.from(`
date -s @${Math.round(now / 1000)} >/dev/null
take ${SEED} >/dev/urandom && /reseed </dev/urandom || fail 'random numbers'
mount -t 9p -o trans=virtio,version=9p2000.L,cache=mmap,msize=524288 shared ${SHARED} || fail 'files'
mount -t proc proc ${SHARED}/proc && mount -t devtmpfs dev ${SHARED}/dev || fail 'devices'
${spec.net ? NETWORK : ''}
${[...spec.secrets.entries(), ...held.map((file) => [first + 3 - secret, file] as const)].map(([place, { length }]) => `take ${length} >/run/secret; chmod 444 /run/secret; exec ${secret + place}</run/secret; rm /run/secret`).join('\n')}
exec ${first}</filter ${first + 1}</passwd ${first + 2}</group ${first + 3 + held.length}>/dev/null
(
  cd ${SHARED} && mount -o move . / && exec chroot . ${[...account, '/usr/bin/bwrap', ...words].map(quoteShell).join(' ')}
) <${spec.stdin ? '/run/in' : '/dev/null'} >/run/out 2>/run/err
code=$?
wait $out $err
read -r out </run/out-told; read -r err </run/err-told; echo "$code $out $err" >&3
sleep 60
`)
  return Buffer.concat([
    Buffer.from(`${program.length}\n`),
    program,
    randomBytes(SEED),
    ...spec.secrets,
    ...held,
  ])
}

/** The proxy of the jail around QEMU, which is its own loopback, at the same port of the guest's. */
const NETWORK = `ip link set lo up && ip addr add 10.0.2.15/24 dev eth0 && ip link set eth0 up || fail 'network'
nc -ll -p ${PROXY.port} -e /bin/busybox nc 10.0.2.2 ${PROXY.port} 3<&- &`

export interface Kernel {
  readonly image: string
  /** Its modules, in the order in which they are loaded. */
  readonly modules: readonly string[]
}

/** The newest kernel below one of `roots` that has what a guest needs; undefined where there is none. */
export function findKernel(roots: readonly string[]): Kernel | undefined {
  for (const root of roots) {
    const versions = orNone(`${root}/lib/modules`).sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))
    for (const version of versions) {
      const folder = `${root}/lib/modules/${version}/kernel/`
      const image = `${root}/boot/vmlinuz-${version}`
      if (!existsSync(image) || !existsSync(folder + NEEDED)) continue
      return { image, modules: MODULES.map((name) => folder + name).filter((path) => existsSync(path)) }
    }
  }
  return undefined
}

const orNone = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : [])

/** The files that a guest begins with, as an archive for the kernel. */
export function initialFiles({ modules }: Kernel, busybox: string): Buffer {
  const parts: Buffer[] = []
  const add = (name: string, mode: number, bytes: Uint8Array = Buffer.alloc(0)): void => {
    const fields = [parts.length + 1, mode, 0, 0, 1, 0, bytes.length, 0, 0, 0, 0, name.length + 1, 0]
    const head = Buffer.from(
      `070701${fields.map((one) => one.toString(16).padStart(8, '0')).join('')}${name}\0`,
    )
    parts.push(padded(head), padded(bytes))
  }
  for (const folder of ['bin', 'dev', 'proc', 'sys', 'run', 'modules', SHARED.slice(1)]) add(folder, 0o40755)
  add('init', 0o100755, Buffer.from(INIT))
  add('bin/busybox', 0o100755, readFileSync(busybox))
  add('reseed', 0o100755, reseed())
  add('passwd', 0o100444, PASSWD)
  add('group', 0o100444, GROUP)
  add('filter', 0o100444, seccompFilter('x64', 'own') as Buffer)
  for (const [place, path] of modules.entries())
    add(`modules/${String(place).padStart(2, '0')}`, 0o100444, readFileSync(path))
  add('TRAILER!!!', 0)
  return Buffer.concat(parts)
}

const padded = (bytes: Uint8Array): Buffer => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)])
