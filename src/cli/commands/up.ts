// karo up: this process becomes the daemon.
import { systemRandom } from '../../base/clock.ts'
import { homePaths } from '../../config/paths.ts'
import type { Command } from '../command.ts'
import { ensureHome } from '../home.ts'

/** What some library left open must not keep a daemon alive that has stopped. */
const LINGER_MS = 200

export const up: readonly Command[] = [
  {
    name: 'up',
    summary: 'run the node in the foreground; makes its directory the first time',
    args: [],
    options: [],
    examples: [
      { run: 'karo up', does: 'runs until Ctrl-C' },
      { run: 'KARO_MESH_PORT=0 karo up --home /tmp/second', does: 'a second node on this machine' },
    ],
    async run(io) {
      const { runDaemon } = await import('../../main.ts')
      const paths = homePaths(io.env)
      const { identity } = ensureHome(paths, { random: systemRandom })
      const terminal = process.stderr.isTTY === true
      try {
        return await runDaemon({ paths, identity, env: io.env, terminal, write: io.err })
      } finally {
        // Unreferenced: it fires only if something still keeps the process.
        setTimeout(() => process.exit(), LINGER_MS).unref()
      }
    },
  },
]
