// The resident judge: says to the shells of this user that a line may run, without the start of a program.
//
// It only ever says "run". About everything else a shell asks the program `karo guard ask`, as it does where nobody
// answers: so the two cannot say different things, and nothing is allowed that the program would not allow.
//
// A shell writes into a named pipe whose name has this process and its descriptor, `judge-<pid>-<fd>`, and looks
// first whether that process really has the pipe open there. The answer goes to a descriptor of the shell by
// /proc/<pid>/fd: the kernel lets only the same user open it.
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { exitWithoutThreads } from '../../base/kernel/exit.ts'
import { makeFifo } from '../../base/kernel/fifo.ts'
import type { Log } from '../../base/run/log.ts'
import type { Room } from '../../base/run/room.ts'
import { homePaths } from '../../config/paths.ts'
import { RESIDENT_PREFIX } from '../../observe/hooks/guard/guard.ts'
import { judgeAsked } from '../guard/asked.ts'
import { createMounts } from './mounts.ts'
import { type Request, requestReader } from './request.ts'

interface ResidentDeps {
  /** The node's directory, mode 0700; the pipe is in it. */
  readonly home: string
  readonly log: Log
}

/** Requests under way; more are left to the program, and told so at once. */
const MOST_AT_ONCE = 64

/** A node can do without: where the pipe cannot be made, shells start the program. */
export function createResident({ home, log }: ResidentDeps): Room {
  let socket: Socket | undefined
  let path: string | undefined
  let underWay = 0
  const mounts = createMounts(home)

  // Nothing of the line is in the reason.
  const noteFault = (error: unknown, what: string): void =>
    log.debug({ reason: (error as NodeJS.ErrnoException).code ?? 'unknown' }, what)

  async function answerOf(request: Request, program: OwnProgram): Promise<string | undefined> {
    if (underWay >= MOST_AT_ONCE) return undefined
    underWay++
    try {
      return await answerTo(request, home, program, mounts)
    } catch (error) {
      noteFault(error, 'a line could not be judged')
      return undefined
    } finally {
      underWay--
    }
  }

  /** Whatever goes wrong, the shell is told to ask the program: it would wait for an answer. */
  async function answer(request: Request, program: OwnProgram): Promise<void> {
    const said = (await answerOf(request, program)) ?? 'ask'
    try {
      reply(request, `${request.nonce} ${said}\n`)
    } catch (error) {
      // The shell is gone, or is in another container: it starts the program.
      noteFault(error, 'a shell got no answer')
    }
  }

  /** Without its pipe no shell asks. */
  function removePipe(): void {
    if (path !== undefined) rmSync(path, { force: true })
    path = undefined
  }

  return {
    name: 'resident judge',
    async start() {
      try {
        const program = programNow()
        for (const name of readdirSync(home)) if (name.startsWith(RESIDENT_PREFIX)) rmSync(join(home, name))
        const made = join(home, `${RESIDENT_PREFIX}new`)
        await makeFifo(made)
        // Opened for both, so that it neither waits for a writer nor ends with the last one.
        const fd = openSync(made, constants.O_RDWR | constants.O_NONBLOCK)
        path = join(home, `${RESIDENT_PREFIX}${process.pid}-${fd}`)
        renameSync(made, path)
        const read = requestReader()
        socket = new Socket({ fd, readable: true, writable: false })
        socket.setEncoding('utf8')
        socket.on('data', (text: string) => {
          for (const request of read(text)) void answer(request, program)
        })
        socket.on('error', (error) => {
          log.warn({ reason: error.message }, 'the resident judge stops')
          removePipe()
        })
        socket.unref()
      } catch (error) {
        log.warn(
          { reason: (error as Error).message },
          'no resident judge; shells start a program for each line',
        )
      }
    },
    async stop() {
      removePipe()
      socket?.destroy()
      socket = undefined
      // Without it the process would not end before the filesystem answers.
      if (mounts.waits())
        await exitWithoutThreads().catch((error) => noteFault(error, 'the end may have to wait'))
    },
  }
}

/** The program file of this process, and its state when this process began: an update in place is another program. */
interface OwnProgram {
  readonly path: string
  readonly state: string
}

function programNow(): OwnProgram {
  const path = realpathSync(process.argv[1] ?? process.execPath)
  return { path, state: stateOf(path) }
}

function stateOf(path: string): string {
  const { ino, size, mtimeMs } = statSync(path)
  return `${ino} ${size} ${mtimeMs}`
}

/** The head of the answer, as `karo guard ask` prints it; undefined where the program has to be asked. */
export async function answerTo(
  request: Request,
  home: string,
  program = programNow(),
  mounts = createMounts(home),
): Promise<string | undefined> {
  const { env, pid, program: words } = request
  const at = words.indexOf('--home')
  const shellEnv = at < 0 ? env : { ...env, KARO_HOME: words[at + 1] }
  // The program would find the home of an account without HOME by itself.
  if (!env.HOME?.startsWith('/') || homePaths(shellEnv).home !== home) return undefined
  if (words.length > 1 && words[1]?.startsWith('/') && words[1] !== program.path) return undefined
  if (stateOf(program.path) !== program.state) return undefined
  // The judgement asks the files of the machine: the shell has to see the same ones.
  for (const link of ['ns/mnt', 'root'])
    if (readlinkSync(`/proc/${pid}/${link}`) !== readlinkSync(`/proc/self/${link}`)) return undefined
  const cwd = readlinkSync(`/proc/${pid}/cwd`)
  const place = {
    home: env.HOME.replace(/\/+$/, '') || '/',
    // A directory that was deleted has no path.
    ...(!cwd.endsWith(' (deleted)') && { cwd }),
    karoHome: home,
  }
  const judged = await mounts.looking((mayLook) =>
    judgeAsked({ ...request, env: shellEnv, place: { ...place, mayLook } }),
  )
  if (judged?.verdict.decision !== 'allow') return undefined
  return `run - ${judged.verdict.risk_level} ${judged.here}`
}

/** Throws an error of the system where the descriptor is not there, not a pipe, or another user's. */
function reply({ pid, fd }: Request, text: string): void {
  const to = openSync(`/proc/${pid}/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
  try {
    if (fstatSync(to).isFIFO()) writeSync(to, text)
  } finally {
    closeSync(to)
  }
}
