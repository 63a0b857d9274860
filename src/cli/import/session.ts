// One import at the daemon: begun, and finished however it ends, so that what it brought can be undone at once.
import { callDaemon } from '../../api/contract/client.ts'
import type { CommandIo } from '../command.ts'
import type { LiveLine } from '../terminal/live-line.ts'
import { commands } from '../views/import.ts'

interface About {
  readonly source: string
  readonly file: string
  readonly dry_run: boolean
}

/**
 * `work` gets the key of the import, and adds to `sum` what it has added. Resolves with the import's number, null when
 * nothing was added. When `work` throws, the person is told what there is of it, and the error is thrown on.
 */
export async function withImport(
  io: CommandIo,
  live: LiveLine,
  about: About,
  sum: { readonly added: number },
  work: (key: string) => Promise<void>,
): Promise<number | null> {
  const { key } = (await callDaemon(io, 'POST', '/api/v1/imports', about)) as { key: string }
  const finish = async (): Promise<number | null> =>
    ((await callDaemon(io, 'POST', '/api/v1/imports/finish', { key })) as { id: number | null }).id
  try {
    await work(key)
  } catch (error) {
    live.end()
    // If that fails, too, the daemon lets go of it by itself.
    const id = await finish().catch(() => undefined)
    const came = `${sum.added > 0 ? commands(sum.added) : 'Some commands'} had been added by then`
    if (typeof id === 'number')
      io.err(`${came}: karo import undo ${id} takes them out, the same import again adds the rest.\n`)
    else if (sum.added > 0 && !about.dry_run)
      io.err(`${came}: karo import list. The same import again adds the rest.\n`)
    throw error
  }
  return finish()
}
