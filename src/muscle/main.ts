// karo-exec, the Muscle: a small process of its own that starts jails, on the word of the daemon alone. It does nothing with a network.
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { systemClock, systemTimers } from '../base/clock.ts'
import { openPeerCredentials } from '../base/kernel/peer-credentials.ts'
import { jsonText } from '../base/printable.ts'
import type { Log } from '../base/run/log.ts'
import { isMeant } from './contract/messages.ts'
import { createProviders } from './jail/providers.ts'
import { attemptAll } from './probes/attempts.ts'
import { probeAll } from './probes/probe.ts'
import type { Bait } from './probes/tries.ts'
import { serve } from './serve.ts'

const USAGE = `Usage: karo-exec --socket PATH [--brain USER] [--mode MODE] [--closed DIR]... [--state DIR] [--jails N] [--with-parent]
       karo-exec --probe [--provider NAME]

Starts jails for the daemon of Karo. Started by the daemon or by systemd, not by people.
`

/** Lines of JSON on standard error, as the daemon's log has them. */
const log: Log = {
  debug: () => {},
  info: (fields, message) => write('info', fields, message),
  warn: (fields, message) => write('warn', fields, message),
  error: (fields, message) => write('error', fields, message),
  child: () => log,
}

function write(level: string, fields: object, msg: string): void {
  process.stderr.write(`${jsonText({ level, time: systemClock.now(), pid: process.pid, ...fields, msg })}\n`)
}

const { values } = parseArgs({
  options: {
    socket: { type: 'string' },
    /** Name or uid of the daemon's user; default: the own one. */
    brain: { type: 'string' },
    /** Octal mode of the socket. */
    mode: { type: 'string', default: '600' },
    closed: { type: 'string', multiple: true, default: [] },
    /** Where templates of small virtual machines are kept. */
    state: { type: 'string' },
    jails: { type: 'string', default: '32' },
    /** Ends when standard input does: its other end is the daemon's. */
    'with-parent': { type: 'boolean', default: false },
    probe: { type: 'boolean', default: false },
    /** The only way that is probed; default: all that are used without being named. */
    provider: { type: 'string' },
    /** Inside a jail only. */
    attempt: { type: 'string' },
  },
})

async function run(): Promise<void> {
  if (values.attempt !== undefined) {
    const line = (text: string): void => void process.stdout.write(text, () => process.exit(0))
    await attemptAll(JSON.parse(values.attempt) as Bait, line)
    return
  }
  // Without a socket it only probes. Another one that probes at the same time must not take this one's jails for leftovers of its own.
  const providers = await createProviders(
    values.closed,
    values.socket ?? `probe of ${process.pid}`,
    values.state,
  )
  const tried = providers.filter(({ name }) => isMeant(name, values.provider ?? null))
  const probe = () => probeAll({ providers: tried, timers: systemTimers, program: ownProgram() })
  if (values.probe) {
    const ways = providers.map((way) => ({
      provider: way.name,
      problem:
        way.problem() ??
        (tried.includes(way) ? null : 'it works, and is not tried: agents.sandbox does not choose it'),
      cannot: way.cannot,
    }))
    process.stdout.write(`${jsonText({ providers: ways, probes: await probe() })}\n`)
    return
  }
  const { socket } = values
  const brainUid = uidOf(values.brain)
  const mode = /^[0-7]{3}$/.test(values.mode) ? Number.parseInt(values.mode, 8) : undefined
  const mostJails = Number(values.jails)
  if (socket === undefined || brainUid === undefined || mode === undefined || !(mostJails >= 1)) {
    process.stderr.write(USAGE)
    process.exitCode = 2
    return
  }
  const credentials = await openPeerCredentials(log)
  const serving = await serve({
    path: socket,
    mode,
    brainUid,
    credentials,
    providers,
    probe,
    mostJails,
    log,
    timers: systemTimers,
    now: systemClock.now,
  })
  log.info({ uid: brainUid }, 'ready')
  const end = (): void => void serving.stop().finally(() => process.exit(0))
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, end)
  if (values['with-parent']) process.stdin.once('end', end).once('error', end).resume()
}

/** A number, a name of /etc/passwd, or the own uid; undefined for a name that is not there. */
function uidOf(user: string | undefined): number | undefined {
  if (user === undefined) return process.getuid?.()
  if (/^\d{1,10}$/.test(user)) return Number(user)
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((one) => one.startsWith(`${user}:`))
  return line === undefined ? undefined : Number(line.split(':')[2])
}

/** This program as a probe starts it inside a jail: Node, the bundle (or the sources), and koffi. */
function ownProgram() {
  const entry = import.meta.filename
  const [modules] = createRequire(entry).resolve('koffi').split('/koffi/')
  // The binaries of koffi are packages of their own beside it.
  const koffi = ['koffi', '@koromix'].map((name) => `${modules}/${name}`)
  const root = entry.endsWith('.ts') ? dirname(dirname(entry)) : dirname(entry)
  // Node reads the one above the program, and does not start where it is there and may not be read.
  const described = [root, dirname(root)].map((path) => `${path}/package.json`)
  const files = [process.execPath, root, ...described, ...koffi].filter((path) => existsSync(path))
  return { argv: [process.execPath, entry], files }
}

run().catch((error: unknown) => {
  log.error({ reason: (error as Error).message }, 'karo-exec cannot run')
  process.exit(1)
})
