// One import at the daemon: begun, and finished however it ends, so that what it brought can be undone at once.
import { callDaemon } from '../api/client.ts'
import type { CommandIo } from './command.ts'
import type { LiveLine } from './live-line.ts'

interface About {
  readonly source: string
  readonly file: string
  readonly dry_run: boolean
}

/**
 * `work` gets the key of the import. `id` is its number, null when nothing was added. When `work` throws, the person is
 * told what there is of it, and the error is thrown on.
 */
export async function withImport<T>(
  io: CommandIo,
  live: LiveLine,
  about: About,
  work: (key: string) => Promise<T>,
): Promise<T & { readonly id: number | null }> {
  const { key } = (await callDaemon(io, 'POST', '/api/v1/imports', about)) as { key: string }
  const finish = async (): Promise<number | null> =>
    ((await callDaemon(io, 'POST', '/api/v1/imports/finish', { key })) as { id: number | null }).id
  let done: T
  try {
    done = await work(key)
  } catch (error) {
    live.end()
    // If that fails, too, the daemon lets go of it by itself.
    const id = await finish().catch(() => undefined)
    if (id === undefined && !about.dry_run)
      io.err('What had been added by then: karo import list. The same import again adds the rest.\n')
    if (typeof id === 'number')
      io.err(
        `What had been added by then is import ${id}: karo import undo ${id} takes it out, the same import again adds the rest.\n`,
      )
    throw error
  }
  return { ...done, id: await finish() }
}
