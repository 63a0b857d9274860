// Many hostile frames at a real daemon while an honest neighbour goes on asking it, and what must hold afterwards.
import { deepEqual, equal, ok } from 'node:assert/strict'
import { join } from 'node:path'
import { REJECT_CODES } from '../../../protocols/frame.ts'
import type { AuditVerdict, QueryResult } from '../../../src/api/contract/shapes.ts'
import { newDatabase } from '../../../src/store/level/database.ts'
import { keyRange } from '../../../src/store/level/keyspace.ts'
import { REPLAY_MARKS_MAX } from '../../../src/store/tables/replay.ts'
import { residentBytes } from '../../hostile/measure.ts'
import type { TestNode } from '../node/node.ts'
import { type HeapUse, heapOf } from '../run/heap.ts'
import { addressOf, keepAsking, trusts, undisturbed } from './honest.ts'
import { createAssault, hostilePeers, type Tally } from './hostile.ts'

/** Places in the lobby, strangers remembered as pending. */
export const LOBBY_PLACES = 8
export const PENDING_MAX = 64
/** The code and the rest of Node included; after ten thousand frames it is a good half of this. */
const RSS_MAX_BYTES = 512 * 1024 * 1024
/** The heap is first measured after so many frames, when everything that grows to its bound has begun to. */
const WARM_FRAMES = 10_000

const MEMBERS = 8
const STRANGERS = 2
/** A flood is told in the ledger at most once a minute per peer and reason, reconnections by themselves. */
const auditEntriesMax = (frames: number): number => 1_000 + frames / 10

export interface SiegeInit {
  /** Linked to `honest`, who may have its level 1. Has ended when the siege is over. */
  readonly victim: TestNode
  readonly honest: TestNode
  readonly frames: number
  readonly seed: number
  /** The victim was started with an inspector: its heap is measured too. */
  readonly heap?: boolean
}

export interface SiegeReport {
  /** Frames refused, by code; they add up to what was asked for. */
  readonly refused: Readonly<Tally>
  /** Correctly framed ones, swallowed. */
  readonly ignored: number
  /** What the honest neighbour asked in the meantime. */
  readonly queries: number
  readonly rssBytes: number
  /** After garbage collection: after 10 000 frames, and at the end. Undefined when it was not measured. */
  readonly warm: HeapUse | undefined
  readonly end: HeapUse | undefined
}

/** Throws AssertionError when a frame was not refused for what it is, a bound was not kept, or anybody was disturbed. */
export async function besiege({
  victim,
  honest,
  frames,
  seed,
  heap = false,
}: SiegeInit): Promise<SiegeReport> {
  const [members, strangers] = [await hostilePeers(MEMBERS), await hostilePeers(STRANGERS)]
  const measure = async (): Promise<HeapUse | undefined> => (heap ? await heapOf(victim.log()) : undefined)
  try {
    for (const { id } of members) await trusts(victim, id)
    const before = (await victim.status()).mesh
    const { entries: entriesBefore } = await victim.json<AuditVerdict>(['audit', 'verify'])
    const asking = keepAsking(honest)
    const assault = createAssault({ address: await addressOf(victim), members, strangers, seed })
    await assault.run(Math.min(frames, WARM_FRAMES))
    const warm = await measure()
    await assault.run(Math.max(frames - WARM_FRAMES, 0))
    const end = await measure()

    const { health, mesh } = await victim.status()
    const rejected = REJECT_CODES.map((code) => [code, mesh.rejected[code] - before.rejected[code]])
    const refused = REJECT_CODES.map((code) => [code, assault.refused[code] ?? 0])
    deepEqual(rejected, refused)
    equal(
      Object.values(assault.refused).reduce((sum, count) => sum + count, 0),
      frames,
    )

    equal(health.ready, true)
    ok(mesh.peers_pending <= PENDING_MAX)
    ok(mesh.members_known <= before.members_known + MEMBERS)
    ok(strangers.reduce((sum, { host }) => sum + host.getConnections().length, 0) <= LOBBY_PLACES)
    const rssBytes = residentBytes(victim.pid)
    ok(rssBytes < RSS_MAX_BYTES, `${rssBytes} bytes resident`)

    const asked = await asking.end()
    undisturbed(asked, 1)
    undisturbed([await honest.json<QueryResult>(['query', 'tools', '--require-complete'])], 1)
    const verdict = await victim.json<AuditVerdict>(['audit', 'verify'])
    equal(verdict.ok, true)
    ok(verdict.entries - entriesBefore <= auditEntriesMax(frames), `${verdict.entries} audit entries`)

    await victim.stop()
    ok((await replayMarks(victim)) <= REPLAY_MARKS_MAX)
    return {
      refused: assault.refused,
      ignored: assault.ignored(),
      queries: asked.length,
      rssBytes,
      warm,
      end,
    }
  } finally {
    await Promise.all([...members, ...strangers].map((peer) => peer.stop()))
  }
}

/** Of a node that has ended. */
async function replayMarks(node: TestNode): Promise<number> {
  const db = newDatabase(join(node.home, 'db'))
  await db.open()
  const keys = await db.keys(keyRange('replay')).all()
  await db.close()
  return keys.length
}
