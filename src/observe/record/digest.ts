// Makes an event of a spool record: leaves out what is private, judges it, takes secrets out, names its tool.
import { commandsOf } from '../../assist/risk/commands-of.ts'
import { checkCommand, firstTool, type RiskLevel, type Shell } from '../../assist/risk/index.ts'
import { HOUR_MS, localDay } from '../../base/calendar.ts'
import { markLevel0 } from '../../base/level0/level0.ts'
import { globMatcher } from '../../base/quote.ts'
import { type ToolUsed, toolOf } from '../../base/words/dictionary.ts'
import type { Config } from '../../config/index.ts'
import { type EventInput, type GuardNote, NO_SESSION } from '../../store/events/events.ts'
import type { GivenAnswers } from './given-answers.ts'
import { createRedaction } from './redaction.ts'
import type { SpoolRecord } from './spool-record.ts'

/** The event of a record, or undefined when it is to be forgotten. */
export interface Digest {
  (record: SpoolRecord, uid: number): EventInput | undefined
  /** What the guard did, when the record tells of that and of no command. */
  note(record: SpoolRecord, uid: number): GuardNote | undefined
}

interface Judged extends ToolUsed {
  readonly risk: RiskLevel
  readonly rule: string | undefined
  readonly privileged: boolean
  readonly text: string
  readonly cwd: string
}

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] }

/** A command begins so soon after its person let it run; more is another command, unless the guard found the same risk. */
const BEGINS_US = 2_000_000

/** What the guard noted last in a file, and the place of that note among the file's records. */
export interface Noted {
  readonly sequence: number
  readonly note: GuardNote
}

/**
 * The event, with the word that its person let it run where the guard asked about it just before. A note has no text, so it is
 * told by its place in front of the command, and by the time or the risk: a private command leaves no record, and then
 * another one comes next.
 */
export function withAnswer(
  event: EventInput | undefined,
  sequence: number,
  noted: Noted | undefined,
): EventInput | undefined {
  if (event === undefined || noted?.note.outcome !== 'confirmed' || sequence !== noted.sequence + 1)
    return event
  const { at_us, risk_level } = noted.note
  const isSoon = Math.abs(event.start_us - at_us) < BEGINS_US
  const isAsRisky = risk_level !== 'safe' && risk_level === event.risk_level
  return isSoon || isAsRisky ? { ...event, confirmed: true } : event
}

/** What was typed is private and leaves no event. */
const FORGET = 'forget'

/** Cheap, and true of every line that the parser has to look at. */
const MAY_DELETE = ['karo', 'history', 'delete'] as const
/** Of a simple command after quote removal, also with options of the program in front. */
const DELETES = /^karo\s+(-\S+\s+([^-\s]\S*\s+)?)*history\s+delete(\s|$)/

/** Whether the line, anywhere in it, names what is to be nowhere any more. */
const namesDeleted = (line: string, shell: Shell): boolean =>
  MAY_DELETE.every((word) => line.includes(word)) &&
  (DELETES.test(line) || commandsOf(line, { shell }).some(({ text }) => DELETES.test(text)))

/** Completion leaves a blank behind, and with it the same command is no other one; an escaped blank is part of a word. */
export function withoutLastBlanks(line: string): string {
  let end = line.length
  while (end > 0 && (line[end - 1] === ' ' || line[end - 1] === '\t')) end--
  let escapes = 0
  while (escapes < end && line[end - 1 - escapes] === '\\') escapes++
  return line.slice(0, escapes % 2 === 1 && end < line.length ? end + 1 : end)
}

/** As rules read lines of a shell; one that they do not know is read as bash. */
export const dialectOf = (shell: string): 'bash' | 'fish' | 'sh' | 'zsh' =>
  shell === 'zsh' || shell === 'fish' || shell === 'sh' ? shell : 'bash'

/** People repeat themselves: judging and redacting a line again would be most of the work. */
const CACHED = 16_384
/** Longer lines are judged each time, so that the cache stays below 16 MB. */
const CACHED_LENGTH = 1024

/** What `history` of the configuration says of what is kept. */
export type Kept = Pick<Config['history'], 'ignore' | 'redact'>

/** The globs of `ignore` match the line as typed. Without `answers` no command counts as one. */
export function createDigest({ ignore, redact }: Kept, answers?: GivenAnswers): Digest {
  const ignored = ignore.map(globMatcher)
  const redaction = createRedaction(redact)
  const known = createJudged<Judged | typeof FORGET>(CACHED)
  const calendar = createCalendar()
  const tagOf = createTags()
  /** Of the shell whose record came last. */
  let shellOf = { uid: Number.NaN, session: '', number: 0 }
  /** Where the command that was judged last ran, as it is kept. */
  let place = { cwd: '', kept: '' }

  function sessionOf(uid: number, session: string): number {
    if (uid !== shellOf.uid || session !== shellOf.session)
      shellOf = { uid, session, number: sessionNumber(uid, session) }
    return shellOf.number
  }

  function judge(line: string, shell: string, cwd: string): Judged | typeof FORGET {
    // A leading blank is the usual sign for "not this one", whatever the shell itself does with it.
    if (line === '' || /^\s/.test(line) || /^KARO_PAUSE=(?!0?\s)/.test(line)) return FORGET
    if (ignored.some((matches) => matches(line))) return FORGET
    const dialect = dialectOf(shell)
    if (namesDeleted(line, dialect)) return FORGET
    const first = firstTool(line, dialect)
    const { tool, category } = toolOf(first.tool)
    const verdict = checkCommand(line, { shell: dialect, ...(cwd.startsWith('/') && { cwd }) })
    const { risk_level: risk, matches } = verdict
    // The worst is the first of them.
    const rule = risk === 'safe' ? undefined : matches[0]?.rule
    const text = redaction.command(withoutLastBlanks(line))
    if (cwd !== place.cwd) place = { cwd, kept: redaction.directory(cwd) }
    return { tool, category, risk, rule, privileged: first.privileged, text, cwd: place.kept }
  }

  const localOf = ({ startUs }: SpoolRecord) => calendar(Math.floor(startUs / 1000))

  function digest(record: SpoolRecord, uid: number): EventInput | undefined {
    const { command, shell, cwd } = record
    let judged = known.get(shell, cwd, command)
    if (judged === undefined) {
      judged = judge(command, shell, cwd)
      if (shell.length + cwd.length + command.length < CACHED_LENGTH) known.set(shell, cwd, command, judged)
    }
    if (judged === FORGET) return undefined
    // One literal, and what few events have is added: to spread parts that are mostly absent costs more than all the others.
    const event: Mutable<EventInput> = {
      uid,
      start_us: record.startUs,
      tag: tagOf(uid, record),
      session: sessionOf(uid, record.session),
      duration_us: record.durationUs,
      shell,
      exit_code: record.exitCode,
      command: markLevel0(judged.text),
      cwd: markLevel0(judged.cwd),
      risk_level: judged.risk,
      category: judged.category,
      tool: judged.tool,
      karo_generated: record.generated === true,
      local: localOf(record),
    }
    if (judged.rule !== undefined) event.rule = judged.rule
    if (judged.privileged) event.privileged = true
    if (answers?.has(uid, command, record.startUs)) event.answered = true
    return event
  }

  function note(record: SpoolRecord, uid: number): GuardNote | undefined {
    return record.note && { uid, at_us: record.startUs, ...record.note, local: localOf(record) }
  }

  return Object.assign(digest, { note })
}

/**
 * 32-bit FNV-1a (draft-eastlake-fnv) over the UTF-16 units of uid, session and sequence: tells events of one
 * microsecond apart. What a shell's records have in common is hashed once.
 */
export function createTags(): (uid: number, record: Pick<SpoolRecord, 'session' | 'sequence'>) => number {
  let from = { uid: Number.NaN, session: '', hash: 0 }
  return (uid, { session, sequence }) => {
    if (uid !== from.uid || session !== from.session) {
      from = { uid, session, hash: hashOf(uid, session) }
    }
    return fnv1a(from.hash, String(sequence)) >>> 0
  }
}

const hashOf = (uid: number, session: string): number => fnv1a(FNV_OFFSET, `${uid} ${session} `)

/** 32 bits that stand for a shell session; above the numbers that stand for no session. */
export const sessionNumber = (uid: number, session: string): number =>
  Math.max(NO_SESSION + 1, hashOf(uid, session) >>> 0)

const FNV_OFFSET = 0x811c9dc5
function fnv1a(start: number, text: string): number {
  let hash = start
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash
}

/** Local date and hour of a time in ms; remembers the last hour, because most events are of it. */
function createCalendar(): (time: number) => EventInput['local'] {
  let from = Number.NaN
  let last: EventInput['local'] = { day: 0, hour: 0 }
  return (time) => {
    // Quarters: no zone changes its offset, or differs from UTC, by less.
    const quarter = Math.floor(time / (HOUR_MS / 4))
    if (quarter !== from) {
      last = { day: Math.max(0, localDay(time)), hour: new Date(time).getHours() }
      from = quarter
    }
    return last
  }
}

// Remembers by place and text what was judged before, in a bounded number of entries.

type Places<V> = Map<string, Map<string, V>>

/**
 * Keeps at most `most` values, of which the half that was asked for last is sure to stay. Two generations: what is asked for
 * moves to the younger one; when that is half of `most`, the older one goes. A list in the order of use would cost more than
 * the look-up, and so would one key made of place and text: each key that is made has to be copied and hashed, while people
 * stay in one place for many commands.
 */
export function createJudged<V>(most: number) {
  const half = Math.max(1, Math.floor(most / 2))
  let young: Places<V> = new Map()
  let old: Places<V> = new Map()
  let count = 0
  /** Where the last command ran, and what is known of that place. */
  let last: { shell: string; cwd: string; name: string; texts: Map<string, V> | undefined } | undefined

  /** The texts of a place among the young ones; undefined where there are none yet. */
  function at(shell: string, cwd: string): NonNullable<typeof last> {
    if (last === undefined || last.cwd !== cwd || last.shell !== shell) {
      // No shell's name has a blank.
      const name = `${shell} ${cwd}`
      last = { shell, cwd, name, texts: young.get(name) }
    }
    return last
  }

  function set(shell: string, cwd: string, text: string, value: V): void {
    if (count >= half) {
      old = young
      young = new Map()
      count = 0
      last = undefined
    }
    const place = at(shell, cwd)
    if (place.texts === undefined) {
      place.texts = new Map()
      young.set(place.name, place.texts)
    }
    if (!place.texts.has(text)) count++
    place.texts.set(text, value)
  }

  return {
    /** Counts as a use. */
    get(shell: string, cwd: string, text: string) {
      const place = at(shell, cwd)
      const value = place.texts?.get(text)
      if (value !== undefined) return value
      const before = old.get(place.name)?.get(text)
      if (before !== undefined) set(shell, cwd, text, before)
      return before
    },
    set,
  }
}
