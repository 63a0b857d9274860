// A bounded set that forgets in order of arrival: ids in one ring of bytes, found by a hash table of places in it.

export interface Nonces {
  readonly size: number
  has(id: Uint8Array): boolean
  /**
   * Remembers one more; when there were `max`, the first to arrive gives way. Returns the time of that one, or
   * undefined. `id` is copied.
   */
  add(id: Uint8Array, ts: number): number | undefined
  /** Forgets nonces in order of arrival, up to the first one of the time `oldest` (ms) or younger. */
  forget(oldest: number): void
}

interface NoncesInit {
  /** Bytes of each id. */
  readonly idBytes: number
  /** At most 32 768, so that a place fits into 16 bits. */
  readonly max: number
  /** 32 secret random bits: a sender that could choose nonces that collide would make every look-up a walk. */
  readonly seed: number
}

const TIME_BYTES = 8
/** Places there are room for at first: a quiet neighbour has said some forty frames in ten minutes. */
const CAPACITY_MIN = 16

/**
 * An id takes 12 bytes beside its own in a full ring, and never more than four times as much: room is doubled when it
 * is full, and halved when three quarters of it are free. Beside strings in a Map that is a third, and nothing that the
 * garbage collector has to walk through.
 */
export function createNonces({ idBytes, max, seed }: NoncesInit): Nonces {
  if (max < 1 || max > 32_768) throw new RangeError('a place in the ring must fit into 16 bits')
  const recordBytes = idBytes + TIME_BYTES
  let capacity = CAPACITY_MIN
  let first = 0
  let size = 0
  /** A ring of records: id ‖ time. */
  let records = Buffer.alloc(capacity * recordBytes)
  /** Open addressing with linear probing: a record's place + 1; 0 is free. At most half of it is used. */
  let table = new Uint16Array(capacity * 2)

  const placeAt = (n: number): number => (first + n) & (capacity - 1)
  const timeOf = (place: number): number => records.readDoubleLE(place * recordBytes + idBytes)
  const after = (slot: number): number => (slot + 1) & (table.length - 1)

  /** Where the search for an id begins (FNV-1a); all bytes count, since some senders only count up. */
  const slotOf = (bytes: Uint8Array, at: number): number => {
    let hash = seed
    for (let i = at; i < at + idBytes; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193)
    return (hash ^ (hash >>> 15)) & (table.length - 1)
  }
  const homeOf = (place: number): number => slotOf(records, place * recordBytes)

  const equals = (place: number, id: Uint8Array): boolean => {
    const at = place * recordBytes
    for (let i = 0; i < idBytes; i++) if (records[at + i] !== id[i]) return false
    return true
  }

  const enter = (place: number): void => {
    let slot = homeOf(place)
    while (table[slot] !== 0) slot = after(slot)
    table[slot] = place + 1
  }

  /** Takes an entry out of the table, and moves up entries that stand behind it only because its place was taken. */
  const leave = (place: number): void => {
    let free = homeOf(place)
    while (table[free] !== place + 1) free = after(free)
    for (let slot = after(free); table[slot] !== 0; slot = after(slot)) {
      const entry = table[slot] as number
      const fromHome = (slot - homeOf(entry - 1)) & (table.length - 1)
      if (fromHome >= ((slot - free) & (table.length - 1))) {
        table[free] = entry
        free = slot
      }
    }
    table[free] = 0
  }

  const resize = (to: number): void => {
    const moved = Buffer.alloc(to * recordBytes)
    for (let n = 0; n < size; n++) {
      const at = placeAt(n) * recordBytes
      records.copy(moved, n * recordBytes, at, at + recordBytes)
    }
    records = moved
    table = new Uint16Array(to * 2)
    capacity = to
    first = 0
    for (let place = 0; place < size; place++) enter(place)
  }

  /** Returns its time. */
  const dropFirst = (): number => {
    const ts = timeOf(first)
    leave(first)
    first = placeAt(1)
    size--
    return ts
  }

  return {
    get size() {
      return size
    },
    has(id) {
      for (let slot = slotOf(id, 0); table[slot] !== 0; slot = after(slot)) {
        if (equals((table[slot] as number) - 1, id)) return true
      }
      return false
    },
    add(id, ts) {
      const dropped = size === max ? dropFirst() : undefined
      if (size === capacity) resize(capacity * 2)
      const place = placeAt(size)
      records.set(id, place * recordBytes)
      records.writeDoubleLE(ts, place * recordBytes + idBytes)
      size++
      enter(place)
      return dropped
    },
    forget(oldest) {
      while (size > 0 && timeOf(first) < oldest) dropFirst()
      let fitting = capacity
      while (fitting > CAPACITY_MIN && size <= fitting / 4) fitting /= 2
      if (fitting < capacity) resize(fitting)
    },
  }
}
