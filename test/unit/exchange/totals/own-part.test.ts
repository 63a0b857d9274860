// What a machine finds out about its own part of a bucket: counted, waiting, late, left out, or told differently by the two.
import { expect, test } from 'vitest'
import { slotOfBucket } from '../../../../protocols/buckets.ts'
import { silentLog } from '../../../../src/base/run/log.ts'
import {
  type HeldShare,
  openCounted,
  openShare,
  writeCounted,
  writeShare,
} from '../../../../src/exchange/aggregates/index.ts'
import type { TotalsDeps } from '../../../../src/exchange/totals/deps.ts'
import { createOwnPart } from '../../../../src/exchange/totals/own-part.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'
import { some } from '../../../support/some.ts'
import { MESH, seeded } from '../aggregates/world.ts'
import { ABOUT, BUCKET, DRAWN, PLAN, selfOf, shelfOf, TOOLS } from './pair.ts'

const HOUR = 3_600_000
const [OWN, SET] = [testIdentity(3), new Uint8Array(32).fill(9)]

interface Told {
  readonly set?: Uint8Array
  readonly counted?: boolean
  readonly waiting?: boolean
  readonly unproved?: boolean
  /** Its document is about another mesh, so that nobody here can read it. */
  readonly elsewhere?: boolean
}

/** A machine that gave its part `after` the bucket's end, and what the two say of it; null: one says nothing. */
function machine(after: number, told: readonly (Told | null)[], gives = true) {
  const random = seeded('own part')
  const { keep, of, slots } = shelfOf(() => BUCKET.end + HOUR)
  const audits: { readonly type: string; readonly details: unknown }[] = []
  const at = (ms: number) => ({ random, clock: { now: () => BUCKET.end + ms, monotonic: () => 0 } })
  const section = { layout: TOOLS, counts: new Map([[0, [4]]]), audiences: ['security'] }
  const share = writeShare(selfOf(OWN), at(after), ABOUT, {
    kMin: 1,
    layouts: [TOOLS],
    sections: gives ? [section] : [],
    declined: gives ? [] : [{ type: 'ToolUsage', audiences: ['security'] }],
  })
  keep(share)
  for (const [index, identity] of DRAWN.entries()) {
    const said = told[index]
    if (said === null || said === undefined) continue
    const held = openShare([selfOf(identity)], share, { ...ABOUT, index: index as 0 | 1 })
    const where = (is = false): readonly HeldShare[] => (is ? [held] : [])
    const set = {
      hash: said.set ?? SET,
      counted: where(said.counted),
      waiting: where(said.waiting),
      unproved: where(said.unproved),
    }
    const mesh = said.elsewhere ? new Uint8Array(32) : MESH
    keep(writeCounted(selfOf(identity), at(HOUR), { ...ABOUT, mesh }, set))
  }
  const start = () =>
    createOwnPart(
      some<TotalsDeps>({
        identity: OWN,
        documents: { slots, of: async (...wanted) => of(...wanted) },
        audit: {
          record: async (entry) => void audits.push(entry as never),
          log: async ({ type }) => audits.filter((entry) => entry.type === type) as never,
        },
        clock: at(2 * HOUR).clock,
        log: silentLog,
      }),
    )
  return { audits, start }
}

const outcome = async (...given: Parameters<typeof machine>) => {
  const { audits, start } = machine(...given)
  await start().round(PLAN)
  return audits.map(({ details }) => (details as { outcome: string }).outcome)
}
const both = (told: Told): readonly Told[] => [told, told]
const SOON = 5 * 60_000

test('what both say of a part is recorded once, also after a restart', async () => {
  const { audits, start } = machine(SOON, both({ counted: true }))
  const room = start()
  await room.round(PLAN)
  await room.round(PLAN)
  await start().round(PLAN)
  expect(audits).toEqual([
    { type: 'share_counted', success: true, details: { bucket: slotOfBucket(BUCKET), outcome: 'counted' } },
  ])
})

test('a part that no total has is told as what it is: too few alike, an untrue proof, given late, or left out', async () => {
  expect(await outcome(SOON, both({ waiting: true }))).toEqual(['waiting'])
  expect(await outcome(SOON, both({ unproved: true }))).toEqual(['unproved'])
  expect(await outcome(3 * HOUR, both({}))).toEqual(['late'])
  expect(await outcome(SOON, both({}))).toEqual(['left_out'])
})

test('two aggregators that say different things of one part, or name other sets, disagree', async () => {
  expect(await outcome(SOON, [{ counted: true }, {}])).toEqual(['disagree'])
  const other = { counted: true, set: new Uint8Array(32).fill(1) }
  expect(await outcome(SOON, [{ counted: true }, other])).toEqual(['disagree'])
  // What nobody can read hides nothing.
  expect(await outcome(SOON, [{ elsewhere: true }, {}])).toEqual(['disagree'])
})

test('nothing is said before both have spoken, nor of a machine that gave nothing', async () => {
  expect(await outcome(SOON, [{ counted: true }, null])).toEqual([])
  expect(await outcome(SOON, both({}), false)).toEqual([])
})

test('what somebody else says of a bucket is not read', () => {
  const set = { hash: SET, counted: [], waiting: [], unproved: [] }
  const clock = { now: () => BUCKET.end, monotonic: () => 0 }
  const bytes = writeCounted(selfOf(OWN), { random: seeded('other'), clock }, ABOUT, set)
  expect(() => openCounted(bytes, ABOUT, new Uint8Array(16))).toThrow('not of the pair')
})
