// Remembers by place and text what was judged before, in a bounded number of entries.

/** Keeps at most `most` values, of which the half that was asked for last is sure to stay. */
interface JudgedBefore<V> {
  /** Counts as a use. */
  get(shell: string, cwd: string, text: string): V | undefined
  set(shell: string, cwd: string, text: string, value: V): void
}

type Places<V> = Map<string, Map<string, V>>

/**
 * Two generations: what is asked for moves to the younger one; when that is half of `most`, the older one goes. A list in
 * the order of use would cost more than the look-up, and so would one key made of place and text: each key that is made has
 * to be copied and hashed, while people stay in one place for many commands.
 */
export function createJudged<V>(most: number): JudgedBefore<V> {
  const half = Math.max(1, Math.floor(most / 2))
  let young: Places<V> = new Map()
  let old: Places<V> = new Map()
  let count = 0
  /** Where the last command ran, and what is known of that place. */
  let last: { shell: string; cwd: string; name: string; texts: Map<string, V> | undefined } | undefined

  /** The texts of a place among the young ones; undefined where there are none yet. */
  function at(shell: string, cwd: string): NonNullable<typeof last> {
    if (last === undefined || last.cwd !== cwd || last.shell !== shell) {
      // No shell's name has a blank.
      const name = `${shell} ${cwd}`
      last = { shell, cwd, name, texts: young.get(name) }
    }
    return last
  }

  function set(shell: string, cwd: string, text: string, value: V): void {
    if (count >= half) {
      old = young
      young = new Map()
      count = 0
      last = undefined
    }
    const place = at(shell, cwd)
    if (place.texts === undefined) {
      place.texts = new Map()
      young.set(place.name, place.texts)
    }
    if (!place.texts.has(text)) count++
    place.texts.set(text, value)
  }

  return {
    get(shell, cwd, text) {
      const place = at(shell, cwd)
      const value = place.texts?.get(text)
      if (value !== undefined) return value
      const before = old.get(place.name)?.get(text)
      if (before !== undefined) set(shell, cwd, text, before)
      return before
    },
    set,
  }
}
