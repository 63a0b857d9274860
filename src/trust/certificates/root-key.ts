// The key file of a root: an Ed25519 key under a passphrase (argon2id, AES-256-GCM), made once and kept away from machines.
import { readFileSync } from 'node:fs'
import { formatNodeId, type NodeId } from '../../../protocols/node-id.ts'
import type { Random } from '../../base/clock.ts'
import { diskTrouble, whyUnreadable } from '../../base/disk-trouble.ts'
import { KaroError } from '../../base/errors.ts'
import { createFile } from '../../base/files.ts'
import { type Signer, signerFrom } from '../identity/index.ts'
import { openSeed, type SealedSeed, sealSeed } from './sealed-seed.ts'

const SEED_BYTES = 32
const MODE = 0o600
/** The file has some 400 bytes. */
const FILE_MAX = 4_096

interface RootFile extends SealedSeed {
  readonly karo_root: 1
  readonly root: NodeId
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
    const file: RootFile = { karo_root: 1, root, ...sealSeed(seed, passphrase, root, random) }
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

/** Throws KaroError: `bad_file` if there is no such file or it is damaged, `unauthorized` for a wrong passphrase. */
export function openRootKey(path: string, passphrase: Uint8Array): RootKey {
  const file = readRootFile(path)
  const seed = openSeed(file, passphrase, file.root)
  if (seed === undefined) {
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
    throw new KaroError('bad_file', `the root key cannot be read: ${whyUnreadable(cause)}`, {
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

function write(path: string, text: string, random: Random): boolean {
  try {
    return createFile(path, text, MODE, random)
  } catch (cause) {
    throw new KaroError('bad_file', `the root key cannot be written: ${diskTrouble(path, cause).reason}`, {
      where: path,
      cause,
    })
  }
}
