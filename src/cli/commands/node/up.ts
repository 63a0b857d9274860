// karo up: runs the daemon, in this process or in one that outlives the terminal.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { noFaults } from '../../../base/run/faults.ts'
import { orElse } from '../../../base/run/or-else.ts'
import { type HomePaths, servicePaths } from '../../../config/paths.ts'
import { finishRestore, isReady } from '../../../ops/care/finish.ts'
import { DAEMON_NAME, nameProcess } from '../../../ops/process-name.ts'
import { holdHome } from '../../../ops/system/home-lock.ts'
import { ENROLMENT_FILE } from '../../../trust/certificates/index.ts'
import { loadIdentity } from '../../../trust/identity/index.ts'
import { ensureHome, pathsFor, refuseLostKey } from '../../home.ts'
import {
  atHome,
  besideEachOther,
  type CommandIo,
  defineCommand,
  fitted,
  KaroError,
  show,
  usage,
} from '../../kit.ts'
import { openIdentity } from '../../passphrase.ts'
import { firstSteps } from '../../shells/next-steps.ts'
import { makeSolo } from '../../start/solo.ts'
import { refuseBesideMachine } from '../../start/user-unit.ts'
import { askLine, canAsk } from '../../terminal/confirm.ts'

/**
 * Asks once, before the first start at a terminal, and not where an enrolment file says that this machine joins a mesh. A new
 * home is made only for a yes; otherwise the start makes it.
 */
async function askSolo(io: CommandIo, paths: HomePaths): Promise<void> {
  if (
    existsSync(paths.config) ||
    existsSync(paths.db) ||
    existsSync(join(dirname(paths.config), ENROLMENT_FILE))
  )
    return
  io.err(
    fitted(
      "This is the node's first start. Nodes of the same network can find each other; none gets data from this one unless you trust it.\n",
      { columns: process.stderr.columns || 80 },
    ),
  )
  const answer = await askLine('Use it alone, so that it accepts no connections? [y/N] ')
  if (answer === undefined)
    throw new KaroError(
      'unavailable',
      'the node was not started, because the question about --solo got no answer',
      {
        where: 'karo up',
        hint: 'karo init  makes the node without a question; karo init --solo  one that listens to nobody.',
      },
    )
  if (!/^y(es)?$/i.test(answer)) return
  ensureHome(paths)
  makeSolo(paths)
}

const firstWords = (io: CommandIo, where = ''): string =>
  atHome(`Next${where}:\n${besideEachOther(firstSteps(io.env), io.columns)}\n`, io)

/** How long a stopped daemon waits for handles that libraries left open, before it exits. */
const LINGER_MS = 200

/** With fewer, a start fails at some file that is all right, and its error speaks of that file. Node.js has raised the soft limit to the hard one. */
const OPEN_FILES_LEAST = 64

function checkOpenFiles(): void {
  const limits = orElse(() => readFileSync('/proc/self/limits', 'utf8'), '')
  const limit = Number(/^Max open files +(\d+)/m.exec(limits)?.[1])
  if (limit < OPEN_FILES_LEAST)
    throw new KaroError('unavailable', `at most ${limit} files may be open, too few for a node`, {
      where: 'karo up',
      hint: 'Only root raises it: nofile of limits.conf(5), LimitNOFILE= of a unit.',
    })
}

export const commands = [
  defineCommand('up', {
    summary: 'run the node in the foreground; the first run also makes its directory, key and configuration',
    json: 'with --background {"name", "pid", "started"}: `started` is false where it ran already or was not tried',
    options: {
      background:
        'start it in the background and return when it answers; it continues when the terminal is closed',
      'unless-failed': {
        needs: 'background',
        description:
          'do nothing if a start failed within the last minute, or goes on; the hook of new shells uses this',
      },
      service: "run as the machine's service for all its users, in /var/lib/karo, /etc/karo and /run/karo",
    },
    examples: {
      'karo up': 'runs until Ctrl-C',
      'KARO_MESH_PORT=0 karo up --home /tmp/second': 'a second node on this machine',
    },
    async run(io, { options }) {
      nameProcess(DAEMON_NAME)
      const service = options.service === true
      const paths = pathsFor(io.env, service)
      let write = io.err
      let held = (): void => {}
      const first = !service && !existsSync(paths.key)
      // Where the machine's service runs, --background starts nothing.
      if (first && !options.background && existsSync(servicePaths({}).socket))
        refuseBesideMachine(io.env, 'karo up')
      const starts = !options.background || io.socket === paths.socket
      if (first && starts && canAsk(io)) await askSolo(io, paths)
      if (options.background) {
        const { beginLog, bounded, isInBackground, isLeftAlone, startInBackground } = await import(
          '../../start/background.ts'
        )
        if (service)
          throw usage(
            'a service is kept running by systemd',
            '--background',
            'Start it with: sudo systemctl start karo',
          )
        if (!isInBackground()) {
          if (options['unless-failed'] && (await isLeftAlone(paths)))
            return show(io, { name: null, pid: null, started: false }, () => '')
          checkOpenFiles()
          const { words, ...answer } = await startInBackground(io, paths)
          return show(io, answer, () => `${atHome(words, io)}${first ? firstWords(io) : ''}`)
        }
        write = bounded(io.err)
        held = beginLog
      }
      checkOpenFiles()
      const { runDaemon } = await import('../../../daemon/main.ts')
      const hold = () =>
        holdHome(paths, service).catch(async (error: unknown) => {
          throw await (await import('../../doctor/hung.ts')).asHung(error, paths, service)
        })
      let letGo = existsSync(paths.home) ? await hold() : undefined
      // Finishes a restore that was killed.
      if (isReady(paths.home)) finishRestore(paths.home, noFaults)
      // Before anything is written, so that a key that cannot be opened leaves everything as it was.
      refuseLostKey(paths)
      const opened = await openIdentity(paths, io.env)
      ensureHome(paths, { service })
      letGo ??= await hold()
      held()
      const identity = opened ?? loadIdentity(paths.key)
      const terminal = process.stderr.isTTY === true
      if (first && terminal && !options.background) io.err(firstWords(io, ', in another terminal'))
      try {
        return await runDaemon({ paths, identity, env: io.env, service, terminal, write })
      } finally {
        letGo()
        // Unreferenced, so the timer fires only if something else keeps the process alive.
        setTimeout(() => process.exit(), LINGER_MS).unref()
      }
    },
  }),
]
