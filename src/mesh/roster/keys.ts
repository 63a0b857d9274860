// How presences are named and compared: by the fingerprints of their authors and their versions.
import { GROUPS, KEY_BYTES, KEYS_MAX, LINK_BYTES, SUM_BYTES } from '../../../protocols/messages/presence.ts'

/** One presence: the fingerprint of its author, and its version. */
export type Key = readonly [fingerprint: string, version: number]

const groupOf = (fingerprint: string): number => Number.parseInt(fingerprint.slice(0, 2), 16) % GROUPS

/** Of one presence, so that sums of different ones differ: the finalizer of MurmurHash3. */
function mixed(fingerprint: string, version: number): number {
  let mix = Number.parseInt(fingerprint.slice(8), 16) ^ version ^ Math.imul(version / 2 ** 32, 0x9e3779b1)
  mix = Math.imul(mix ^ (mix >>> 16), 0x85ebca6b)
  mix = Math.imul(mix ^ (mix >>> 13), 0xc2b2ae35)
  return mix ^ (mix >>> 16)
}

export function sumsOf(keys: Iterable<Key>): Uint8Array {
  const sums = new Uint8Array(GROUPS * SUM_BYTES)
  const view = new DataView(sums.buffer)
  for (const [fingerprint, version] of keys) {
    const at = groupOf(fingerprint) * SUM_BYTES
    view.setInt32(at, view.getInt32(at) ^ mixed(fingerprint, version))
  }
  return sums
}

/** All presences of the groups whose sums differ, with one bit for each of these groups; `more`: there was no room for some. */
export function differing(keys: readonly Key[], theirs: Uint8Array) {
  const ours = sumsOf(keys)
  const members = Map.groupBy(keys, ([fingerprint]) => groupOf(fingerprint))
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

export const isIn = (groups: Uint8Array, fingerprint: string): boolean =>
  (((groups[groupOf(fingerprint) >> 3] as number) >> (groupOf(fingerprint) & 7)) & 1) === 1

export function* readKeys(keys: Uint8Array): Generator<Key> {
  const buffer = Buffer.from(keys.buffer, keys.byteOffset, keys.length)
  for (let at = 0; at + KEY_BYTES <= buffer.length; at += KEY_BYTES) {
    const version = at + LINK_BYTES
    yield [buffer.toString('hex', at, version), buffer.readUIntBE(version, KEY_BYTES - LINK_BYTES)]
  }
}

/** The first of them, where there are too many. */
export function writeKeys(keys: readonly Key[]): Uint8Array {
  const told = keys.slice(0, KEYS_MAX)
  const buffer = Buffer.alloc(told.length * KEY_BYTES)
  for (const [index, [fingerprint, version]] of told.entries()) {
    buffer.write(fingerprint, index * KEY_BYTES, 'hex')
    buffer.writeUIntBE(version, index * KEY_BYTES + LINK_BYTES, KEY_BYTES - LINK_BYTES)
  }
  return new Uint8Array(buffer)
}
