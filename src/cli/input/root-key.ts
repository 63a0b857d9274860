// The options that name the key of a root, and how it is opened.

import { resolve } from 'node:path'
import { foundFleet } from '../../api/contract/operations/fleet.ts'
import { openRootKey } from '../../trust/certificates/index.ts'
import type { CommandIo, OptionsByName } from '../command.ts'
import { passphraseOf, withPassphrase } from '../passphrase.ts'
import { permitted } from '../terminal/confirm.ts'
import { isPipe, openRegular } from './regular-file.ts'

export const ROOT_FILE = 'karo-root.key'

export const ROOT_OPTIONS = {
  'root-key': {
    value: 'file',
    description: `file of the root key (default: ${ROOT_FILE} in this directory)`,
    completes: 'file',
  },
  'passphrase-file': {
    value: 'file',
    description:
      'a file with the passphrase of the root key, which others may not read; - for standard input',
  },
} as const satisfies OptionsByName

/**
 * The root key, which stays in this process, for what only administrators may do with it. `notice` is said before a person types the
 * passphrase. Throws KaroError as `openRootKey` does, and if no passphrase can be read.
 */
export async function openedRoot(
  io: CommandIo,
  options: { 'root-key'?: string | undefined; 'passphrase-file'?: string | undefined },
  notice = '',
) {
  const path = resolve(options['root-key'] ?? ROOT_FILE)
  if (!isPipe(path)) await (await openRegular(path, 'Name the file of the root key: --root-key')).close()
  if (!options['passphrase-file']) await permitted(io, foundFleet)
  io.err(notice)
  const passphrase = await passphraseOf(options['passphrase-file'], 'Passphrase of the root key: ')
  return withPassphrase(passphrase, (words) => openRootKey(path, words))
}
