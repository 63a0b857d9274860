// Limits for lines and files: input without end stops an import early, with a message that says why.
import { KaroError } from '../../base/errors.ts'
import type { Item } from './entry.ts'

/** Bytes of one line; pasted commands are far shorter. Commands between 64 KiB and this length are cut. */
export const LONGEST_LINE = 4 * 1024 * 1024
export const TOO_LONG = 'is longer than 4 MiB, and no command is that long'
/** Unreadable lines after which the rest of a file is not read. */
const MOST_BAD = 10_000
/** Lines of one file; enough for a thousand a day over more than ten years. */
const MOST_LINES = 5_000_000

/** Throws KaroError `bad_file`, without `where`, for a line beyond MOST_LINES. */
export function countLine(number: number): void {
  if (number <= MOST_LINES) return
  throw new KaroError('bad_file', `it has more than ${MOST_LINES} lines`, {
    hint: 'Cut it into files of fewer lines, and import one after the other: split -l 1000000 FILE',
  })
}

/** Passes the items on. Throws KaroError `bad_file` with `where` after too many unreadable lines. */
export const bounded = (where: string) =>
  async function* (items: AsyncIterable<Item>): AsyncGenerator<Item, void> {
    let bad = 0
    try {
      for await (const item of items) {
        if (!('entry' in item) && ++bad > MOST_BAD) {
          throw new KaroError(
            'bad_file',
            `line ${item.line} ${item.problem}; ${MOST_BAD} lines before it cannot be read either`,
            {
              where,
              hint: 'This is not a history, or a damaged one; the rest was not read.',
            },
          )
        }
        yield item
      }
    } catch (error) {
      if (!(error instanceof KaroError) || error.where !== undefined) throw error
      const { code, message, hint } = error
      throw new KaroError(code, message, { where, ...(hint !== undefined && { hint }), cause: error })
    }
  }
