// Members are told which artifacts a node has: what its owners want told, while they want it, and for as long as it is signed again.
import { expect, test } from 'vitest'
import { bodyOf, decodeFrame, messageTable } from '../../../protocols/frame.ts'
import { HOLDING_MAX, Holding, type HoldingBody } from '../../../protocols/messages/agent.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import { createHoldings } from '../../../src/api/remote/holdings.ts'
import { DAY_MS } from '../../../src/base/calendar.ts'
import { systemRandom } from '../../../src/base/clock.ts'
import { toHex } from '../../../src/base/hex.ts'
import { createListeners } from '../../../src/base/run/listeners.ts'
import { silentLog } from '../../../src/base/run/log.ts'
import { verifierOf } from '../../../src/trust/identity/index.ts'
import { testIdentity } from '../../support/mesh/identity.ts'

const TABLE = messageTable([Holding])
const [SELF, OTHER] = [testIdentity(1), testIdentity(2)]
const hash = (i: number): string => i.toString(16).padStart(64, '0')

async function world() {
  const time = { now: 1_800_000_000_000 }
  const told: string[] = []
  const changed = createListeners<[]>()
  const latest = new Map<NodeId, Uint8Array>()
  const published: HoldingBody[] = []
  let look = (): void => {}
  const read = (bytes: Uint8Array) =>
    bodyOf(decodeFrame(bytes, { messages: TABLE, verify: verifierOf(bytes) }), Holding)
  const holdings = createHoldings({
    identity: SELF,
    random: systemRandom,
    log: silentLog,
    clock: { now: () => time.now },
    documents: {
      async publish(_, frame) {
        latest.set(SELF.nodeId, frame)
        published.push(read(frame))
      },
      async of(node) {
        const bytes = latest.get(node)
        return (bytes === undefined ? [] : [{ bytes }]) as never
      },
    },
    shares: { told: async () => told, onChange: changed.on },
    members: () => [OTHER.nodeId],
    timers: {
      after(_, run) {
        look = run
        return () => {}
      },
    },
  })
  await holdings.start()
  /** Resolves when all looks that were begun are over. */
  const settled = async (): Promise<void> => {
    await holdings.stop()
    await holdings.start()
    await holdings.stop()
    await holdings.start()
  }
  return {
    time,
    told,
    latest,
    published,
    holdings,
    settled,
    changed: () => changed.tell(),
    later: () => look(),
    last: () => published.at(-1)?.artifacts.map(toHex),
  }
}

test('nothing is said before there is something to tell, and an end of it is said once', async () => {
  const w = await world()
  await w.settled()
  expect(w.published).toEqual([])
  w.told.push(hash(1))
  w.changed()
  await w.settled()
  expect(w.last()).toEqual([hash(1)])
  w.told.pop()
  w.changed()
  await w.settled()
  w.changed()
  await w.settled()
  expect(w.published.map(({ artifacts }) => artifacts.length)).toEqual([1, 0])
})

test('what is still told is signed again before it expires, and when a clock that was ahead is right', async () => {
  const w = await world()
  const begun = w.time.now
  w.told.push(hash(1))
  w.changed()
  await w.settled()
  w.later()
  await w.settled()
  expect(w.published).toHaveLength(1)
  w.time.now += DAY_MS + 1
  w.later()
  await w.settled()
  expect(w.published).toHaveLength(2)
  // Nobody takes what is of a version from the future.
  w.time.now -= 10 * DAY_MS
  w.later()
  await w.settled()
  expect(w.published.map(({ version }) => version)).toEqual([begun, begun + DAY_MS + 1, w.time.now])
  w.told.push(hash(2))
  w.changed()
  await w.settled()
  expect(w.published.at(-1)?.version).toBe(w.time.now + 1)
  expect(w.last()).toEqual([hash(1), hash(2)])
})

test('no more are told than a document holds', async () => {
  const w = await world()
  for (let i = 0; i < HOLDING_MAX + 3; i++) w.told.push(hash(i))
  w.changed()
  await w.settled()
  expect(w.last()).toHaveLength(HOLDING_MAX)
})

test('others have what they say, until it expires; this node is not among them', async () => {
  const [w, other] = [await world(), await world()]
  other.told.push(hash(7))
  other.changed()
  await other.settled()
  w.latest.set(OTHER.nodeId, other.latest.get(SELF.nodeId) as Uint8Array)
  expect(await w.holdings.where(hash(7).slice(0, 20))).toEqual([{ node: OTHER.nodeId, artifact: hash(7) }])
  expect(await w.holdings.where('ff')).toEqual([])
  w.time.now += 2 * DAY_MS
  expect(await w.holdings.where(hash(7))).toEqual([])
})
