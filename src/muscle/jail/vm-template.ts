// What guests begin with: one that has booted and waits for its job, its memory and its state. It is made once, and kept in a file.
import { createHash } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { cpus, release } from 'node:os'
import { join } from 'node:path'
import { deadline, untilAborted } from '../../base/async/deadline.ts'
import type { Timers } from '../../base/clock.ts'
import { complaintOf, heard as saidOn } from './begin.ts'
import { JailError } from './provider.ts'
import { initialFiles, type Kernel } from './vm-guest.ts'
import { type Accelerator, launch, type MachineDeps, memoryWords } from './vm-machine.ts'

/** Milliseconds until a guest has booted. An emulated one needs 7 s of a processor, and waits where others work. */
const BOOT_MS = { kvm: 20_000, tcg: 300_000 } as const
/** Pieces of memory that hold nothing but zeros are not kept. */
const PIECE = 64 * 1024
const NOTHING = Buffer.alloc(PIECE)
const HASH_BYTES = 32
/** In front of the state: how the guest is run, and how long the state is. */
const HEAD_BYTES = 5

export interface Template {
  readonly accelerator: Accelerator
  /** A sealed file in memory, of which each guest has a copy of its own of what it changes. */
  readonly memory: number
  /** Of the devices, as QEMU wrote it. */
  readonly state: Uint8Array
}

export interface TemplateDeps extends MachineDeps {
  readonly timers: Timers
  readonly kernel: Kernel
  readonly busybox: string
  /** False where a guest by KVM did not go on. */
  readonly kvm: boolean
  /** Bytes of memory. */
  readonly size: number
  readonly net: boolean
  /** Holds this template and nothing else; undefined: it is not kept. */
  readonly folder: string | undefined
}

/**
 * The one in `folder`, if it was made of the same kernel, files and QEMU on the same machine, and is whole; else a new one. With KVM where a
 * guest starts in time, which is found out whenever one is made.
 */
export async function templateOf(deps: TemplateDeps): Promise<Template> {
  const { folder, kernel, busybox, kvm, qemu, size, net } = deps
  const [image, archive] = [readFileSync(kernel.image), initialFiles(kernel, busybox)]
  const hasKvm = existsSync('/dev/kvm')
  const words = [release(), cpus()[0]?.model, hasKvm, size, net].join('\0')
  const path =
    folder === undefined
      ? undefined
      : join(folder, sha256([image, archive, readFileSync(qemu), Buffer.from(words)]).toString('hex'))
  const kept = path === undefined ? undefined : load(path, deps)
  if (kept !== undefined) return kept
  const boot = (accelerator: Accelerator) => make(deps, accelerator, image, archive)
  const made = hasKvm && kvm ? await boot('kvm').catch(() => boot('tcg')) : await boot('tcg')
  if (folder !== undefined && path !== undefined) save(folder, path, made)
  return made
}

/** Boots a guest, and keeps it as it waits for its job. */
async function make(
  deps: TemplateDeps,
  accelerator: Accelerator,
  image: Uint8Array,
  archive: Uint8Array,
): Promise<Template> {
  const { descriptors, size, net } = deps
  const [memory, state] = [descriptors.blankFile('memory'), descriptors.blankFile('state')]
  using late = deadline(deps.timers, BOOT_MS[accelerator])
  try {
    ftruncateSync(memory, size)
    const { jail, file, control, told, heard } = await launch(
      {
        accelerator,
        size,
        net,
        spec: BOOT,
        places: { binds: [], hidden: [], fixed: [] },
        files: [memory, image, archive, state],
        words: (memory) => [
          ...memoryWords(memory, size, true),
          ...['-kernel', `/proc/self/fd/${memory + 1}`, '-initrd', `/proc/self/fd/${memory + 2}`],
          ...['-append', `quiet panic=-1 apparmor=0 ${clock()}`],
        ],
      },
      deps,
    )
    try {
      await untilAborted(heard(/^ready\n/), late.signal)
      control.write(
        commands({
          qmp_capabilities: {},
          'migrate-set-capabilities': {
            capabilities: ['x-ignore-shared', 'events'].map((capability) => ({ capability, state: true })),
          },
          // The memory is in its file already.
          migrate: { uri: `exec:cat >/proc/$PPID/fd/${file + 3} && echo whole >&2` },
        }),
      )
      const [, end] = await untilAborted(told(/"(completed|failed|error)"/), late.signal)
      if (end !== 'completed') throw new Error('QEMU could not write its state')
      // QEMU says so once all is in the pipe, and the file has it when what reads the pipe has ended.
      await untilAborted(saidOn(jail.stderr, /(whole)\n/), late.signal)
    } catch (error) {
      jail.kill()
      const complaint = await complaintOf(jail)
      throw new JailError('no_sandbox', `no guest could be booted: ${complaint || (error as Error).message}`)
    } finally {
      jail.kill()
      await jail.ended
    }
    descriptors.seal(memory)
    return { accelerator, memory, state: readFileSync(`/proc/self/fd/${state}`) }
  } catch (error) {
    closeSync(memory)
    throw error
  } finally {
    closeSync(state)
  }
}

/** For QMP: one command after the other. */
export const commands = (all: Readonly<Record<string, object>>): string =>
  Object.entries(all)
    .map(([execute, given]) => JSON.stringify({ execute, arguments: given }))
    .join('\n')

/** The frequency of the processor's clock, so that the guest need not measure it, which takes long where others work. */
function clock(): string {
  const mhz = /^cpu MHz\s*: ([\d.]+)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1]
  return mhz === undefined ? '' : `tsc_early_khz=${Math.round(Number(mhz) * 1000)}`
}

const BOOT = {
  argv: [],
  cwd: '/',
  env: {},
  binds: [],
  stdin: false,
  secrets: [],
  limits: {
    cpu_seconds: 0,
    memory_bytes: 0,
    tasks: 0,
    output_bytes: 0,
    disk_bytes: 2 ** 26,
    wall_ms: BOOT_MS.tcg,
  },
  wanted: () => true,
}

function sha256(parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** Undefined for one that is not there, or not whole. */
export function load(
  path: string,
  { descriptors, size }: Pick<TemplateDeps, 'descriptors' | 'size'>,
): Template | undefined {
  let all: Buffer
  try {
    all = readFileSync(path)
  } catch {
    return undefined
  }
  const body = all.subarray(HASH_BYTES)
  if (!sha256([body]).equals(all.subarray(0, HASH_BYTES))) return undefined
  const memory = descriptors.blankFile('memory')
  ftruncateSync(memory, size)
  const end = HEAD_BYTES + body.readUInt32LE(1)
  for (let at = end; at < body.length; at += 4 + PIECE)
    writeSync(memory, body, at + 4, PIECE, body.readUInt32LE(at) * PIECE)
  descriptors.seal(memory)
  return {
    accelerator: body[0] === 1 ? 'kvm' : 'tcg',
    memory,
    state: Buffer.from(body.subarray(HEAD_BYTES, end)),
  }
}

/** Leaves nothing else in `folder`. */
export function save(folder: string, path: string, { accelerator, memory, state }: Template): void {
  const head = Buffer.alloc(HEAD_BYTES)
  head[0] = accelerator === 'kvm' ? 1 : 0
  head.writeUInt32LE(state.length, 1)
  const parts: Uint8Array[] = [head, state]
  const pieces = fstatSync(memory).size / PIECE
  const piece = Buffer.alloc(4 + PIECE)
  for (let index = 0; index < pieces; index++) {
    piece.writeUInt32LE(index)
    readSync(memory, piece, 4, PIECE, index * PIECE)
    if (!piece.subarray(4).equals(NOTHING)) parts.push(Buffer.from(piece))
  }
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeFileSync(`${path}.new`, Buffer.concat([sha256(parts), ...parts]), { mode: 0o600, flush: true })
  renameSync(`${path}.new`, path)
}
