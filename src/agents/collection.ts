// What people keep of one kind: changed one thing after the other, found by the beginning of its id, and gone with its person.
import { createSerial } from '../base/async/limiter.ts'
import { KaroError } from '../base/errors.ts'
import type { Rows } from '../store/tables/memory.ts'

interface Kept<Row> {
  readonly rows: Rows<Row>
  /** In words for people, and the command that lists them. */
  readonly what: string
  readonly command: string
  /** Digits of an id that may stand for all of it. */
  readonly least: number
  readonly isOver?: (row: Row) => boolean
}

export function createCollection<Row extends { readonly id: string }>({
  rows,
  what,
  command,
  least,
  isOver = () => false,
}: Kept<Row>) {
  const serially = createSerial()
  const gone = new Set<number>()
  const all = async (person: number) => (await rows.all(person)).filter((row) => !isOver(row))
  const write: typeof rows.write = async (person, change) => {
    if (gone.has(person)) throw new KaroError('not_found', 'this person was removed')
    await rows.write(person, change)
  }
  return {
    /** One change at a time. */
    serially,
    /** Those whose time is not over. */
    all,
    /** `which`: its id, or at least `least` digits of the beginning. Throws KaroError `not_found`, `conflict`. */
    async one(person: number, which: string) {
      const found = which.length < least ? [] : (await all(person)).filter(({ id }) => id.startsWith(which))
      const [only, other] = found
      if (only !== undefined && other === undefined) return only
      const short = which.slice(0, 64)
      if (other !== undefined)
        throw new KaroError('conflict', `${short} is the beginning of several ${what}s`)
      throw new KaroError('not_found', `you have no ${what} ${short}`, {
        hint: `${command} shows your ${what}s; give at least ${least} digits of an id.`,
      })
    },
    /**
     * Durable when it resolves, so that whoever is told of a change is told of what stays. To be called within `serially`. Throws
     * KaroError `not_found` for a person who was removed: their number is never given again.
     */
    write,
    /** Resolves when nothing more is written for this person; the rows are the caller's to remove. */
    async drop(person: number) {
      gone.add(person)
      await serially(async () => {})
    },
  }
}
