// Totals fetched from nodes that hold them: by operators and by nodes with the role, from honest holders and from others.
import { describe, expect, test } from 'vitest'
import { statements as codec } from '../../../../protocols/aggregate.ts'
import type { ReleaseContent, ShownStatement } from '../../../../protocols/messages/release.ts'
import { systemClock } from '../../../../src/base/clock.ts'
import type { Said } from '../../../../src/exchange/aggregates/index.ts'
import { readStatement, shownOf } from '../../../../src/exchange/aggregates/statement.ts'
import { fetchesIn } from '../../../../src/exchange/query/answering/fetches.ts'
import { rfc3339 } from '../../../../src/exchange/query/range.ts'
import { AUTHOR_QUOTA } from '../../../../src/exchange/query/state/owner.ts'
import type { AuditEntry } from '../../../../src/trust/audit/index.ts'
import {
  carol,
  contentOf,
  hourBefore,
  login,
  operators,
  patiently,
  REPLACED,
  saidBy,
  type Totals,
  totalsOf,
} from './holders.ts'
import { know, type NodeOptions, soon, TestNode, Wire } from './network.ts'

interface Special {
  readonly own?: readonly (readonly Said[])[]
  /** Of the desk, and of each holder. */
  readonly desk?: NodeOptions
  readonly holder?: NodeOptions
  /** What the desk knows of aggregators: the plan, and who is revoked. */
  readonly about?: Parameters<typeof totalsOf>[1]
}

/** A desk that holds `own`, and nodes that hold what their totals say; the desk asks them in this order. */
function world(holders: readonly Totals[], { own = [], desk: ofDesk, holder, about }: Special = {}) {
  const wire = new Wire()
  const nodes: TestNode[] = []
  const totals = totalsOf(own, { holders: () => nodes.map(({ id }) => id), ...about })
  const desk = new TestNode(wire, { name: 'desk', totals, ...ofDesk })
  for (const [at, totals] of holders.entries()) {
    nodes.push(new TestNode(wire, { name: `holder-${at}`, totals, operators: operators(), ...holder }))
  }
  know(wire, desk, ...nodes)
  return { wire, desk, nodes }
}

const STAFF: NodeOptions = { roles: ['security'] }
const HOURS = 3
/** Hours 1 to 3 before now, with 100, 101 and 102 uses of git. */
const ALL = [1, 2, 3].map((back) => contentOf(back, 99 + back))
const both = ALL.map((content) => saidBy(content))
/** As many hours before them too, with which they are compared: 103 to 105. */
const twice = Array.from({ length: 2 * HOURS }, (_, at) => saidBy(contentOf(1 + at, 100 + at)))
const RANGE = { start: hourBefore(HOURS).start, end: hourBefore(1).end }

const ask = (desk: TestNode, more: Parameters<TestNode['ask']>[0] = {}) =>
  // The most that one may wait: a machine with much else to do takes seconds for hundreds of buckets.
  desk.ask({ level: 2, range: RANGE, timeoutMs: 60_000, ...more })
const gitIn = ({ data }: Awaited<ReturnType<typeof ask>>) =>
  'tools' in data ? data.tools.find(({ tool }) => tool === 'git')?.uses : undefined

describe('who is entitled', () => {
  test('an operator reads at a node without the role what a holder shows, and both ledgers name the two', async () => {
    const { desk, nodes } = world([totalsOf(both)])
    const result = await ask(desk, { acting: login(desk) })
    expect(result).toMatchObject({ status: 'success', level: 2, asked_as: { name: 'carol' } })
    expect(gitIn(result)).toBe(303)
    const [holder] = nodes as [TestNode]
    expect(result.released).toMatchObject({ holders: [{ node_id: holder.id }], refused: [] })
    expect(desk.told('query_asked')).toMatchObject([{ operator: carol.nodeId, holders: holder.id }])
    const about = { peer: desk.id, operator: carol.nodeId, operator_name: 'carol' }
    const answered = { ...about, status: 'released', audience: 'security', batches: HOURS, decision: 'allow' }
    expect(holder.told('query_responded')).toContainEqual(expect.objectContaining(answered))
    expect(holder.told('query_received')).toContainEqual(expect.objectContaining(about))
  })

  test('the ledger has what was asked, and the answer what it is of', async () => {
    const { desk } = world([totalsOf(both)])
    const { start } = hourBefore(HOURS + 1)
    const { time_range } = await ask(desk, { acting: login(desk), range: { start, end: RANGE.end } })
    expect(time_range).toEqual({ start: rfc3339(RANGE.start), end: rfc3339(RANGE.end) })
    expect(desk.told('query_asked')).toMatchObject([{ range_start: rfc3339(start) }])
  })

  test('who was cut off when the answer was there, and asks again for it, is in the ledger as one who fetched', async () => {
    const waits = Promise.withResolvers<void>()
    const own = totalsOf(both)
    const { wire, desk, nodes } = world([
      { ...own, show: async (...args) => waits.promise.then(() => own.show(...args)) },
    ])
    const [holder] = nodes as [TestNode]
    let asked: Uint8Array | undefined
    wire.tap = (bytes, from) => {
      if (from === desk.id) asked ??= bytes
      return [bytes]
    }
    const asking = ask(desk, { acting: login(desk) })
    await soon(() => holder.told('query_received').length > 0)
    wire.cut(desk.id, holder.id)
    waits.resolve()
    await asking
    await soon(() => holder.told('query_responded').length > 0)
    expect(holder.told('query_responded')).toMatchObject([{ sent: false }])
    wire.connect(desk.id, holder.id)
    wire.send(desk.id, holder.id, asked as Uint8Array)
    await soon(() => holder.told('query_responded').length > 1)
    const fetches = fetchesIn(holder.audits.map((entry) => ({ ...entry, ts: 0 }) as AuditEntry))
    expect(fetches).toMatchObject([{ node: desk.id, audience: 'security', batches: HOURS }])
    expect(fetches[0]!.operator?.id).toBe(carol.nodeId)
  })

  test('a holder shows the type that was asked for, and nothing of the others that it holds', async () => {
    const { statements } = await totalsOf(both).show({
      audience: 'security',
      type: 'ToolUsage',
      range: RANGE,
    })
    for (const { statement } of statements) {
      expect(codec.decode(statement).types.map(({ type }) => type)).toEqual(['ToolUsage'])
    }
  })

  test('whoever is off, one holder is enough; two that hold one half each are enough together', async () => {
    const { desk, nodes, wire } = world([totalsOf([]), totalsOf(both)])
    wire.cut(desk.id, nodes[0]!.id)
    desk.absent.set(nodes[0]!.id, { offline: true })
    expect(gitIn(await ask(desk, { acting: login(desk) }))).toBe(303)
    const halves = ([0, 1] as const).map((at) => totalsOf(ALL.map((content) => saidBy(content, [at]))))
    const apart = world(halves)
    const result = await ask(apart.desk, { acting: login(apart.desk) })
    expect(gitIn(result)).toBe(303)
    expect(result.released!.holders).toHaveLength(2)
    // One half alone shows nothing.
    const alone = world([halves[0]!])
    const half = await ask(alone.desk, { acting: login(alone.desk) })
    expect([half.status, half.released!.buckets.map(({ why }) => why)]).toEqual([
      'withheld',
      ['half', 'half', 'half'],
    ])
  })

  test('with its change a question takes two round trips, and nobody who is off is asked', async () => {
    const { desk, nodes, wire } = world(Array.from({ length: 8 }, () => totalsOf(twice)))
    const [off, linked] = [nodes.slice(0, 6), nodes.slice(6)]
    for (const { id } of off) {
      wire.cut(desk.id, id)
      desk.absent.set(id, { offline: true })
    }
    const result = await ask(desk, { acting: login(desk) })
    expect(result.data).toMatchObject({ tools: [{ tool: 'git', uses: 303, change: -9 }] })
    const questions = (of: readonly TestNode[]) => of.map((node) => node.told('query_received').length)
    expect(questions(off)).toEqual(off.map(() => 0))
    // The first goes to both at once, and so does the second, about the hours before.
    expect(Math.max(...questions(linked))).toBeLessThanOrEqual(2)
  })

  test('a node with the role asks for what has not come to it, and for what no holder has once a minute', async () => {
    const { desk, nodes } = world([totalsOf(both)], { own: both.slice(0, 1), desk: STAFF })
    nodes[0]!.trusts(desk, 'supervisor', { roles: ['security'] })
    expect(gitIn(await ask(desk))).toBe(303)
    expect(nodes[0]!.told('query_received').length).toBeGreaterThan(0)
    const lacking = world([totalsOf([])], { desk: STAFF })
    lacking.nodes[0]!.trusts(lacking.desk, 'supervisor', { roles: ['security'] })
    await ask(lacking.desk)
    const asked = lacking.nodes[0]!.told('query_received').length
    expect((await ask(lacking.desk)).status).toBe('withheld')
    expect(lacking.nodes[0]!.told('query_received')).toHaveLength(asked)
  })

  /** Long statements: five of them fill an answer. */
  const wide = (hours: number) =>
    Array.from({ length: hours }, (_, at) => {
      const content = contentOf(at + 1, 1)
      const [, tools] = content.types
      const rows = Array.from({ length: 480 }, (_, row) => ({ row, of: 8, nodes: 8, values: [1, 0] }))
      return saidBy({ ...content, types: [{ ...tools!, rows }] })
    })

  test('what one answer has no room for comes with the next questions; what is more is said, and how to ask for it', async () => {
    const hours = 56
    const { desk, nodes } = world([totalsOf(wide(hours))])
    const range = { start: hourBefore(hours).start, end: hourBefore(1).end }
    const result = await ask(desk, { acting: login(desk), range })
    expect(nodes[0]!.told('query_received').length).toBeGreaterThan(2)
    expect(nodes[0]!.told('query_received').length).toBeLessThanOrEqual(2 * 10)
    const buckets = result.released!.buckets
    const first = buckets.findIndex(({ why }) => why === null)
    expect(first).toBeGreaterThan(0)
    // One piece without a hole, and what is before it is said to be somewhere else.
    expect(buckets.slice(0, first).map(({ why }) => why)).toEqual(Array(first).fill('unfetched'))
    expect(buckets.slice(first).map(({ why }) => why)).toEqual(Array(hours - first).fill(null))
    expect(gitIn(result)).toBe(hours - first)
    expect(result.coverage.complete).toBe(false)
    const until = buckets[first]!.start
    expect(result.notes.join()).toContain(`--to ${until}`)
    // The advice is enough for the next piece.
    const rest = await ask(desk, { acting: login(desk), range: { ...range, end: Date.parse(until) } })
    expect(gitIn(rest)).toBeGreaterThan(0)
  })
})

/** More than the quota of an asker that used nearly all of it comes to within seconds, and fewer than the questions of one fetch. */
const PAGES = 9
const PAGED = { start: hourBefore(PAGES).start, end: hourBefore(1).end }
const held = totalsOf(Array.from({ length: PAGES }, (_, at) => saidBy(contentOf(1 + at, 100 + at))))
/** A holder that shows one hour in each answer, the newest first. */
const pageByPage = (all: Totals): Totals => ({
  ...all,
  async show(asked) {
    const { statements } = await all.show(asked)
    return { statements: statements.slice(0, 1), more: statements.length > 1 }
  },
})
const paged = pageByPage(held)

/** Time stands still for its quotas, which would fill up again while a busy machine asks. */
const COUNTING: NodeOptions = { clock: { ...systemClock, monotonic: () => 0 } }

describe('holders that take no more questions of the asker', () => {
  test('what they have is not called missing: the answer says why it is not here', async () => {
    const { desk } = world([totalsOf(both), totalsOf(both)], { holder: COUNTING })
    const acting = login(desk)
    for (let question = 0; question < AUTHOR_QUOTA.frames; question++) await ask(desk, { acting })
    const { status, released, notes } = await ask(desk, { acting })
    expect([status, released!.buckets.map(({ why }) => why)]).toEqual([
      'withheld',
      ['unfetched', 'unfetched', 'unfetched'],
    ])
    expect(notes).toEqual([
      '3 of 3 periods are missing: others may hold it and did not show it: ask again, or about a shorter time.',
      'Of 2 nodes that may hold totals for the role security, 2 took no more questions of this asker (ask again in ten seconds).',
    ])
  })

  test('behind what came before that, too', async () => {
    const { desk } = world([paged], { holder: COUNTING })
    const acting = login(desk)
    // Each takes two, one of them for its change, so that two are left.
    for (let question = 1; question < AUTHOR_QUOTA.frames / 2; question++)
      await ask(desk, { acting, range: hourBefore(1) })
    const { released, notes } = await ask(desk, { acting, range: PAGED })
    const whys = released!.buckets.map(({ why }) => why)
    expect(whys[0]).toBe('unfetched')
    expect(whys.at(-1)).toBe(null)
    expect(notes.join()).toContain('1 took no more questions')
  })
})

test('a holder that says that it has more, and then nothing, keeps nobody from asking the next ones', async () => {
  // The first shows one hour and promises more; the second, which is asked at the same time, lacks all.
  let shown = 0
  const silent: Totals = {
    ...paged,
    show: (asked) => (shown++ === 0 ? paged.show(asked) : new Promise(() => {})),
  }
  const { desk, nodes } = world([silent, totalsOf([]), held])
  const { released, notes } = await ask(desk, { acting: login(desk), range: PAGED, timeoutMs: 8_000 })
  expect(shown).toBeGreaterThan(1)
  expect(released!.buckets.map(({ why }) => why)).toEqual(Array(PAGES).fill(null))
  expect(released!.holders.map(({ node_id }) => node_id)).toContain(nodes[2]!.id)
  expect(notes.join()).not.toContain('were not fetched')
})

test('nor does one that shows the oldest alone and says that it has more', async () => {
  const liar: Totals = {
    ...held,
    async show(asked) {
      const { statements } = await held.show(asked)
      return { statements: statements.slice(-1), more: true }
    },
  }
  const { desk } = world([liar, totalsOf([]), held])
  const { released } = await ask(desk, { acting: login(desk), range: PAGED })
  expect(released!.buckets.map(({ why }) => why)).toEqual(Array(PAGES).fill(null))
})

test('one that has more is not asked for what another one showed', async () => {
  const holders = () => nodes.map(({ id }) => id)
  const [totals, patient] = patiently(totalsOf([], { holders }), held)
  const { desk, nodes }: ReturnType<typeof world> = world([paged, patient], { desk: { totals } })
  const { released } = await ask(desk, { acting: login(desk), range: PAGED })
  expect(released).toMatchObject({ refused: [], buckets: Array(PAGES).fill({ why: null }) })
  const of = ({ range_start }: { range_start?: unknown }) => range_start
  expect(nodes[0]!.told('query_received').map(of)).toEqual(nodes[1]!.told('query_received').map(of))
})

test('what one has shown to its end, page by page, is not called unfetched where it lacks the oldest', async () => {
  const { desk } = world([paged])
  const older = { start: hourBefore(PAGES + 1).start, end: PAGED.end }
  const { released } = await ask(desk, { acting: login(desk), range: older })
  expect(released!.buckets.map(({ why }) => why)).toEqual(['pending', ...Array(PAGES).fill(null)])
})

test('nobody waits for another one when all is here', async () => {
  const all = totalsOf(twice)
  const { desk, nodes } = world([all, { ...all, show: () => new Promise(() => {}) }])
  const { released, timing } = await ask(desk, { acting: login(desk) })
  expect(released!.holders.map(({ node_id }) => node_id)).toEqual([nodes[0]!.id])
  // Half of the minute otherwise.
  expect(timing.elapsed_ms).toBeLessThan(20_000)
})

describe('who is not', () => {
  const refused = async (how: (desk: TestNode, other: TestNode) => Parameters<TestNode['ask']>[0]) => {
    const { desk, nodes } = world([totalsOf(both)], { desk: STAFF })
    const result = await ask(desk, how(desk, nodes[0]!))
    expect(gitIn(result)).toBeUndefined()
    expect(result.status).toBe('access_denied')
    const said = nodes[0]!.told('query_responded')
    expect(said.map(({ status }) => status)).toEqual(said.map(() => 'access_denied'))
    return said[0]?.rule
  }

  test('without a login a node that only says it has the role gets nothing', async () => {
    expect(await refused(() => ({}))).toMatch(/^(trust|totals)\./)
  })

  test('a login that has ended, is for another node or for other types opens nothing', async () => {
    expect(await refused((desk) => ({ acting: login(desk, { endedMs: 1_000 }) }))).toBe('operator.expired')
    const elsewhere = await refused((desk, other) => ({ acting: login(desk, { at: other }) }))
    expect(elsewhere).toMatch(/^operator\./)
    const types = ['NodeHealth']
    expect(await refused((desk) => ({ acting: login(desk, { types }) }))).toMatch(/^operator\./)
  })

  test('an operator whose certificate has another role gets nothing, whatever the node says', async () => {
    const rule = await refused((desk) => ({ acting: login(desk, { certified: ['lead'] }) }))
    expect(rule).toMatch(/^(trust|totals)\./)
  })
})

describe('a holder that is not honest is refused and named', () => {
  /** What the first holder shows; the second one is honest. */
  async function shown(change: (honest: readonly ShownStatement[]) => readonly ShownStatement[]) {
    const honest = totalsOf(both)
    const liar: Totals = {
      ...honest,
      async show(asked) {
        const { statements } = await honest.show(asked)
        return { statements: change(statements), more: false }
      },
    }
    const alone = world([liar])
    const result = await ask(alone.desk, { acting: login(alone.desk) })
    expect(gitIn(result)).toBeUndefined()
    expect(result.status).not.toBe('success')
    // One that knows no operator denies; the other one may give them the next time.
    alone.nodes.push(new TestNode(alone.wire, { name: 'closed', totals: honest }))
    know(alone.wire, alone.desk, ...alone.nodes)
    expect((await ask(alone.desk, { acting: login(alone.desk) })).status).not.toBe('access_denied')
    const holders = () => beside.nodes.map(({ id }) => id)
    const [totals, patient] = patiently(totalsOf([], { holders }), honest)
    const beside: ReturnType<typeof world> = world([liar, patient], { desk: { totals } })
    const good = await ask(beside.desk, { acting: login(beside.desk) })
    expect(gitIn(good)).toBe(303)
    expect(good.released!.refused.map(({ name }) => name)).toEqual(['holder-0'])
    expect(good.notes.join()).toContain('holder-0')
    const [entry] = beside.desk.told('query_asked')
    expect(entry).toMatchObject({ refused: beside.nodes[0]!.id, holders: beside.nodes[1]!.id })
  }
  const signed = (about: Partial<ReleaseContent>, places: readonly (0 | 1)[] = [0, 1]): ShownStatement => {
    const content = contentOf(1, 100, about)
    return shownOf(saidBy(content, places), 'ToolUsage')!
  }

  const altered = ({ statement, signatures }: ShownStatement): ShownStatement => {
    const content = codec.decode(statement)
    const [type] = content.types
    const rows = type!.rows.map((row) => ({ ...row, values: [1, 0] }))
    return { statement: codec.encode({ ...content, types: [{ ...type!, rows }] }), signatures }
  }

  test.each<readonly [string, (honest: readonly ShownStatement[]) => readonly ShownStatement[]]>([
    ['altered numbers', (honest) => honest.map(altered)],
    [
      'a signature twice',
      (honest) => honest.map((one) => ({ ...one, signatures: [one.signatures[0]!, one.signatures[0]!] })),
    ],
    ["nobody's signature", (honest) => honest.map((one) => ({ ...one, signatures: [] }))],
    ['another mesh', () => [signed({ mesh: new Uint8Array(32).fill(1) })]],
    ['another role', () => [signed({ audience: 'admin' })]],
    ['another time', () => [shownOf(saidBy(contentOf(9, 1)), 'ToolUsage')!]],
    ['a batch twice', (honest) => [...honest, honest[0]!]],
    ['another type', () => [shownOf(both[0]!, 'Anomalies')!]],
    ['a type that the release has and the holder leaves out', () => [shownOf(both[0]!, 'Nothing')!]],
    ['two that were not drawn for the bucket', () => [signed({ pair: contentOf(1, 1).pair.toReversed() })]],
  ])('%s', (_, change) => shown(change))

  test.each([
    ['is left out of what a holder shows, whose other totals count', REPLACED.retired, 100],
    ['counts while its key is not revoked', undefined, 303],
  ])('what a replaced aggregator signed %s', async (_, revoked, uses) => {
    const { plan } = REPLACED
    const holder = totalsOf(
      [1, 2, 3].map((back) => saidBy(REPLACED.contentOf(back, 99 + back))),
      { plan },
    )
    const { desk } = world([holder], { about: { plan, ...(revoked && { revoked }) } })
    const result = await ask(desk, { acting: login(desk) })
    expect([gitIn(result), result.released!.refused]).toEqual([uses, []])
  })

  test('behind a page of what a revoked one signed a holder is asked for the rest', async () => {
    const { plan, retired } = REPLACED
    const held = totalsOf([saidBy(REPLACED.contentOf(2, 1)), saidBy(contentOf(3, 100))], { plan })
    const { desk } = world([pageByPage(held)], { about: { plan, revoked: retired } })
    expect(gitIn(await ask(desk, { acting: login(desk) }))).toBe(100)
  })

  test('two aggregators that differ are said, and nothing is shown of that hour', async () => {
    const other = ALL.map((content) => saidBy({ ...content, listed: 7 }, [1]))
    const { desk } = world([totalsOf(ALL.map((content) => saidBy(content, [0]))), totalsOf(other)])
    const result = await ask(desk, { acting: login(desk) })
    expect(result.released!.buckets.map(({ why }) => why)).toEqual(['disagree', 'disagree', 'disagree'])
  })
})

test('who gets totals only is told anomalies by name beside them, of machines whose people chose that', async () => {
  const { desk, nodes } = world([totalsOf(twice), totalsOf(twice)], { desk: STAFF })
  const [named, other] = nodes as [TestNode, TestNode]
  const hour = hourBefore(1).start
  for (const node of [desk, named, other])
    node.anomalies = { signals: [{ type: 'timing', severity: 6, count: 1, hour }], learning: false }
  await other.sharing.anomalies(1000, 'anonymous')
  const anomalies = (more: Parameters<typeof ask>[1] = {}) =>
    ask(desk, { query_type: 'Anomalies', level: undefined as never, ...more })
  const { level, nodes: told = [] } = await anomalies()
  expect([level, told.map(({ name }) => name)]).toEqual([2, ['holder-0']])
  named.anomalies = { signals: [], learning: false }
  expect((await anomalies({ perNode: true })).notes.at(-1)).toContain('nothing began')
  // Who asks for totals by their level gets totals.
  expect((await anomalies({ level: 2 })).nodes).toBeUndefined()
  await named.sharing.anomalies(1000, 'anonymous')
  const nobody = await anomalies()
  expect([nobody.nodes, nobody.notes.at(-1)]).toEqual([
    undefined,
    expect.stringContaining('By name: nobody lets'),
  ])
})

const CONTENT = contentOf(1, 5)

test('what is shown of a type is that type with the word of both', () => {
  const { content, authors } = readStatement(shownOf(saidBy(CONTENT), 'ToolUsage')!, 'ToolUsage')
  expect(content).toEqual({ ...CONTENT, types: CONTENT.types.filter(({ type }) => type === 'ToolUsage') })
  expect(authors).toEqual(CONTENT.pair)
})

test('a type that the release does not have is shown as that, and one that it has cannot be left out', () => {
  // Both signed that nothing is said of SafetyPosture, and with it which types there are.
  const none = shownOf(saidBy(CONTENT), 'SafetyPosture')!
  expect(readStatement(none, 'SafetyPosture').content.types).toEqual([])
  expect(() => readStatement(none, 'ToolUsage')).toThrow('it leaves the type out')
})

test('whoever says something else is left out, and what nobody signed is not shown', () => {
  const [one, other] = saidBy(CONTENT)
  const differs = { ...other!, content: { ...CONTENT, listed: 7 } }
  expect(shownOf([one!, differs], 'ToolUsage')!.signatures).toHaveLength(1)
  expect(shownOf([{ ...one!, signatures: [] }], 'ToolUsage')).toBe(undefined)
  expect(shownOf([], 'ToolUsage')).toBe(undefined)
})

test('a signature of one place does not count for the other', () => {
  const { statement, signatures } = shownOf(saidBy(CONTENT), 'ToolUsage')!
  const swapped = signatures.map(({ by, signature }) => ({ by: by === 0 ? 1 : 0, signature }) as const)
  expect(() => readStatement({ statement, signatures: swapped }, 'ToolUsage')).toThrow('did not sign it')
})
