// POST /backup: the whole node as one file, streamed while it runs.
import { readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipe } from 'it-pipe'
import { KaroError } from '../../../base/errors.ts'
import { VERSION } from '../../../base/version.ts'
import { archived } from '../../../ops/care/archive.ts'
import { NEWEST_SCHEMA } from '../../../store/index.ts'
import { confirmBackup, makeBackup } from '../../contract/operations/backup.ts'
import { type Caller, type Rooms, type Routes, serve, time } from '../../server/index.ts'

/** Errors: `refused` for everybody but root and the daemon's own user, `conflict` while another backup is being made. */
export function backupRoutes({ store, identity, name, paths, audit, clock, ownUid }: Rooms): Routes {
  let busy = false
  /** The last backup that was sent completely and not confirmed yet. */
  let sent: { readonly created_at: string; readonly uid: number; readonly key: boolean } | undefined
  const checkMay = ({ account: uid }: Caller): void => {
    if (uid === 0 || uid === ownUid) return
    throw new KaroError(
      'refused',
      'a backup contains the commands of all people here, so only root may make one',
      {
        hint: 'Run it with sudo. Your own history: karo export',
      },
    )
  }
  return (server) => {
    serve(server, makeBackup, async ({ body, caller, id }, reply) => {
      checkMay(caller)
      // Only one at a time: a backup reads everything, and its snapshot keeps deleted rows on the disk meanwhile.
      if (busy)
        throw new KaroError('conflict', 'a backup is being made already', {
          hint: 'Wait until it is done.',
        })
      busy = true
      const now = clock.now()
      try {
        const key = body.key ? await readFile(paths.key) : undefined
        // A missing configuration is left out. Any other error of reading it ends the backup.
        const config = await readFile(paths.config).catch((error: NodeJS.ErrnoException) => {
          if (error.code !== 'ENOENT') throw error
          return undefined
        })
        await audit.record({
          type: 'backup_begun',
          success: true,
          trace_id: id,
          details: { key: body.key, uid: caller.account },
        })
        const head = {
          karo_version: VERSION,
          schema: NEWEST_SCHEMA,
          node_id: identity.nodeId,
          name,
          created_at: time(now),
        }
        const stream = Readable.from(pipe(store.snapshot(), archived({ head, now, key, config })), {
          objectMode: false,
          highWaterMark: 1024 * 1024,
        })
        const { created_at } = head
        stream.once('end', () => {
          sent = { created_at, uid: caller.account, key: body.key }
        })
        stream.once('close', () => {
          busy = false
        })
        return reply.type('application/x-tar').send(stream)
      } catch (error) {
        busy = false
        throw error
      }
    })

    serve(server, confirmBackup, async ({ body: { created_at, encrypted }, caller, id }) => {
      checkMay(caller)
      if (sent?.created_at !== created_at || sent.uid !== caller.account)
        throw new KaroError('conflict', 'no backup of that time was sent completely', { where: 'created_at' })
      const { uid, key } = sent
      sent = undefined
      const details = { key, uid, created_at, encrypted }
      await audit.record({ type: 'backup_made', success: true, trace_id: id, details })
      return { created_at }
    })
  }
}
