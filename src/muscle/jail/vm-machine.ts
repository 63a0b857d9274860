// QEMU in a jail by bubblewrap: without rights, without a network, and with nothing but the places of the job.
import type { Socket } from 'node:net'
import type { Descriptors } from '../../base/kernel/descriptors.ts'
import { begin } from './begin.ts'
import { hold } from './bwrap.ts'
import { argumentsOf, GROUP, PASSWD } from './bwrap-arguments.ts'
import type { Places } from './places.ts'
import { firstSecret, type Jail, type JailSpec } from './provider.ts'
import { PORTS, SHARED } from './vm-guest.ts'

/** `kvm`: the processor itself runs the guest. `tcg`: QEMU translates each instruction. */
export type Accelerator = 'kvm' | 'tcg'

/** Of QEMU itself: bytes of memory besides the guest's, threads, and processors that it may keep busy. */
const OWN = { memory: 1024 ** 3, tasks: 192, processors: 2 }
/** MiB of translated instructions that QEMU keeps. */
const TRANSLATED = 128
const NO_PLACES: Places = { binds: [], hidden: [], fixed: [] }

export interface Launch {
  /** Limits bind QEMU with what it needs itself; its command is not run here. */
  readonly spec: JailSpec
  readonly places: Places
  readonly accelerator: Accelerator
  /** Bytes of the guest's memory. */
  readonly size: number
  /** With a network device, which leads to the loopback of the jail around QEMU. */
  readonly net: boolean
  /** The descriptor of the guest's memory, then what `words` are about. */
  readonly files: readonly (number | Uint8Array)[]
  /** More for QEMU. `file`: the descriptor of the memory inside; the other files follow. */
  readonly words: (file: number) => readonly string[]
}

/** What comes over a socket, part by part: resolves with the next part that matches, and rejects when the socket ends before. */
type Hear = (pattern: RegExp) => Promise<RegExpExecArray>

export interface Machine {
  readonly jail: Jail
  /** The descriptor of the memory inside; those of the other files follow. */
  readonly file: number
  /** QEMU's own protocol, QMP. */
  readonly control: Socket
  readonly told: Hear
  readonly line: Socket
  readonly heard: Hear
  readonly stdin: Socket
  readonly stdout: Socket
  readonly stderr: Socket
}

export interface MachineDeps {
  readonly descriptors: Descriptors
  readonly filter: Uint8Array
  readonly mark: string
  readonly bwrap: string
  readonly qemu: string
}

/** Resolves when QEMU begins. Rejects with JailError; nothing is left then. */
export async function launch(launch: Launch, deps: MachineDeps): Promise<Machine> {
  const { spec, places, accelerator, size, net, files } = launch
  const first = firstSecret(spec)
  const memory = first + 3
  const news = memory + files.length
  const argv = [deps.qemu, ...wordsOf(launch), ...devicesOf(news + 1, net), ...launch.words(memory)]
  const limits = {
    ...spec.limits,
    cpu_seconds: OWN.processors * Math.ceil(spec.limits.wall_ms / 1000),
    memory_bytes: size + OWN.memory,
    tasks: OWN.tasks,
  }
  const outer = { ...spec, limits, argv, cwd: '/', env: {}, stdin: false, secrets: [] }
  let lines: readonly Socket[] = []
  const jail = await begin(outer, {
    descriptors: deps.descriptors,
    program: deps.bwrap,
    detached: false,
    files: [deps.filter, PASSWD, GROUP, ...files],
    lines: 2 + PORTS.length,
    words: () =>
      argumentsOf(outer, NO_PLACES, {
        first,
        news,
        mark: deps.mark,
        machine: process.arch,
        keepsSockets: false,
        shared: { at: SHARED, places },
        devices: accelerator === 'kvm' ? ['/dev/kvm'] : [],
      }),
    held(child, sockets) {
      lines = sockets
      // A program that could not be started has none.
      for (const one of sockets) one?.on('error', () => {})
      return hold(child, sockets[0], places, SHARED)
    },
  })
  jail.stdout.resume()
  const [, control, line, stdin, stdout, stderr] = lines as [Socket, Socket, Socket, Socket, Socket, Socket]
  return {
    jail,
    file: memory,
    control,
    told: hearing(control),
    line,
    heard: hearing(line),
    stdin,
    stdout,
    stderr,
  }
}

function wordsOf({ accelerator, size }: Launch): string[] {
  const machine = 'microvm,acpi=on,rtc=on,pit=on,pic=on,isa-serial=off,memory-backend=memory'
  return [
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-M', machine],
    ...['-accel', accelerator === 'kvm' ? 'kvm' : `tcg,tb-size=${TRANSLATED}`, '-cpu', 'max', '-smp', '1'],
    ...['-m', `${size / 1024 ** 2}M`],
  ]
}

/** The same ones for a template and for what begins with it. `first`: the descriptor of the first line. */
function devicesOf(first: number, net: boolean): string[] {
  const character = (name: string, fd: number): string[] => ['-chardev', `socket,id=${name},fd=${fd}`]
  return [
    ...[...character('control', first), '-mon', 'chardev=control,mode=control'],
    ...['-device', 'virtio-serial-device'],
    ...PORTS.flatMap((name, place) => [
      ...character(name, first + 1 + place),
      ...['-device', `virtserialport,chardev=${name},nr=${place + 1}`],
    ]),
    ...['-fsdev', `local,id=shared,path=${SHARED},security_model=none,multidevs=remap`],
    ...['-device', 'virtio-9p-device,fsdev=shared,mount_tag=shared'],
    ...(net ? ['-netdev', 'user,id=net', '-device', 'virtio-net-device,netdev=net'] : []),
  ]
}

/** The memory of a guest, which is the file `fd`: what is `shared` is written into it. */
export const memoryWords = (fd: number, size: number, shared: boolean): string[] => [
  '-object',
  `memory-backend-file,id=memory,size=${size},mem-path=/proc/self/fd/${fd},share=${shared ? 'on' : 'off'}`,
]

/** Characters of what is heard and not understood yet. */
const UNHEARD = 64 * 1024

function hearing(socket: Socket): Hear {
  let text = ''
  let isOver = false
  let wake = (): void => {}
  socket.setEncoding('utf8').on('data', (piece: string) => {
    text += piece
    if (text.length > UNHEARD) socket.destroy()
    wake()
  })
  socket.once('close', () => {
    isOver = true
    wake()
  })
  return async (pattern) => {
    for (;;) {
      const found = pattern.exec(text)
      if (found !== null) {
        text = text.slice(found.index + found[0].length)
        return found
      }
      if (isOver) throw new Error('QEMU ended')
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }
}
