// Identities for tests: real Ed25519 keys made from a small number, the same every time.
import { sign } from 'node:crypto'
import { formatNodeId } from '../../../protocols/node-id.ts'
import { agreement } from '../../../src/trust/identity/agree.ts'
import { privateKeyObject, rawPublicKey } from '../../../src/trust/identity/der.ts'
import { fingerprintOf, type Identity } from '../../../src/trust/identity/index.ts'

export function testIdentity(number: number): Identity {
  const seed = new Uint8Array(32)
  new DataView(seed.buffer).setUint32(0, number)
  const key = privateKeyObject('ed25519', seed)
  const publicKey = new Uint8Array(rawPublicKey(key))
  const fingerprint = fingerprintOf(publicKey)
  return {
    nodeId: formatNodeId(publicKey),
    publicKey,
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
