// `karo report-problem`: writes a file for a bug report and shows it; sends nothing.

import { dirname, resolve } from 'node:path'
import { daemonAt } from '../../../api/contract/client/socket.ts'
import { systemRandom } from '../../../base/clock.ts'
import { diskTrouble } from '../../../base/disk-trouble.ts'
import { KaroError } from '../../../base/errors.ts'
import { createFile } from '../../../base/files.ts'
import { inertJson } from '../../../base/printable.ts'
import { homePaths, servicePaths } from '../../../config/paths.ts'
import { type CommandIo, defineCommand, show } from '../../command.ts'
import { buildReport, type ProblemReport } from '../../problem-report.ts'
import { problemView } from '../../views/problem.ts'

/** Only the owner may read the file. */
const MODE = 0o600

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
      write(file, report)
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

function write(file: string, report: ProblemReport): void {
  let created: boolean
  try {
    created = createFile(file, `${inertJson(JSON.stringify(report, null, 2))}\n`, MODE, systemRandom)
  } catch (cause) {
    const { reason, hint } = diskTrouble(file, cause)
    throw new KaroError('bad_file', `the report cannot be written: ${reason}`, {
      where: file,
      hint: `${hint} --output names a file elsewhere.`,
      cause,
    })
  }
  if (created) return
  throw new KaroError('conflict', 'there is a file of that name already', {
    where: file,
    hint: 'Name another file with --output.',
  })
}
