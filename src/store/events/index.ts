// The index that a search looks through: one person's events in columns, in order of time, and their texts in lower case.
import { RISK_LEVELS } from '../../assist/risk/index.ts'
import { markLevel0, revealLevel0 } from '../../base/level0/level0.ts'
import { commandOfKey, FLAGS_AT, readU32, startOfKey, TAG_AT, UNTIMED_BIT } from '../level/key-of-event.ts'
import { decodeValue } from '../level/value.ts'
import { type IndexFilter, isImported } from './filter.ts'
import { type EventInput, type EventRow, FAILED_BIT, NO_SESSION, RISK_BITS } from './rows.ts'

/** An event as the index takes it. */
export interface IndexedEvent
  extends Omit<EventInput, 'uid' | 'command' | 'category' | 'tool' | 'local' | 'risk_level' | 'untimed'> {
  /** Number of the event's distinct text. */
  readonly number: number
  /** As in its key. */
  readonly flags: number
}

/** Of a stored row, with no more objects than two: a million rows are read one after the other, and destructuring iterates. */
export function indexedEvent(key: Uint8Array, value: Uint8Array): IndexedEvent {
  const row = decodeValue<EventRow>(value)
  return {
    start_us: startOfKey(key),
    tag: readU32(key, TAG_AT),
    number: commandOfKey(key),
    cwd: markLevel0(row[2]),
    shell: row[5],
    exit_code: row[1],
    duration_us: row[0],
    flags: key[FLAGS_AT]!,
    karo_generated: row[6],
    session: row[7] ?? NO_SESSION,
  }
}

/** Events of one chunk: 34 bytes each, so that a million are 34 MB. */
export const CHUNK = 4_096
/** Longer texts are kept up to here; whether the rest of one holds a word its owner reads from the database. */
const TEXT_KEPT = 4_096
/** The flags of an event in 32 bits: 8 bits of the key, 1 for a generated command, and the number of the shell's name. */
const KEY_FLAGS = 0xff
const GENERATED = 0x100
const SHELL_SHIFT = 9
/** Stands for an unknown exit code, and for one that does not fit: shells report 0 to 255. */
const NO_EXIT = 0xffff
const OTHER_EXIT = 0xfffe
const NO_DURATION = 0xffff_ffff

export interface Chunk {
  size: number
  readonly start: Float64Array
  readonly tag: Uint32Array
  readonly number: Uint32Array
  readonly place: Uint32Array
  readonly took: Uint32Array
  readonly exit: Uint16Array
  readonly flags: Uint32Array
  readonly session: Uint32Array
}

const COLUMNS = ['start', 'tag', 'number', 'place', 'took', 'exit', 'flags', 'session'] as const

const newChunk = (capacity = CHUNK): Chunk => ({
  size: 0,
  start: new Float64Array(capacity),
  tag: new Uint32Array(capacity),
  number: new Uint32Array(capacity),
  place: new Uint32Array(capacity),
  took: new Uint32Array(capacity),
  exit: new Uint16Array(capacity),
  flags: new Uint32Array(capacity),
  session: new Uint32Array(capacity),
})

const capacityOf = (chunk: Chunk): number => chunk.start.length

export type EventIndex = ReturnType<typeof createEventIndex>

export function createEventIndex() {
  const chunks: Chunk[] = []
  const placeIds = new Map<string, number>()
  const placeNames: string[] = []
  const shellIds = new Map<string, number>()
  const texts: (string | undefined)[] = []
  const long = new Set<number>()
  let [chars, total] = [0, 0]

  function idOf(ids: Map<string, number>, name: string): number {
    const known = ids.get(name)
    if (known !== undefined) return known
    ids.set(name, ids.size)
    return ids.size - 1
  }

  function placeOf(cwd: string): number {
    const id = idOf(placeIds, cwd)
    if (id === placeNames.length) placeNames.push(cwd)
    return id
  }

  function write(chunk: Chunk, at: number, event: IndexedEvent): void {
    const shell = idOf(shellIds, event.shell)
    chunk.start[at] = event.start_us
    chunk.tag[at] = event.tag
    chunk.number[at] = event.number
    chunk.place[at] = placeOf(revealLevel0(event.cwd))
    chunk.took[at] =
      event.duration_us === null
        ? NO_DURATION
        : Math.min(Math.round(event.duration_us / 1000), NO_DURATION - 1)
    chunk.exit[at] = exitOf(event)
    chunk.session[at] = event.session ?? NO_SESSION
    chunk.flags[at] = event.flags | (event.karo_generated ? GENERATED : 0) | (shell << SHELL_SHIFT)
  }

  /** The chunk that an event of this time is in or belongs to; -1 when there is none. */
  function chunkOf(start_us: number, tag: number): number {
    let low = 0
    let high = chunks.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (isAfter(chunks[middle]!, 0, start_us, tag)) high = middle - 1
      else low = middle
    }
    return high < 0 ? -1 : low
  }

  /** A new chunk of the usual size with the events of a full chunk from `from` on. */
  function moved(full: Chunk, from: number): Chunk {
    const rest = newChunk()
    for (const column of COLUMNS) rest[column].set(full[column].subarray(from, full.size))
    rest.size = full.size - from
    full.size = from
    return rest
  }

  return {
    /** Takes events that are older than all events in the index. */
    older() {
      const chunk = newChunk()
      // Events come from the newest to the oldest, so the chunk is filled from its end.
      let at = CHUNK
      return {
        /** Descending, at most CHUNK. */
        take(event: IndexedEvent) {
          write(chunk, at - 1, event)
          at--
        },
        /** Puts them into the index; once. */
        publish() {
          const size = CHUNK - at
          if (size === 0) return
          const fitting = at === 0 ? chunk : newChunk(size)
          if (at > 0) for (const column of COLUMNS) fitting[column].set(chunk[column].subarray(at))
          fitting.size = size
          chunks.unshift(fitting)
          total += size
        },
      }
    },

    /** Nothing happens when it is there. */
    add(event: IndexedEvent) {
      const { start_us, tag } = event
      if (chunks.length === 0) chunks.push(newChunk())
      let which = chunkOf(start_us, tag)
      let at = placeIn(chunks[which]!, start_us, tag)
      if (isAt(chunks[which]!, at, start_us, tag)) return
      const full = chunks[which]!
      if (full.size === capacityOf(full)) {
        if (full.size < CHUNK) chunks[which] = moved(full, 0)
        // Behind the last one, the usual place, a new one is begun.
        else if (which === chunks.length - 1 && at === CHUNK) chunks.push(newChunk())
        else chunks.splice(which + 1, 0, moved(full, CHUNK >>> 1))
        if (full.size > 0 && at >= full.size) {
          at -= full.size
          which++
        }
      }
      const chunk = chunks[which]!
      for (const column of COLUMNS) chunk[column].copyWithin(at + 1, at, chunk.size)
      write(chunk, at, event)
      chunk.size++
      total++
    },

    /** Nothing happens when it is not there. */
    remove(start_us: number, tag: number) {
      const which = chunkOf(start_us, tag)
      const chunk = chunks[which]
      if (chunk === undefined) return
      const at = placeIn(chunk, start_us, tag)
      if (!isAt(chunk, at, start_us, tag)) return
      for (const column of COLUMNS) chunk[column].copyWithin(at, at + 1, chunk.size)
      chunk.size--
      total--
      if (chunk.size === 0) chunks.splice(which, 1)
    },

    setText(number: number, text: string) {
      const kept = text.slice(0, TEXT_KEPT).toLowerCase()
      chars += kept.length - (texts[number]?.length ?? 0)
      while (texts.length < number) texts.push(undefined)
      texts[number] = kept
      if (text.length > TEXT_KEPT) long.add(number)
    },
    hasText: (number: number) => texts[number] !== undefined,
    forgetText(number: number) {
      chars -= texts[number]?.length ?? 0
      if (number < texts.length) texts[number] = undefined
      long.delete(number)
    },
    /** The text in lower case, a long one cut. Undefined for an unknown number. */
    text: (number: number) => texts[number],
    /** Numbers of texts of which the index keeps only the beginning. */
    longTexts: () => [...long],
    /** Above every number. */
    numbers: () => texts.length,
    size: () => total,
    textChars: () => chars,
    places: (): readonly string[] => placeNames,

    /** Newest first; `take` returns false when no more are wanted. */
    each(filter: IndexFilter, take: (chunk: Readonly<Chunk>, at: number) => boolean) {
      const { fits, inPlace, failed, risk, shell, exit, longerMs, generated, imported } = filter
      const least = risk === undefined ? 0 : RISK_LEVELS.indexOf(risk)
      const since = filter.since === undefined ? 0 : Math.ceil(filter.since) * 1000
      const until = filter.until === undefined ? Number.POSITIVE_INFINITY : Math.ceil(filter.until) * 1000
      const shellId = shell === undefined ? -1 : (shellIds.get(shell) ?? -2)
      if (shellId === -2) return
      const wanted = fits && new Uint8Array(texts.length)
      // A hundred thousand, for each key that is pressed: hence the plain loop.
      if (wanted !== undefined) for (let n = 0; n < wanted.length; n++) if (fits!(n)) wanted[n] = 1
      const places = inPlace && Uint8Array.from(placeNames, (name) => (inPlace(name) ? 1 : 0))
      for (let c = chunks.length - 1; c >= 0; c--) {
        const chunk = chunks[c]!
        const { start, number, place, took, flags } = chunk
        if (start[0]! >= until) continue
        for (let i = chunk.size - 1; i >= 0; i--) {
          if (start[i]! < since) return
          if (wanted !== undefined && wanted[number[i]!] === 0) continue
          const flag = flags[i]!
          if ((flag & RISK_BITS) < least || (failed === true && (flag & FAILED_BIT) === 0)) continue
          if (start[i]! >= until) continue
          if (places !== undefined && places[place[i]!] === 0) continue
          if (shellId >= 0 && flag >>> SHELL_SHIFT !== shellId) continue
          if (generated !== undefined && ((flag & GENERATED) !== 0) !== generated) continue
          if (exit !== undefined && chunk.exit[i] !== exit) continue
          if (longerMs !== undefined && (took[i] === NO_DURATION || took[i]! < longerMs)) continue
          if (filter.session !== undefined && chunk.session[i] !== filter.session) continue
          if (imported === !isImported(chunk.session[i], (flag & UNTIMED_BIT) !== 0)) continue
          if (!take(chunk, i)) return
        }
      }
    },

    failed: (chunk: Readonly<Chunk>, at: number) => (chunk.flags[at]! & FAILED_BIT) !== 0,
    /** False: it is not known how it ended. */
    ended: (chunk: Readonly<Chunk>, at: number) => chunk.exit[at] !== NO_EXIT,
    took: (chunk: Readonly<Chunk>, at: number) =>
      chunk.took[at] === NO_DURATION ? undefined : chunk.took[at],
    hit: (chunk: Readonly<Chunk>, at: number) => ({
      start_us: chunk.start[at]!,
      tag: chunk.tag[at]!,
      number: chunk.number[at]!,
      flags: chunk.flags[at]! & KEY_FLAGS,
    }),
  }
}

function exitOf({ exit_code }: IndexedEvent): number {
  if (exit_code === null) return NO_EXIT
  return exit_code >= 0 && exit_code < OTHER_EXIT ? exit_code : OTHER_EXIT
}

const isAt = (chunk: Chunk, at: number, start_us: number, tag: number): boolean =>
  at < chunk.size && chunk.start[at] === start_us && chunk.tag[at] === tag

/** True when what stands there is after that event. */
const isAfter = (chunk: Chunk, at: number, start_us: number, tag: number): boolean =>
  chunk.start[at]! > start_us || (chunk.start[at] === start_us && chunk.tag[at]! > tag)

/** Where that event is in the chunk, or would be. */
function placeIn(chunk: Chunk, start_us: number, tag: number): number {
  let [low, high] = [0, chunk.size]
  while (low < high) {
    const middle = (low + high) >>> 1
    const before =
      chunk.start[middle]! < start_us || (chunk.start[middle] === start_us && chunk.tag[middle]! < tag)
    if (before) low = middle + 1
    else high = middle
  }
  return low
}
