// Reports that are kept as files of this node: written whole or not at all, readable by the daemon's user alone, pruned by number.
import * as fs from 'node:fs'
import { join } from 'node:path'
import { byText } from '../../base/by-text.ts'
import type { Random } from '../../base/clock.ts'
import { KaroError } from '../../base/errors.ts'
import { replaceFile } from '../../base/files.ts'
import { blake3 } from '../../base/hash.ts'
import { toHex } from '../../base/hex.ts'
import { orElse } from '../../base/run/or-else.ts'
import { FORMATS, type Format, type Report, rendered, SCHEDULES, type Schedule } from '../report/index.ts'

export interface KeptReport {
  readonly id: string
  readonly schedule: Schedule
  /** RFC 3339 UTC: the end of its period. */
  readonly until: string
  readonly made_at: string
  readonly team: string | null
  readonly audience: string | null
  readonly state: Report['state']
  /** Files there are of it. */
  readonly formats: readonly Format[]
  readonly bytes: number
}

export interface Kept {
  /** Newest first. A file that is no report of this directory is not in it. */
  list(): readonly KeptReport[]
  /** Throws KaroError `not_found` for an id that is not kept, `bad_file` for a file that is no whole report. */
  read(id: string): Report
  /** Writes the report in JSON and in `formats`, and removes all but the newest `most` of its team. Throws the system's error. */
  write(
    name: { readonly schedule: Schedule; readonly until: number },
    report: Report,
    formats: readonly Format[],
    most: number,
  ): string
  /** Small facts beside the reports; undefined: none, or not to be read. */
  readState(): unknown
  writeState(state: unknown): void
}

const ID = /^(\d{4}-\d{2}-\d{2})-(daily|weekly|monthly)(-[a-z0-9][a-z0-9-]{0,40})?$/
/** A report of a year, period by period, takes less. */
const BYTES_MAX = 16 * 1024 * 1024
const STATE = 'state.json'
const STATE_BYTES_MAX = 64 * 1024
const MODE = 0o600

/** A team as a part of a file's name; one with other signs gets a part of its hash, so that no two teams have one name. */
function slugOf(team: string): string {
  if (/^[a-z0-9][a-z0-9-]{0,30}$/.test(team)) return team
  const slug = team
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, 20)
  return `t${slug}-${toHex(blake3([team], 4))}`
}

const idOf = (schedule: Schedule, until: number, team: string | null): string =>
  `${new Date(until).toISOString().slice(0, 10)}-${schedule}${team === null ? '' : `-${slugOf(team)}`}`

/** `directory` is made with the first file. */
export function createKept(directory: string, random: Random): Kept {
  /** What is in files, by id; a file changes by this process alone. */
  const known = new Map<string, KeptReport | undefined>()

  const fileOf = (id: string, format: Format): string => join(directory, `${id}.${format}`)

  function idsThere(): readonly string[] {
    try {
      return fs
        .readdirSync(directory)
        .filter((name) => name.endsWith('.json') && ID.test(name.slice(0, -5)))
        .map((name) => name.slice(0, -5))
    } catch {
      return []
    }
  }

  function describe(id: string): KeptReport | undefined {
    if (known.has(id)) return known.get(id)
    let found: KeptReport | undefined
    try {
      const report = read(id)
      const [, date = '', schedule] = ID.exec(id) ?? []
      found = {
        id,
        schedule: SCHEDULES.find((one) => one === schedule) ?? 'daily',
        until: `${date}T00:00:00.000Z`,
        made_at: report.made_at,
        team: report.team,
        audience: report.audience,
        state: report.state,
        formats: FORMATS.filter((format) => fs.existsSync(fileOf(id, format))),
        bytes: FORMATS.reduce(
          (sum, format) => sum + (fs.statSync(fileOf(id, format), { throwIfNoEntry: false })?.size ?? 0),
          0,
        ),
      }
    } catch {
      // Not a report: it is neither shown nor removed.
    }
    known.set(id, found)
    return found
  }

  function read(id: string): Report {
    if (!ID.test(id)) throw missing(id)
    const text = textOf(fileOf(id, 'json'), BYTES_MAX)
    if (text === undefined) throw missing(id)
    const report: unknown = parsed(text)
    if (typeof report !== 'object' || report === null || (report as { version?: unknown }).version !== 1)
      throw new KaroError('bad_file', 'this file is no report of this release', { where: fileOf(id, 'json') })
    return completed(report as Report)
  }

  const list = (): readonly KeptReport[] =>
    idsThere()
      .flatMap((id) => describe(id) ?? [])
      .sort((a, b) => byText(b.until, a.until) || byText(a.id, b.id))

  return {
    list,
    read,
    write({ schedule, until }, report, formats, most) {
      fs.mkdirSync(directory, { recursive: true, mode: 0o700 })
      const id = idOf(schedule, until, report.team)
      // JSON comes last: it makes the others a report.
      for (const format of FORMATS.filter((one) => one !== 'json' && formats.includes(one)))
        replaceFile(fileOf(id, format), rendered(report, format), MODE, random)
      replaceFile(fileOf(id, 'json'), rendered(report, 'json'), MODE, random)
      known.delete(id)
      const ofTeam = list().filter(({ team }) => team === report.team)
      for (const old of ofTeam.slice(most)) {
        for (const format of FORMATS) fs.rmSync(fileOf(old.id, format), { force: true })
        known.delete(old.id)
      }
      return id
    },
    readState() {
      const text = textOf(join(directory, STATE), STATE_BYTES_MAX)
      return text === undefined ? undefined : parsed(text)
    },
    writeState(state) {
      fs.mkdirSync(directory, { recursive: true, mode: 0o700 })
      replaceFile(join(directory, STATE), `${JSON.stringify(state)}\n`, MODE, random)
    },
  }
}

const missing = (id: string): KaroError =>
  new KaroError('not_found', `no report '${id}' is kept here`, {
    hint: 'karo report list shows the reports that are kept.',
  })

/** Undefined: it is not there, no regular file, or longer than that. */
function textOf(path: string, most: number): string | undefined {
  let file: number | undefined
  try {
    file = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK)
    const about = fs.fstatSync(file)
    return about.isFile() && about.size <= most ? fs.readFileSync(file, 'utf8') : undefined
  } catch {
    return undefined
  } finally {
    if (file !== undefined) fs.closeSync(file)
  }
}

function parsed(text: string): unknown {
  return orElse(() => JSON.parse(text), undefined)
}

/** With what reports of earlier releases do not say yet: nothing was known by rule then, or of what was withheld. */
function completed(report: Report): Report {
  const { risk } = report as { readonly risk: Partial<Report['risk']> & Report['risk'] }
  return {
    ...report,
    risk: { ...risk, rules: risk.rules ?? [], by_rule: { ...NO_RULES, ...risk.by_rule } },
  }
}

const NO_RULES: Report['risk']['by_rule'] = { periods: 0, since: null, withheld: null }
