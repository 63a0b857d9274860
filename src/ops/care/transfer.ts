// A person's own history as a file: one event a line (NDJSON), or a table (CSV, RFC 4180); written and read without loss.

import { LATEST_MS } from '../../base/calendar.ts'
import { csvText, fromCsvText, jsonText } from '../../base/printable.ts'
import { EVENT_ID, readEventId } from '../../base/words/event-id.ts'
import { RISK_LEVELS, type RiskLevel } from '../../base/words/risk-levels.ts'
import { csvRows, LONGEST, TOO_LONG } from './csv.ts'

/** Version of the format; it is raised when today's readers cannot read the new form. */
const EXPORT_VERSION = 1
/** Version of the CSV form. Version 1 has raw texts; from 2 on `csvText` makes them safe for spreadsheets and terminals. */
const CSV_VERSION = 2

/** One command in the file, with everything that is known of it except its owner. */
export interface TransferEvent {
  /** Start in microseconds and a tag, in base 36: the same event, the same id. */
  readonly id: string
  /** RFC 3339, for people: the millisecond of the id's start, and a file where it is another is refused. */
  readonly timestamp: string
  readonly shell: string
  readonly command: string
  readonly cwd: string
  readonly exit_code: number | null
  /** Microseconds. */
  readonly duration_us: number | null
  readonly risk_level: RiskLevel
  readonly category: string
  readonly tool: string
  readonly karo_generated: boolean
  /** The event was imported without a time, and the time in its id is only its place in the order. */
  readonly untimed?: true
}

/** Bounds of the fields; a hook records less than each. */
export const MOST = {
  command: 262_144,
  field: 8_192,
  word: 64,
  events: 1_000,
  exit_code: 2 ** 32 - 1,
} as const
/** A shell's name as hooks write it; `?` where the recording program did not say. */
export const SHELL = /^([a-z]{1,16}|\?)$/

type Field = Exclude<keyof TransferEvent, 'untimed'>
type Check = (value: unknown) => boolean
const textOf =
  (most: number, least = 0): Check =>
  (value) =>
    typeof value === 'string' && value.length >= least && value.length <= most && value.isWellFormed()
const wholeOrNull =
  (most: number): Check =>
  (value) =>
    value === null || (Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= most)

const FIELDS: Readonly<Record<Field, Check>> = {
  id: (value) => typeof value === 'string' && EVENT_ID.test(value) && isSensible(value),
  timestamp: textOf(40),
  shell: (value) => typeof value === 'string' && SHELL.test(value),
  command: textOf(MOST.command, 1),
  cwd: textOf(MOST.field),
  exit_code: wholeOrNull(MOST.exit_code),
  duration_us: wholeOrNull(Number.MAX_SAFE_INTEGER),
  risk_level: (value) => RISK_LEVELS.includes(value as RiskLevel),
  category: textOf(MOST.word, 1),
  tool: textOf(MOST.word, 1),
  karo_generated: (value) => typeof value === 'boolean',
}
const NAMES = Object.keys(FIELDS) as readonly Field[]
/** Fields that an event may lack. */
const UNTIMED = 'untimed'

const isSensible = (id: string): boolean => {
  const { start_us, tag } = readEventId(id)
  return start_us <= LATEST_MS * 1000 && tag < 2 ** 32
}

/** RFC 3339 of an event's start, whole milliseconds. */
export const timestampOf = (start_us: number): string => new Date(Math.floor(start_us / 1000)).toISOString()

/**
 * What is wrong between an id and the timestamp beside it; undefined when both say the same millisecond. Somebody who
 * changed one of them meant the time to be another, and only the id would count.
 */
export function disagreement({ id, timestamp }: Pick<TransferEvent, 'id' | 'timestamp'>): string | undefined {
  if (!isSensible(id)) return 'has an unusable id'
  const told = timestampOf(readEventId(id).start_us)
  if (Date.parse(timestamp) === Date.parse(told)) return undefined
  return `has an id and a timestamp that disagree: the id says ${told}`
}

/** The event, or its defect. */
function checkEvent(value: unknown): TransferEvent | string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'is no event'
  const given = value as Record<string, unknown>
  for (const name of NAMES) {
    if (!Object.hasOwn(given, name)) return `has no ${name}`
    if (!FIELDS[name](given[name])) return `has an unusable ${name}`
  }
  if (Object.hasOwn(given, UNTIMED) && given[UNTIMED] !== true) return `has an unusable ${UNTIMED}`
  for (const name of Object.keys(given)) {
    if (name === UNTIMED) continue
    if (!Object.hasOwn(FIELDS, name))
      return `has a field that nobody knows: ${JSON.stringify(name.slice(0, MOST.word))}`
  }
  const event = given as unknown as TransferEvent
  return disagreement(event) ?? event
}

export const EXPORT_FORMATS = ['ndjson', 'csv'] as const
export type ExportFormat = (typeof EXPORT_FORMATS)[number]

/** Writes the lines before, for and behind the events of a file. */
export interface Writer {
  readonly head: string
  line(event: TransferEvent): string
  end(events: number): string
}

/** Stands where rows of events have the version: shows that the file is whole. */
const CSV_END = 'end'

export const WRITERS: Readonly<Record<ExportFormat, Writer>> = {
  ndjson: {
    head: `${JSON.stringify({ karo_export: EXPORT_VERSION })}\n`,
    line: (event) => `${jsonText(event)}\n`,
    // Shows that the file is whole.
    end: (events) => `${JSON.stringify({ end: events })}\n`,
  },
  csv: {
    head: `karo_export,${NAMES.join(',')},${UNTIMED}\r\n`,
    line: (event) =>
      `${CSV_VERSION},${NAMES.map((name) => csvText(event[name] === null ? '' : String(event[name]))).join(',')},${event.untimed === true}\r\n`,
    // The last row has as many fields as any other (RFC 4180), with the number of events in the place of the id.
    end: (events) => `${CSV_END},${events}${','.repeat(NAMES.length)}\r\n`,
  },
}

/** One event of a file, or the defect of a line; lines count from 1. */
export type Read = { readonly line: number } & (
  | { readonly event: TransferEvent }
  | { readonly problem: string }
)

/** `text`: the text of the file, in pieces of any length. Its beginning tells the format. */
export async function* readTransfer(text: AsyncIterable<string>): AsyncGenerator<Read, void> {
  const pieces = text[Symbol.asyncIterator]()
  const first = await pieces.next()
  const all = async function* (): AsyncGenerator<string, void> {
    if (!first.done) yield first.value
    for (let next = await pieces.next(); !next.done; next = await pieces.next()) yield next.value
  }
  const begin = first.done ? '' : first.value
  if (begin.startsWith('{')) yield* readNdjson(all())
  else if (begin.startsWith('karo_export')) yield* readCsv(all())
  else yield { line: 1, problem: "is not of karo export; a shell's history: karo import bash <file>" }
}

const newer = (version: unknown, known = EXPORT_VERSION): string =>
  `is of version ${JSON.stringify(version)?.slice(0, 64)}; this program knows ${known}`

const CUT_OFF = 'is missing: the file was cut off'
const miscounted = (told: number | string, events: number): string =>
  `says that there are ${told} events; there are ${events}`

async function* readNdjson(text: AsyncIterable<string>): AsyncGenerator<Read, void> {
  let line = 0
  let events = 0
  let end: number | undefined
  for await (const row of lines(text)) {
    line++
    if (row.length > LONGEST) {
      yield { line, problem: TOO_LONG }
      return
    }
    let value: unknown
    try {
      // An exception for each of millions of empty lines would take minutes.
      value = row === '' ? undefined : JSON.parse(row)
    } catch {
      // Told below.
    }
    if (value === undefined) {
      events++
      yield { line, problem: 'is no JSON' }
      continue
    }
    const head = value as { karo_export?: unknown; end?: unknown } | null
    if (line === 1) {
      if (head?.karo_export !== EXPORT_VERSION) {
        yield {
          line,
          problem:
            head?.karo_export === undefined ? 'is not what karo export begins with' : newer(head.karo_export),
        }
        return
      }
    } else if (end !== undefined) yield { line, problem: 'stands behind the end' }
    else if (typeof head?.end === 'number') {
      end = head.end
      if (end !== events) yield { line, problem: miscounted(end, events) }
    } else {
      events++
      const event = checkEvent(value)
      yield typeof event === 'string' ? { line, problem: event } : { line, event }
    }
  }
  if (end === undefined) yield { line: line + 1, problem: CUT_OFF }
}

/** The lines without their ends, including a last line that has no end. */
async function* lines(text: AsyncIterable<string>): AsyncGenerator<string, void> {
  let rest = ''
  for await (const piece of text) {
    const parts = (rest + piece).split('\n')
    rest = parts.pop() as string
    yield* parts
    if (rest.length > LONGEST) {
      yield rest
      return
    }
  }
  if (rest !== '') yield rest
}

async function* readCsv(text: AsyncIterable<string>): AsyncGenerator<Read, void> {
  let names: readonly string[] | undefined
  let events = 0
  let end: string | undefined
  let behind = 1
  let broken = false
  for await (const { line, next, fields, whole, problem } of csvRows(text)) {
    if (problem !== undefined) {
      yield { line, problem }
      return
    }
    behind = next
    broken = !whole
    if (names !== undefined && fields[0] !== CSV_END) events++
    if (!whole) yield { line, problem: 'is missing its end: the file was cut off, or a quote is too many' }
    else if (names === undefined) {
      names = fields
      // Before there were events without a time the last column was not there.
      const wanted = ['karo_export', ...NAMES, ...(fields.length > NAMES.length + 1 ? [UNTIMED] : [])]
      if (wanted.length !== fields.length || wanted.some((name, i) => fields[i] !== name)) {
        yield { line, problem: `should be ${wanted.join(',')}` }
        return
      }
    } else if (fields.length !== names.length)
      yield { line, problem: `has ${fields.length} fields instead of ${names.length}` }
    else if (end !== undefined) yield { line, problem: 'stands behind the end' }
    else if (fields[0] === CSV_END) {
      end = fields[1] as string
      if (end !== String(events)) yield { line, problem: miscounted(end, events) }
    } else if (fields[0] !== '1' && fields[0] !== String(CSV_VERSION))
      yield { line, problem: newer(fields[0], CSV_VERSION) }
    else {
      const textOf = fields[0] === '1' ? (field: string) => field : fromCsvText
      const told = fields[NAMES.length + 1] ?? 'false'
      const event = checkEvent({
        ...Object.fromEntries(NAMES.map((name, i) => [name, fromCsv(name, textOf(fields[i + 1] as string))])),
        ...(told !== 'false' && { [UNTIMED]: told === 'true' || told }),
      })
      yield typeof event === 'string' ? { line, problem: event } : { line, event }
    }
  }
  if (end === undefined && !broken) yield { line: behind, problem: CUT_OFF }
}

function fromCsv(name: Field, text: string): unknown {
  if (name === 'exit_code' || name === 'duration_us')
    return text === '' ? null : /^-?\d+$/.test(text) ? Number(text) : text
  if (name === 'karo_generated') return text === 'true' || (text === 'false' ? false : text)
  return text
}
