// A frame that this process signed is not checked again; one from outside is, also under this node's own name.
import { expect, test } from 'vitest'
import { NONCE_BYTES } from '../../../../protocols/frame.ts'
import { AuditHead } from '../../../../protocols/messages/audit.ts'
import { readDocument } from '../../../../src/exchange/documents/read.ts'
import { signFrame, verifierOf, verifySignature } from '../../../../src/trust/identity/index.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'

const NOW = 1_763_626_500_000
const own = testIdentity(1)
const body = { seq: 1, hash: new Uint8Array(32), ts: NOW, entries: 1 }
const head = (signer = own): Uint8Array =>
  signFrame(
    AuditHead,
    { sender: own.publicKey, ts: NOW, nonce: new Uint8Array(NONCE_BYTES), seq: 0 },
    body,
    signer,
  )

test('the frame itself is taken without another verification, and a copy of it is verified', () => {
  const frame = head()
  expect(verifierOf(frame)).not.toBe(verifySignature)
  expect(readDocument(frame, NOW).head.author).toBe(own.nodeId)
  const copy = Uint8Array.from(frame)
  expect(verifierOf(copy)).toBe(verifySignature)
  expect(readDocument(copy, NOW).head.author).toBe(own.nodeId)
})

test('a frame from outside under our name is still checked', () => {
  // Somebody else's signature under this node's key, as it comes over the wire: other bytes in memory.
  const forged = Uint8Array.from(head(testIdentity(2)))
  expect(() => readDocument(forged, NOW)).toThrow(expect.objectContaining({ code: 'bad_signature' }))
  const bent = Uint8Array.from(head())
  bent[bent.length - 1]! ^= 1
  expect(() => readDocument(bent, NOW)).toThrow(expect.objectContaining({ code: 'bad_signature' }))
})
