// karo stop: ends the node of this home, whoever started it, and says what would start it again.
import { homePaths } from '../../../config/paths.ts'
import { managerOf } from '../../../ops/system/lock.ts'
import { keptBy } from '../../kept/kept.ts'
import { atHome, type CommandIo, defineCommand, KaroError, printJson, show } from '../../kit.ts'
import { runningPid } from '../../start/background.ts'
import { systemctl } from '../../start/user-unit.ts'
import { pause } from '../../terminal/interrupt.ts'

/** A daemon writes its last records within 5 s (TimeoutStopSec of its unit); a busy machine gets twice as long. */
const LIMIT_MS = 10_000
const LOOK_MS = 50

export const commands = [
  defineCommand('stop', {
    summary: 'stop the node; recorded commands stay, and shells keep theirs until it runs again',
    json: '{"stopped", "pid"}: `stopped` is false, and `pid` null, where no node ran',
    async run(io) {
      const paths = homePaths(io.env)
      const pid = await runningPid(paths)
      if (pid === undefined) {
        refuseMachines(io)
        return show(io, { stopped: false, pid: null }, () => 'No node runs here.\n')
      }
      // A manager would start again what only a signal has ended.
      if ((await managerOf(pid)) === 'user') await systemctl(io.env, 'stop', 'karo.service')
      else process.kill(pid, 'SIGTERM')
      const until = AbortSignal.timeout(LIMIT_MS)
      while ((await runningPid(paths)) === pid) {
        if (until.aborted)
          throw new KaroError(
            'timeout',
            `the node still runs after ${LIMIT_MS / 1000} s, as process ${pid}`,
            {
              hint: 'karo logs tail  may say what it does; karo doctor  looks whether it hangs.',
            },
          )
        await pause(LOOK_MS, until)
      }
      if (io.json) printJson(io, { stopped: true, pid })
      else io.out(atHome(`Stopped (process ${pid}). ${await againBy(io)}\n`, io))
    },
  }),
]

/** Throws KaroError `refused` where the machine's own node is the one that answers here: systemd runs it for everybody. */
function refuseMachines(io: CommandIo): void {
  if (io.socket === homePaths(io.env).socket) return
  throw new KaroError('refused', "this machine's service runs the node, for all its users", {
    where: 'karo stop',
    hint: 'An administrator stops it with:  sudo systemctl stop karo',
  })
}

async function againBy(io: CommandIo): Promise<string> {
  const { by } = await keptBy(io)
  if (by === 'shells') return 'The next new shell starts it again; karo service remove  ends that.'
  if (by === 'systemd') return 'It starts again when you log in; karo service remove  ends that.'
  return 'karo up --background  starts it again.'
}
