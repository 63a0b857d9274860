// karo backup: the whole node in one file, made while it runs, and read again before it has its name.
import { existsSync, linkSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { streamBytes } from '../../api/client.ts'
import { EXIT, KaroError } from '../../base/errors.ts'
import { openArchive } from '../../care/archive.ts'
import type { Command } from '../command.ts'
import { bytes } from '../format.ts'
import { createLiveLine } from '../live-line.ts'
import { fitted } from '../text.ts'

/** The daemon reads while this writes: it is silent only while it is stuck. */
const IDLE_MS = 60_000

export const backup: readonly Command[] = [
  {
    name: 'backup',
    summary: 'the whole node in one file, while it runs: key, configuration, and what everybody typed',
    args: [
      { name: 'file', required: true, description: 'where to; it must not exist yet', completes: 'file' },
    ],
    options: [{ name: 'without-key', description: 'leave out the key that makes this node this node' }],
    examples: [
      { run: 'karo backup /mnt/usb/karo.tar', does: 'everything, readable by you alone' },
      { run: 'sudo karo backup /var/backups/karo.tar --without-key', does: "of the machine's service" },
    ],
    async run(io, { args, options }) {
      const path = resolve(args.file as string)
      const temporary = join(dirname(path), `.${process.pid}.karo-backup`)
      // Again when it is placed: a name that is taken should not cost a minute.
      if (existsSync(path)) throw taken(path)
      const line = createLiveLine(io)
      try {
        const size = await receive()
        line.show('reading it again')
        const archive = await openArchive(temporary)
        await archive.close()
        // Under its name only when it is whole; never in place of another.
        linkSync(temporary, path)
        line.end()
        const { head } = archive
        if (io.json) io.out(`${JSON.stringify({ file: path, bytes: size, ...head })}\n`)
        else {
          const without = head.key ? 'with its key: keep it safe' : 'without its key'
          io.out(`${fitted(`${head.name} is in ${path} (${bytes(size)}), ${without}.`, io.columns)}\n`)
        }
        return EXIT.done
      } catch (error) {
        if (error instanceof KaroError) throw error
        throw cannotWrite(path, error)
      } finally {
        line.end()
        rmSync(temporary, { force: true })
      }

      async function receive(): Promise<number> {
        const body = { key: options['without-key'] !== true }
        const request = { method: 'POST', path: '/api/v1/backup', body, type: 'application/x-tar' } as const
        const file = await open(temporary, 'wx', 0o600)
        try {
          let size = 0
          for await (const chunk of streamBytes(io, request, { idleMs: IDLE_MS })) {
            await file.writeFile(chunk)
            size += chunk.length
            line.show(`${bytes(size)} received`)
          }
          await file.sync()
          return size
        } finally {
          await file.close()
        }
      }
    },
  },
]

const taken = (path: string): KaroError =>
  new KaroError('conflict', 'there is a file of that name', { where: path, hint: 'Choose another name.' })

function cannotWrite(path: string, cause: unknown): KaroError {
  const { code, message } = cause as NodeJS.ErrnoException
  if (code === 'EEXIST') return taken(path)
  return new KaroError('bad_file', `the backup cannot be written: ${message}`, { where: path, cause })
}
