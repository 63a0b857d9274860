// What is no history any more, however it begins: lines and files without measure end an import soon, and say why.
import { KaroError } from '../../base/errors.ts'
import type { Item } from './entry.ts'

/** Bytes of one line. A command that was pasted is far shorter; what is above 64 KiB and below this is cut. */
export const LONGEST_LINE = 4 * 1024 * 1024
export const TOO_LONG = 'is longer than 4 MiB: no command is'
/** Lines that are no command, before the rest is not looked at. */
const MOST_BAD = 10_000
/** Lines of one file: a thousand a day for more than ten years. */
const MOST_LINES = 5_000_000

/** Throws KaroError `bad_file` for a line that no history has any more; it does not know which file it is. */
export function countLine(number: number): void {
  if (number <= MOST_LINES) return
  throw new KaroError('bad_file', `it has more than ${MOST_LINES} lines`, {
    hint: 'Cut it into files of fewer lines, and import one after the other: split -l 1000000 FILE',
  })
}

/** The same items. Throws KaroError `bad_file` where there is more than a history has. */
export async function* bounded(items: AsyncIterable<Item>, where: string): AsyncGenerator<Item, void> {
  let bad = 0
  try {
    for await (const item of items) {
      if (!('entry' in item) && ++bad > MOST_BAD) {
        throw new KaroError(
          'bad_file',
          `line ${item.line} ${item.problem}; ${MOST_BAD} lines before it cannot be read either`,
          {
            where,
            hint: 'It is no history, or a damaged one: the rest was not looked at.',
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
