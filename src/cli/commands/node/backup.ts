// karo backup: writes the whole node into one file while it runs, and checks the file before it gets its name.
import { resolve } from 'node:path'
import { pipe } from 'it-pipe'
import { confirmBackup, makeBackup } from '../../../api/contract/operations/backup.ts'
import { createSeal } from '../../../ops/care/age.ts'
import { type Archive, openArchive } from '../../../ops/care/archive.ts'
import { ENCRYPTION_WORDS, sealingOf } from '../../backup-encryption.ts'
import { bytes, type CommandIo, defineCommand, printable, printJson, say } from '../../kit.ts'
import { createOutput } from '../../output-file.ts'
import { passphraseFileOption } from '../../passphrase.ts'
import { permitted } from '../../terminal/confirm.ts'
import { createLiveLine } from '../../terminal/live-line.ts'

/** Longest silence of the daemon, which reads while this command writes; a longer one means that it hangs. */
const IDLE_MS = 60_000

export const commands = [
  defineCommand('backup', {
    summary:
      'write the whole node into one file while it runs: key, configuration, and the history of everybody',
    args: {
      file: { description: 'where to; it must not exist yet' },
    },
    options: {
      'without-key': "leave out the node's key",
      to: {
        value: 'recipient',
        repeat: true,
        description: 'encrypt it for the key age1… of age-keygen; for several, give the option several times',
      },
      passphrase: 'encrypt it with a passphrase, which is asked for',
      'passphrase-file': passphraseFileOption,
    },
    examples: {
      'karo backup /mnt/usb/karo.tar': 'everything, in a file that only you can read',
      'karo backup /mnt/usb/karo.tar.age --to age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p':
        'encrypted: karo restore and age open it with the secret key',
      'sudo karo backup /var/backups/karo.tar --without-key': "of the machine's service",
    },
    async run(io, { args, options }) {
      const path = resolve(args.file)
      await permitted(io, makeBackup)
      const sealing = await sealingOf(options)
      using output = createOutput(path)
      using line = createLiveLine(io)
      const body = { key: options['without-key'] !== true }
      const received = io.daemon.bytes(makeBackup, 'application/x-tar', { body, idleMs: IDLE_MS })
      const seal = sealing && (await createSeal(sealing))
      let size = 0
      for await (const piece of pipe(received, seal?.sealed ?? ((plain) => plain))) {
        output.write(piece)
        size += piece.length
        line.show(`${bytes(size)} written`)
      }
      line.show('reading it again')
      const archive = await openArchive(output.temporary, seal)
      await archive.close()
      output.finish()
      await confirm(io, archive)
      line.end()
      const { head, encryption } = archive
      if (io.json) printJson(io, { file: path, bytes: size, encryption, ...head })
      else {
        const without = head.key ? 'with its key: keep it safe' : 'without its key'
        const says = `${printable(head.name)} is in ${printable(path)} (${bytes(size)}), ${ENCRYPTION_WORDS[encryption]}, ${without}.`
        say(io, `${says}\n`)
      }
    },
  }),
]

/** Notes the backup in the ledger. If that fails, the backup is still good, so there is only a message. */
async function confirm(io: CommandIo, { head, encryption }: Archive): Promise<void> {
  try {
    await io.call(confirmBackup, {
      body: { created_at: head.created_at, encrypted: encryption !== 'none' },
    })
  } catch (error) {
    io.err(`The backup is complete, but the ledger could not note it: ${(error as Error).message}\n`)
  }
}
