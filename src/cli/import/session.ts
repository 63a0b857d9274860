// One import at the daemon: begun, and finished however it ends, so that what it brought can be undone at once.
import { beginImport, finishImport } from '../../api/contract/operations/import.ts'
import type { Source } from '../../observe/imports/entry.ts'
import type { CommandIo } from '../command.ts'
import type { LiveLine } from '../terminal/live-line.ts'
import { countedCommands } from '../views/import.ts'

interface About {
  readonly source: Source | 'karo'
  readonly file: string
  readonly dry_run: boolean
}

/**
 * `work` gets the key of the import, and adds to `sum` the commands that it has added. Resolves with the import's
 * number, null if nothing was added. If `work` throws, the person is told what was added so far, and the error is
 * thrown again.
 */
export async function withImport(
  io: CommandIo,
  live: LiveLine,
  about: About,
  sum: { readonly added: number },
  work: (key: string) => Promise<void>,
): Promise<number | null> {
  const { key } = await io.call(beginImport, { body: about })
  const finish = async (): Promise<number | null> => (await io.call(finishImport, { body: { key } })).id
  try {
    await work(key)
  } catch (error) {
    live.end()
    // If that fails, too, the daemon lets go of it by itself.
    const id = await finish().catch(() => undefined)
    const came = `${sum.added > 0 ? countedCommands(sum.added) : 'Some commands'} had been added by then`
    if (typeof id === 'number')
      io.err(`${came}: karo import undo ${id} takes them out, the same import again adds the rest.\n`)
    else if (sum.added > 0 && !about.dry_run)
      io.err(`${came}: karo import list. The same import again adds the rest.\n`)
    throw error
  }
  return finish()
}
