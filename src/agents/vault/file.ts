// A file of secrets, for another machine or another day: names, values and ends, sealed under a passphrase of its own.
import type { Random } from '../../base/clock.ts'
import { KaroError } from '../../base/errors.ts'
import { passphraseKeyLater, SALT_BYTES } from '../../trust/identity/index.ts'
import { boundToFile, open, seal } from './envelope.ts'
import { MOST_SECRETS, MOST_VALUE_BYTES, SECRET_NAME, type VaultFile } from './types.ts'

export interface Kept {
  readonly name: string
  readonly note: string
  readonly expires_at: number | null
  /** Wiped by whoever has it. */
  readonly value: Buffer
}

const HEAD_BYTES = 4
const WHAT = 'files of secrets'

/** The values are the caller's to wipe. */
export async function writeFile(
  kept: readonly Kept[],
  created_at: string,
  passphrase: Uint8Array,
  random: Random,
): Promise<VaultFile> {
  const salt = random.bytes(SALT_BYTES)
  const key = await passphraseKeyLater(passphrase, salt, WHAT)
  const facts = kept.map(({ name, note, expires_at, value }) => [name, note, expires_at, value.length])
  const head = Buffer.from(JSON.stringify(facts))
  const length = Buffer.alloc(HEAD_BYTES)
  length.writeUInt32BE(head.length)
  const plain = Buffer.concat([length, head, ...kept.map(({ value }) => value)])
  try {
    const sealed = seal(key, plain, boundToFile(created_at), random)
    return {
      karo_vault: 1,
      created_at,
      salt: Buffer.from(salt).toString('base64url'),
      sealed: sealed.toString('base64url'),
    }
  } finally {
    key.fill(0)
    plain.fill(0)
  }
}

/** The values are the caller's to wipe. Throws KaroError `unauthorized` for another passphrase or a changed file, `bad_request` for what this program would not write. */
export async function readFile(file: VaultFile, passphrase: Uint8Array): Promise<readonly Kept[]> {
  const salt = Buffer.from(file.salt, 'base64url')
  if (salt.length !== SALT_BYTES)
    throw new KaroError('bad_request', 'this is not a complete file of secrets', { where: 'file' })
  const key = await passphraseKeyLater(passphrase, salt, WHAT)
  const plain = open(key, Buffer.from(file.sealed, 'base64url'), boundToFile(file.created_at))
  key.fill(0)
  if (plain === undefined)
    throw new KaroError('unauthorized', 'this passphrase does not open the file, or the file is damaged', {
      hint: 'Nothing was changed. Try the passphrase again, or take another copy of the file.',
    })
  const kept: Kept[] = []
  try {
    const headEnd = HEAD_BYTES + plain.readUInt32BE(0)
    const facts = JSON.parse(plain.toString('utf8', HEAD_BYTES, headEnd)) as [
      string,
      string,
      number | null,
      number,
    ][]
    let at = headEnd
    for (const [name, note, expires_at, length] of facts) {
      kept.push({ name, note, expires_at, value: Buffer.from(plain.subarray(at, at + length)) })
      at += length
    }
    const sound = kept.every(
      ({ name, value }) => SECRET_NAME.test(name) && value.length > 0 && value.length <= MOST_VALUE_BYTES,
    )
    if (sound && at === plain.length && kept.length <= MOST_SECRETS) return kept
    throw new Error('it is of another form')
  } catch (cause) {
    for (const { value } of kept) value.fill(0)
    throw new KaroError('bad_request', 'the content of the file is not a list of secrets', {
      where: 'file',
      cause,
    })
  } finally {
    plain.fill(0)
  }
}
