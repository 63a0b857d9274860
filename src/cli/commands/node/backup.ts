// karo backup: the whole node in one file, made while it runs, and read again before it has its name.
import { daemonAt } from '../../../api/contract/client/socket.ts'
import { confirmBackup, makeBackup } from '../../../api/contract/operations/backup.ts'
import { EXIT } from '../../../base/errors.ts'
import { bytes, printable } from '../../../base/format.ts'
import { openArchive } from '../../../ops/care/archive.ts'
import { type Command, type CommandIo, defineCommand } from '../../command.ts'
import { createOutput } from '../../output-file.ts'
import { absolutePath } from '../../place.ts'
import { createLiveLine } from '../../terminal/live-line.ts'
import { fitted } from '../../terminal/text.ts'

/** The daemon reads while this writes: it is silent only while it is stuck. */
const IDLE_MS = 60_000

export const commands: readonly Command[] = [
  defineCommand({
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
      const path = absolutePath(args.file as string)
      const output = createOutput(path)
      const line = createLiveLine(io)
      try {
        const body = { key: options['without-key'] !== true }
        let size = 0
        for await (const chunk of daemonAt(io).bytes(makeBackup, 'application/x-tar', {
          body,
          idleMs: IDLE_MS,
        })) {
          output.write(chunk)
          size += chunk.length
          line.show(`${bytes(size)} received`)
        }
        line.show('reading it again')
        const archive = await openArchive(output.temporary)
        await archive.close()
        output.finish()
        await confirm(io, archive.head.created_at)
        line.end()
        const { head } = archive
        if (io.json) io.out(`${JSON.stringify({ file: path, bytes: size, ...head })}\n`)
        else {
          const without = head.key ? 'with its key: keep it safe' : 'without its key'
          const says = `${printable(head.name)} is in ${printable(path)} (${bytes(size)}), ${without}.`
          io.out(`${fitted(says, io.columns)}\n`)
        }
        return EXIT.done
      } finally {
        line.end()
        output.discard()
      }
    },
  }),
]

/** What nobody can say to the ledger is a backup all the same. */
async function confirm(io: CommandIo, created_at: string): Promise<void> {
  try {
    await daemonAt(io).call(confirmBackup, { body: { created_at } })
  } catch (error) {
    io.err(
      `The backup is whole, but the ledger could not note that it was finished: ${(error as Error).message}\n`,
    )
  }
}
