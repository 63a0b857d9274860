// The passphrase of an age file (C2SP, age.md, "The scrypt recipient type"), by OpenSSL: the library's own scrypt is JavaScript, and takes many times as long.
import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto'
import type { Identity, Recipient, Stanza } from 'age-encryption'

const TYPE = 'scrypt'
const LABEL = Buffer.from('age-encryption.org/v1/scrypt')
const SALT_BYTES = 16
const FILE_KEY_BYTES = 16
const TAG_BYTES = 16
const KEY_BYTES = 32
const NONCE = Buffer.alloc(12)
const CIPHER = 'chacha20-poly1305'

/** Base-2 logarithm of the cost of a new file, as `age` has it: 256 MiB for a second. */
const COST = 18
/** Of a file that is opened: 1 GiB. */
const MOST_COST = 20
const BLOCK_SIZE = 8

/** Base64 without padding, of 16 bytes, and a number without leading zeros: no other spelling is taken. */
const SALT = /^[A-Za-z0-9+/]{21}[AQgw]$/
const NUMBER = /^[1-9][0-9]*$/

function stretched(passphrase: Uint8Array, salt: Uint8Array, cost: number): Promise<Buffer> {
  const N = 2 ** cost
  // What OpenSSL counts is a little more than the table of N blocks.
  const options = { N, r: BLOCK_SIZE, p: 1, maxmem: 128 * BLOCK_SIZE * (N + 1024) }
  return new Promise((resolve, reject) => {
    scrypt(passphrase, Buffer.concat([LABEL, salt]), KEY_BYTES, options, (error, key) => {
      if (error === null) resolve(key)
      else reject(error)
    })
  })
}

/** Wraps the key of a file for everybody who knows the passphrase (UTF-8); the only recipient of its file. */
export const passphraseRecipient = (
  Made: new (args: string[], body: Uint8Array) => Stanza,
  passphrase: Uint8Array,
): Recipient => ({
  async wrapFileKey(fileKey) {
    const salt = randomBytes(SALT_BYTES)
    const key = await stretched(passphrase, salt, COST)
    const cipher = createCipheriv(CIPHER, key, NONCE, { authTagLength: TAG_BYTES })
    const body = Buffer.concat([cipher.update(fileKey), cipher.final(), cipher.getAuthTag()])
    return [new Made([TYPE, salt.toString('base64').replaceAll('=', ''), `${COST}`], body)]
  },
})

/**
 * Finds the key of a file with the passphrase (UTF-8); null if another one opens it. Throws for a header that age forbids,
 * and for a cost above 1 GiB ("work factor"), before any of it is spent.
 */
export const passphraseIdentity = (passphrase: Uint8Array): Identity => ({
  async unwrapFileKey(stanzas) {
    const stanza = stanzas.find(({ args }) => args[0] === TYPE)
    if (stanza === undefined) return null
    // Whoever could add another recipient could read what was meant for the passphrase alone.
    if (stanzas.length !== 1) throw new Error('scrypt recipient is not the only one in the header')
    const { args, body } = stanza
    const [, salt = '', cost = ''] = args
    if (args.length !== 3 || !SALT.test(salt) || !NUMBER.test(cost)) throw new Error('invalid scrypt stanza')
    if (Number(cost) > MOST_COST) throw new Error('scrypt work factor is too high')
    if (body.length !== FILE_KEY_BYTES + TAG_BYTES) throw new Error('invalid scrypt stanza')
    const key = await stretched(passphrase, Buffer.from(salt, 'base64'), Number(cost))
    const decipher = createDecipheriv(CIPHER, key, NONCE, { authTagLength: TAG_BYTES })
    decipher.setAuthTag(body.subarray(FILE_KEY_BYTES))
    const fileKey = decipher.update(body.subarray(0, FILE_KEY_BYTES))
    try {
      decipher.final()
    } catch {
      return null
    }
    return fileKey
  },
})
