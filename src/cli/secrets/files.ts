// karo secret backup and restore: all secrets of a person in one file, under a passphrase of its own.
import { readFileSync } from 'node:fs'
import { backupVault, restoreVault } from '../../api/contract/operations/agents/vault.ts'
import { KaroError } from '../../base/errors.ts'
import { printable } from '../../base/format.ts'
import { defineCommand, show } from '../command.ts'
import { createOutput } from '../output-file.ts'
import { newPassphrase, passphraseFileOption, passphraseOf } from '../passphrase.ts'
import { absolutePath } from '../place.ts'
import { unlocked, withWords } from './value.ts'

export const backup = defineCommand('secret backup', {
  summary: 'write all your secrets into one file, encrypted with its own passphrase; only at a terminal',
  args: { file: { description: 'where to; it must not exist yet', completes: 'file' } },
  options: { 'passphrase-file': passphraseFileOption },
  examples: { 'karo secret backup secrets.vault': 'asks for a passphrase for the file' },
  async run(io, { args, options }) {
    const path = absolutePath(args.file)
    const output = createOutput(path)
    try {
      const words = await newPassphrase(options['passphrase-file'])
      const file = await withWords(words, (passphrase) =>
        unlocked(io, () => io.call(backupVault, { body: { passphrase } })),
      )
      output.write(`${JSON.stringify(file)}\n`)
      output.finish()
      return show(io, { file: path }, () => `Your secrets are in ${printable(path)}.\n`)
    } finally {
      output.discard()
    }
  },
})

export const restore = defineCommand('secret restore', {
  summary: 'add the secrets of a backup file to your vault; no agent gets them until you permit it',
  shows: restoreVault,
  args: { file: { description: 'a file of karo secret backup', completes: 'file' } },
  options: {
    'passphrase-file': passphraseFileOption,
    replace: 'also replace secrets with the same names',
  },
  examples: { 'karo secret restore secrets.vault': 'asks for the passphrase of the file' },
  async run(io, { args, options }) {
    const file = fileAt(args.file)
    const words = await passphraseOf(options['passphrase-file'], 'Passphrase of the file: ')
    return withWords(words, (passphrase) =>
      unlocked(io, async () =>
        show(
          io,
          await io.call(restoreVault, {
            body: { file: file as never, passphrase, replace: options.replace === true },
          }),
          ({ secrets }) =>
            `Restored ${secrets.map(({ name }) => printable(name)).join(', ') || 'nothing'}.\n`,
        ),
      ),
    )
  },
})

function fileAt(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    const isText = cause instanceof SyntaxError
    throw new KaroError(
      isText ? 'bad_file' : 'not_found',
      isText ? 'this is not a file of karo secret backup' : 'it cannot be read',
      {
        where: path,
        cause,
      },
    )
  }
}
