// `karo report-problem`: writes a file for a bug report and shows it; sends nothing.

import { dirname, resolve } from 'node:path'
import { daemonAt } from '../../../api/contract/client/socket.ts'
import { inertJson } from '../../../base/printable.ts'
import { homePaths, servicePaths } from '../../../config/paths.ts'
import { type CommandIo, defineCommand, show } from '../../command.ts'
import { createOutput } from '../../output-file.ts'
import { buildReport } from '../../problem-report.ts'
import { problemView } from '../../views/problem.ts'

export const commands = [
  defineCommand('report-problem', {
    summary: 'write a file for a bug report, without names, paths or commands; sends nothing',
    options: {
      output: {
        short: 'o',
        value: 'file',
        completes: 'file',
        description:
          'the new file (default: karo-problem-<time>.json in this directory); never overwrites one',
      },
    },
    examples: {
      'karo report-problem': 'shows the contents and the path of the file',
      'karo report-problem -o /tmp/report.json': 'works also while the daemon is down',
    },
    async run(io, { options }) {
      const now = Date.now()
      const report = await buildReport({ ...whereOf(io), env: io.env, daemon: daemonAt(io), root: ROOT, now })
      const file = resolve(typeof options.output === 'string' ? options.output : defaultName(now))
      const output = createOutput(file)
      output.write(`${inertJson(JSON.stringify(report, null, 2))}\n`)
      output.finish()
      return show(io, { file, report }, () => problemView(report, file, io))
    },
  }),
]

/** Root of the program's files, in the bundle (`dist/chunks/…`) and in the sources (`src/cli/commands/node/…`). */
const ROOT = dirname(import.meta.dirname.replace(/\/cli\/commands\/node$/, ''))

/** The node that `io.socket` leads to. */
function whereOf(io: CommandIo): { paths: ReturnType<typeof homePaths>; service: boolean } {
  const own = homePaths(io.env)
  const machine = servicePaths({})
  const service = io.socket === machine.socket
  return { paths: service ? machine : own, service }
}

/** `karo-problem-20261120-081502.json`. */
function defaultName(now: number): string {
  const [day, time] = new Date(now).toISOString().replace(/[-:]/g, '').replace(/\..*/, '').split('T')
  return `karo-problem-${day}-${time}.json`
}
