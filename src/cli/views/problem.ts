// View of a problem report, for the person who may pass it on.
import { bytes, duration, printable } from '../../base/format.ts'
import type { ProblemReport } from '../problem-report.ts'
import { pairs, type Screen } from '../terminal/table.ts'

/** Ends with a newline. */
export function problemView(report: ProblemReport, file: string, screen: Screen): string {
  const { program, machine, home, config, daemon } = report
  const size = (of: ProblemReport['home']['spool']): string =>
    'error' in of ? of.error : `${of.files} files, ${bytes(of.bytes)}`
  const lines: [string, string][] = [
    ['program', `karo ${program.version}, Node.js ${program.node}${program.service ? ', as a service' : ''}`],
    [
      'machine',
      `${program.platform} ${program.kernel} ${program.arch}, ${machine.cpus} CPUs, ${bytes(machine.memory_bytes)}`,
    ],
    ['database', size(home.database)],
    ['spool', size(home.spool)],
    ['config', configWords(config)],
    ...('error' in daemon
      ? [['daemon', daemonWords(daemon.error)] as [string, string]]
      : daemonLines(daemon)),
  ]
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

const daemonWords = (error: string): string =>
  error === 'not_running'
    ? 'it does not run, so its counts are missing (karo up starts it)'
    : `it could not be asked (${error})`

function daemonLines(daemon: Exclude<ProblemReport['daemon'], { error: string }>): [string, string][] {
  const { counts, checks, problems, rejected } = daemon
  const failing = checks.filter(({ ok }) => !ok).map(({ name }) => name)
  const refused = Object.entries(rejected).filter(([, times]) => times > 0)
  const up = duration((counts.uptime_seconds ?? 0) * 1000)
  return [
    ['daemon', `${daemon.ready ? 'ready' : `not ready: ${failing.join(', ')}`}, up for ${up}`],
    [
      'counts',
      Object.entries(counts)
        .flatMap(([name, value]) => (value === 0 ? [] : [`${name} ${value}`]))
        .join(', '),
    ],
    [
      'refused',
      refused.length === 0 ? 'no frames' : refused.map(([code, times]) => `${code} ${times}`).join(', '),
    ],
    ...('error' in problems
      ? [['problems', `unknown (${problems.error})`] as [string, string]]
      : problems.length === 0
        ? [['problems', 'none since the start'] as [string, string]]
        : problems.map(({ level, at, code, kind, times }, i): [string, string] => [
            i === 0 ? 'problems' : '',
            `${level} ${times}×${kind ? ` ${kind}` : ''}${code ? ` ${code}` : ''} at ${at ?? 'an unknown place'}`,
          ])),
  ]
}
