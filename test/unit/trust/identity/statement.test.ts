// Statements: one that this process signed is not checked again and one from outside is; none counts as one of another kind, mesh or key.
import { expect, test } from 'vitest'
import type { Message, WireBody } from '../../../../protocols/define.ts'
import { CLOCK_WINDOW_MS } from '../../../../protocols/frame.ts'
import { AuditHead } from '../../../../protocols/messages/audit.ts'
import { Certificate, RevocationList } from '../../../../protocols/messages/certificate.ts'
import { Delegation } from '../../../../protocols/messages/operator.ts'
import { PolicyBundle } from '../../../../protocols/messages/policy.ts'
import { KeyRotation } from '../../../../protocols/messages/rotation.ts'
import { MESSAGES } from '../../../../protocols/registry.ts'
import { systemRandom } from '../../../../src/base/clock.ts'
import { readDocument } from '../../../../src/exchange/documents/read.ts'
import {
  type Signer,
  signRotation,
  signStatement,
  statementIn,
  timeFault,
  verifierOf,
  verifySignature,
  verifyStatement,
  versionAfter,
} from '../../../../src/trust/identity/index.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'
import { code } from '../../../support/run/code.ts'
import { issuerCertificate } from '../certificates/chains.ts'

const NOW = 1_763_626_500_000
const [own, thief] = [testIdentity(1), testIdentity(2)]
const mesh = new Uint8Array(32).fill(7)
const say = <B extends WireBody>(message: Message<B>, body: NoInfer<B>, signer: Signer = own): Uint8Array =>
  signStatement(message, body, signer, NOW, systemRandom)
const head = (signer?: Signer): Uint8Array =>
  say(AuditHead, { seq: 1, hash: new Uint8Array(32), ts: NOW, entries: 1 }, signer)
const list = (signer?: Signer): Uint8Array =>
  say(RevocationList, { version: NOW, number: 0, mesh, revoked: [] }, signer)

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
  const forged = Uint8Array.from(head({ publicKey: own.publicKey, sign: thief.sign }))
  expect(() => readDocument(forged, NOW)).toThrow(code('bad_signature'))
  const bent = Uint8Array.from(head())
  bent[bent.length - 1]! ^= 1
  expect(() => readDocument(bent, NOW)).toThrow(code('bad_signature'))
  expect(() => verifyStatement(AuditHead, bent)).toThrow(code('bad_signature'))
})

test('a statement of one kind is never one of another, whatever number somebody puts on it', () => {
  const kinds: readonly (readonly [Message, Uint8Array])[] = [
    [AuditHead, head()],
    [RevocationList, list()],
    [Certificate, issuerCertificate()],
    [KeyRotation, signRotation(own, thief, NOW, systemRandom)],
    [
      PolicyBundle,
      say(PolicyBundle, { version: NOW, number: 0, mesh, policies: new Uint8Array(), aggregators: [] }),
    ],
    [
      Delegation,
      say(Delegation, {
        session: new Uint8Array(16),
        mesh,
        node: own.publicKey,
        uid: 0,
        types: ['ToolUsage'],
        audience_key: new Uint8Array(32),
        not_before: NOW,
        not_after: NOW + 1,
      }),
    ],
  ]
  for (const [kind, frame] of kinds) {
    expect(verifyStatement(kind, Uint8Array.from(frame)).body, kind.name).toBeDefined()
    for (const other of MESSAGES.values()) {
      if (other === kind) continue
      expect(() => verifyStatement(other, frame), `${kind.name} ${other.name}`).toThrow()
      const relabelled = Uint8Array.from(frame)
      new DataView(relabelled.buffer).setUint16(10, other.type)
      // What is longer than that kind may be does not come as far as its signature.
      const why = frame.length > other.limit ? /^too_large|bad_signature$/ : /^bad_signature$/
      const error = expect.objectContaining({ code: expect.stringMatching(why) })
      expect(() => verifyStatement(other, relabelled), `${kind.name} as ${other.name}`).toThrow(error)
    }
  }
})

test('what is said of another mesh, by another key, or is no statement at all says nothing', () => {
  const { publicKey: key } = own
  expect(statementIn(RevocationList, list(), mesh)).toMatchObject({ by: own.nodeId, body: { number: 0 } })
  expect(statementIn(RevocationList, list(), mesh, key)).toMatchObject({ key, ts: NOW })
  expect(statementIn(RevocationList, list(thief), mesh, key)).toBeUndefined()
  expect(statementIn(RevocationList, list(), new Uint8Array(32), key)).toBeUndefined()
  expect(statementIn(RevocationList, list(), new Uint8Array(), key)).toBeUndefined()
  for (const none of [new Uint8Array(), head(), list().subarray(1), Uint8Array.from([...list(), 0])])
    expect(statementIn(RevocationList, none, mesh, key)).toBeUndefined()
})

test('a statement holds from a little before its beginning, for clocks that differ, and to its end', () => {
  const times = { not_before: NOW, not_after: NOW + 10 * CLOCK_WINDOW_MS }
  const faults = [NOW - CLOCK_WINDOW_MS - 1, NOW - CLOCK_WINDOW_MS, times.not_after - 1, times.not_after]
  expect(faults.map((at) => timeFault(times, at))).toEqual(['not_yet_valid', undefined, undefined, 'expired'])
})

test('what a wrong clock signed long before its time says nothing about the version of the next one', () => {
  const now = 1_763_626_500_000
  const after = (ms: number) => versionAfter(now + ms, now)
  expect([-5_000, 0, 240_000, 600_000].map(after)).toEqual([now, now + 1, now + 240_001, now])
  expect(versionAfter(0, now)).toBe(now)
})
