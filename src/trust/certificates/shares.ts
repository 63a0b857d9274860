// A map of bounded size that is shared fairly: when it is full, the owner of the most entries loses the one set longest ago.

export interface Shares<K, V> extends Iterable<readonly [K, V]> {
  readonly size: number
  peek(key: K): V | undefined
  has(key: K): boolean
  set(key: K, value: V): void
  delete(key: K): boolean
  clear(): void
}

/** `ownerOf`: whose share an entry counts in. A look costs the same at any size, a `set` beyond the bound as much as owners. */
export function createShares<K, V, Owner>(most: number, ownerOf: (value: V) => Owner): Shares<K, V> {
  const owners = new Map<K, Owner>()
  const shares = new Map<Owner, Map<K, V>>()

  const peek = (key: K): V | undefined => {
    const owner = owners.get(key)
    return owner === undefined ? undefined : shares.get(owner)?.get(key)
  }

  function remove(key: K): boolean {
    const owner = owners.get(key)
    if (owner === undefined) return false
    const share = shares.get(owner)
    share?.delete(key)
    if (share?.size === 0) shares.delete(owner)
    return owners.delete(key)
  }

  return {
    get size() {
      return owners.size
    },
    peek,
    has: (key) => owners.has(key),
    set(key, value) {
      remove(key)
      const owner = ownerOf(value)
      const share = shares.get(owner) ?? new Map<K, V>()
      share.set(key, value)
      shares.set(owner, share)
      owners.set(key, owner)
      if (owners.size <= most) return
      let largest = share
      for (const one of shares.values()) if (one.size > largest.size) largest = one
      const [oldest] = largest.keys()
      if (oldest !== undefined) remove(oldest)
    },
    delete: remove,
    clear() {
      owners.clear()
      shares.clear()
    },
    *[Symbol.iterator]() {
      for (const share of shares.values()) yield* share
    },
  }
}
