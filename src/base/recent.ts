// A map of bounded size that drops the least recently used entry (LRU); each operation costs the same at any size.

/** Iterates from the least to the most recently used entry; the entry being visited may be deleted. */
export interface Recent<K, V> extends Iterable<readonly [K, V]> {
  readonly size: number
  /** Counts as a use. */
  get(key: K): V | undefined
  /** Counts as a use. Inserts the value of `make` if the key is missing. */
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
  /** Milliseconds after which an unused entry is dropped, at the next `set`. */
  readonly ms: number
  /** Monotonic clock, milliseconds. */
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
 * Keeps the `most` entries used last; with `age` only those used within that time. A doubly linked list keeps the order,
 * because `keys().next()` would walk over all deleted entries, which V8's tables keep.
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
