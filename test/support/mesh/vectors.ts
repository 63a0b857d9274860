// Reads the golden vectors: JSON notations back to bytes and runs, and the keys they are signed with.
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import type { WireBody, WireValue } from '../../../protocols/define.ts'
import type { Envelope } from '../../../protocols/frame.ts'
import frames from '../../vectors/frames.json' with { type: 'json' }

interface Golden {
  readonly hex?: string
  readonly length?: number
  readonly sha256?: string
}

interface Vectors {
  readonly frames: readonly {
    readonly name: string
    readonly message: string
    readonly type: number
    readonly seed: string
    readonly envelope: unknown
    readonly body: unknown
    readonly bytes: Golden
  }[]
  readonly answers: readonly { readonly name: string; readonly value: unknown; readonly bytes: Golden }[]
  readonly summaries: readonly { readonly name: string; readonly value: unknown; readonly bytes: Golden }[]
  readonly values: readonly { readonly name: string; readonly value: unknown; readonly bytes: Golden }[]
}

const read = frames as unknown as Vectors

function revive(value: unknown): WireValue {
  if (Array.isArray(value)) return value.map(revive)
  if (typeof value !== 'object' || value === null) return value as WireValue
  const members = value as Record<string, unknown>
  if (typeof members.$bin === 'string') return new Uint8Array(Buffer.from(members.$bin, 'hex'))
  if (Array.isArray(members.$run)) {
    const one = revive(members.$run[0])
    const times = members.$run[1] as number
    return typeof one === 'string' ? one.repeat(times) : new Uint8Array(times).fill((one as Uint8Array)[0]!)
  }
  return Object.fromEntries(Object.entries(members).map(([key, item]) => [key, revive(item)]))
}

export const goldenFrames = read.frames.map((vector) => ({
  ...vector,
  seed: Buffer.from(vector.seed, 'hex'),
  envelope: revive(vector.envelope) as unknown as Envelope,
  body: revive(vector.body) as WireBody,
}))
export const goldenAnswers = read.answers.map((vector) => ({ ...vector, value: revive(vector.value) }))
export const goldenSummaries = read.summaries.map((vector) => ({ ...vector, value: revive(vector.value) }))
export const goldenValues = read.values.map((vector) => ({ ...vector, value: revive(vector.value) }))

/** `bytes` in the notation of the file, so that a test compares like with like. */
export function inNotation(bytes: Uint8Array, golden: Golden): Golden {
  return golden.hex !== undefined
    ? { hex: Buffer.from(bytes).toString('hex') }
    : { length: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }
}

const SPKI = Buffer.from('302a300506032b6570032100', 'hex')
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')

/** Ed25519 with node:crypto, from a raw seed and raw public keys. */
export function signerOf(seed: Uint8Array): {
  publicKey: Uint8Array
  sign: (bytes: Uint8Array) => Uint8Array
} {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' })
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(SPKI.length)
  return { publicKey: new Uint8Array(publicKey), sign: (bytes) => sign(null, bytes, key) }
}

/** Of the few keys that frames of tests are signed with; each is read once, not with every frame. */
const keys = new Map<string, KeyObject>()

export function verifyEd25519(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
  const name = Buffer.from(publicKey).toString('latin1')
  const known = keys.get(name)
  const key = known ?? createPublicKey({ key: Buffer.concat([SPKI, publicKey]), format: 'der', type: 'spki' })
  if (known === undefined) keys.set(name, key)
  return verify(null, bytes, key, signature)
}
