// One tool in its jail, from its start to its end: terminal, way out, the hook's questions, and what a person allows meanwhile.
import { once } from 'node:events'
import { closeSync, existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { basename, dirname, join } from 'node:path'
import { ReadStream } from 'node:tty'
import { createWayOut } from '../../agents/runtime/way-out.ts'
import { systemClock, systemRandom, systemTimers } from '../../base/clock.ts'
import { KaroError } from '../../base/errors.ts'
import { printable } from '../../base/format.ts'
import { toHex } from '../../base/hex.ts'
import { openPty, type Pty } from '../../base/kernel/pty.ts'
import { quoteShell } from '../../base/quote.ts'
import { orElse } from '../../base/run/or-else.ts'
import { networkPlace } from '../../base/words/network-place.ts'
import { obeyedBelow } from './guarded.ts'
import { type Started, startJail } from './jail.ts'
import { addressFor, type Network, ownAddresses, readHost, refusalOf } from './network.ts'
import { judgeMore, moreOf, type Plan, type Wanted } from './plan.ts'
import { answering, forget, MOST_ASKED, type More, note, type SessionShape } from './registry.ts'
import { mountInside } from './widen.ts'

/** Bytes of what a hook is handed, and a little more: as text in JSON it is longer. */
const MOST_HOOKED = 80 * 1024 * 1024
/** Different denials that are kept to be shown. */
const MOST_DENIED = 50
/** Of them those that are told at the end, where a tool had the whole screen. */
const MOST_TOLD = 10
/** Milliseconds after which a process that wanted to stop, and was not let, goes on. */
const NOT_STOPPED_MS = 200

export interface SessionDeps {
  /** What the person asked for; `plan` was made of it. */
  readonly wanted: Wanted
  readonly plan: Plan
  readonly network: Network
  /** Answers the hook of the tool: what it is to say, and with which code. */
  readonly judge: (asked: unknown, plan: Plan) => Promise<unknown>
  /** A line for the person. */
  readonly tell: (line: string) => void
  readonly begun: (session: string) => void
}

/** Resolves with the exit code of the tool, or 128 and the number of its signal. Rejects with KaroError where there is no jail. */
export async function runSession({
  wanted,
  plan: first,
  network: reached,
  judge,
  tell,
  begun,
}: SessionDeps): Promise<number> {
  const session = toHex(systemRandom.bytes(3))
  const { karo } = wanted
  let plan = first
  let network = reached
  const written: string[] = []
  let jail: Started | undefined
  const denied = new Set<string>()
  const held: (readonly [what: string, option: string | undefined])[] = []
  let pty: Pty | undefined
  /** `option`: what to give karo run so that it is allowed. The name comes from a program in the jail, so it may hold control characters. */
  const deny = (said: string, option: string | undefined): void => {
    const what = printable(said)
    if (denied.has(what) || denied.size >= MOST_DENIED) return
    denied.add(what)
    // A program that draws on the whole screen would have the line in its picture. The terminal is raw, and goes down alone.
    if (pty?.readsLines() === false) held.push([what, option])
    else {
      const allow = option && ` To allow it, in another terminal: karo run allow ${session} ${option}`
      tell(`karo run: ${what}.${allow ?? ''}${pty === undefined ? '' : '\r'}`)
    }
  }
  const hostOf = (host: unknown): string | undefined => (host ? `--network ${host}` : undefined)
  /** Tells of a file that could not be changed, if its directory is one of the machine, which a person could give. */
  const denyFile = (path: string): void => {
    const directory = dirname(path)
    if (!path.startsWith('/') || !existsSync(directory)) return
    const mayBeGiven = orElse(() => judgeMore(wanted, plan, [directory]).binds.length > 0, false)
    deny(
      `this jail may not change ${path}`,
      mayBeGiven && jail?.around ? `--write ${quoteShell(printable(directory))}` : undefined,
    )
  }
  const since = new Date(systemClock.now()).toISOString()
  const shape = (): SessionShape => ({
    session,
    tool: first.argv[0] ?? '',
    project: first.project,
    write: written,
    since,
    network,
    denied: [...denied],
  })
  const noteIt = (): void =>
    note(
      karo,
      shape(),
      plan.made,
      plan.mounts.map(({ from }) => from),
    )
  async function give(write: readonly string[]): Promise<void> {
    if (!jail?.around)
      throw new KaroError('unavailable', 'this system lets nobody mount into a jail that runs', {
        where: 'karo run allow',
        hint: `End the tool, and start it with --write ${write.map(quoteShell).join(' --write ')}`,
      })
    const more = moreOf(wanted, plan, write)
    plan = { ...plan, made: [...plan.made, ...more.made] }
    noteIt()
    await mountInside(jail.around, more.mounts)
    plan = { ...plan, mounts: [...plan.mounts, ...more.mounts] }
    written.push(...write.filter((path) => more.mounts.some(({ to }) => to === path)))
  }
  const before = obeyedBelow(first.project)
  noteIt()
  const socket = join(karo, 'run', session)
  const opened = [
    await answering(`${socket}h`, MOST_HOOKED, (asked) => judge(asked, plan)),
    await answering(socket, MOST_ASKED, async (asked) => {
      const more = asked as Partial<More>
      try {
        if (more.write !== undefined && more.write.length > 0) await give(more.write)
      } catch (error) {
        if (!(error instanceof KaroError)) throw error
        const { code, message, hint, where } = error
        return { refused: { code, message, hint, where } }
      }
      network = [...new Set([...network, ...(more.network ?? []).map(readHost)])]
      return shape()
    }),
  ]
  const { stdin, stdout } = process
  try {
    pty = stdin.isTTY && stdout.isTTY ? await openPty(0) : undefined
    pty?.resize(stdout.columns, stdout.rows)
    // Also where nothing may be reached at first: a person can allow it later.
    const started = await startJail({
      plan,
      slave: pty?.slave,
      near: ownAddresses(network),
      hook: `${socket}h`,
    })
    jail = started
    begun(session)
    const wayOut = createWayOut({
      refusal(asked) {
        const why = refusalOf(asked, network)
        if (why !== undefined) deny(why, hostOf(networkPlace(asked) && asked))
        return why
      },
      addressOf: (host) =>
        addressFor(host, network).catch((error: Error) => {
          deny(error.message, hostOf(error.cause))
          throw error
        }),
      mostBytes: Number.POSITIVE_INFINITY,
      timers: systemTimers,
      told: () => {},
    })
    const proxy = createServer({ allowHalfOpen: true }, wayOut).listen({ fd: started.listener })
    opened.push(proxy)
    const ended = new Promise<number>((resolve) =>
      started.child.once('exit', (code) => resolve(code ?? FORCED)),
    )
    const kill = (): void => void started.child.kill('SIGKILL')
    for (const name of ['SIGTERM', 'SIGHUP'] as const) process.once(name, kill)
    return await (pty === undefined
      ? throughPipes(started, ended, denyFile)
      : throughTerminal(started, pty, ended, denyFile))
  } finally {
    for (const server of opened) server.close()
    forget(karo, session)
    for (const [what, option] of held.slice(0, MOST_TOLD))
      tell(
        `karo run: ${what}.${option === undefined ? '' : ` To allow it: karo run ${option} -- ${basename(first.argv[0] ?? '')}`}`,
      )
    if (held.length > MOST_TOLD) tell(`karo run: ${held.length - MOST_TOLD} more like these.`)
    const changed = [...obeyedBelow(first.project)]
      .filter(([path, state]) => before.get(path) !== state)
      .map(([path]) => path)
    for (const path of changed)
      tell(`karo run: ${path} is new or changed: programs that you start there obey it. Look at it first.`)
  }
}

const FORCED = 137

async function throughPipes(
  { streams, begin }: Started,
  ended: Promise<number>,
  denied: (path: string) => void,
): Promise<number> {
  const { input, output, errors } = streams as NonNullable<Started['streams']>
  const over = [output, errors].map((stream) => new Promise((resolve) => stream.once('close', resolve)))
  process.stdin.pipe(input)
  output.pipe(process.stdout, { end: false })
  errors.pipe(process.stderr, { end: false })
  begin({ stopped: async () => {}, denied })
  const code = await ended
  await Promise.all(over)
  process.stdin.unpipe(input).destroy()
  return code
}

/** The tool has a terminal of its own; each byte passes here, so that it can never type into that of the person. */
async function throughTerminal(
  { begin }: Started,
  pty: Pty,
  ended: Promise<number>,
  denied: (path: string) => void,
): Promise<number> {
  const { stdin, stdout } = process
  closeSync(pty.slave)
  const inside = new ReadStream(pty.master)
  // An error is the kernel's way to say that nobody has the other end any more.
  const over = once(inside, 'close').catch(() => {})
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
  const rest = async (): Promise<void> => {
    restore()
    await stopped()
    restore = pty.raw()
    resize()
  }
  begin({ stopped: rest, denied })
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
