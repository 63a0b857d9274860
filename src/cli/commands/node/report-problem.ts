// `karo report-problem`: writes a file for a bug report and shows it; sends nothing.

import { dirname, resolve } from 'node:path'
import { inertJson } from '../../../base/printable.ts'
import { bytes, defineCommand, duration, pairs, printable, type Screen, show } from '../../kit.ts'
import { nodeOf } from '../../node-of.ts'
import { createOutput } from '../../output-file.ts'
import { buildReport, type ProblemReport } from '../../problem-report.ts'

/** Ends with a newline. */
export function problemView(report: ProblemReport, file: string, screen: Screen): string {
  const { program, machine, home, config } = report
  const size = (of: ProblemReport['home']['spool']) =>
    'error' in of ? unreadWords(of.error, report) : `${of.files} files, ${bytes(of.bytes)}`
  const lines = {
    program: `karo ${program.version}, Node.js ${program.node}${program.service ? ', as a service' : ''}`,
    machine: `${program.platform} ${program.kernel} ${program.arch}, ${machine.cpus} CPUs, ${bytes(machine.memory_bytes)}`,
    database: size(home.database),
    spool: size(home.spool),
    config: configWords(config),
    ...daemonLines(report),
  }
  const shown = pairs(screen, lines, 'bold')
  return `${shown}
No names, paths, commands, addresses or node ids are in it. Nothing was sent.
Read it before you pass it on: ${printable(file)}
`
}

function configWords({ changed, problem }: ProblemReport['config']): string {
  if (problem !== null) return `cannot be used (${problem})`
  return changed.length === 0
    ? 'all keys have their defaults'
    : `changed from the default: ${changed.join(', ')}`
}

/** Of a part that was not read, by the code of the error; the machine's node shows some to administrators alone. */
const unreadWords = (error: string, { program }: ProblemReport) =>
  program.service && (error === 'EACCES' || error === 'refused')
    ? 'only administrators may see this: sudo karo report-problem'
    : `unknown (${error})`

function daemonLines(report: ProblemReport) {
  const { daemon } = report
  if ('error' in daemon)
    return {
      daemon:
        daemon.error === 'not_running'
          ? 'it does not run, so its counts are missing (karo up starts it)'
          : `it could not be asked (${daemon.error})`,
    }
  const { counts, checks, problems, rejected } = daemon
  const failing = checks.filter(({ ok }) => !ok).map(({ name }) => name)
  const refused = Object.entries(rejected).filter(([, times]) => times > 0)
  const up = duration((counts.uptime_seconds ?? 0) * 1000)
  return {
    daemon: `${daemon.ready ? 'ready' : `not ready: ${failing.join(', ')}`}, up for ${up}`,
    counts: Object.entries(counts)
      .flatMap(([name, value]) => (value === 0 ? [] : [`${name} ${value}`]))
      .join(', '),
    refused: refused.map(([code, times]) => `${code} ${times}`).join(', ') || 'no frames',
    problems:
      'error' in problems
        ? unreadWords(problems.error, report)
        : problems.length === 0
          ? 'none since the start'
          : problems.map(
              ({ level, at, code, kind, times }) =>
                `${level} ${times}×${kind ? ` ${kind}` : ''}${code ? ` ${code}` : ''} at ${at ?? 'an unknown place'}`,
            ),
  }
}

export const commands = [
  defineCommand('report-problem', {
    summary: 'write a file for a bug report, without names, paths or commands; sends nothing',
    options: {
      output: {
        short: 'o',
        value: 'file',
        description:
          'the new file (default: karo-problem-<time>.json in this directory); never overwrites one',
      },
    },
    async run(io, { options }) {
      const now = Date.now()
      const report = await buildReport({ ...nodeOf(io.env), env: io.env, daemon: io.daemon, root: ROOT, now })
      // The time as 20261120T081502.
      const file = resolve(
        options.output ?? `karo-problem-${new Date(now).toISOString().replace(/[-:]|\..*/g, '')}.json`,
      )
      const output = createOutput(file)
      output.write(`${inertJson(JSON.stringify(report, null, 2))}\n`)
      output.finish()
      return show(io, { file, report }, () => problemView(report, file, io))
    },
  }),
]

/** Root of the program's files, in the bundle (`dist/chunks/…`) and in the sources (`src/cli/commands/node/…`). */
const ROOT = dirname(import.meta.dirname.replace(/\/cli\/commands\/node$/, ''))
