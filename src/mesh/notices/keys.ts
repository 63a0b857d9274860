// How notices are named and compared: by their names and versions.
import { GROUPS, KEY_BYTES, KEYS_MAX, NAME_BYTES, SUM_BYTES } from '../../../protocols/messages/notices.ts'

/** One notice. */
export type Key = readonly [name: string, version: number]

const groupOf = (name: string): number => Number.parseInt(name.slice(0, 2), 16) % GROUPS

/** Of one notice, so that sums of different ones differ: the finalizer of MurmurHash3. */
function mixed(name: string, version: number): number {
  let mix = Number.parseInt(name.slice(8), 16) ^ version ^ Math.imul(version / 2 ** 32, 0x9e3779b1)
  mix = Math.imul(mix ^ (mix >>> 16), 0x85ebca6b)
  mix = Math.imul(mix ^ (mix >>> 13), 0xc2b2ae35)
  return mix ^ (mix >>> 16)
}

export function sumsOf(keys: Iterable<Key>): Uint8Array {
  const sums = new Uint8Array(GROUPS * SUM_BYTES)
  const view = new DataView(sums.buffer)
  for (const [name, version] of keys) {
    const at = groupOf(name) * SUM_BYTES
    view.setInt32(at, view.getInt32(at) ^ mixed(name, version))
  }
  return sums
}

/** All notices of the groups whose sums differ, with one bit for each of these groups; `more`: there was no room for some. */
export function differing(keys: readonly Key[], theirs: Uint8Array) {
  const ours = sumsOf(keys)
  const members = Map.groupBy(keys, ([name]) => groupOf(name))
  const found: Key[] = []
  const groups = new Uint8Array(GROUPS / 8)
  let more = false
  for (let group = 0; group < GROUPS; group++) {
    const at = group * SUM_BYTES
    if (Buffer.compare(ours.subarray(at, at + SUM_BYTES), theirs.subarray(at, at + SUM_BYTES)) === 0) continue
    const all = members.get(group) ?? []
    if (found.length + all.length > KEYS_MAX) more = true
    else {
      found.push(...all)
      ;(groups[group >> 3] as number) |= 1 << (group & 7)
    }
  }
  return { found, groups, more }
}

export const isIn = (groups: Uint8Array, name: string): boolean =>
  (((groups[groupOf(name) >> 3] as number) >> (groupOf(name) & 7)) & 1) === 1

export function* readKeys(keys: Uint8Array): Generator<Key> {
  const buffer = Buffer.from(keys.buffer, keys.byteOffset, keys.length)
  for (let at = 0; at + KEY_BYTES <= buffer.length; at += KEY_BYTES) {
    const version = at + NAME_BYTES
    yield [buffer.toString('hex', at, version), buffer.readUIntBE(version, KEY_BYTES - NAME_BYTES)]
  }
}

/** The first of them, where there are too many. */
export function writeKeys(keys: readonly Key[]): Uint8Array {
  const told = keys.slice(0, KEYS_MAX)
  const buffer = Buffer.alloc(told.length * KEY_BYTES)
  for (const [index, [name, version]] of told.entries()) {
    buffer.write(name, index * KEY_BYTES, 'hex')
    buffer.writeUIntBE(version, index * KEY_BYTES + NAME_BYTES, KEY_BYTES - NAME_BYTES)
  }
  return new Uint8Array(buffer)
}
