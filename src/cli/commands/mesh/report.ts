// karo report: what was released about the whole mesh, for people to read, to print or to calculate with.

import * as fs from 'node:fs'
import { resolve } from 'node:path'
import { getReportThresholds, postReport } from '../../../api/contract/operations/query.ts'
import type { ReportThresholds } from '../../../api/contract/shapes.ts'
import { systemRandom } from '../../../base/clock.ts'
import { replaceFile } from '../../../base/files.ts'
import { FORMATS, type Format, rendered } from '../../../exchange/report/index.ts'
import {
  asTyped,
  type CommandIo,
  defineCommand,
  EXIT,
  KaroError,
  parseDuration,
  printJson,
  rfc3339,
} from '../../kit.ts'
import { noJson } from '../../output-file.ts'
import { writing } from '../../writing.ts'

/**
 * Undefined without a name. Mode 0600, also where an earlier file had another one. Throws KaroError `conflict` where
 * something else than a regular file has that name: a link, a device and a directory are no reports of before.
 */
function replaceOutput(name: string | undefined) {
  if (name === undefined) return undefined
  const path = resolve(name)
  const check = (): void => {
    const there = fs.lstatSync(path, { throwIfNoEntry: false })
    if (there === undefined || there.isFile()) return
    throw new KaroError('conflict', 'something of that name exists, and it is not a regular file', {
      where: path,
      hint: 'Choose another name.',
    })
  }
  // Now too, because otherwise it would be noticed only after all the work.
  writing(path, check)
  return {
    path,
    /** Returns the bytes it has. Throws KaroError `bad_file` if it cannot be written; an earlier file is whole then. */
    write: (text: string) =>
      writing(path, () => {
        replaceFile(path, text, 0o600, systemRandom, check)
        return Buffer.byteLength(text)
      }),
  }
}

const UNITS: Readonly<Record<ReportThresholds['thresholds'][number]['threshold'], string>> = {
  risky: '% of the commands are high or critical',
  coverage: '% of the expected machines contributed',
  anomalies: 'signals of anomalies',
  missing: 'expected machines are missing',
}

function line({ threshold, limit, crossed }: ReportThresholds['thresholds'][number]): string {
  const standing = crossed === null ? 'not known yet' : crossed ? 'CROSSED' : 'no'
  return `  ${threshold === 'coverage' ? 'less' : 'more'} than ${limit} ${UNITS[threshold]}: ${standing}\n`
}

const DEFAULT_LAST = '30d'

/** Throws KaroError before anything is asked, so that no answer is lost. */
function formatOf(io: CommandIo, format: Format | undefined, out: string | undefined): Format {
  const ending = FORMATS.find((one) => out?.toLowerCase().endsWith(`.${one}`))
  const chosen = format ?? ending ?? (io.json && out === undefined ? 'json' : 'md')
  if (io.json && out === undefined && chosen !== 'json') throw noJson(`--format ${chosen}`)
  return chosen
}

const json =
  'the report; with --out one document about the file: its path, format and bytes, and whether it shows numbers'

export const commands = [
  defineCommand('report', {
    summary:
      'report on all machines, from released totals: tools, risk, anomalies, coverage, missing machines',
    shows: postReport,
    json,
    options: {
      last: { value: 'duration', description: `the time until now (default: ${DEFAULT_LAST})` },
      team: {
        value: 'team',
        description: 'only this team, where its totals are released',
        completes: 'team',
      },
      format: {
        value: 'format',
        choices: FORMATS,
        description:
          'md: Markdown, also for reading at a terminal; html: one page with charts, to print; csv: a line for each number; json (default: what the name of --out ends in, else md)',
      },
      out: {
        value: 'file',
        description: 'write into this file, readable only by you; an existing file is replaced as a whole',
      },
      'as-node': 'as this node, although you are logged in as an operator',
    },
    examples: {
      'karo report --last 90d --out quarter.html': 'a page with charts, to print or to send',
    },
    async run(io, { options }) {
      const { last, team, format: wanted, out } = options
      const format = formatOf(io, wanted, out)
      const file = replaceOutput(out)
      const now = Date.now()
      const start = now - parseDuration(last ?? DEFAULT_LAST, '--last')
      const body = {
        range: { start: rfc3339(start, '--last'), end: rfc3339(now, '--last') },
        team,
        ...(options['as-node'] ? { as: 'node' as const } : {}),
      }
      try {
        const report = await io.call(postReport, { body, deadlineMs: DEADLINE_MS })
        const text = rendered(report, format)
        const isShown = report.state === 'shown'
        if (file === undefined) io.out(text)
        else {
          const bytes = file.write(text)
          if (io.json) printJson(io, { file: file.path, format, bytes, state: report.state })
          else
            io.err(
              `The report${isShown ? '' : ', without totals,'} is in ${file.path}, readable by you alone.\n`,
            )
        }
        // As a question at level 2 that is withheld: there is a text that says why, and no number.
        return isShown ? EXIT.done : EXIT.refused
      } catch (error) {
        throw asTyped(error, { team: '--team', range: '--last' })
      }
    },
  }),
  defineCommand('report thresholds', {
    summary: 'show which thresholds of [reports.thresholds] the newest released totals cross',
    shows: getReportThresholds,
    view: ({ problem, thresholds }) =>
      [
        ...(thresholds.length === 0
          ? ['No threshold is watched: set one below [reports.thresholds] of the configuration.\n']
          : ['Thresholds, by the newest released period:\n', ...thresholds.map(line)]),
        problem === null ? '' : `They could not be compared: ${problem}\n`,
      ].join(''),
  }),
]

/** Three readings of a year of releases, on a small machine. */
const DEADLINE_MS = 75_000
