// The messages by which two neighbours say whether they are leaves, also after the Hello, because that can change
// during a connection. Pure.
import type { Entry } from './entry.ts'
import type { Emit } from './types.ts'

/** Tells each of these that heard otherwise last. A Ping carries the word, because it is answered and costs nothing. */
export function tellLeaf(neighbours: Iterable<Entry>, isLeaf: boolean, emit: Emit): void {
  for (const conn of neighbours) {
    if (conn.leafHere === isLeaf) continue
    conn.leafHere = isLeaf
    emit({ do: 'say', id: conn.id, say: { ping: 0, leaf: isLeaf } })
  }
}

/** Notes what the other side says; true when it is news. `undefined`: it says nothing about it. */
export function hearLeaf(conn: Entry, leaf: boolean | undefined): boolean {
  if (leaf === undefined || conn.leaf === leaf) return false
  conn.leaf = leaf
  return true
}
