// Encryption of a backup in the age format (age-encryption.org/v1), so that the program `age` can open it and make it too.
import { isUtf8 } from 'node:buffer'
import type { FileHandle } from 'node:fs/promises'
import { KaroError } from '../../base/errors.ts'
import { passphraseIdentity, passphraseRecipient } from './age-passphrase.ts'

/** What a file needs to be opened. */
export type Encryption = 'none' | 'recipients' | 'passphrase'

/** Those who shall be able to open a backup: holders of the keys, or of the passphrase (UTF-8). */
export type Sealing = { readonly recipients: readonly string[] } | { readonly passphrase: Buffer }

/** What opens a backup; `fileKey` is the key of one file, known only to the process that made the file. */
export type Opener =
  | { readonly identities: readonly string[] }
  | { readonly passphrase: Buffer }
  | { readonly fileKey: Uint8Array }

const BEGIN = 'age-encryption.org/v1\n'
const BEGIN_ARMORED = '-----BEGIN AGE ENCRYPTED FILE-----'
const PASSPHRASE = `${BEGIN}-> scrypt `
/** Ends the header of an age file. */
const HEADER_END = '\n--- '
/** The header has to end in these first bytes, so that no file makes the reader hold more. 256 post-quantum keys fit. */
const MOST_HEADER = 512 * 1024
export const MOST_RECIPIENTS = 100

/**
 * The form of the file, from its first bytes. Throws KaroError `bad_file` for an encrypted file in the form of text, and
 * for one without an end of its header.
 */
export async function encryptionOf(file: FileHandle, path: string): Promise<Encryption> {
  const buffer = Buffer.alloc(MOST_HEADER)
  let length = 0
  while (length < buffer.length) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, length)
    if (bytesRead === 0) break
    length += bytesRead
  }
  const begin = buffer.toString('latin1', 0, length)
  if (begin.startsWith(BEGIN_ARMORED)) {
    throw new KaroError('bad_file', 'the backup is encrypted, in the form of text', {
      where: path,
      hint: 'Decrypt it first, and restore the result: age --decrypt --output karo.tar <file>',
    })
  }
  if (!begin.startsWith(BEGIN)) return 'none'
  if (!begin.includes(HEADER_END)) throw damaged(path, 'the header of its encryption does not end')
  return begin.startsWith(PASSPHRASE) ? 'passphrase' : 'recipients'
}

/**
 * Throws KaroError `bad_request` for a text that is no recipient of age; the error does not repeat the text, which may
 * be a secret key that was mistaken for its recipient.
 */
export async function checkRecipients(recipients: readonly string[], where: string): Promise<void> {
  if (recipients.length > MOST_RECIPIENTS)
    throw new KaroError('bad_request', `at most ${MOST_RECIPIENTS} recipients can be given`, { where })
  const { Encrypter } = await import('age-encryption')
  for (const recipient of recipients) {
    try {
      new Encrypter().addRecipient(recipient)
    } catch {
      const isSecret = /^AGE-(SECRET-KEY|PLUGIN)-/i.test(recipient)
      throw new KaroError(
        'bad_request',
        isSecret ? 'this is a secret key, not a recipient' : 'this is no recipient of age',
        {
          where,
          hint: 'A recipient begins with age1. age-keygen -y <file> prints the one of a key file.',
        },
      )
    }
  }
}

/** Secret keys in the text of an identity file. Throws KaroError `bad_file` that names the line, never its text. */
export async function identitiesIn(text: string, where: string): Promise<readonly string[]> {
  const { Decrypter } = await import('age-encryption')
  const identities: string[] = []
  for (const [i, line] of text.split('\n').entries()) {
    const identity = line.trim()
    if (identity === '' || identity.startsWith('#')) continue
    try {
      new Decrypter().addIdentity(identity)
    } catch {
      throw new KaroError('bad_file', 'this is no secret key of age', {
        where: `${where}:${i + 1}`,
        hint: 'Keys of age-keygen can be used, which begin with AGE-SECRET-KEY-. For any other: age --decrypt, then restore the result.',
      })
    }
    identities.push(identity)
  }
  if (identities.length === 0)
    throw new KaroError('bad_file', 'the file contains no secret key', {
      where,
      hint: 'Name the file that age-keygen made.',
    })
  return identities
}

type Bytes = AsyncIterable<Uint8Array>

/**
 * Encrypts what passes through `sealed`, once. The opener opens this one file, so that it can be read again when it is written,
 * though only the recipients have keys. Holds a few hundred KiB; a passphrase costs 256 MiB for a second (scrypt, N = 2^18).
 */
export async function createSeal(
  to: Sealing,
): Promise<{ readonly sealed: (pieces: Bytes) => Bytes; readonly opener: Opener }> {
  const { Encrypter, Stanza } = await import('age-encryption')
  const encrypter = new Encrypter()
  let opener: Opener
  if ('passphrase' in to) {
    encrypter.addRecipient(passphraseRecipient(Stanza, asText(to.passphrase)))
    opener = to
  } else {
    const fileKey = new Uint8Array(16)
    for (const recipient of to.recipients) encrypter.addRecipient(recipient)
    encrypter.addRecipient({
      // Leaves no trace in the file, because it adds no stanza.
      wrapFileKey(key) {
        fileKey.set(key)
        return []
      },
    })
    opener = { fileKey }
  }
  return {
    opener,
    async *sealed(pieces) {
      yield* await encrypter.encrypt(ReadableStream.from(pieces))
    },
  }
}

/**
 * Decrypts what passes through; every byte that comes out was proven, but only the end proves that nothing is missing.
 * Throws KaroError `unauthorized` if the opener does not fit, `bad_file` if the file was changed or cut off.
 */
export const unsealed = (opener: Opener, path: string) =>
  async function* (pieces: Bytes): AsyncGenerator<Uint8Array, void> {
    const { Decrypter } = await import('age-encryption')
    const decrypter = new Decrypter()
    if ('passphrase' in opener) decrypter.addIdentity(passphraseIdentity(asText(opener.passphrase)))
    else if ('fileKey' in opener) decrypter.addIdentity({ unwrapFileKey: () => opener.fileKey })
    else for (const identity of opener.identities) decrypter.addIdentity(identity)
    let plain: Bytes
    try {
      plain = await decrypter.decrypt(ReadableStream.from(pieces))
    } catch (error) {
      throw inHeader(error, opener, path)
    }
    try {
      yield* plain
    } catch (error) {
      if (error instanceof KaroError) throw error
      throw damaged(path, 'its encryption does not hold, so it was changed or cut off', error)
    }
  }

function inHeader(error: unknown, opener: Opener, path: string): KaroError {
  const { message } = error as Error
  if (message.includes('no identity matched')) {
    return new KaroError(
      'unauthorized',
      'passphrase' in opener
        ? 'this passphrase does not open the backup'
        : 'no key in the identity file opens the backup',
      { where: path, hint: 'Nothing was changed.' },
    )
  }
  if (message.includes('work factor')) {
    return new KaroError('bad_file', 'its passphrase needs more memory than this program gives (1 GiB)', {
      where: path,
      hint: 'Decrypt it first, and restore the result: age --decrypt --output karo.tar <file>',
    })
  }
  return damaged(path, 'the header of its encryption does not hold', error)
}

/** Throws KaroError `bad_request` for bytes that are no text, which `age` would not let anybody type. */
function asText(passphrase: Buffer): Buffer {
  if (isUtf8(passphrase)) return passphrase
  throw new KaroError('bad_request', 'the passphrase is no UTF-8 text', { where: 'the passphrase' })
}

const damaged = (path: string, why: string, cause?: unknown): KaroError =>
  new KaroError('bad_file', `the backup is damaged: ${why}`, {
    where: path,
    hint: 'Nothing was changed. Take another backup, or another copy of this one.',
    cause,
  })
