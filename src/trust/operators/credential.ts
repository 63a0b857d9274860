// The credential file of an operator: the private key under a passphrase, and the certificates that say whose it is.
import { formatNodeId, type NodeId } from '../../../protocols/node-id.ts'
import type { Random } from '../../base/clock.ts'
import { KaroError } from '../../base/errors.ts'
import { openSeed, type SealedSeed, sealSeed } from '../certificates/index.ts'
import { readSmallFile, signerFrom } from '../identity/index.ts'

const SEED_BYTES = 32
const TEXT_MAX = 8 * 1024
const BASE64 = /^[A-Za-z0-9_-]+$/

interface CredentialFile extends SealedSeed {
  readonly karo_operator: 1
  readonly operator: NodeId
  readonly name: string
  /** Frames in base64url, from the certificate that the root signed on. */
  readonly chain: readonly string[]
}

/** The content that can be read without the passphrase. */
interface Credential {
  readonly operator: NodeId
  readonly name: string
  readonly chain: readonly Uint8Array[]
}

/**
 * A new key, and what makes the text of its file once a certificate is there. The private key is wiped by `wipe`, which the
 * caller calls in any case. KaroError `unavailable` where Node.js has no argon2id.
 */
export function createCredential(random: Random) {
  const seed = Uint8Array.from(random.bytes(SEED_BYTES))
  const { publicKey } = signerFrom(seed)
  const operator = formatNodeId(publicKey)
  return {
    operator,
    /** Sealed before a certificate is asked for, so that a passphrase that cannot be used costs none. */
    seal(passphrase: Uint8Array): (name: string, chain: readonly Uint8Array[]) => string {
      const box = sealSeed(seed, passphrase, operator, random)
      return (name, chain) => {
        const texts = chain.map((one) => Buffer.from(one).toString('base64url'))
        const file: CredentialFile = { karo_operator: 1, operator, name, chain: texts, ...box }
        return `${JSON.stringify(file, null, 2)}\n`
      }
    },
    wipe: () => void seed.fill(0),
  }
}

/** Throws KaroError bad_file: no such file, too open, or no credential. Nothing of its content is in the error. */
export function readCredential(path: string): Credential {
  const { operator, name, chain } = parse(readText(path), path)
  return { operator, name, chain: chain.map((one) => Uint8Array.from(Buffer.from(one, 'base64url'))) }
}

/** Throws KaroError: as `readCredential`, and `unauthorized` for a wrong passphrase. */
export function openCredential(path: string, passphrase: Uint8Array) {
  const file = parse(readText(path), path)
  const seed = openSeed(file, passphrase, file.operator)
  if (seed === undefined) {
    throw new KaroError('unauthorized', 'the passphrase does not open the credential', { where: path })
  }
  try {
    const signer = signerFrom(seed)
    if (formatNodeId(signer.publicKey) !== file.operator) throw wrong('it is damaged', path)
    return { ...readCredential(path), signer }
  } finally {
    seed.fill(0)
  }
}

/** Unlike a passphrase, a group never needs it: a credential is one person's. */
const readText = (path: string): string => readSmallFile(path, { wide: 0o077, wrong })

function parse(text: string, path: string): CredentialFile {
  try {
    const file = JSON.parse(text) as CredentialFile
    const texts = [file.operator, file.name, file.salt, file.nonce, file.sealed, ...file.chain]
    const isText = texts.every((one) => typeof one === 'string' && one.length <= TEXT_MAX)
    const isChain = file.chain.length === 2 && file.chain.every((one) => BASE64.test(one))
    if (file.karo_operator === 1 && file.kdf === 'argon2id' && isText && isChain) return file
  } catch {
    // Told below.
  }
  throw wrong('it is no credential of an operator', path)
}

function wrong(why: string, where: string, hint?: string): KaroError {
  return new KaroError('bad_file', `the credential cannot be used: ${why}`, {
    where,
    hint: hint ?? `karo operator issue writes one, on an issuer. If sudo did: sudo chown $USER ${where}`,
  })
}
