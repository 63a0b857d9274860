// A map with a bound: the entry used longest ago gives way (LRU), at the same cost however large the map is.

/** Iterates from the entry used longest ago to the newest; an entry may be deleted while it is visited. */
export interface Recent<K, V> extends Iterable<readonly [K, V]> {
  readonly size: number
  /** Counts as a use. */
  get(key: K): V | undefined
  /** Counts as a use. The value of `make` where there is none. */
  getOrInsert(key: K, make: () => V): V
  /** Not a use. */
  peek(key: K): V | undefined
  /** Not a use. */
  has(key: K): boolean
  /** Counts as a use. */
  set(key: K, value: V): void
  delete(key: K): boolean
  clear(): void
}

interface Age {
  /** What was not used for this long goes when something is set. */
  readonly ms: number
  /** Monotonic, ms. */
  readonly now: () => number
}

interface Entry<K, V> {
  readonly key: K
  value: V
  usedAt: number
  older: Entry<K, V> | undefined
  newer: Entry<K, V> | undefined
}

/**
 * Holds the `most` entries used last; with `age` only those used within it. A doubly linked list beside the map: to find
 * the oldest by `keys().next()` costs a walk over all entries deleted before it (V8's tables keep them).
 */
export function createRecent<K, V>(most: number, age?: Age): Recent<K, V> {
  const entries = new Map<K, Entry<K, V>>()
  let oldest: Entry<K, V> | undefined
  let newest: Entry<K, V> | undefined

  const unlink = (entry: Entry<K, V>): void => {
    if (entry.older === undefined) oldest = entry.newer
    else entry.older.newer = entry.newer
    if (entry.newer === undefined) newest = entry.older
    else entry.newer.older = entry.older
  }

  const append = (entry: Entry<K, V>): void => {
    entry.older = newest
    entry.newer = undefined
    if (newest === undefined) oldest = entry
    else newest.newer = entry
    newest = entry
    if (age !== undefined) entry.usedAt = age.now()
  }

  const use = (entry: Entry<K, V>): V => {
    if (entry !== newest || age !== undefined) {
      unlink(entry)
      append(entry)
    }
    return entry.value
  }

  const remove = (entry: Entry<K, V>): void => {
    unlink(entry)
    entries.delete(entry.key)
  }

  const makeRoom = (): void => {
    while (oldest !== undefined && entries.size > most) remove(oldest)
    if (age === undefined) return
    const now = age.now()
    while (oldest !== undefined && now - oldest.usedAt >= age.ms) remove(oldest)
  }

  const recent: Recent<K, V> = {
    get size() {
      return entries.size
    },
    get(key) {
      const entry = entries.get(key)
      return entry === undefined ? undefined : use(entry)
    },
    getOrInsert(key, make) {
      const entry = entries.get(key)
      if (entry !== undefined) return use(entry)
      const value = make()
      recent.set(key, value)
      return value
    },
    peek: (key) => entries.get(key)?.value,
    has: (key) => entries.has(key),
    set(key, value) {
      const known = entries.get(key)
      if (known === undefined) {
        const entry: Entry<K, V> = { key, value, usedAt: 0, older: undefined, newer: undefined }
        entries.set(key, entry)
        append(entry)
      } else {
        known.value = value
        use(known)
      }
      makeRoom()
    },
    delete(key) {
      const entry = entries.get(key)
      if (entry !== undefined) remove(entry)
      return entry !== undefined
    },
    clear() {
      entries.clear()
      oldest = undefined
      newest = undefined
    },
    *[Symbol.iterator]() {
      for (let entry = oldest; entry !== undefined; ) {
        const { key, value, newer } = entry
        yield [key, value] as const
        entry = newer
      }
    },
  }
  return recent
}
