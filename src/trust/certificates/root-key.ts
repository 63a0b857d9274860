// The key file of a root: an Ed25519 key under a passphrase (argon2id, AES-256-GCM), made once and kept away from machines.
import * as crypto from 'node:crypto'
import { readFileSync } from 'node:fs'
import { formatNodeId, type NodeId } from '../../../protocols/node-id.ts'
import type { Random } from '../../base/clock.ts'
import { KaroError } from '../../base/errors.ts'
import { createFile } from '../../base/files.ts'
import { signerFrom } from '../identity/index.ts'
import type { Signer } from './sign.ts'

/** RFC 9106, the second recommended setting: 64 MiB and three passes, a quarter of a second on one core. */
const ARGON2 = { memory: 65_536, passes: 3, parallelism: 1, tagLength: 32 } as const
const SALT_BYTES = 16
const NONCE_BYTES = 12
const TAG_BYTES = 16
const SEED_BYTES = 32
const MODE = 0o600
/** The file has some 400 bytes. */
const FILE_MAX = 4_096

interface RootFile {
  readonly karo_root: 1
  readonly root: NodeId
  readonly kdf: 'argon2id'
  readonly salt: string
  readonly nonce: string
  readonly sealed: string
}

export interface RootKey extends Signer {
  readonly root: NodeId
}

/**
 * Makes a root and writes its file, which is never overwritten. Throws KaroError: `conflict` when there is a file,
 * `bad_file` when it cannot be written, `unavailable` where Node.js has no argon2id.
 */
export function createRootKey(path: string, passphrase: Uint8Array, random: Random): RootKey {
  const seed = Uint8Array.from(random.bytes(SEED_BYTES))
  try {
    const signer = signerFrom(seed)
    const root = formatNodeId(signer.publicKey)
    const salt = random.bytes(SALT_BYTES)
    const nonce = random.bytes(NONCE_BYTES)
    const cipher = crypto.createCipheriv('aes-256-gcm', derive(passphrase, salt), nonce)
    cipher.setAAD(Buffer.from(root))
    const sealed = Buffer.concat([cipher.update(seed), cipher.final(), cipher.getAuthTag()])
    const file: RootFile = {
      karo_root: 1,
      root,
      kdf: 'argon2id',
      salt: base64(salt),
      nonce: base64(nonce),
      sealed: base64(sealed),
    }
    if (!write(path, `${JSON.stringify(file, null, 2)}\n`, random)) {
      throw new KaroError('conflict', 'there is a file already; a root key is never overwritten', {
        where: path,
        hint: 'Name another file with --root-key.',
      })
    }
    return { ...signer, root }
  } finally {
    seed.fill(0)
  }
}

/** Throws KaroError: `bad_file` when there is no such file or it is damaged, `unauthorized` for a wrong passphrase. */
export function openRootKey(path: string, passphrase: Uint8Array): RootKey {
  const file = readRootFile(path)
  const sealed = Buffer.from(file.sealed, 'base64url')
  const key = derive(passphrase, Buffer.from(file.salt, 'base64url'))
  let seed: Buffer
  try {
    const decipher = crypto.createDecipheriv('aes-256-gcm', key, Buffer.from(file.nonce, 'base64url'))
    decipher.setAAD(Buffer.from(file.root))
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
    seed = Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()])
  } catch {
    throw new KaroError('unauthorized', 'the passphrase does not open the root key', { where: path })
  }
  try {
    const signer = signerFrom(seed)
    if (formatNodeId(signer.publicKey) !== file.root) throw damaged(path)
    return { ...signer, root: file.root }
  } finally {
    seed.fill(0)
  }
}

function readRootFile(path: string): RootFile {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new KaroError('bad_file', `the root key cannot be read: ${(cause as Error).message}`, {
      where: path,
      hint: 'Name the file with --root-key; the root may be on a medium that is not plugged in.',
      cause,
    })
  }
  try {
    const file = JSON.parse(text.slice(0, FILE_MAX)) as RootFile
    const texts = [file.root, file.salt, file.nonce, file.sealed]
    if (file.karo_root === 1 && file.kdf === 'argon2id' && texts.every((one) => typeof one === 'string'))
      return file
  } catch {
    // Told below.
  }
  throw damaged(path)
}

const damaged = (path: string): KaroError =>
  new KaroError('bad_file', 'the file is no root key', { where: path, hint: 'Restore it from a copy.' })

function derive(passphrase: Uint8Array, salt: Uint8Array): Buffer {
  if (typeof crypto.argon2Sync !== 'function') {
    throw new KaroError('unavailable', 'this Node.js has no argon2id, which protects a root key', {
      hint: 'Use Node.js 24.7 or newer for karo ca; joining and renewing need no root key.',
    })
  }
  return crypto.argon2Sync('argon2id', { ...ARGON2, message: passphrase, nonce: salt })
}

function write(path: string, text: string, random: Random): boolean {
  try {
    return createFile(path, text, MODE, random)
  } catch (cause) {
    throw new KaroError('bad_file', `the root key cannot be written: ${(cause as Error).message}`, {
      where: path,
      cause,
    })
  }
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')
