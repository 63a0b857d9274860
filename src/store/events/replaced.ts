// Finds what an import brought of commands that still ran then: the record of such a command takes its place.
import type { Database } from '../level/database.ts'
import { commandOfKey, isCounted, readU32, startOfKey, TAG_AT } from '../level/key-of-event.ts'
import { numbersOfTexts } from './commands.ts'
import type { ImportLists } from './imports/lists.ts'
import { decodeWithoutText, type EventInput, idOfKey, sameShell } from './rows.ts'
import { keysBetween } from './transfer.ts'

/** Events within four seconds that are looked at; nobody types more. */
const MOST = 1_000

/**
 * Clocks are read before and after a prompt by different programs, and some keep whole seconds only: one command that
 * two of them saw is at most this far apart.
 */
export const SAME_US = 2_000_000

interface Deps {
  readonly db: Database
  readonly lists: Pick<ImportLists, 'near' | 'listed'>
}

/**
 * The ids of the events that these, just recorded, replace: brought by an import, of the same text and shell, begun at
 * most 2 s apart, and without an exit code. Shells and atuin write a line down when it starts.
 */
export function createReplaced({ db, lists }: Deps) {
  async function replacedBy(
    uid: number,
    event: EventInput,
    taken: ReadonlySet<string>,
  ): Promise<string | undefined> {
    const span = { from: event.start_us - SAME_US, to: event.start_us + SAME_US }
    const keys = await keysBetween(db, uid, { ...span, most: MOST })
    const free = (keys ?? []).filter((key) => isCounted(key) && !taken.has(idOfKey(key)))
    if (free.length === 0) return undefined
    const [number] = await numbersOfTexts(db, uid, [event.command])
    const same = free.filter((key) => commandOfKey(key) === number)
    const distance = (key: Uint8Array): number => Math.abs(startOfKey(key) - event.start_us)
    for (const key of same.toSorted((a, b) => distance(a) - distance(b))) {
      const value = await db.get(key)
      if (value === undefined) continue
      const { exit_code, shell } = decodeWithoutText(key, value)
      if (exit_code !== null || !sameShell(shell, event.shell)) continue
      if (await lists.listed(uid, { start_us: startOfKey(key), tag: readU32(key, TAG_AT) }))
        return idOfKey(key)
    }
    return undefined
  }

  return async (uid: number, events: readonly EventInput[]): Promise<readonly string[]> => {
    const found = new Set<string>()
    for (const event of await lists.near(uid, events, SAME_US)) {
      const id = await replacedBy(uid, event, found)
      if (id !== undefined) found.add(id)
    }
    return [...found]
  }
}
