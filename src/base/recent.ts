// A bounded memory of what was used lately, at the same cost however large it is.

export interface Recent<K, V> {
  get(key: K): V | undefined
  set(key: K, value: V): void
  clear(): void
}

interface Age {
  /** What was used within this time is held; the rest goes within as much again, if something is set then. */
  readonly ms: number
  /** Monotonic, ms. */
  readonly now: () => number
}

/**
 * Holds the `most / 2` entries used last, and at most `most`. Two maps: when the newer is full, the older is dropped
 * whole. Deleting the oldest entry of one map costs a walk over all entries deleted before it (V8's tables keep them).
 * With `age` the newer is full after that time too: what a busy hour left is not held for good.
 */
export function createRecent<K, V>(most: number, age?: Age): Recent<K, V> {
  let newer = new Map<K, V>()
  let older = new Map<K, V>()
  /** When the newer map was begun. */
  let begun = age?.now() ?? 0

  const set = (key: K, value: V): void => {
    const full = newer.size >= most / 2 && !newer.has(key)
    if (full || (age !== undefined && age.now() - begun >= age.ms)) {
      older = newer
      newer = new Map()
      begun = age?.now() ?? 0
    }
    newer.set(key, value)
  }

  return {
    get(key) {
      const value = newer.get(key)
      if (value !== undefined) return value
      const old = older.get(key)
      if (old !== undefined) set(key, old)
      return old
    },
    set,
    clear() {
      newer = new Map()
      older = new Map()
    },
  }
}
