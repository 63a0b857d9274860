// Finds which events of an import are in the database already: by time, or by how often their text is there.
import { KaroError } from '../../../base/errors.ts'
import { type Level0, revealLevel0 } from '../../../base/level0/level0.ts'
import { createRecent } from '../../../base/recent.ts'
import type { Database, Snapshot } from '../../level/database.ts'
import { commandOfKey, eventsOf, isCounted, startOfKey } from '../../level/key-of-event.ts'
import { makeKey } from '../../level/keyspace.ts'
import { pages } from '../../level/pages.ts'
import { numbersOfTexts } from '../commands.ts'
import { SAME_US } from '../replaced.ts'
import { decodeWithoutText, type EventInput, sameShell } from '../rows.ts'

/** An event from elsewhere, and how it is recognised. */
export interface Arrival {
  readonly event: EventInput
  /** An event is known by its id alone, as `karo export` wrote it. Else also by its time, or by how often its text is there. */
  readonly exact: boolean
  /** Position, from 1, of an event without a time among the events with the same text in the file. */
  readonly nth: number
}

const PAGE = 2_048
/** Rows that are read at once; where most of them were near an arriving event, the next page has twice as many. */
const FIRST_ROWS = 64
/** Names of shells in one import without times, each of which is counted once: a file has one, and `?`. */
const SHELLS_MOST = 8
/** Matches that are remembered, so that two arriving events are not both taken for one stored event. */
const REMEMBERED = 8_192
/** Texts whose numbers are remembered: the database is that of one moment, and people repeat themselves. */
const TEXTS_REMEMBERED = 8_192
/** Longer texts are looked up each time, so that what is remembered stays below 16 MB. */
const LONG_TEXT = 1_024

/** Finds which arriving events are in the database already, as of `snapshot`. */
export function createLook(db: Database, uid: number, snapshot: Snapshot) {
  const taken = createRecent<string, true>(REMEMBERED)
  /** How often each command was there, by its number; by shell. */
  const counts = new Map<string, Promise<Uint32Array>>()
  /** The shells of the events that arrived without a time. */
  const shells = new Set<string>()

  const numbers = createRecent<Level0<string>, { readonly number: number | undefined }>(TEXTS_REMEMBERED)

  /** In the order of the events; undefined for a text that is not there. */
  async function numbersOf(events: readonly EventInput[]): Promise<readonly (number | undefined)[]> {
    const found = new Map<Level0<string>, number | undefined>()
    const wanted = new Set<Level0<string>>()
    for (const { command } of events) {
      const known = numbers.get(command)
      if (known === undefined) wanted.add(command)
      else found.set(command, known.number)
    }
    const texts = [...wanted]
    for (const [i, number] of (await numbersOfTexts(db, uid, texts, snapshot)).entries()) {
      const text = texts[i]!
      found.set(text, number)
      if (revealLevel0(text).length <= LONG_TEXT) numbers.set(text, { number })
    }
    return events.map(({ command }) => found.get(command))
  }

  async function countAll(shell: string): Promise<Uint32Array> {
    let counted = new Uint32Array(1024)
    for await (const page of pages(db.iterator({ ...eventsOf(uid), snapshot }), PAGE)) {
      for (const [key, value] of page) {
        if (!sameShell(decodeWithoutText(key, value).shell, shell)) continue
        const number = commandOfKey(key)
        if (number >= counted.length) {
          const larger = new Uint32Array(Math.max(number + 1, counted.length * 2))
          larger.set(counted)
          counted = larger
        }
        counted[number]!++
      }
    }
    return counted
  }

  /** Compares by number: if a text is there n times, the first n events of the file with that text are known. */
  async function unknownUntimed(arrivals: readonly Arrival[]): Promise<readonly Arrival[]> {
    for (const { event } of arrivals) {
      if (!shells.has(event.shell) && shells.size === SHELLS_MOST)
        throw new KaroError(
          'bad_request',
          `one import takes commands without a time of at most ${SHELLS_MOST} shells`,
          {
            where: 'entries',
            hint: 'Import the history of each shell by itself.',
          },
        )
      shells.add(event.shell)
    }
    const numbers = await numbersOf(arrivals.map(({ event }) => event))
    const fresh: Arrival[] = []
    for (const [i, arrival] of arrivals.entries()) {
      const number = numbers[i]
      const { shell } = arrival.event
      if (number !== undefined && !counts.has(shell)) counts.set(shell, countAll(shell))
      const there = number === undefined ? 0 : ((await counts.get(shell)!)[number] ?? 0)
      if (arrival.nth > there) fresh.push(arrival)
    }
    return fresh
  }

  /** Compares by time: each stored event stands for one arriving event with the same text at about that time. */
  async function unknownTimed(arrivals: readonly Arrival[]): Promise<readonly Arrival[]> {
    const sorted = arrivals.toSorted((a, b) => a.event.start_us - b.event.start_us)
    const numbers = await numbersOf(sorted.map(({ event }) => event))
    // A whole history may have one second (bash's, for lines without a time), so events are compared with the same text only.
    const unanswered = Map.groupBy(sorted.keys(), (i) => numbers[i])
    unanswered.delete(undefined)
    const known = new Set<number>()
    const compared = sorted.filter((_, i) => numbers[i] !== undefined)
    await nearby(compared, (key, value) => {
      const own = unanswered.get(commandOfKey(key))
      if (own === undefined) return
      const at = startOfKey(key)
      while (own.length > 0 && sorted[own[0]!]!.event.start_us < at - SAME_US) own.shift()
      const name = Buffer.from(key).toString('latin1')
      if (own.length === 0 || taken.get(name) !== undefined) return
      let shell: string | undefined
      for (const [place, i] of own.entries()) {
        const arrival = sorted[i]!
        if (arrival.event.start_us > at + SAME_US) break
        if (!sameSecond(key, arrival)) {
          if (!isCounted(key)) continue
          // Few rows come to this: the shell is all that is needed of the event, and to decode it is most of the work.
          shell ??= decodeWithoutText(key, value).shell
          if (!sameShell(shell, arrival.event.shell)) continue
        }
        own.splice(place, 1)
        known.add(i)
        taken.set(name, true)
        break
      }
    })
    return sorted.filter((_, i) => !known.has(i))
  }

  /** Looks at the rows from 2 s before to 2 s after any of `sorted` (in order of time), at each row once, in order. */
  async function nearby(
    sorted: readonly Arrival[],
    see: (key: Uint8Array, value: Uint8Array) => void,
  ): Promise<void> {
    if (sorted.length === 0) return
    const rows = db.iterator({ ...eventsOf(uid), snapshot })
    try {
      let page: (readonly [Uint8Array, Uint8Array])[] = []
      let at = 0
      let seen = 0
      let many = FIRST_ROWS
      for (const { event } of sorted) {
        const from = Math.max(0, event.start_us - SAME_US)
        for (;;) {
          while (at < page.length && startOfKey(page[at]![0]) < from) at++
          for (; at < page.length && startOfKey(page[at]![0]) <= event.start_us + SAME_US; at++, seen++)
            see(...page[at]!)
          if (at < page.length) break
          const last = page.at(-1)
          if (last === undefined || startOfKey(last[0]) < from)
            rows.seek(makeKey('events', { u32: uid }, { u64: from }))
          many = seen > page.length / 2 ? Math.min(PAGE, many * 2) : FIRST_ROWS
          page = await rows.nextv(many)
          at = 0
          seen = 0
          // Nothing is there behind it.
          if (page.length === 0) return
        }
      }
    } finally {
      await rows.close()
    }
  }

  return {
    /** The arriving events that are not there yet, in any order. */
    async unknown(arrivals: readonly Arrival[]): Promise<readonly Arrival[]> {
      const exact = arrivals.filter((one) => one.exact)
      const untimed = arrivals.filter((one) => !one.exact && one.event.untimed)
      const timed = arrivals.filter((one) => !one.exact && !one.event.untimed)
      return [
        ...exact,
        ...(untimed.length > 0 ? await unknownUntimed(untimed) : []),
        ...(timed.length > 0 ? await unknownTimed(timed) : []),
      ]
    },
  }
}

/** The same text in the same second is one event, whatever shell is named: nobody types it into two shells so precisely. */
const sameSecond = (key: Uint8Array, { event }: Arrival): boolean =>
  Math.floor(startOfKey(key) / 1_000_000) === Math.floor(event.start_us / 1_000_000)
