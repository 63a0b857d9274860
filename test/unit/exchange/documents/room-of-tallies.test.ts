// The room that an aggregator's tallies have: enough for every attempt at every bucket, and nothing that was said is pushed out.
import { expect, test } from 'vitest'
import { ATTEMPTS_MAX } from '../../../../protocols/messages/aggregate.ts'
import type { NodeId } from '../../../../protocols/node-id.ts'
import { silentLog } from '../../../../src/base/run/log.ts'
import { createMakeRoom } from '../../../../src/exchange/documents/bounds.ts'
import { createCatalog } from '../../../../src/exchange/documents/catalog.ts'
import type { DocumentKind } from '../../../../src/exchange/documents/kinds.ts'
import type { Document } from '../../../../src/exchange/documents/read.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'

const { nodeId, publicKey } = testIdentity(1)
/** Hours of nine days, and the attempts that one bucket may have. */
const ALL = 216 * ATTEMPTS_MAX

function roomFor(kind: DocumentKind, count: number) {
  const catalog = createCatalog()
  for (let seq = 1; seq <= count; seq++) {
    const row = { author: publicKey, kind, slot: `hour:1:${seq}`, version: seq, digest: new Uint8Array(32) }
    catalog.add({
      ...row,
      hints: new Uint8Array(0),
      seq,
      role: 'own',
      received_at: 1,
      expires_at: 9,
      size: 600,
    })
  }
  const makeRoom = createMakeRoom(catalog, { sponsorOf: () => undefined }, silentLog)
  return (slot: string, version: number) => {
    const head = { author: nodeId as NodeId, kind, slot, version, digest: new Uint8Array(32) }
    const document = { head, version, author: publicKey, kind, frame: { bytes: new Uint8Array(600) } }
    return makeRoom(document as unknown as Document, 'own', new Set(), [])
  }
}

test('an aggregator has room for all attempts at all buckets whose tallies are kept', () => {
  expect(roomFor('tally', ALL - 1)('hour:2:0', ALL)).toEqual([])
})

test('nothing that it said before is pushed out by more, and what it said can be followed by a newer edition', () => {
  const room = roomFor('tally', ALL)
  expect(room('hour:2:0', ALL + 1)).toBeUndefined()
  expect(room('hour:1:1', ALL + 1)).toEqual([])
  // Other kinds give way to what is newer.
  expect(roomFor('share', 256)('hour:2', 257)).toHaveLength(1)
})
