// Reads the records of a spool file from its bytes, however they are cut into pieces, and finds its way after damage.
import { StringDecoder } from 'node:string_decoder'
import { LONGEST_COMMAND_MS } from '../../base/calendar.ts'
import { RISK_LEVELS, type RiskLevel } from '../../base/words/risk-levels.ts'
import { GUARD_NOTES, type GuardNoted } from '../../store/events/spool-positions.ts'

/** What a shell's hook wrote about one command; the text is level 0. */
export interface SpoolRecord {
  readonly session: string
  /** From 1; the hook counts what it could not write too, so a gap means lost records. */
  readonly sequence: number
  /** Microseconds since the epoch. */
  readonly startUs: number
  readonly durationUs: number | null
  readonly shell: string
  readonly cwd: string
  readonly exitCode: number | null
  /** Empty when the shell had no text for it. */
  readonly command: string
  /** A program ran it on the person's behalf. */
  readonly generated?: true
  /** No command: what the guard did about one, without its text. */
  readonly note?: SpoolNote
  /** No command: the shell records nothing until its next record. */
  readonly paused?: true
}

interface SpoolNote {
  readonly outcome: GuardNoted
  readonly risk_level: RiskLevel
}

/** A complete record, or bytes that are none; `end` is the number of bytes pushed up to and including it. */
export type SpoolItem = { readonly end: number; readonly record: SpoolRecord | undefined }

/** Longer commands are cut here and say so; a pasted file is not a command line. */
export const COMMAND_BYTES = 64 * 1024
/** PATH_MAX of Linux is 4096; no other field comes near. */
const FIELD_BYTES = 8 * 1024
const CUT_MARK = ' …[cut]'
/** version, session, sequence, start, end, shell, cwd, exit, command, `.` */
const FIELDS = 10
const COMMAND = 8
/** The year 2255; later times are damage. */
const LATEST_US = 9_000_000_000_000_000

export type SpoolParser = ReturnType<typeof createSpoolParser>

export function createSpoolParser() {
  let consumed = 0
  let fields: Buffer[] = []
  /** Earlier pieces of the field that has not ended. */
  let pieces: Buffer[] = []
  let length = 0
  /** False between the end of a record and the empty field that begins the next. */
  let inRecord = true
  /** Bytes seen outside of any record. */
  let stray = false

  const limit = (): number => (fields.length === COMMAND ? COMMAND_BYTES + 1 : FIELD_BYTES)

  /** Keeps a piece beyond this push: a copy, because the caller may use its buffer again. */
  function keep(piece: Buffer): void {
    const kept = Buffer.from(piece.subarray(0, Math.max(0, limit() - length)))
    if (kept.length > 0) pieces.push(kept)
    length += kept.length
  }

  /** The whole field that ends with this piece. */
  function finish(piece: Buffer): Buffer {
    if (length === 0) return piece.length > limit() ? piece.subarray(0, limit()) : piece
    keep(piece)
    const whole = Buffer.concat(pieces)
    pieces = []
    length = 0
    return whole
  }

  return {
    push(pushed: Uint8Array) {
      const bytes = Buffer.from(pushed.buffer, pushed.byteOffset, pushed.length)
      const items: SpoolItem[] = []
      let at = 0
      for (;;) {
        // A hole in the file: of a million NULs none says more than the first.
        if (fields.length === 0 && length === 0 && !stray && bytes[at] === 0) {
          inRecord = true
          while (bytes[at] === 0) at++
        }
        // Nearly every record lies whole in one push: read at once, it costs a third.
        const end = inRecord && fields.length === 0 && length === 0 ? endOfRecord(bytes, at) : undefined
        if (end !== undefined) {
          const texts = bytes.toString('utf8', at, end - 1).split('\0')
          items.push({ end: consumed + end, record: readRecord(texts) })
          inRecord = false
          at = end
          // The NULs in front of the next record are skipped above.
          continue
        }
        const nul = bytes.indexOf(0, at)
        if (nul < 0) break
        const piece = bytes.subarray(at, nul)
        at = nul + 1
        const field = inRecord ? finish(piece) : piece
        if (field.length === 0) {
          // Nothing of a record is empty, so here begins a new one, whatever came before.
          if (fields.length > 0 || stray) items.push({ end: consumed + at, record: undefined })
          if (fields.length > 0) fields = []
          stray = false
          inRecord = true
        } else if (!inRecord) {
          stray = true
        } else if (fields.push(field) === FIELDS) {
          items.push({ end: consumed + at, record: readFields(fields) })
          fields = []
          inRecord = false
        }
      }
      fields = fields.map((field) => Buffer.from(field))
      const rest = bytes.subarray(at)
      if (inRecord) keep(rest)
      else if (rest.length > 0) stray = true
      consumed += bytes.length
      return items
    },
    /** Bytes pushed so far. */
    consumed: () => consumed,
    /** Bytes of a record that has not ended yet. */
    pending: () => fields.length > 0 || length > 0 || stray,
  }
}

/** Where a record that begins at `at` ends, its last NUL included; undefined unless it is whole, small and well-formed. */
function endOfRecord(bytes: Uint8Array, at: number): number | undefined {
  const most = Math.min(bytes.length, at + FIELD_BYTES)
  let missing = FIELDS
  let field = at
  for (let i = at; i < most; i++) {
    if (bytes[i] !== 0) continue
    if (i === field) return undefined
    field = i + 1
    if (--missing === 0) return field
  }
  return undefined
}

/** A record whose fields came apart, or one with a long command. */
function readFields(fields: readonly Buffer[]): SpoolRecord | undefined {
  const texts = fields.map((field) => field.toString('utf8'))
  const command = fields[COMMAND]!
  const cut = command.length > COMMAND_BYTES
  // The decoder keeps back a character that the cut went through.
  if (cut) texts[COMMAND] = new StringDecoder('utf8').write(command.subarray(0, COMMAND_BYTES))
  return readRecord(texts, cut)
}

function readRecord(fields: readonly string[], cut = false): SpoolRecord | undefined {
  const [version, session, sequence, start, end, shell, cwd, exit, listed, dot] = fields
  if (version !== '1' || dot !== '.') return undefined
  if (!/^[\w.-]{1,64}$/.test(session!) || !/^[a-z]{1,16}$/.test(shell!)) return undefined
  const sequenceNumber = whole(sequence!, Number.MAX_SAFE_INTEGER)
  const startUs = whole(start!, LATEST_US)
  if (!sequenceNumber || startUs === undefined) return undefined
  const endUs = end === '?' ? null : whole(end!, LATEST_US)
  const exitCode = exit === '?' ? null : whole(exit!, 0xffff_ffff)
  if (endUs === undefined || exitCode === undefined) return undefined
  const text = LISTINGS[listed![0]!]?.(listed!)
  if (text === undefined) return undefined
  // The clock may have been set while the command ran, back, or from 1970 on a machine whose clock has no battery.
  const took = endUs === null ? null : endUs - startUs
  const durationUs = took === null || took < 0 || took > LONGEST_COMMAND_MS * 1000 ? null : took
  const record: SpoolRecord = {
    session: session!,
    sequence: sequenceNumber,
    startUs,
    durationUs,
    shell: shell!,
    cwd: cwd!,
    exitCode,
    command: cut ? text.command + CUT_MARK : text.command,
  }
  // Nearly every text is a command and nothing else, and to spread it would cost as much as the rest of the record.
  const { generated, note, paused } = text
  if (generated === undefined && note === undefined && paused === undefined) return record
  return { ...record, ...text, command: record.command }
}

/** Every record has four of these, so no regular expression: at most 16 decimal digits. */
function whole(digits: string, most: number): number | undefined {
  if (digits.length === 0 || digits.length > 16) return undefined
  let number = 0
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(i) - 0x30
    if (digit < 0 || digit > 9) return undefined
    number = number * 10 + digit
  }
  return number <= most ? number : undefined
}

type Text = Pick<SpoolRecord, 'command' | 'generated' | 'note' | 'paused'>

/** How the text was written, by its first character, which is still in front. */
const LISTINGS: Readonly<Record<string, ((marked: string) => Text | undefined) | undefined>> = {
  // As `fc` lists one entry: a tab, then a blank or, for an edited entry, an asterisk.
  '-': (marked) => ({ command: withoutLineEnds(marked, 3) }),
  // The same in POSIX mode.
  _: (marked) => ({ command: withoutLineEnds(marked, 2) }),
  // As it is.
  '=': (marked) => ({ command: withoutLineEnds(marked, 1) }),
  // As it is, run by a program on the person's behalf.
  '@': (marked) => ({ command: withoutLineEnds(marked, 1), generated: true }),
  // Several entries.
  '+': (marked) => ({ command: withoutLineEnds(marked.slice(1).replace(/(^|\n)\t[ *]?/g, '$1'), 0) }),
  // Not to record any more, or what the guard did, and the level it found: `blocked high`.
  '!': (marked) => {
    const text = marked.slice(1)
    if (text === 'paused') return { command: '', paused: true }
    const [said, level, ...more] = text.split(' ')
    const risk_level = RISK_LEVELS.find((one) => one === level)
    const outcome = GUARD_NOTES.find((one) => one === said)
    if (outcome === undefined || risk_level === undefined || more.length > 0) return undefined
    return { command: '', note: { outcome, risk_level } }
  },
}

/** The text from `from` on: cut once, because each piece of a text is a string of its own. */
function withoutLineEnds(text: string, from: number): string {
  let end = text.length
  while (end > from && text[end - 1] === '\n') end--
  return text.slice(from, end)
}
