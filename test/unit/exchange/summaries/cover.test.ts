// Reading: the widest summaries that fit, and nothing of what was altered, is somebody else's, or cannot be.

import { describe, expect, test } from 'vitest'
import { encodeFrame, SIGNATURE_BYTES } from '../../../../protocols/frame.ts'
import type { SafetyPosture } from '../../../../protocols/messages/numbers.ts'
import { type NodeSummary, SealedSummary } from '../../../../protocols/messages/summary.ts'
import { pad, unpad } from '../../../../protocols/padding.ts'
import { type Granularity, type Period, periodOf, slotOf } from '../../../../protocols/periods.ts'
import { encodeSummary, SUMMARY_SIZES } from '../../../../protocols/summary.ts'
import { systemRandom } from '../../../../src/base/clock.ts'
import { silentLog } from '../../../../src/base/run/log.ts'
import { createReader } from '../../../../src/exchange/summaries/cover.ts'
import { readDocument, writeDocument } from '../../../../src/exchange/summaries/document.ts'
import { createHints, openForMany, sealingKeyOf } from '../../../../src/trust/identity/index.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'
import fc, { forAllAsyncIn } from '../../../support/run/properties.ts'
import { createShelf, DAY, HOUR, NOW, type Shelf } from './world.ts'

const ann = testIdentity(1)
const bob = testIdentity(2)
const eve = testIdentity(3)
const selfOf = (identity: typeof ann) => ({ identity, hints: createHints(identity.agree) })
const clock = { now: () => NOW, monotonic: () => 0 }
const MONDAY = periodOf('week', NOW).start

function summaryOf(period: Period, commands: number, over: Partial<NodeSummary> = {}): NodeSummary {
  const generated_at = over.generated_at ?? NOW
  return {
    node_id: ann.nodeId,
    ...period,
    generated_at,
    closed: generated_at >= period.end,
    activity_pattern: {
      hourly: [commands, ...new Array<number>(23).fill(0)],
      daily: [0, 0, 0, 0, commands, 0, 0],
      total_commands: commands,
      unique_commands: Math.min(commands, 3),
    },
    ...over,
  }
}

interface Wrong {
  readonly by?: typeof ann
  readonly to?: typeof bob
  readonly around?: Period
  readonly version?: number
}

function frameOf(summary: NodeSummary, { by = ann, to = bob, around, version }: Wrong = {}): Uint8Array {
  const { granularity, start, end } = summary
  const recipient = { node_id: to.nodeId }
  const box = { recipients: [recipient], plaintext: encodeSummary(summary) }
  const period = around ?? { granularity, start, end }
  const edition = version ?? Math.max(summary.generated_at, start)
  return writeDocument(selfOf(by), { clock, random: systemRandom }, period, edition, [box])
}

async function put(shelf: Shelf, summary: NodeSummary, wrong: Wrong = {}): Promise<void> {
  await shelf.publish('summary', frameOf(summary, wrong))
}
const bobReads = (shelf: Pick<Shelf, 'of' | 'withdrawn'>) =>
  createReader([selfOf(bob)], shelf, { log: silentLog, clock, keysOf: (author) => [author] })
const of = (granularity: Granularity, time: number) => periodOf(granularity, time)
const shown = (cover: { summaries: readonly NodeSummary[] } | undefined) => cover?.summaries.map(slotOf)

test('a box is bound to author, period, edition and its place, in the order that is documented', () => {
  const summary = summaryOf(of('week', NOW), 3)
  const recipient = { node_id: bob.nodeId }
  const box = { recipients: [recipient], plaintext: encodeSummary(summary) }
  const bytes = writeDocument(selfOf(ann), { clock, random: systemRandom }, of('week', NOW), 4711, [box, box])
  const { body } = readDocument(bytes)
  const hint = createHints(bob.agree)(ann.publicKey, {
    author: ann.publicKey,
    slot: slotOf(body),
    version: 4711,
  })!
  const { epk, recipients, sealed } = body.boxes[1]!
  const key = recipients.find((one) => Buffer.compare(one.hint, hint) === 0)!.key
  const bound = Buffer.alloc(18)
  bound.writeUInt8(2, 0)
  bound.writeBigUInt64BE(BigInt(body.start), 1)
  bound.writeBigUInt64BE(4711n, 9)
  bound.writeUInt8(1, 17)
  const aad = Buffer.concat([Buffer.from('karo-summary-v1'), ann.publicKey, bound])
  const own = sealingKeyOf(bob.publicKey)!
  const opened = openForMany(bob.agree, own, { epk, key, sealed }, aad)!
  expect(opened).toEqual(pad(box.plaintext, SUMMARY_SIZES))
  expect(unpad(opened)).toEqual(box.plaintext)
})

test('what an author published without this node, later than anything for it, withdraws all it published before', async () => {
  const shelf = createShelf()
  await put(shelf, summaryOf(of('hour', NOW - 2 * HOUR), 3))
  await put(shelf, summaryOf(of('hour', NOW - HOUR), 3))
  const versions = [...shelf.bySlot.values()].map(({ head }) => head.version)
  const gone = { slot: slotOf(of('hour', NOW)), version: 0 }
  const reader = bobReads({ ...shelf, withdrawn: () => [gone] })
  const range = { start: NOW - 5 * HOUR, end: NOW + HOUR }
  gone.version = Math.max(...versions)
  expect(await reader.withdrawn(ann.nodeId, range)).toBe(false)
  expect(await reader.cover(ann.nodeId, range)).toBeDefined()
  gone.version++
  expect(await reader.withdrawn(ann.nodeId, range)).toBe(true)
  expect(await reader.cover(ann.nodeId, range)).toBeUndefined()
  expect(await reader.withdrawn(ann.nodeId, { start: 0, end: NOW - 3 * HOUR })).toBe(false)
})

describe('what covers a range', () => {
  test('nothing of somebody of whom nothing is held, or only of other times', async () => {
    const shelf = createShelf()
    const reader = bobReads(shelf)
    expect(await reader.cover(ann.nodeId, { start: 0, end: NOW })).toBeUndefined()
    await put(shelf, summaryOf(of('hour', NOW - 5 * HOUR), 3))
    expect(await reader.cover(ann.nodeId, { start: NOW - HOUR, end: NOW })).toBeUndefined()
    expect(await reader.cover(eve.nodeId, { start: 0, end: NOW })).toBeUndefined()
    expect(reader.refused()).toBe(0)
  })

  test('weeks first, then days, then hours, disjoint and in order; as of the newest', async () => {
    const shelf = createShelf()
    const last = MONDAY - DAY
    await put(shelf, summaryOf(of('week', last), 100))
    await put(shelf, summaryOf(of('day', last), 60))
    await put(shelf, summaryOf(of('day', MONDAY), 5))
    await put(shelf, summaryOf(of('hour', MONDAY), 5))
    await put(shelf, summaryOf(of('hour', MONDAY + DAY), 7, { generated_at: NOW - 2 * DAY }))
    await put(shelf, summaryOf(of('hour', MONDAY + 30 * HOUR), 1))
    const reader = bobReads(shelf)
    const cover = await reader.cover(ann.nodeId, { start: MONDAY - 7 * DAY, end: MONDAY + 29 * HOUR })
    const periods = [of('week', last), of('day', MONDAY), of('hour', MONDAY + DAY)]
    expect(shown(cover)).toEqual(periods.map(slotOf))
    expect(cover!.as_of).toBe(NOW)
    // A week that sticks out does not fit; the day inside does.
    const first = await reader.cover(ann.nodeId, { start: last, end: MONDAY })
    expect(shown(first)).toEqual([slotOf(of('day', last))])
  })

  test('of a period that was not over, its own summary or what is inside it, whichever tells of more', async () => {
    const shelf = createShelf()
    const day = of('day', NOW)
    const range = { start: day.start, end: day.end }
    await put(shelf, summaryOf(day, 10))
    await put(shelf, summaryOf(of('hour', NOW - HOUR), 6))
    const reader = bobReads(shelf)
    expect(shown(await reader.cover(ann.nodeId, range))).toEqual([slotOf(day)])
    await put(shelf, summaryOf(of('hour', NOW), 8))
    const hours = [of('hour', NOW - HOUR), of('hour', NOW)]
    expect(shown(await reader.cover(ann.nodeId, range))).toEqual(hours.map(slotOf))
  })

  test('an edition of a period that is not over reaches no further than when it was derived', async () => {
    const shelf = createShelf()
    const day = of('day', NOW)
    await put(shelf, summaryOf(day, 10))
    const reader = bobReads(shelf)
    const until = (end: number) => reader.cover(ann.nodeId, { start: day.start, end })
    expect(shown(await until(of('hour', NOW).end))).toEqual([slotOf(day)])
    expect(await until(of('hour', NOW).start)).toBeUndefined()
  })

  test('only what may be inside the range is read', async () => {
    const shelf = createShelf()
    for (let hour = 0; hour < 24; hour++) await put(shelf, summaryOf(of('hour', MONDAY + hour * HOUR), 1))
    await put(shelf, summaryOf(of('day', MONDAY), 24))
    const reader = bobReads(shelf)
    const range = { start: MONDAY + 5 * HOUR, end: MONDAY + 7 * HOUR }
    const inside = [5, 6].map((hour) => slotOf(of('hour', MONDAY + hour * HOUR)))
    expect(shown(await reader.cover(ann.nodeId, range))).toEqual(inside)
    // Two hours, and the day around them.
    expect(shelf.reads()).toBe(3)
  })

  test('every choice is disjoint, inside the range and leaves out no hour that fits', async () => {
    const shelf = createShelf()
    const hours = Array.from({ length: 15 * 24 }, (_, n) => of('hour', MONDAY + n * HOUR))
    for (const hour of hours)
      if (hour.start % (5 * HOUR) !== 0) await put(shelf, summaryOf(hour, 1, { generated_at: hour.end }))
    for (const at of [MONDAY, MONDAY + 3 * DAY, MONDAY + 9 * DAY]) {
      await put(shelf, summaryOf(of('day', at), 24, { generated_at: of('day', at).end }))
    }
    const week = of('week', MONDAY + 7 * DAY)
    await put(shelf, summaryOf(week, 168, { generated_at: week.end }))
    const reader = bobReads(shelf)
    const cut = fc.integer({ min: 0, max: 15 * 24 })
    await forAllAsyncIn({ numRuns: 60 }, cut, cut, async (a, b) => {
      const range = { start: MONDAY + Math.min(a, b) * HOUR, end: MONDAY + Math.max(a, b) * HOUR }
      const { summaries } = (await reader.cover(ann.nodeId, range)) ?? { summaries: [] }
      let reached = range.start
      for (const { start, end } of summaries) {
        expect(start).toBeGreaterThanOrEqual(reached)
        expect(end).toBeLessThanOrEqual(range.end)
        reached = end
      }
      const held = hours.filter(
        ({ start, end }) => start % (5 * HOUR) !== 0 && start >= range.start && end <= range.end,
      )
      for (const hour of held) {
        expect(summaries.some(({ start, end }) => start <= hour.start && end >= hour.end)).toBe(true)
      }
    })
  })
})

describe('what is known of a range', () => {
  const FRIDAY = of('day', NOW).start
  const WORKDAYS = [-14, -11, -10, -9, -8, -7, -4, -3, -2, -1]
  /** Somebody who types at nine on workdays, for two weeks, as they publish it now: hours of a week, days, weeks. */
  async function atNine(days: readonly number[] = WORKDAYS) {
    const shelf = createShelf()
    for (const day of days) {
      await put(shelf, summaryOf(of('day', FRIDAY + day * DAY), 2))
      const nine = of('hour', FRIDAY + day * DAY + 9 * HOUR)
      if (nine.end > NOW - 7 * DAY) await put(shelf, summaryOf(nine, 2))
    }
    const weeks = new Set(days.map((day) => of('week', FRIDAY + day * DAY).start))
    for (const start of weeks) await put(shelf, summaryOf(of('week', start), 2 * days.length))
    return bobReads(shelf)
  }

  test('hours in which nobody typed are known, where summaries are from before and after them', async () => {
    const reader = await atNine()
    // From a Sunday afternoon to a Thursday night.
    const range = { start: FRIDAY - 5 * DAY + 15 * HOUR, end: FRIDAY - 1 * HOUR }
    expect((await reader.cover(ann.nodeId, range))?.covers).toEqual(range)
    const weekend = { start: FRIDAY - 6 * DAY, end: FRIDAY - 4 * DAY }
    expect(await reader.cover(ann.nodeId, weekend)).toBeUndefined()
    expect((await reader.cover(ann.nodeId, weekend, { quiet: true }))?.covers).toEqual(weekend)
  })

  test('records that begin at nine on a day begin at nine, though the day and its week are one summary', async () => {
    const reader = await atNine([-2, -1])
    const { start } = of('week', NOW)
    const nine = FRIDAY - 2 * DAY + 9 * HOUR
    const covers = { start: nine, end: NOW }
    expect((await reader.cover(ann.nodeId, { start, end: start + 7 * DAY }))?.covers).toEqual(covers)
    const day = { start: FRIDAY - 2 * DAY, end: FRIDAY - DAY }
    expect((await reader.cover(ann.nodeId, day))?.covers).toEqual({ start: nine, end: day.end })
    expect(
      await reader.cover(ann.nodeId, { start: start - DAY, end: start }, { quiet: true }),
    ).toBeUndefined()
  })

  test('a part of a day whose hours nobody keeps any more is not known', async () => {
    const reader = await atNine()
    const noon = 12 * HOUR
    const range = { start: FRIDAY - 14 * DAY + noon, end: FRIDAY - 8 * DAY + noon }
    expect((await reader.cover(ann.nodeId, range))?.covers).toEqual({
      start: FRIDAY - 11 * DAY,
      end: FRIDAY - 8 * DAY,
    })
  })

  test('numbers of one kind may begin later than those of another', async () => {
    const shelf = createShelf()
    const none = { activity_pattern: { ...summaryOf(of('day', NOW), 0).activity_pattern! } }
    const tool_usage = { tools: [{ tool: 'git', category: 'git', uses: 2, failures: 0, unknown: 0 }] }
    for (const day of [-3, -2]) {
      const period = of('day', FRIDAY + day * DAY)
      await put(shelf, summaryOf(period, 0, { ...(day === -3 ? none : {}), tool_usage }))
    }
    await put(shelf, summaryOf(of('day', FRIDAY - DAY), 2, { tool_usage }))
    const reader = bobReads(shelf)
    const range = { start: FRIDAY - 2 * DAY, end: FRIDAY }
    const tells = ({ activity_pattern }: NodeSummary) => (activity_pattern?.total_commands ?? 0) > 0
    expect((await reader.cover(ann.nodeId, range))?.covers).toEqual(range)
    expect((await reader.cover(ann.nodeId, range, { tells }))?.covers?.start).toBe(FRIDAY - DAY)
  })

  test('nothing is known of what comes after the last that was published, whatever its author says of the time', async () => {
    const shelf = createShelf()
    for (const day of [-3, -2]) {
      const generated_at = FRIDAY - DAY + HOUR
      await put(shelf, summaryOf(of('day', FRIDAY + day * DAY), 2, { generated_at }))
    }
    const range = { start: FRIDAY - 3 * DAY, end: FRIDAY }
    expect((await bobReads(shelf).cover(ann.nodeId, range))?.covers?.end).toBe(FRIDAY - DAY + HOUR)
    await put(shelf, summaryOf(of('day', FRIDAY - 5 * DAY), 2, { generated_at: NOW + 9 * DAY }))
    const open = { start: FRIDAY - 3 * DAY, end: FRIDAY + 3 * DAY }
    expect((await bobReads(shelf).cover(ann.nodeId, open))?.covers?.end).toBe(NOW)
  })
})

describe('what is refused', () => {
  const whole = { start: 0, end: NOW + 7 * DAY }
  const hour = of('hour', NOW - HOUR)
  const good = summaryOf(hour, 5)

  async function read(frame: Uint8Array, slot = slotOf(hour)) {
    const shelf = createShelf()
    const edition = { author: ann.nodeId, kind: 'summary', slot, version: 1 } as const
    const head = { ...edition, digest: frame.slice(0, 32) }
    // A store that says whatever it likes.
    shelf.bySlot.set(slot, { head, bytes: frame, received_at: 0 })
    const reader = bobReads(shelf)
    const summaries = (await reader.cover(ann.nodeId, whole))?.summaries
    // Remembered as refused, and counted once.
    await reader.cover(ann.nodeId, whole)
    return { summaries, refused: reader.refused() }
  }
  const REFUSED = { summaries: undefined, refused: 1 }

  test('the good one is read', async () => {
    expect(await read(frameOf(good))).toEqual({ summaries: [good], refused: 0 })
  })

  const early = summaryOf(hour, 5, { generated_at: hour.start - 1 })
  const day = of('day', hour.start)
  test.each<readonly [string, Uint8Array, string]>([
    ['sealed to somebody else', frameOf(good, { to: eve }), slotOf(hour)],
    ['written by somebody else', frameOf(good, { by: eve }), slotOf(hour)],
    ['about another node than it says outside', frameOf({ ...good, node_id: eve.nodeId }), slotOf(hour)],
    ['about another hour', frameOf(good, { around: of('hour', NOW - 2 * HOUR) }), slotOf(hour)],
    ['about a day', frameOf(good, { around: day }), slotOf(day)],
    ['of another version', frameOf(good, { version: NOW - 1 }), slotOf(hour)],
    ['that is not over and says so', frameOf({ ...good, closed: false }), slotOf(hour)],
    ['made before its hour', frameOf(early, { version: NOW }), slotOf(hour)],
  ])('one %s', async (_, frame, slot) => {
    expect(await read(frame, slot)).toEqual(REFUSED)
  })

  const activity = good.activity_pattern!
  const safety: SafetyPosture = {
    by_risk_level: { safe: 1, moderate: 0, high: 0, critical: 0 },
    blocked: 0,
    confirmed_risky: 0,
    karo_generated: 0,
    guard: 'off',
    hook: 'on',
  }
  const git = { tool: 'git', category: 'git', uses: 2, failures: 1, unknown: 0 }
  const pattern = { category: 'git', count: 2, failures: 1, unknown: 0, avg_duration_ms: 1 }
  test.each<[string, Partial<NodeSummary>]>([
    ['hours that are not the total', { activity_pattern: { ...activity, hourly: new Array(24).fill(1) } }],
    ['a tool twice', { tool_usage: { tools: [git, git] } }],
    ['more failures than commands', { command_patterns: [{ ...pattern, failures: 3, unknown: 0 }] }],
    ['a category twice', { command_patterns: [pattern, pattern] }],
    ['more generated than there were', { safety_stats: { ...safety, karo_generated: 2 } }],
  ])('one with %s', async (_, wrong) => {
    expect(await read(frameOf({ ...good, ...wrong }))).toEqual(REFUSED)
  })

  test('one in which a byte was altered, wherever, even by somebody who signs it anew', async () => {
    const frame = frameOf(good)
    const reader = async (bytes: Uint8Array) => (await read(bytes)).summaries
    for (const at of [0, 5, 12, 40, 200, frame.length - SIGNATURE_BYTES - 1, frame.length - 1]) {
      const altered = frame.slice()
      altered[at]! ^= 1
      expect(await reader(altered)).toBeUndefined()
    }
    const { body } = readDocument(frame)
    const signed = (other: typeof body) =>
      encodeFrame(
        SealedSummary,
        { sender: ann.publicKey, ts: NOW, nonce: new Uint8Array(16), seq: 0 },
        other,
        ann.sign,
      )
    expect(await reader(signed(body))).toEqual([good])
    const box = body.boxes[0]!
    type Place = (typeof box.recipients)[number]
    const [one, two] = box.recipients as [Place, Place]
    const flip = (bytes: Uint8Array) => bytes.map((byte, i) => (i === 0 ? byte ^ 1 : byte))
    const boxed = (over: Partial<typeof box>) => signed({ ...body, boxes: [{ ...box, ...over }] })
    const placed = (change: (place: Place, at: number) => Place) =>
      boxed({ recipients: box.recipients.map(change) })
    const altered = {
      'hints swapped': placed(({ key }, at) => ({ hint: [two, one][at]!.hint, key })),
      'another hint': placed(({ hint, key }) => ({ hint: flip(hint), key })),
      'another key': placed(({ hint, key }) => ({ hint, key: flip(key) })),
      'another ephemeral key': boxed({ epk: flip(box.epk) }),
      'other contents': boxed({ sealed: flip(box.sealed) }),
      'in second place': signed({ ...body, boxes: [{ ...box, recipients: [] }, box] }),
      'no box': signed({ ...body, boxes: [] }),
      'another edition': signed({ ...body, version: body.version + 1 }),
    }
    for (const [what, bytes] of Object.entries(altered))
      expect([what, await reader(bytes)]).toEqual([what, undefined])
  })
})
