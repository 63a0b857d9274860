// A private key under a passphrase: PKCS8 EncryptedPrivateKeyInfo (RFC 5958), PBES2 with scrypt and AES-256-CBC.
import { createCipheriv, type KeyObject, scryptSync } from 'node:crypto'
import type { Random } from '../../base/clock.ts'

/**
 * scrypt (RFC 7914): N = 2^14, r = 8 is 16 MiB, the most that OpenSSL's reader takes (32 MiB at all); p = 5 makes up
 * for it in time (OWASP's table of equal settings). 0.2 to 0.4 s on two busy cores.
 */
const COST = { N: 16_384, r: 8, p: 5 } as const
const SALT_BYTES = 16
const IV_BYTES = 16
const KEY_BYTES = 32

// DER object identifiers.
const PBES2 = Buffer.from('06092a864886f70d01050d', 'hex')
const SCRYPT = Buffer.from('06092b06010401da47040b', 'hex')
const AES_256_CBC = Buffer.from('060960864801650304012a', 'hex')

/**
 * PEM that `openssl pkcs8` and node:crypto read. node:crypto itself would write PBKDF2 with 2 048 rounds, which a
 * graphics card tries a million times a second.
 */
export function encryptedPem(key: KeyObject, passphrase: Uint8Array, random: Random): string {
  const salt = Buffer.from(random.bytes(SALT_BYTES))
  const iv = Buffer.from(random.bytes(IV_BYTES))
  const plain = key.export({ format: 'der', type: 'pkcs8' })
  const secret = scryptSync(passphrase, salt, KEY_BYTES, COST)
  try {
    const cipher = createCipheriv('aes-256-cbc', secret, iv)
    const data = Buffer.concat([cipher.update(plain), cipher.final()])
    const derivation = sequence(
      SCRYPT,
      sequence(octets(salt), integer(COST.N), integer(COST.r), integer(COST.p), integer(KEY_BYTES)),
    )
    const scheme = sequence(PBES2, sequence(derivation, sequence(AES_256_CBC, octets(iv))))
    return pem(sequence(scheme, octets(data)))
  } finally {
    plain.fill(0)
    secret.fill(0)
  }
}

/** Lines of 64 characters (RFC 7468). */
function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN ENCRYPTED PRIVATE KEY-----\n${lines.join('\n')}\n-----END ENCRYPTED PRIVATE KEY-----\n`
}

/** Tag, length, value (X.690); nothing here is as long as 65 536 bytes. */
function tagged(tag: number, value: Buffer): Buffer {
  const { length } = value
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), value])
}

const sequence = (...parts: readonly Buffer[]): Buffer => tagged(0x30, Buffer.concat(parts))
const octets = (value: Buffer): Buffer => tagged(0x04, value)

/** A positive one. */
function integer(value: number): Buffer {
  const hex = value.toString(16)
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
  // A first bit that is set would make it negative.
  return tagged(0x02, bytes[0]! < 0x80 ? bytes : Buffer.concat([Buffer.of(0), bytes]))
}
