// Raw 32-byte keys in and out of node:crypto, by their fixed DER prefixes (RFC 8410).
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'

type Curve = 'ed25519' | 'x25519'

// AlgorithmIdentifier 1.3.101.112 (Ed25519) and 1.3.101.110 (X25519).
const SPKI: Readonly<Record<Curve, Buffer>> = {
  ed25519: Buffer.from('302a300506032b6570032100', 'hex'),
  x25519: Buffer.from('302a300506032b656e032100', 'hex'),
}
const PKCS8: Readonly<Record<Curve, Buffer>> = {
  ed25519: Buffer.from('302e020100300506032b657004220420', 'hex'),
  x25519: Buffer.from('302e020100300506032b656e04220420', 'hex'),
}

/** A public key of exactly 32 bytes; whether it is a useful point is not checked here. */
export function publicKeyObject(curve: Curve, raw: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([SPKI[curve], raw]), format: 'der', type: 'spki' })
}

/** A private key from its 32-byte seed. */
export function privateKeyObject(curve: Curve, seed: Uint8Array): KeyObject {
  const der = Buffer.concat([PKCS8[curve], seed])
  try {
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  } finally {
    der.fill(0)
  }
}

/** The 32 bytes of a public key, or of the public half of a private one. */
export function rawPublicKey(key: KeyObject): Uint8Array {
  const spki = (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'der', type: 'spki' })
  return new Uint8Array(spki.subarray(-32))
}

/** The 32-byte seed of a private key, a fresh copy. */
export function rawSeed(key: KeyObject): Uint8Array {
  const der = key.export({ format: 'der', type: 'pkcs8' })
  try {
    return new Uint8Array(der.subarray(-32))
  } finally {
    der.fill(0)
  }
}
