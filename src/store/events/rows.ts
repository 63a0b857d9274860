// How one event lies in the database: a key that answers most filters by itself, and a value with the rest.

import { RISK_LEVELS, type RiskLevel } from '../../assist/risk/index.ts'
import { type Level0, markLevel0, revealLevel0 } from '../../base/level0/level0.ts'
import { idOfEvent } from '../../base/words/event-id.ts'
import {
  COMMAND_AT,
  EVENT_KEY_BYTES,
  EVENTS_BYTE,
  FLAGS_AT,
  isCounted,
  readU32,
  START_AT,
  startOfKey,
  TAG_AT,
  UID_AT,
  UNTIMED_BIT,
} from '../level/key-of-event.ts'
import { decodeValue, encodeValue } from '../level/value.ts'
import { hasFailed } from '../rollups/count.ts'

/** One command line that ran, as observation hands it to the store. */
export interface EventInput {
  /** Owner of the spool file it came from. */
  readonly uid: number
  /** When it began, microseconds since the epoch. */
  readonly start_us: number
  /** 32 bits that tell events of one microsecond apart, from session and sequence: the same event, the same tag. */
  readonly tag: number
  readonly duration_us: number | null
  readonly shell: string
  readonly exit_code: number | null
  /** After redaction. */
  readonly command: Level0<string>
  readonly cwd: Level0<string>
  readonly risk_level: RiskLevel
  /** Category and tool are names of the public dictionary. */
  readonly category: string
  readonly tool: string
  readonly karo_generated: boolean
  /** The machine's calendar when it began: days since 1970-01-01 of the local date, and the hour, 0 to 23. */
  readonly local: { readonly day: number; readonly hour: number }
  /** Imported without a time: `start_us` is a place in the order, and it is not counted by hour and day. */
  readonly untimed?: true
  /** The guard asked about the line, and its person let it run. */
  readonly confirmed?: true
  /** An answer of `karo ask` that its person was given shortly before. */
  readonly answered?: true
  /** Id of the rule that gave it its level: of the worst that matched, the first in the line. None where it is safe. */
  readonly rule?: string
  /** It ran as another user: by sudo, doas, su or their like. */
  readonly privileged?: true
  /** The same 32 bits for all commands of one shell session; IMPORTED for a command that an import brought. */
  readonly session?: number
}

/** Instead of a session's number: an import brought the command. */
export const IMPORTED = 0
/** Instead of a session's number: the command was recorded before events had one. */
export const NO_SESSION = 1

/** One event as it is read back. */
export interface StoredEvent extends Omit<EventInput, 'uid' | 'start_us' | 'tag' | 'duration_us' | 'local'> {
  /** Short, sorts by time within a person, unique over all of them. */
  readonly id: string
  /** Milliseconds since the epoch; a place in the order where it is `untimed`. */
  readonly timestamp: number
  readonly duration_ms: number | null
  /** As in EventInput; NO_SESSION where the event has none. */
  readonly session: number
}

export const RISK_BITS = 0b11
export const FAILED_BIT = 0b100

/** With exit code 4 `karo check` answers that a line is not allowed, which is no failure of the command. */
const isVerdict = ({ exit_code, command }: EventInput): boolean =>
  exit_code === 4 && /^\s*karo check\b/.test(revealLevel0(command))

/** One byte of the key with what filters ask for most. */
export const eventFlags = (event: EventInput): number =>
  RISK_LEVELS.indexOf(event.risk_level) |
  (hasFailed(event) && !isVerdict(event) ? FAILED_BIT : 0) |
  (event.untimed ? UNTIMED_BIT : 0)

export const eventKey = (event: EventInput, number: number): Buffer =>
  eventKeyOf(event.uid, {
    start_us: event.start_us,
    tag: event.tag,
    number,
    flags: eventFlags(event),
  })

/** The parts of a key beside its owner. */
export interface EventKeyParts {
  readonly start_us: number
  readonly tag: number
  /** Number of the distinct text. */
  readonly number: number
  readonly flags: number
}

export function eventKeyOf(uid: number, { start_us, tag, number, flags }: EventKeyParts): Buffer {
  const key = Buffer.allocUnsafe(EVENT_KEY_BYTES)
  key[0] = EVENTS_BYTE
  key.writeUInt32BE(uid, UID_AT)
  // Twice 32 bits: writeBigUInt64BE would allocate a BigInt per event.
  key.writeUInt32BE(Math.floor(start_us / 2 ** 32), START_AT)
  key.writeUInt32BE(start_us % 2 ** 32, START_AT + 4)
  key.writeUInt32BE(tag, TAG_AT)
  key.writeUInt32BE(number, COMMAND_AT)
  key[FLAGS_AT] = flags
  return key
}

/** Fields that only few events have. */
const rareOf = (
  key: Uint8Array,
  [confirmed, answered, rule, privileged]: Rare,
): Pick<EventInput, 'untimed' | 'confirmed' | 'answered' | 'rule' | 'privileged'> => ({
  ...(!isCounted(key) && { untimed: true }),
  ...(confirmed === true && { confirmed }),
  ...(answered === true && { answered }),
  ...(rule != null && { rule }),
  ...(privileged === true && { privileged }),
})

/** The optional fields behind the session, up to the last one that is set. */
type Rare = readonly [
  /**
   * It is here and not in the key, because versions that do not know it read past what follows the session, and would not
   * find an event by a key with a flag that they do not know.
   */
  confirmed?: boolean,
  answered?: boolean,
  rule?: string | null,
  privileged?: boolean,
]

export type EventRow = readonly [
  durationUs: number | null,
  exitCode: number | null,
  cwd: string,
  category: string,
  tool: string,
  shell: string,
  karoGenerated: boolean,
  /** Absent from events that were stored before events had one. */
  session?: number,
  ...rare: Rare,
]

export function encodeEvent(event: EventInput): Buffer {
  const { duration_us, exit_code, cwd, category, tool, shell, karo_generated, session } = event
  const row: EventRow = [duration_us, exit_code, revealLevel0(cwd), category, tool, shell, karo_generated]
  const { confirmed = false, answered = false, rule = null, privileged = false } = event
  const rare = [confirmed, answered, rule, privileged]
  while (rare.length > 0 && !rare.at(-1)) rare.pop()
  if (rare.length > 0) {
    return encodeValue([...row, session ?? NO_SESSION, ...rare])
  }
  return encodeValue(session === undefined ? row : [...row, session])
}

export const idOfKey = (key: Uint8Array): string => idOfEvent(startOfKey(key), readU32(key, TAG_AT))

export function decodeEvent(key: Uint8Array, value: Uint8Array, command: Level0<string>): StoredEvent {
  const whole = decodeWhole(key, value, command)
  const { start_us, tag: _, command: __, duration_us, shell, exit_code, cwd, ...event } = whole
  return {
    id: idOfKey(key),
    timestamp: Math.floor(start_us / 1000),
    shell,
    command,
    cwd,
    exit_code,
    duration_ms: duration_us === null ? null : Math.round(duration_us / 1000),
    ...event,
    session: event.session ?? NO_SESSION,
  }
}

export const NO_TEXT = markLevel0('')

/** Decodes an event for callers that only count; the command is left empty. */
export const decodeWithoutText = (key: Uint8Array, value: Uint8Array): StoredEvent =>
  decodeEvent(key, value, NO_TEXT)

/** Whether it is known how it ended. */
export const isEndKnown = (key: Uint8Array, value: Uint8Array): boolean =>
  decodeWithoutText(key, value).exit_code !== null

/** Everything that was stored, in its own units. */
export function decodeWhole(
  key: Uint8Array,
  value: Uint8Array,
  command: Level0<string>,
): Omit<EventInput, 'uid' | 'local'> {
  const row = decodeValue<EventRow>(value)
  const [duration_us, exit_code, cwd, category, tool, shell, karo_generated, session, ...rare] = row
  return {
    start_us: startOfKey(key),
    tag: readU32(key, TAG_AT),
    duration_us,
    shell,
    exit_code,
    command,
    cwd: markLevel0(cwd),
    risk_level: RISK_LEVELS[key[FLAGS_AT]! & RISK_BITS]!,
    category,
    tool,
    karo_generated,
    ...rareOf(key, rare),
    ...(session !== undefined && { session }),
  }
}

/** An event as a rollup counts it, on that `day` of the machine's calendar. */
export const countableOf = (key: Uint8Array, value: Uint8Array, day: number) => ({
  ...decodeWhole(key, value, NO_TEXT),
  local: { day, hour: new Date(startOfKey(key) / 1000).getHours() },
})

/** Not every program that is imported from says which shell it was. */
const UNKNOWN_SHELL = '?'
export const sameShell = (a: string, b: string): boolean =>
  a === b || a === UNKNOWN_SHELL || b === UNKNOWN_SHELL
