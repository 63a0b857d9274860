// What one person's shells may take of the follower, so that nobody's keep it from those of others.

/** Shells at the same time, of everybody; the files of more stay where they are until others are done with … */
const MOST_FILES = 4096
/** … and of one person. */
export const MOST_OF_ONE = 1024
/** Read of one person's files before others have their turn. */
const TURN_BYTES = 4 * 1024 * 1024
/**
 * Read of one person's files in a second, and at once after a pause. More than shells write and the database takes, so
 * that only bytes that are no commands wait for it: they cost nothing to make, and reading them for ever a whole core.
 */
const SECOND_BYTES = 8 * 1024 * 1024
const BURST_BYTES = 64 * 1024 * 1024
/** A look at a file costs as much as reading this much of it. */
const LOOK_BYTES = 4096

export type Shares = ReturnType<typeof createShares>

export function createShares(most = MOST_FILES, ofOne = MOST_OF_ONE) {
  /** The owner of a file, undefined while it is not known: all such files share one person's bounds. */
  const owners = new Map<string, number | undefined>()
  const files = new Map<number | undefined, Set<string>>()
  const spent = new Map<number | undefined, number>()
  /** What was read, less what time has given back since. */
  const owed = new Map<number | undefined, number>()
  let last = 0
  const of = (owner: number | undefined): number => files.get(owner)?.size ?? 0

  /** Whose files are most; there are as many people as have files, and this is asked only while there is no room. */
  function largest(): Set<string> | undefined {
    let found: Set<string> | undefined
    for (const names of files.values()) if (names.size > (found?.size ?? 0)) found = names
    return found
  }

  const isThrottled = (owner: number | undefined): boolean => (owed.get(owner) ?? 0) >= BURST_BYTES

  return {
    /** True when this file may be followed; `drop` is called with the name of one that makes room for it. */
    admit(owner: number | undefined, drop: (name: string) => boolean) {
      if (of(owner) >= ofOne) return false
      if (owners.size < most) return true
      const largestShare = largest()
      // Two more, or both would make room for each other for ever.
      if (largestShare === undefined || largestShare.size < of(owner) + 2) return false
      return drop([...largestShare].at(-1)!)
    },
    /** It is followed, whether or not there was room. */
    add(name: string, owner: number | undefined) {
      owners.set(name, owner)
      const names = files.get(owner)
      if (names === undefined) files.set(owner, new Set([name]))
      else names.add(name)
    },
    remove(name: string) {
      const owner = owners.get(name)
      owners.delete(name)
      const names = files.get(owner)
      names?.delete(name)
      if (names?.size === 0) files.delete(owner)
    },
    /** A new turn at `now` (milliseconds that only grow): everybody may have as much read as before. */
    begin(now: number) {
      spent.clear()
      const back = ((now - last) / 1000) * SECOND_BYTES
      last = now
      for (const [owner, bytes] of owed) {
        if (bytes > back) owed.set(owner, bytes - back)
        else owed.delete(owner)
      }
    },
    /** So many bytes of this person were read. */
    spend(owner: number | undefined, bytes: number) {
      const cost = Math.max(bytes, LOOK_BYTES)
      spent.set(owner, (spent.get(owner) ?? 0) + cost)
      owed.set(owner, (owed.get(owner) ?? 0) + cost)
    },
    /** This person's share of the turn is used up … */
    isSpent: (owner: number | undefined) => (spent.get(owner) ?? 0) >= TURN_BYTES || isThrottled(owner),
    /** … and that of the time: there is no more for a while. */
    isThrottled,
  }
}
