// A bounded memory of what was used lately, at the same cost however large it is.

export interface Recent<K, V> {
  get(key: K): V | undefined
  set(key: K, value: V): void
  clear(): void
}

/**
 * Holds the `most / 2` entries used last, and at most `most`. Two maps: when the newer is full, the older is dropped
 * whole. Deleting the oldest entry of one map costs a walk over all entries deleted before it (V8's tables keep them).
 */
export function createRecent<K, V>(most: number): Recent<K, V> {
  let newer = new Map<K, V>()
  let older = new Map<K, V>()

  const set = (key: K, value: V): void => {
    if (newer.size >= most / 2 && !newer.has(key)) {
      older = newer
      newer = new Map()
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
