// Where the parts of an event's key lie: what can be told, and counted, without reading the event.
import { KEYSPACES, keyRange, makeKey } from './keyspace.ts'

// events ‖ uid u32 ‖ start u64 (microseconds) ‖ tag u32 ‖ command number u32 ‖ flags
export const UID_AT = 1
export const START_AT = UID_AT + 4
export const TAG_AT = START_AT + 8
export const COMMAND_AT = TAG_AT + 4
export const FLAGS_AT = COMMAND_AT + 4
export const EVENT_KEY_BYTES = FLAGS_AT + 1
export const EVENTS_BYTE = KEYSPACES.events
/** Flag of an event whose time is not known: its start only gives its place in the order of the file. */
export const UNTIMED_BIT = 0b1000

export function readU32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) * 2 ** 24 +
      ((bytes[at + 1] as number) << 16) +
      ((bytes[at + 2] as number) << 8) +
      (bytes[at + 3] as number)) >>>
    0
  )
}

/** The number of the distinct command that ran. */
export const commandOfKey = (key: Uint8Array): number => readU32(key, COMMAND_AT)

/** Whether it is counted by hour and day: not where its time is only a place among others. */
export const isCounted = (key: Uint8Array): boolean => ((key[FLAGS_AT] as number) & UNTIMED_BIT) === 0

/** Microseconds since the epoch. */
export const startOfKey = (key: Uint8Array): number =>
  readU32(key, START_AT) * 2 ** 32 + readU32(key, START_AT + 4)

/** The range of one person's events that began in [from, before), ms since the epoch. */
export function eventsBetween(uid: number, from: number, before?: number): { gte: Buffer; lt: Buffer } {
  const at = (ms: number): Buffer => {
    const us = Math.max(0, Math.ceil(ms)) * 1000
    return makeKey('events', { u32: uid }, { u64: Math.min(us, Number.MAX_SAFE_INTEGER) })
  }
  return { gte: at(from), lt: before === undefined ? eventsOf(uid).lt : at(before) }
}

/** All events of one person. */
export const eventsOf = (uid: number): { gte: Buffer; lt: Buffer } => keyRange('events', { u32: uid })
