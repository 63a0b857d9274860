// Publishing: who is sent what, when a new edition is due, and what withdrawing does to the last one.
import { describe, expect, test } from 'vitest'
import { slotOf } from '../../../../protocols/periods.ts'
import { SUMMARIZED } from '../../../../src/exchange/query/index.ts'
import { deriveSummary } from '../../../../src/exchange/summaries/derive.ts'
import { readDocument, writeDocument } from '../../../../src/exchange/summaries/document.ts'
import type { Entitlement } from '../../../../src/exchange/summaries/groups.ts'
import type { Numbers } from '../../../../src/insight/statistics/index.ts'
import { sealingKeyOf } from '../../../../src/trust/identity/index.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'
import { createShelf, createWorld, DAY, HOUR, NOW, nodeOf, type World } from './world.ts'

const TYPED = { tool: 'git', category: 'git', command: 'git status' }
const slots = (world: World): string[] => world.shelf.editions.map(slotOf)
/** Empties what was published so far. */
const since = (world: World) => world.shelf.editions.splice(0)
/** What `n` can open of `author`'s documents. */
async function opened(n: number, author: World, range = { start: NOW - 30 * DAY, end: NOW + 7 * DAY }) {
  const other = await createWorld({ number: n })
  return (await other.reader(author.shelf).cover(author.identity.nodeId, range))?.summaries
}
/** Slots of what was so long ago. */
const hour = (ago = 0) => `hour:${Math.floor((NOW - ago) / HOUR)}`
const day = (ago = 0) => `day:${Math.floor((NOW - ago) / DAY)}`
const week = (ago = 0) => `week:${Math.floor(((NOW - ago) / DAY + 3) / 7)}`
const OPEN_HOUR = { start: NOW - (NOW % HOUR), end: NOW - (NOW % HOUR) + HOUR }

async function shared() {
  const world = await createWorld()
  world.trust(2, 'peer')
  world.consent(1000, { allow_peers: ['*'] })
  await world.type(TYPED, { ...TYPED, exit_code: 1 }, { ago: 26 * HOUR, command: 'ls' })
  const publisher = world.publisher()
  return { world, publisher }
}

/** A publisher after its first round, of which `before` holds nothing. */
async function published() {
  const { world, publisher } = await shared()
  await publisher.round()
  return { world, publisher, before: since(world) }
}

/** Calls `act` while the numbers of the second period are gathered. */
function whileGathering(world: World, act: () => void): void {
  const { during } = world.insight
  let asked = 0
  const gathering: typeof during = (range, care) => {
    const numbers = during(range, care)
    return {
      ...numbers,
      toolUsage(uids) {
        if (++asked === 2) act()
        return numbers.toolUsage(uids)
      },
    }
  }
  Object.assign(world.deps, { insight: { ...world.insight, during: gathering } })
}

describe('who is sent what', () => {
  test('nothing is published while nobody is entitled', async () => {
    const world = await createWorld()
    await world.type(TYPED)
    world.trust(2, 'peer')
    world.trust(3, 'supervisor')
    world.trust(4, 'query_from')
    const publisher = world.publisher()
    await publisher.round()
    world.consent(1000, { allow_supervisors: ['*'] })
    await publisher.round()
    world.consent(1000, { allow_peers: [nodeOf(3), nodeOf(4)] })
    await publisher.round()
    world.consent(1000, { allow_peers: ['*'], off: true })
    await publisher.round()
    expect(world.shelf.editions).toEqual([])
    expect(world.audits).toEqual([])
    expect(world.said).toEqual([])
  })

  test('counts by names come of those who share their category, and tell public names alone', async () => {
    const numbers = {
      toolUsage: async () => [],
      commandPatterns: async () => [],
      safetyPosture: async () => ({}),
      privilegedUse: async (uids: readonly number[]) =>
        new Map([
          ['system', uids.length],
          ['our-own-tool', 1],
        ]),
    } as unknown as Numbers
    const period = { granularity: 'hour', ...OPEN_HOUR } as const
    const countedFor = async (entitlement: Entitlement) =>
      (await deriveSummary(numbers, nodeOf(1), period, entitlement, NOW, SUMMARIZED)).counted
    expect(await countedFor({ safety_stats: [1000] })).toBeUndefined()
    const rows = [
      { name: 'system', count: 2 },
      { name: 'other', count: 1 },
    ]
    expect(await countedFor({ tool_usage: [1000, 1001] })).toEqual([{ query_type: 'PrivilegedUse', rows }])
  })

  test('a store that cannot say who consents lets nothing out', async () => {
    const { world, publisher } = await shared()
    world.breakStore(true)
    await expect(publisher.round()).rejects.toThrow('closed')
    expect(world.shelf.editions).toEqual([])
    world.breakStore(false)
    await publisher.round()
    expect(world.shelf.editions).not.toEqual([])
  })

  test('the open hour, day and week, and those over in which something was typed', async () => {
    const { world, publisher } = await shared()
    await publisher.round()
    expect(slots(world).sort()).toEqual([hour(), day(), week(), hour(26 * HOUR), day(26 * HOUR)].sort())
    const [open] = (await opened(2, world, OPEN_HOUR))!
    expect(open).toMatchObject({
      node_id: world.identity.nodeId,
      granularity: 'hour',
      ...OPEN_HOUR,
      generated_at: NOW,
      closed: false,
      command_patterns: [{ category: 'git', count: 2, failures: 1, unknown: 0, avg_duration_ms: 5 }],
      tool_usage: { tools: [{ tool: 'git', category: 'git', uses: 2, failures: 1, unknown: 0 }] },
      activity_pattern: { total_commands: 2, unique_commands: 1 },
      safety_stats: {
        by_risk_level: { safe: 2, moderate: 0, high: 0, critical: 0 },
        guard: 'off',
        hook: 'on',
      },
    })
    const [yesterday] = (await opened(2, world, { start: NOW - 2 * DAY, end: NOW - (NOW % DAY) }))!
    const activity_pattern = { total_commands: 1 }
    expect(yesterday).toMatchObject({ granularity: 'day', closed: true, activity_pattern })
    expect(await opened(3, world)).toBeUndefined()
    expect(world.audits).toEqual([
      {
        type: 'summary_published',
        success: true,
        details: {
          documents: 5,
          periods: slots(world).join(' '),
          recipients: 1,
          categories: 'tool_usage activity_patterns safety_stats',
          emptied: 0,
        },
      },
    ])
  })

  test('each reads what the people share with it, and only the parts they share', async () => {
    const world = await createWorld()
    world.trust(2, 'peer', { teams: ['eng'] })
    world.trust(3, 'share_to')
    world.trust(4, 'peer')
    const categories = { tool_usage: true, activity_patterns: false, safety_stats: true, anomalies: true }
    world.consent(1000, { allow_peers: ['*'], deny_peers: [nodeOf(4)] })
    world.consent(1001, { allow_peers: ['team:eng'], categories })
    await world.type(TYPED, { ...TYPED, uid: 1001 }, { ...TYPED, uid: 1002 })
    const publisher = world.publisher()
    await publisher.round()
    expect(world.shelf.editions.map(({ boxes }) => boxes.length)).toEqual([2, 2, 2])
    const [two] = (await opened(2, world, OPEN_HOUR))!
    expect(two).toMatchObject({
      tool_usage: { tools: [{ uses: 2 }] },
      activity_pattern: { total_commands: 1 },
      safety_stats: { by_risk_level: { safe: 2 } },
    })
    const [three] = (await opened(3, world, OPEN_HOUR))!
    const one = { tool_usage: { tools: [{ uses: 1 }] }, activity_pattern: { total_commands: 1 } }
    expect(three).toMatchObject(one)
    expect(await opened(4, world)).toBeUndefined()
    world.consent(1000, { allow_peers: ['*'], categories: { ...categories, tool_usage: false } })
    world.consent(1001, { off: true })
    await publisher.round()
    const [narrow] = (await opened(3, world, OPEN_HOUR))!
    expect(Object.keys(narrow!).sort()).toEqual(
      ['node_id', 'granularity', 'start', 'end', 'generated_at', 'closed', 'safety_stats'].sort(),
    )
  })

  test('recipients who may read the same share a box, which names nobody', async () => {
    const world = await createWorld()
    for (const n of [2, 3, 4]) world.trust(n, 'peer')
    world.consent(1000, { allow_peers: ['*'] })
    await world.type(TYPED)
    await world.publisher().round()
    const { boxes } = world.shelf.editions[0]!
    expect(boxes).toHaveLength(1)
    // The author can open it too.
    expect(boxes[0]!.recipients).toHaveLength(4)
    const hints = boxes[0]!.recipients.map(({ hint }) => Buffer.from(hint).toString('hex'))
    expect(hints).toEqual([...hints].sort())
    for (const edition of world.shelf.editions.slice(1)) {
      const others = edition.boxes[0]!.recipients.map(({ hint }) => Buffer.from(hint).toString('hex'))
      expect(others.filter((one) => hints.includes(one))).toEqual([])
    }
    for (const n of [2, 3, 4]) expect(await opened(n, world)).toHaveLength(1)
  })

  test('whoever carries a document sees neither a word of it nor whom it is for', async () => {
    const { world, publisher } = await shared()
    await publisher.round()
    const recipient = testIdentity(2)
    const words = ['git', 'tool_usage', 'total_commands', recipient.nodeId, recipient.fingerprint]
    const keys = [recipient.publicKey, sealingKeyOf(recipient.publicKey)!]
    const [said] = world.said
    expect(Buffer.from(said!).includes('git')).toBe(true)
    for (const { bytes } of world.shelf.bySlot.values()) {
      const seen = Buffer.from(bytes)
      expect(words.filter((word) => seen.includes(word))).toEqual([])
      expect(keys.filter((key) => seen.includes(Buffer.from(key)))).toEqual([])
    }
  })

  test('who has no place in a document is counted, never silently forgotten', async () => {
    const world = await createWorld()
    // Ten people, each sharing with one node: ten groups, of which a document holds eight.
    for (let n = 0; n < 10; n++) {
      world.trust(n + 2, 'peer')
      world.consent(1000 + n, { allow_peers: [nodeOf(n + 2)] })
      await world.type({ ...TYPED, uid: 1000 + n })
    }
    const publisher = world.publisher()
    await publisher.round()
    expect(world.shelf.editions[0]!.boxes).toHaveLength(8)
    expect(publisher.counts()).toEqual({ recipients: 8, left_out: 2 })
    for (let n = 0; n < 3; n++) world.trust(n + 2, 'untrusted')
    await publisher.round()
    expect(publisher.counts()).toEqual({ recipients: 7, left_out: 0 })
  })

  test('a document has 256 places, one of each box for its author', async () => {
    const world = await createWorld()
    for (let n = 0; n < 300; n++) world.trust(n + 2, 'share_to')
    world.consent(1000, { allow_peers: ['*'] })
    await world.type(TYPED)
    const publisher = world.publisher()
    await publisher.round()
    expect(publisher.counts()).toEqual({ recipients: 255, left_out: 45 })
    expect(world.shelf.editions[0]!.boxes[0]!.recipients).toHaveLength(256)
    since(world)
    // The same nodes keep their places: nothing to publish.
    await publisher.round()
    expect(slots(world)).toEqual([])
  })
})

describe('when', () => {
  test('an open period is published again when it changed, with a higher version, and not otherwise', async () => {
    const { world, publisher, before } = await published()
    world.time.now += 60_000
    await publisher.round()
    expect(slots(world)).toEqual([])
    await world.type(TYPED)
    await publisher.round()
    expect(slots(world).sort()).toEqual(before.slice(0, 3).map(slotOf).sort())
    for (const { version, boxes } of world.shelf.editions) {
      expect(version).toBe(NOW + 60_000)
      expect(boxes).toHaveLength(1)
    }
    const [open] = (await opened(2, world, OPEN_HOUR))!
    expect(open).toMatchObject({ generated_at: NOW + 60_000, tool_usage: { tools: [{ uses: 3 }] } })
  })

  test('an open period is published again when the guard stopped a line, though nothing ran', async () => {
    const { world, publisher } = await shared()
    await publisher.round()
    await world.guarded(1000, 'blocked')
    await publisher.round()
    const open = (await opened(2, world, OPEN_HOUR))!.at(-1)!
    expect(open).toMatchObject({ safety_stats: { blocked: 1 }, activity_pattern: { total_commands: 2 } })
  })

  test('a clock that goes back does not lose editions', async () => {
    const { world, publisher } = await published()
    world.time.now -= 1_000
    await world.type(TYPED)
    await publisher.round()
    expect(world.shelf.editions.map(({ version }) => version)).toEqual([NOW + 1, NOW + 1, NOW + 1])
  })

  test('what was published by a clock that was days ahead is withdrawn as soon as it is right', async () => {
    const { world, publisher } = await published()
    world.time.now += DAY
    await world.type(TYPED)
    await publisher.round()
    expect(since(world).map(slotOf)).toContain(week())
    world.time.now -= DAY
    world.shelf.goBy({ now: () => world.time.now })
    world.consent(1000, { off: true })
    await publisher.round()
    const open = world.shelf.editions.find((one) => slotOf(one) === week())
    expect(open).toMatchObject({ boxes: [], version: NOW })
  })

  test('a period that is over is published once more, closed, and then rests', async () => {
    const { world, publisher } = await published()
    world.time.now = NOW + HOUR
    await publisher.round()
    expect(slots(world)).toEqual([hour()])
    expect((await opened(2, world, OPEN_HOUR))![0]).toMatchObject({ closed: true, generated_at: NOW + HOUR })
    since(world)
    for (let minute = 1; minute < 30; minute++) {
      world.time.now += 60_000
      await publisher.round()
    }
    expect(slots(world)).toEqual([])
    world.time.now = NOW + 3 * DAY
    await publisher.round()
    expect(slots(world).sort()).toEqual([day(), week()].sort())
  })

  test('late events of the last week are published again, within minutes; older ones are not', async () => {
    const { world, publisher } = await shared()
    await world.type({ ...TYPED, ago: 13 * DAY })
    await publisher.round()
    since(world)
    await world.type({ ...TYPED, ago: 26 * HOUR }, { ...TYPED, ago: 12 * DAY })
    for (let minute = 0; minute < 11; minute++) {
      world.time.now += 60_000
      await publisher.round()
    }
    expect(new Set(slots(world))).toEqual(new Set([hour(26 * HOUR), day(26 * HOUR), week()]))
  })

  test('who consents shares what there was before, as far back as anybody keeps it: days of five weeks, weeks of a year', async () => {
    const world = await createWorld()
    world.trust(2, 'peer')
    const publisher = world.publisher()
    await world.type({ ...TYPED, ago: 20 * DAY }, { ...TYPED, ago: 100 * DAY }, { ...TYPED, ago: 500 * DAY })
    await publisher.round()
    expect(slots(world)).toEqual([])
    world.consent(1000, { allow_peers: ['*'] })
    await publisher.round()
    expect(new Set(slots(world))).toEqual(new Set([day(20 * DAY), week(20 * DAY), week(100 * DAY)]))
    const read = await opened(2, world, { start: NOW - 200 * DAY, end: NOW })
    expect(read?.map(({ granularity }) => granularity)).toEqual(['week', 'week'])
    since(world)
    await world.publisher().round()
    expect(slots(world)).toEqual([])
  })

  test('history that is imported later is shared as far back as it reaches', async () => {
    const { world, publisher } = await published()
    await world.type({ ...TYPED, ago: 20 * DAY }, { ...TYPED, ago: 100 * DAY })
    world.time.now += 1_000
    await publisher.round()
    expect(new Set(slots(world))).toEqual(new Set([day(20 * DAY), week(20 * DAY), week(100 * DAY)]))
  })

  test('history that is imported between what was known is shared a day later, also where it is weeks old', async () => {
    const { world, publisher } = await published()
    await world.type({ ...TYPED, ago: 100 * DAY })
    world.time.now += 1_000
    await publisher.round()
    await world.type({ ...TYPED, ago: 20 * DAY })
    world.time.now += DAY
    await publisher.round()
    expect(slots(world)).toEqual(expect.arrayContaining([day(20 * DAY), week(20 * DAY)]))
  })

  test('how shells are looked after is read once for all periods of a round', async () => {
    const { world, publisher } = await shared()
    await world.type({ ...TYPED, ago: 100 * DAY })
    const { during } = world.insight
    const given: unknown[] = []
    world.deps.insight.during = (range, care) => {
      given.push(care)
      return during(range, care)
    }
    await publisher.round()
    const cares = given.filter((care) => care !== undefined)
    expect(cares.length).toBeGreaterThan(20)
    expect(new Set(cares).size).toBe(1)
  })

  test('a period that cannot be published does not hold up the others', async () => {
    const { world, publisher } = await shared()
    const { publish } = world.shelf
    let calls = 0
    world.shelf.publish = async (...args) => {
      if (++calls === 2) throw new Error('no room')
      return publish(...args)
    }
    await expect(publisher.round()).rejects.toThrow('no room')
    expect(slots(world)).toHaveLength(4)
    await publisher.round()
    expect(new Set(slots(world)).size).toBe(5)
    expect(slots(world)).toHaveLength(5)
  })
})

describe('consent that is withdrawn', () => {
  test.each([
    ['consent', (world: World) => world.consent(1000, { allow_peers: ['*'], deny_peers: [nodeOf(3)] })],
    ['trust', (world: World) => world.trust(3, 'peer', { denied: true })],
  ])('one recipient less by %s: the next edition of everything is without it', async (_, takeBack) => {
    const { world, publisher } = await shared()
    world.trust(3, 'peer')
    await publisher.round()
    expect(await opened(3, world)).not.toBeUndefined()
    const before = since(world)
    world.time.now += 1_000
    takeBack(world)
    await publisher.round()
    expect(slots(world).sort()).toEqual(before.map(slotOf).sort())
    expect(await opened(3, world)).toBeUndefined()
    expect(await opened(2, world)).not.toBeUndefined()
  })

  test('one category of one node: its next edition is without that part, and everybody else keeps theirs', async () => {
    const { world, publisher } = await shared()
    world.trust(3, 'peer')
    await publisher.round()
    const parts = async (node: number) => {
      const summaries = (await opened(node, world)) ?? []
      return [summaries.some((one) => one.tool_usage), summaries.some((one) => one.safety_stats)]
    }
    expect(await parts(3)).toEqual([true, true])
    world.time.now += 1_000
    const deny_only = [{ who: nodeOf(3), categories: ['tool_usage'] as const }]
    world.consent(1000, { allow_peers: ['*'], deny_only })
    await publisher.round()
    expect(await parts(3)).toEqual([false, true])
    expect(await parts(2)).toEqual([true, true])
  })

  test('nobody left: an edition with no box stands in the place of the sealed one, once', async () => {
    const { world, publisher, before } = await published()
    world.consent(1000, { off: true })
    await publisher.round()
    expect(slots(world).sort()).toEqual(before.map(slotOf).sort())
    for (const [i, { boxes, version, expires_at }] of world.shelf.editions.entries()) {
      expect(boxes).toEqual([])
      expect(version).toBeGreaterThan(before[i]!.version)
      expect(expires_at).toBe(before[i]!.expires_at)
    }
    expect(await opened(2, world)).toBeUndefined()
    expect(world.audits.at(-1)!.details).toMatchObject({ documents: 5, recipients: 0, emptied: 5 })
    since(world)
    await publisher.round()
    await world.type(TYPED)
    world.time.now += 60_000
    await publisher.round()
    // Neither while it runs nor after a restart.
    await world.publisher().round()
    expect(slots(world)).toEqual([])
  })

  test.each([
    ['its frame is damaged', (bytes: Uint8Array) => bytes.with(60, bytes[60]! ^ 1)],
    [
      'it holds what this release cannot read',
      (bytes: Uint8Array, world: World) => {
        const { body } = readDocument(bytes)
        const own = { node_id: nodeOf(2) }
        const box = { recipients: [own], plaintext: new Uint8Array([0xc0]) }
        return writeDocument(world.self, world.deps, body, body.version, [box])
      },
    ],
  ])('whose last edition this node cannot read: %s, and all are replaced', async (_, damage) => {
    const { world, before } = await published()
    const [slot, one] = [...world.shelf.bySlot][0]!
    world.shelf.bySlot.set(slot, { ...one, bytes: damage(one.bytes, world) })
    const restarted = world.publisher()
    await restarted.round()
    // That one is due, and nothing else.
    expect(slots(world)).toEqual([slot])
    world.consent(1000, { off: true })
    await restarted.round()
    const last = new Map(world.shelf.editions.map((edition) => [slotOf(edition), edition]))
    expect([...last.keys()].sort()).toEqual(before.map(slotOf).sort())
    for (const { boxes } of last.values()) expect(boxes).toEqual([])
  })

  test('that could not be read at first: the next look reads it', async () => {
    const { world, publisher } = await shared()
    await publisher.round()
    world.consent(1000, { off: true })
    const { of } = world.shelf
    world.shelf.of = async () => {
      throw new Error('the store is busy')
    }
    const restarted = world.publisher()
    await expect(restarted.round()).rejects.toThrow('busy')
    world.shelf.of = of
    since(world)
    await restarted.round()
    expect(world.shelf.editions.map(({ boxes }) => boxes.length)).toEqual([0, 0, 0, 0, 0])
  })

  test('however old: as long as anybody keeps a document, withdrawing replaces it', async () => {
    const { world, publisher } = await published()
    world.time.now = NOW + 20 * DAY
    await publisher.round()
    since(world)
    world.consent(1000, { off: true })
    await publisher.round()
    // The hours are of no use to anybody any more, and gone.
    expect(new Set(slots(world).map((slot) => slot.split(':')[0]))).toEqual(new Set(['day', 'week']))
    expect(world.shelf.editions.every(({ boxes }) => boxes.length === 0)).toBe(true)
  })

  test('a person less, not a recipient: what others already hold sealed is replaced too', async () => {
    const { world, publisher } = await shared()
    world.consent(1001, { allow_peers: ['*'] })
    await world.type({ ...TYPED, uid: 1001, ago: 26 * HOUR })
    await publisher.round()
    const yesterday = { start: NOW - 2 * DAY, end: NOW - (NOW % DAY) }
    expect((await opened(2, world, yesterday))![0]).toMatchObject({ activity_pattern: { total_commands: 2 } })
    world.consent(1001, { off: true })
    await publisher.round()
    expect((await opened(2, world, yesterday))![0]).toMatchObject({ activity_pattern: { total_commands: 1 } })
  })

  test('withdrawn during a round: nothing of that round is published after it, and what was is replaced', async () => {
    const { world } = await shared()
    whileGathering(world, () => world.consent(1000, { off: true }))
    const publisher = world.publisher()
    await publisher.round()
    expect(world.shelf.editions).toHaveLength(1)
    await publisher.round()
    expect(world.shelf.editions.map(({ boxes }) => boxes.length)).toEqual([1, 0])
    expect(await opened(2, world)).toBeUndefined()
  })

  test('given and withdrawn during a round: the plan is the one before, what was published is still replaced', async () => {
    const world = await createWorld()
    world.trust(2, 'peer')
    await world.type(TYPED)
    whileGathering(world, () => world.consent(1000, { allow_peers: [] }))
    const publisher = world.publisher()
    await publisher.round()
    world.consent(1000, { allow_peers: ['*'] })
    await publisher.round()
    expect(world.shelf.editions).toHaveLength(1)
    await publisher.round()
    expect(await opened(2, world)).toBeUndefined()
  })
})

test('a shelf may be shared: documents of somebody else are none of this node’s', async () => {
  const shelf = createShelf()
  const world = await createWorld({ shelf })
  world.trust(2, 'peer')
  world.consent(1000, { allow_peers: ['*'] })
  await world.type(TYPED)
  await world.publisher().round()
  const other = await createWorld({ number: 2, shelf })
  await other.publisher().round()
  expect(shelf.editions).toHaveLength(3)
})
