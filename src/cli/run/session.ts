// One tool in its jail, from its start to its end: terminal, way out, the hook's questions, and what a person allows meanwhile.
import { closeSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { ReadStream } from 'node:tty'
import { createWayOut } from '../../agents/runtime/way-out.ts'
import { systemClock, systemRandom, systemTimers } from '../../base/clock.ts'
import { toHex } from '../../base/hex.ts'
import { openPty, type Pty } from '../../base/kernel/pty.ts'
import { networkPlace } from '../../base/words/network-place.ts'
import { obeyedBelow } from './guarded.ts'
import { type Started, startJail } from './jail.ts'
import { addressFor, type Network, ownAddresses, readHost, refusalOf } from './network.ts'
import type { Plan } from './plan.ts'
import { answering, forget, MOST_ASKED, note, type SessionShape } from './registry.ts'

/** Bytes of what a hook is handed, and a little more: as text in JSON it is longer. */
const MOST_HOOKED = 80 * 1024 * 1024
/** Different denials that are kept to be shown. */
const MOST_DENIED = 50
/** Milliseconds after which a process that wanted to stop, and was not let, goes on. */
const NOT_STOPPED_MS = 200

export interface SessionDeps {
  readonly karo: string
  readonly plan: Plan
  readonly network: Network
  /** Answers the hook of the tool: what it is to say, and with which code. */
  readonly judge: (asked: unknown) => Promise<unknown>
  /** A line for the person. */
  readonly tell: (line: string) => void
  readonly begun: (session: string) => void
}

/** Resolves with the exit code of the tool, or 128 and the number of its signal. Rejects with KaroError where there is no jail. */
export async function runSession({
  karo,
  plan,
  network: first,
  judge,
  tell,
  begun,
}: SessionDeps): Promise<number> {
  const session = toHex(systemRandom.bytes(3))
  let network = first
  const denied = new Set<string>()
  const held: string[] = []
  let pty: Pty | undefined
  /** `host`: what a person has to name so that it is reached. */
  const deny = (what: string, host: unknown): void => {
    if (denied.has(what) || denied.size >= MOST_DENIED) return
    denied.add(what)
    const allow = host ? ` To allow it, in another terminal: karo run allow ${session} --network ${host}` : ''
    held.push(`karo run: ${what}.${allow}`)
    // A program that draws on the whole screen would have the line in its picture. The terminal is raw, and goes down alone.
    if (pty?.readsLines() !== false)
      for (const line of held.splice(0)) tell(pty === undefined ? line : `${line}\r`)
  }
  const since = new Date(systemClock.now()).toISOString()
  const shape = (): SessionShape => ({
    session,
    tool: plan.argv[0] ?? '',
    project: plan.project,
    since,
    network,
    denied: [...denied],
  })
  const before = obeyedBelow(plan.project)
  note(
    karo,
    shape(),
    plan.made,
    plan.mounts.map(({ from }) => from),
  )
  const socket = join(karo, 'run', session)
  const opened = [
    await answering(`${socket}h`, MOST_HOOKED, judge),
    await answering(socket, MOST_ASKED, (asked) => {
      const hosts = (asked as { network?: readonly string[] }).network ?? []
      network = [...new Set([...network, ...hosts.map(readHost)])]
      return shape()
    }),
  ]
  const { stdin, stdout } = process
  try {
    pty = stdin.isTTY && stdout.isTTY ? await openPty(0) : undefined
    pty?.resize(stdout.columns, stdout.rows)
    // Also where nothing may be reached at first: a person can allow it later.
    const jail = await startJail({
      plan,
      slave: pty?.slave,
      hasWayOut: true,
      near: ownAddresses(network),
      hook: `${socket}h`,
    })
    begun(session)
    const wayOut = createWayOut({
      refusal(asked) {
        const why = refusalOf(asked, network)
        if (why !== undefined) deny(why, networkPlace(asked) && asked)
        return why
      },
      addressOf: (host) =>
        addressFor(host, network).catch((error: Error) => {
          deny(error.message, error.cause)
          throw error
        }),
      mostBytes: Number.POSITIVE_INFINITY,
      timers: systemTimers,
      told: () => {},
    })
    const proxy = createServer({ allowHalfOpen: true }, wayOut).listen({ fd: jail.listener })
    opened.push(proxy)
    const ended = new Promise<number>((resolve) => jail.child.once('exit', (code) => resolve(code ?? FORCED)))
    const kill = (): void => void jail.child.kill('SIGKILL')
    for (const name of ['SIGTERM', 'SIGHUP'] as const) process.once(name, kill)
    return await (pty === undefined ? throughPipes(jail, ended) : throughTerminal(jail, pty, ended))
  } finally {
    for (const server of opened) server.close()
    forget(karo, session)
    for (const line of held) tell(line)
    const changed = [...obeyedBelow(plan.project)]
      .filter(([path, state]) => before.get(path) !== state)
      .map(([path]) => path)
    for (const path of changed)
      tell(`karo run: ${path} is new or changed: programs that you start there obey it. Look at it first.`)
  }
}

const FORCED = 137

async function throughPipes({ streams, begin }: Started, ended: Promise<number>): Promise<number> {
  const { input, output, errors } = streams as NonNullable<Started['streams']>
  const over = [output, errors].map((stream) => new Promise((resolve) => stream.once('close', resolve)))
  process.stdin.pipe(input)
  output.pipe(process.stdout, { end: false })
  errors.pipe(process.stderr, { end: false })
  begin(async () => {})
  const code = await ended
  await Promise.all(over)
  process.stdin.unpipe(input).destroy()
  return code
}

/** The tool has a terminal of its own; each byte passes here, so that it can never type into that of the person. */
async function throughTerminal({ begin }: Started, pty: Pty, ended: Promise<number>): Promise<number> {
  const { stdin, stdout } = process
  closeSync(pty.slave)
  const inside = new ReadStream(pty.master)
  const over = new Promise<void>((resolve) => {
    // The kernel's way to say that nobody has the other end any more.
    inside.once('error', () => resolve())
    inside.once('close', () => resolve())
  })
  inside.on('data', (piece: Buffer) => {
    if (!stdout.write(piece)) inside.pause()
  })
  const drain = (): void => void inside.resume()
  const typed = (piece: Buffer): void => void inside.write(piece)
  const resize = (): void => pty.resize(stdout.columns, stdout.rows)
  stdout.on('drain', drain).on('resize', resize)
  stdin.on('data', typed).resume()
  let restore = pty.raw()
  process.once('exit', () => restore())
  begin(async () => {
    restore()
    await stopped()
    restore = pty.raw()
    resize()
  })
  const code = await ended
  await over
  restore()
  stdout.off('drain', drain).off('resize', resize)
  stdin.off('data', typed).destroy()
  inside.destroy()
  return code
}

/** Stops this process as Ctrl-Z does, and resolves when it goes on, or is not let. */
function stopped(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGCONT', () => resolve())
    process.kill(0, 'SIGTSTP')
    setTimeout(resolve, NOT_STOPPED_MS)
  })
}
