// Identities for tests: real Ed25519 keys, made from a small number, the same every time, or that exist nowhere but in one test.
import { type KeyObject, randomBytes, sign } from 'node:crypto'
import { formatNodeId, type NodeId } from '../../../protocols/node-id.ts'
import { agreement } from '../../../src/trust/identity/agree.ts'
import { privateKeyObject, rawPublicKey } from '../../../src/trust/identity/der.ts'
import { fingerprintOf, type Identity } from '../../../src/trust/identity/index.ts'

interface Key extends Pick<Identity, 'publicKey' | 'nodeId' | 'fingerprint'> {
  readonly seed: Uint8Array
  readonly key: KeyObject
}

/** Made once each: to make a key takes longer than to sign with it, and some tests ask for one again with every frame. */
const made = new Map<number, Key>()

function keyFrom(seed: Uint8Array): Key {
  const key = privateKeyObject('ed25519', seed)
  const publicKey = new Uint8Array(rawPublicKey(key))
  return { seed, key, publicKey, nodeId: formatNodeId(publicKey), fingerprint: fingerprintOf(publicKey) }
}

function keyOf(number: number): Key {
  const known = made.get(number)
  if (known !== undefined) return known
  const seed = new Uint8Array(32)
  new DataView(seed.buffer).setUint32(0, number)
  const one = keyFrom(seed)
  made.set(number, one)
  return one
}

/** Of a number, of a seed, or of chance. */
export function testIdentity(from: number | Uint8Array = randomBytes(32)): Identity {
  const { seed, key, publicKey, nodeId, fingerprint } = typeof from === 'number' ? keyOf(from) : keyFrom(from)
  return {
    nodeId,
    publicKey: publicKey.slice(),
    fingerprint,
    memberId: fingerprint,
    former: [],
    rotations: [],
    pending: undefined,
    sign: (message) => new Uint8Array(sign(null, message, key)),
    agree: agreement(() => seed.slice()),
    seed: () => seed.slice(),
  }
}

type Each<T extends readonly number[], Of> = { -readonly [K in keyof T]: Of }

/** Several of numbers, in their order. */
export const testIdentities = <const T extends readonly number[]>(...from: T) =>
  from.map((number) => testIdentity(number)) as Each<T, Identity>

/** The ids of several. */
export const testNodes = <const T extends readonly number[]>(...from: T) =>
  from.map((number) => testIdentity(number).nodeId) as Each<T, NodeId>
