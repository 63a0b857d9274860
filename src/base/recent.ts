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

/** Keeps the `most` entries used last; with `age` only those used within that time. */
export function createRecent<K, V>(most: number, age?: Age): Recent<K, V> {
  /** The least recently used first. */
  const entries = new Map<K, { value: V; usedAt: number }>()
  /**
   * Finds the one to drop. A new one would walk over all that were deleted in front of it, which V8's table keeps until it is
   * rebuilt; so it is kept while entries only come and go, and no longer, because it holds each table that was replaced.
   */
  let oldest: Iterator<K> | undefined

  const put = (key: K, value: V): V => {
    entries.delete(key)
    entries.set(key, { value, usedAt: age?.now() ?? 0 })
    return value
  }

  const use = (key: K, { value }: { readonly value: V }): V => {
    oldest = undefined
    return put(key, value)
  }

  const recent: Recent<K, V> = {
    get size() {
      return entries.size
    },
    get(key) {
      const entry = entries.get(key)
      return entry && use(key, entry)
    },
    getOrInsert(key, make) {
      const entry = entries.get(key)
      if (entry !== undefined) return use(key, entry)
      const value = make()
      recent.set(key, value)
      return value
    },
    peek: (key) => entries.get(key)?.value,
    has: (key) => entries.has(key),
    set(key, value) {
      put(key, value)
      if (entries.size > most) {
        oldest ??= entries.keys()
        entries.delete(oldest.next().value)
      } else oldest = undefined
      if (age === undefined) return
      const now = age.now()
      for (const [old, { usedAt }] of entries) {
        if (now - usedAt < age.ms) break
        entries.delete(old)
      }
    },
    delete: (key) => entries.delete(key),
    clear: () => entries.clear(),
    *[Symbol.iterator]() {
      for (const [key, { value }] of entries) yield [key, value] as const
    },
  }
  return recent
}
