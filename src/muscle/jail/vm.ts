// Jails in small virtual machines: the jail that bubblewrap builds, in a guest with a kernel of its own, in QEMU, which is in such a jail itself.
import { accessSync, closeSync, constants, openSync, readSync, rmSync } from 'node:fs'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { deadline, untilAborted } from '../../base/async/deadline.ts'
import type { Timers } from '../../base/clock.ts'
import type { Descriptors } from '../../base/kernel/descriptors.ts'
import { orElse } from '../../base/run/or-else.ts'
import { seccompFilter } from '../seccomp/filter.ts'
import { complaintOf } from './begin.ts'
import { createBwrap, handingOver } from './bwrap.ts'
import { heldOf } from './code.ts'
import { markOf } from './leftovers.ts'
import { judgePlaces } from './places.ts'
import { type Jail, JailError, type Provider } from './provider.ts'
import { findKernel, jobProgram } from './vm-guest.ts'
import { launch, type Machine, memoryWords } from './vm-machine.ts'
import { commands, type Template, type TemplateDeps, templateOf } from './vm-template.ts'

/** Milliseconds until a guest has its jail. An emulated one takes longer, the more so on a busy machine. */
const BUILD_MS = { kvm: 60_000, tcg: 300_000 }
/** Bytes of memory of most guests, so that one template does for most jobs: what a guest does not touch costs nothing. */
const LEAST_MEMORY = 2 * 1024 ** 3

export interface VmDeps {
  readonly descriptors: Descriptors
  /** Of the Muscle. */
  readonly socket: string
  /** Directories of Karo that no jail sees. */
  readonly closed: readonly string[]
  readonly timers: Timers
  readonly now: () => number
  /** A directory of templates; undefined: each Muscle makes its own. */
  readonly state?: string | undefined
  /** Below which the kernel and busybox are looked for: the machine itself, and packages that were only unpacked. */
  readonly roots?: readonly string[]
  readonly qemu?: string
  /** False: every guest is emulated. */
  readonly kvm?: boolean
  /** Bubblewrap; another one in tests. */
  readonly program?: string
}

export function createVm(deps: VmDeps): Provider {
  const { descriptors, socket, closed, timers, now, state } = deps
  const {
    program = '/usr/bin/bwrap',
    qemu = '/usr/bin/qemu-system-x86_64',
    roots = ['', '/usr/local/lib/karo/vm'],
  } = deps
  const filter = seccompFilter(process.arch, 'own')
  const bwrap = createBwrap({ ...deps, landlock: 0 })
  // Of the guest's kernel, which is Linux 6.1 or newer.
  const cannot = handingOver({ landlock: 2 })
  const templates = new Map<string, Promise<Template>>()
  let { kvm = true } = deps

  /** What is needed, or what is missing of it. */
  function means(): string | Omit<TemplateDeps, 'size' | 'net' | 'folder' | 'kvm'> {
    const kernel = findKernel(roots)
    const busybox = roots.map((root) => `${root}/bin/busybox`).find(isStatic)
    if (process.arch !== 'x64' || filter === undefined)
      return `it takes x64, and this machine is ${process.arch}`
    if (!may(qemu, constants.X_OK)) return `there is no ${qemu}; install the package qemu-system-x86`
    if (kernel === undefined)
      return 'there is no kernel with 9P that this user may read; install the package linux-image-amd64'
    if (busybox === undefined)
      return 'there is no busybox that needs no libraries; install the package busybox-static'
    return { kernel, busybox, descriptors, filter, mark: markOf(socket), bwrap: program, qemu, timers }
  }

  return {
    name: 'vm',
    cannot,
    // The jail around QEMU has the mark of those by bubblewrap, which look for it.
    endLeftovers: () => 0,
    problem() {
      const found = means()
      return bwrap.problem() ?? (typeof found === 'string' ? found : undefined)
    },
    async start(spec) {
      const found = means()
      if (typeof found === 'string') throw new JailError('no_sandbox', found)
      const places = judgePlaces(spec.binds, closed)
      const size = Math.max(LEAST_MEMORY, 2 ** Math.ceil(Math.log2(spec.limits.memory_bytes)))
      const net = spec.net === true
      const name = `${size}${net ? '-net' : ''}`
      const folder = state && join(state, name)
      const making = templates.get(name) ?? templateOf({ ...found, kvm, size, net, folder })
      templates.set(name, making)
      const forget = (): void => {
        if (templates.get(name) !== making) return
        templates.delete(name)
        if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
      }
      const {
        accelerator,
        memory,
        state: kept,
      } = await making.catch((error) => {
        forget()
        throw error
      })
      if (!spec.wanted()) throw new JailError('failed', 'it was cancelled before it ran')
      const keepsSockets = cannot.length === 0
      const held = await heldOf(spec, places, process.arch, { isPossible: keepsSockets, isGuest: true })
      const machine = await launch(
        {
          spec,
          places,
          accelerator,
          size,
          net,
          files: [memory, kept],
          words: (file) => [...memoryWords(file, size, false), '-incoming', 'defer', '-sandbox', SANDBOX],
        },
        found,
      )
      const { jail, control, file, line, heard, stdin, stderr } = machine
      using late = deadline(timers, BUILD_MS[accelerator])
      try {
        control.write(
          commands({
            qmp_capabilities: {},
            'migrate-set-capabilities': { capabilities: [{ capability: 'x-ignore-shared', state: true }] },
            'migrate-incoming': { uri: `fd:${file + 1}` },
          }),
        )
        line.write(jobProgram(spec, places, { now: now(), held, keepsSockets }))
        const [told] = await untilAborted(heard(/^(?:\d.*|failed.*)?\n/), late.signal)
        if (told !== '\n')
          throw new JailError('no_sandbox', `no jail could be built in a guest: ${told.trim()}`, true)
        if (!spec.wanted()) throw new JailError('failed', 'it was cancelled before it ran')
        // The command runs from here on.
        line.write('go\n')
      } catch (error) {
        jail.kill()
        // Whatever is wrong with a template is not met again, nor a KVM by which guests boot and then do not go on.
        if (!(error instanceof JailError)) {
          forget()
          if (accelerator === 'kvm') kvm = false
        }
        const complaint = (await complaintOf({ ...jail, stderr })) || (await complaintOf(jail))
        if (jail.listener !== undefined) closeSync(jail.listener)
        end(machine)
        if (error instanceof JailError && error.code !== 'no_sandbox') throw error
        const why = complaint || (error as Error).message
        throw new JailError('no_sandbox', `no jail could be built: ${why}`, error instanceof JailError)
      }
      jail.stderr.resume()
      return {
        ...jail,
        stdin: spec.stdin ? stdin : undefined,
        stdout: through(machine.stdout),
        stderr: through(stderr),
        ended: endOf(machine).finally(() => end(machine)),
      }
    },
  }
}

/** For QEMU, which has begun with all that it needs. */
const SANDBOX = 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'

/** How the command ended, once all that it said is here. */
async function endOf({ jail, heard, stdout, stderr }: Machine): Promise<Awaited<Jail['ended']>> {
  try {
    const [, code, out, err] = await heard(/^(\d+) (\d+) (\d+)\n/)
    const arrived = Promise.all([arrival(stdout, Number(out)), arrival(stderr, Number(err))]).then(() => true)
    const isWhole = await Promise.race([arrived, jail.ended.then(() => false)])
    jail.kill()
    await jail.ended
    return isWhole ? { code: Number(code), signal: null } : { code: null, signal: 'SIGKILL' }
  } catch {
    const { signal } = await jail.ended
    return { code: null, signal }
  }
}

function arrival(socket: Socket, bytes: number): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (socket.bytesRead >= bytes) resolve()
    }
    socket.on('data', look)
    look()
  })
}

function end({ control, line, stdin }: Machine): void {
  for (const one of [control, line, stdin]) one.destroy()
}

/** What comes until the socket closes, however it does. */
function through(socket: Socket): PassThrough {
  const stream = new PassThrough()
  socket.pipe(stream)
  socket.once('close', () => stream.end())
  return stream
}

function may(path: string, mode: number): boolean {
  return orElse(() => {
    accessSync(path, mode)
    return true
  }, false)
}

/** A program that needs no other file: it names no loader. */
const isStatic = (path: string): boolean =>
  orElse(() => {
    const file = openSync(path, 'r')
    try {
      const head = Buffer.alloc(4096)
      readSync(file, head)
      return !head.includes('/ld-')
    } finally {
      closeSync(file)
    }
  }, false)
