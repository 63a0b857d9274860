// Writes the rows of many events one behind the other into a few large buffers, byte for byte as encodeEvent does.

import { revealLevel0 } from '../../base/level0/level0.ts'
import { type Change, putRow } from '../level/database.ts'
import { EVENT_KEY_BYTES } from '../level/key-of-event.ts'
import { EVENT_VERSION, type EventInput, encodeEvent, eventFlags, writeEventKey } from './rows.ts'

/** One buffer: some five hundred rows. Each row that is kept keeps all of it. */
const BUFFER_BYTES = 48 * 1024
/** No row is longer: four texts of 257 bytes, three numbers of 5, three bytes and the key. Others go to the general encoder. */
const ROW_BYTES = 4 * 257 + 3 * 5 + 3 + EVENT_KEY_BYTES
/** MessagePack: arrays of seven, and of eight with the session; then nil, false, true. */
const WITHOUT_SESSION = 0x97
const WITH_SESSION = 0x98
const NIL = 0xc0
const FALSE = 0xc2
const TRUE = 0xc3

/** Gives the row of an event as a change; meant for `events` of them. Its buffers live as long as its changes. */
export function createRowWriter(events: number): (event: EventInput, number: number) => Change {
  let buffer = Buffer.alloc(0)
  let at = 0

  /** Both return the place behind what they wrote; -1 where the general encoder has to. */
  function writeNumber(from: number, value: number | null): number {
    let end = from
    if (value === null) buffer[end++] = NIL
    else if (!(value >= 0 && value <= 0xffff_ffff && Math.floor(value) === value)) return -1
    else if (value < 0x80) buffer[end++] = value
    else if (value < 0x1_0000) {
      buffer[end++] = value < 0x100 ? 0xcc : 0xcd
      if (value >= 0x100) buffer[end++] = value >>> 8
      buffer[end++] = value & 0xff
    } else {
      buffer[end++] = 0xce
      end = buffer.writeUInt32BE(value, end)
    }
    return end
  }

  function writeText(from: number, text: string): number {
    const { length } = text
    let end = from
    if (length < 0x20) buffer[end++] = 0xa0 | length
    else if (length < 0x100) {
      buffer[end++] = 0xd9
      buffer[end++] = length
    } else return -1
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i)
      if (unit >= 0x80) return -1
      buffer[end++] = unit
    }
    return end
  }

  /** The end of the value that begins at `from`; -1 where a part of it is not as parts usually are. */
  function writeValue(from: number, event: EventInput): number {
    if (event.confirmed || event.answered || event.rule !== undefined || event.privileged) return -1
    const { session } = event
    buffer[from] = EVENT_VERSION
    buffer[from + 1] = session === undefined ? WITHOUT_SESSION : WITH_SESSION
    let end = writeNumber(from + 2, event.duration_us)
    if (end >= 0) end = writeNumber(end, event.exit_code)
    if (end >= 0) end = writeText(end, revealLevel0(event.cwd))
    if (end >= 0) end = writeText(end, event.category)
    if (end >= 0) end = writeText(end, event.tool)
    if (end >= 0) end = writeText(end, event.shell)
    if (end < 0) return -1
    buffer[end++] = event.karo_generated ? TRUE : FALSE
    return session === undefined ? end : writeNumber(end, session)
  }

  return (event, number) => {
    if (at + ROW_BYTES > buffer.length) {
      buffer = Buffer.allocUnsafeSlow(Math.min(BUFFER_BYTES, ROW_BYTES * Math.max(1, events)))
      at = 0
    }
    const keyEnd = at + EVENT_KEY_BYTES
    writeEventKey(buffer, at, event.uid, {
      start_us: event.start_us,
      tag: event.tag,
      number,
      flags: eventFlags(event),
    })
    const key = buffer.subarray(at, keyEnd)
    const end = writeValue(keyEnd, event)
    at = end < 0 ? keyEnd : end
    return putRow(key, end < 0 ? encodeEvent(event) : buffer.subarray(keyEnd, end))
  }
}
