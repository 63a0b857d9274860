// Reads of a stored event what the index keeps, straight from its bytes: a million rows without a million objects each.

import { RISK_LEVELS, type RiskLevel } from '../../assist/risk/index.ts'
import { revealLevel0 } from '../../base/level0/level0.ts'
import { COMMAND_AT, FLAGS_AT, readU32, startOfKey, TAG_AT, UNTIMED_BIT } from '../level/key-of-event.ts'
import type { IndexedEvent } from './index.ts'
import { decodeWhole, decodeWithoutText, EVENT_VERSION, NO_SESSION, NO_TEXT, RISK_BITS } from './rows.ts'

/** MessagePack's array of seven, with the session of eight, and of nine where its person confirmed it. */
const ROW_WITHOUT_SESSION = 0x97
const ROW_CONFIRMED = 0x99
const NIL = 0xc0
const FALSE = 0xc2
const TRUE = 0xc3
/** Different directories and shells that are remembered by their bytes; more are read each time. */
const NAMES_MOST = 16_384

/** Reads what `encodeEvent` wrote, in any form that MessagePack allows. One reader per person, because names repeat. */
export function createEventReader(): (key: Uint8Array, value: Uint8Array) => IndexedEvent {
  const nameOf = createNames()
  return (key, value) => readRow(key, value, nameOf) ?? eventOfRow(key, value)
}

/** Whether it is known how a stored event ended, without reading the rest of it. */
export function isEndKnown(key: Uint8Array, value: Uint8Array): boolean {
  const bytes = numberBytes(value[2]!)
  return bytes > 0 ? value[2 + bytes] !== NIL : decodeWithoutText(key, value).exit_code !== null
}

type Names = (bytes: Uint8Array, from: number, to: number) => string

/** Undefined where a part is not written as it usually is. */
function readRow(key: Uint8Array, row: Uint8Array, nameOf: Names): IndexedEvent | undefined {
  const form = row[1]!
  if (row[0] !== EVENT_VERSION || form < ROW_WITHOUT_SESSION || form > ROW_CONFIRMED) return undefined
  const duration_us = numberAt(row, 2)
  const exitAt = 2 + numberBytes(row[2]!)
  const exit_code = numberAt(row, exitAt)
  if (duration_us === undefined || exit_code === undefined) return undefined
  const cwdAt = exitAt + numberBytes(row[exitAt]!)
  const cwdEnd = textEnd(row, cwdAt)
  const shellAt = textEnd(row, textEnd(row, cwdEnd))
  const generatedAt = textEnd(row, shellAt)
  const generated = row[generatedAt]
  if (generated !== TRUE && generated !== FALSE) return undefined
  const hasSession = form !== ROW_WITHOUT_SESSION
  const session = hasSession ? numberAt(row, generatedAt + 1) : NO_SESSION
  const end = generatedAt + 1 + (hasSession ? numberBytes(row[generatedAt + 1]!) : 0)
  if (typeof session !== 'number' || end + (form === ROW_CONFIRMED ? 1 : 0) !== row.length) return undefined
  const flags = key[FLAGS_AT]!
  const event: IndexedEvent = {
    start_us: startOfKey(key),
    tag: readU32(key, TAG_AT),
    number: readU32(key, COMMAND_AT),
    cwd: nameOf(row, cwdAt + textHead(row[cwdAt]!), cwdEnd),
    shell: nameOf(row, shellAt + textHead(row[shellAt]!), generatedAt),
    exit_code,
    duration_us,
    risk_level: RISK_LEVELS[flags & RISK_BITS] as RiskLevel,
    karo_generated: generated === TRUE,
    session,
  }
  return (flags & UNTIMED_BIT) === 0 ? event : { ...event, untimed: true }
}

function eventOfRow(key: Uint8Array, value: Uint8Array): IndexedEvent {
  const { cwd, confirmed: _, answered: __, rule: ___, ...event } = decodeWhole(key, value, NO_TEXT)
  return { ...event, number: readU32(key, COMMAND_AT), cwd: revealLevel0(cwd) }
}

/** Bytes of a whole number or nil with this first byte; 0 for anything else. */
function numberBytes(first: number): number {
  if (first < 0x80 || first === NIL) return 1
  if (first === 0xcc) return 2
  if (first === 0xcd) return 3
  return first === 0xce ? 5 : 0
}

/** Reads an unsigned integer; undefined for any other value, such as a negative number or a fraction. */
function numberAt(row: Uint8Array, at: number): number | null | undefined {
  const first = row[at]!
  if (first < 0x80) return first
  if (first === NIL) return null
  if (first === 0xcc) return row[at + 1]
  if (first === 0xcd) return row[at + 1]! * 256 + row[at + 2]!
  return first === 0xce ? readU32(row, at + 1) : undefined
}

/** Bytes of the header in front of a text; 0 for a value that is not a text. */
function textHead(first: number): number {
  if (first >= 0xa0 && first < 0xc0) return 1
  if (first === 0xd9) return 2
  return first === 0xda ? 3 : 0
}

/** The end of the text that begins here; beyond the row for a value that is not a text. */
function textEnd(row: Uint8Array, at: number): number {
  const first = row[at]!
  const head = textHead(first)
  if (head === 1) return at + 1 + (first & 0x1f)
  if (head === 2) return at + 2 + row[at + 1]!
  return head === 3 ? at + 3 + row[at + 1]! * 256 + row[at + 2]! : Number.POSITIVE_INFINITY
}

/** Texts by their bytes, each made once. */
function createNames(): Names {
  const known = new Map<number, { readonly bytes: Uint8Array; readonly name: string }>()
  return (bytes, from, to) => {
    // FNV-1a, https://datatracker.ietf.org/doc/html/draft-eastlake-fnv
    let hash = 0x811c9dc5
    for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193)
    const one = known.get(hash)
    if (one !== undefined && isSame(one.bytes, bytes, from, to)) return one.name
    const own = Uint8Array.from(bytes.subarray(from, to))
    const name = Buffer.from(own.buffer).toString('utf8')
    if (one === undefined && known.size < NAMES_MOST) known.set(hash, { bytes: own, name })
    return name
  }
}

function isSame(own: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  if (own.length !== to - from) return false
  for (let i = 0; i < own.length; i++) if (own[i] !== bytes[from + i]) return false
  return true
}
