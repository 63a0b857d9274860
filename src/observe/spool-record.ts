// Reads the records of a spool file from its bytes, however they are cut into pieces, and finds its way after damage.

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
}

/** A complete record, or bytes that are none; `end` is the number of bytes pushed up to and including it. */
export type SpoolItem = { readonly end: number; readonly record: SpoolRecord | undefined }

export interface SpoolParser {
  push(bytes: Uint8Array): readonly SpoolItem[]
  /** Bytes pushed so far. */
  consumed(): number
  /** Bytes of a record that has not ended yet. */
  pending(): boolean
}

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

const decoder = new TextDecoder('utf-8')

export function createSpoolParser(): SpoolParser {
  let consumed = 0
  let fields: Uint8Array[] = []
  let pieces: Uint8Array[] = []
  let length = 0
  /** False between the end of a record and the empty field that begins the next. */
  let inRecord = true
  /** Bytes seen outside of any record. */
  let stray = false

  function take(piece: Uint8Array): void {
    const room = (fields.length === COMMAND ? COMMAND_BYTES + 1 : FIELD_BYTES) - length
    if (piece.length === 0 || room <= 0) return
    // A copy: the caller may use its buffer again.
    const kept = Uint8Array.prototype.slice.call(piece, 0, room)
    pieces.push(kept)
    length += kept.length
  }

  function field(): Uint8Array {
    const [only] = pieces
    const whole = pieces.length === 1 && only ? only : Buffer.concat(pieces)
    pieces = []
    length = 0
    return whole
  }

  return {
    push(bytes) {
      const items: SpoolItem[] = []
      const endOf = (at: number): number => consumed + at + 1
      let at = 0
      for (;;) {
        const nul = bytes.indexOf(0, at)
        const piece = bytes.subarray(at, nul < 0 ? bytes.length : nul)
        if (inRecord) take(piece)
        else if (piece.length > 0) stray = true
        if (nul < 0) break
        const whole = field()
        if (inRecord && whole.length > 0) {
          fields.push(whole)
          if (fields.length === FIELDS) {
            items.push({ end: endOf(nul), record: readRecord(fields) })
            fields = []
            inRecord = false
          }
        } else if (piece.length === 0) {
          // Empty: nothing of a record is, so here begins a new one, whatever came before.
          if (fields.length > 0 || stray) items.push({ end: endOf(nul), record: undefined })
          fields = []
          stray = false
          inRecord = true
        }
        at = nul + 1
      }
      consumed += bytes.length
      return items
    },
    consumed: () => consumed,
    pending: () => fields.length > 0 || length > 0 || stray,
  }
}

function readRecord(fields: readonly Uint8Array[]): SpoolRecord | undefined {
  const [version, session, sequence, start, end, shell, cwd, exit] = fields.map((f) => decoder.decode(f))
  const dot = fields[FIELDS - 1]!
  if (version !== '1' || dot.length !== 1 || dot[0] !== 0x2e) return undefined
  if (!/^[\w.-]{1,64}$/.test(session!) || !/^[a-z]{1,16}$/.test(shell!)) return undefined
  const sequenceNumber = whole(sequence!, Number.MAX_SAFE_INTEGER)
  const startUs = whole(start!, LATEST_US)
  if (!sequenceNumber || startUs === undefined) return undefined
  const endUs = end === '?' ? null : whole(end!, LATEST_US)
  const exitCode = exit === '?' ? null : whole(exit!, 0xffff_ffff)
  if (endUs === undefined || exitCode === undefined) return undefined
  const command = readCommand(fields[COMMAND]!)
  if (command === undefined) return undefined
  // The clock may have been set back while the command ran.
  const durationUs = endUs === null || endUs < startUs ? null : endUs - startUs
  return {
    session: session!,
    sequence: sequenceNumber,
    startUs,
    durationUs,
    shell: shell!,
    cwd: cwd!,
    exitCode,
    command,
  }
}

function whole(text: string, most: number): number | undefined {
  if (!/^\d{1,16}$/.test(text)) return undefined
  const number = Number(text)
  return number <= most ? number : undefined
}

/** `-` and `_` are listings of `fc`, with a tab and, outside POSIX mode, one more sign; `+` several entries of it. */
function readCommand(field: Uint8Array): string | undefined {
  const cut = field.length > COMMAND_BYTES
  let text = decoder.decode(cut ? withoutHalfCharacter(field.subarray(0, COMMAND_BYTES)) : field)
  const mark = text[0]
  text = text.slice(1)
  if (mark === '-') text = text.slice(2)
  else if (mark === '_') text = text.slice(1)
  else if (mark === '+') text = text.replace(/(^|\n)\t[ *]?/g, '$1')
  else return undefined
  text = text.replace(/\n+$/, '')
  return cut ? text + CUT_MARK : text
}

/** Drops the bytes of a UTF-8 character that the cut went through (RFC 3629: at most 3). */
function withoutHalfCharacter(bytes: Uint8Array): Uint8Array {
  let at = bytes.length
  while (at > bytes.length - 3 && at > 0 && (bytes[at - 1]! & 0xc0) === 0x80) at--
  return at > 0 && bytes[at - 1]! >= 0xc0 ? bytes.subarray(0, at - 1) : bytes
}
