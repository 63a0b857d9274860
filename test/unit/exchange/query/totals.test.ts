// Questions at level 2: what is left out of totals is said, and never looks like a number.
import { expect, test } from 'vitest'
import { DAY_MS, HOUR_MS } from '../../../../src/base/calendar.ts'
import { asksTotals, askTotals, type TotalsDeps } from '../../../../src/exchange/query/asking/totals.ts'
import type { AskRequest } from '../../../../src/exchange/query/types.ts'
import type { BatchTotals, BucketTotals, Contributions } from '../../../../src/exchange/totals/index.ts'

/** A Friday of UTC. */
const FRIDAY = 20_777 * DAY_MS
const ALL = { contributed: 8, declined: 0, late: 0, absent: 0, refused: 0 }

const batch = (contributors: number, uses: Record<string, number>, partly: readonly string[] = []) => ({
  contributors,
  rows: new Map(
    Object.entries(uses).map(([row, count]) => [row, { nodes: contributors, values: [count, 0] }]),
  ),
  partly: new Set(partly),
})

/** What buckets by their start hold; of all others nothing is known. */
type Held = Partial<BucketTotals> & { readonly batches?: readonly BatchTotals[] }

async function ask(
  held: (start: number) => Held | undefined,
  {
    start = FRIDAY,
    end = FRIDAY + DAY_MS,
    length = DAY_MS,
    audiences = ['security'],
    first = undefined as { start: number; end: number } | undefined,
    now = FRIDAY + 30 * DAY_MS,
    problem = null as string | null,
  } = {},
  request: Partial<AskRequest> = {},
) {
  const reads: { start: number; end: number }[] = []
  const deps = {
    self: () => ({ roles: ['security'] }),
    policy: { reads: () => ({ effect: 'allow' }) },
    trust: {
      members: () => [
        { node_id: 'linked', last_seen: now, here_until: now + 1, known_by: 'presence' },
        { node_id: 'away', last_seen: 0, here_until: now, known_by: 'presence' },
      ],
      known: () => ['linked', 'away', 'never met'],
      met: () => undefined,
      opinion: (node_id: string) => ({ node_id, name: node_id, why: 'certificate', trust_level: 'peer' }),
    },
    clock: { now: () => now, monotonic: () => 0 },
    random: { bytes: (count: number) => new Uint8Array(count) },
    totals: {
      audiences: () => audiences,
      problem: () => problem,
      async read(audience: string, _: string, range: { start: number; end: number }) {
        reads.push(range)
        const buckets: BucketTotals[] = []
        for (let at = range.start; at + length <= range.end; at += length) {
          const found = held(at)
          buckets.push({
            start: at,
            end: at + length,
            why: found === undefined ? 'none' : undefined,
            batches: [],
            k: 3,
            implausible: false,
            contributions: found && ALL,
            ...found,
          })
        }
        return { audience, buckets, ...(first && { first }) }
      },
    },
  } as unknown as TotalsDeps
  const result = await askTotals(
    deps,
    { query_type: 'ToolUsage', level: 2, ...request } as AskRequest,
    { start, end },
    { trace: new Uint8Array(16), signal: new AbortController().signal, deadlineAt: 1_000 },
  )
  return { ...result, reads }
}

const tools = (data: object) => (data as { tools: readonly { tool: string; change: number | null }[] }).tools

test('what nobody may see is not 0, whatever the filters are', async () => {
  const filters = [{ field: 'hour', operator: 'Equals', value: '3' } as const]
  const request = { query_type: 'ActivityPatterns', filters } as const
  const { data, status } = await ask(() => undefined, { audiences: [] }, request)
  expect(status).toBe('withheld')
  expect(data).toEqual({
    hourly: new Array(24).fill(null),
    daily: new Array(7).fill(null),
    total_commands: null,
    unique_commands: null,
    change: null,
  })
})

test('without totals the words say whether nobody is named to compute them, or what names them cannot be read', async () => {
  const notes = async (problem: string | null) =>
    (await ask(() => undefined, { audiences: [], problem })).notes.join(' ')
  expect(await notes(null)).toContain('No nodes are named to compute totals.')
  const unread = await notes('organisation.cedar:7:1: unexpected token')
  expect(unread).toContain('not in force: organisation.cedar:7:1: unexpected token.')
  expect(unread).not.toContain('No nodes are named')
})

test('who may have totals only is told that there are none, also where nobody computes them', async () => {
  for (const audiences of [[], ['security']]) {
    const totals = (query_type: string, role: string, level?: 1) =>
      asksTotals(
        { query_type, ...(level && { level }) } as AskRequest,
        { self: () => ({ roles: [role] }), totals: { audiences: () => audiences } } as unknown as TotalsDeps,
      )
    expect(totals('ToolUsage', 'security')).toBe(true)
    expect(totals('ToolUsage', 'security', 1)).toBe(false)
    expect(totals('ToolUsage', 'lead')).toBe(false)
    // Those they may have by name as well.
    expect(totals('Anomalies', 'security')).toBe(audiences.length > 0)
  }
  const { status, notes } = await ask(() => undefined, { audiences: [] })
  expect([status, notes]).toEqual(['withheld', [expect.stringContaining('karo policy sign --aggregator')]])
})

test('a row that one batch, one bucket or some machines do not tell is the least, and has no change', async () => {
  const whole = batch(8, { git: 9, make: 9, vim: 9, ls: 9 })
  const result = await ask(
    (start) => {
      if (start < FRIDAY) return { batches: [whole] }
      if (start > FRIDAY) return { batches: [batch(8, { git: 9, make: 9, vim: 9 })] }
      return {
        batches: [batch(5, { git: 9, make: 9, vim: 9, ls: 9 }), batch(3, { git: 9, vim: 9, ls: 9 }, ['vim'])],
      }
    },
    { end: FRIDAY + 2 * DAY_MS },
  )
  expect([...result.released!.partly].sort()).toEqual(['ls', 'make', 'vim'])
  const changes = Object.fromEntries(tools(result.data).map(({ tool, change }) => [tool, change]))
  expect(changes).toEqual({ git: 9, make: null, vim: null, ls: null })
})

test('days are compared with the same days of the week, hours with those just before', async () => {
  const held = (): Held => ({ batches: [batch(8, { git: 1 })] })
  const at = async (days: number) => (await ask(held, { end: FRIDAY + days * DAY_MS })).reads[1]
  expect(await at(1)).toEqual({ start: FRIDAY - 7 * DAY_MS, end: FRIDAY - 6 * DAY_MS })
  expect(await at(7)).toEqual({ start: FRIDAY - 7 * DAY_MS, end: FRIDAY })
  expect(await at(8)).toEqual({ start: FRIDAY - 14 * DAY_MS, end: FRIDAY - 6 * DAY_MS })
  const hours = await ask(held, { end: FRIDAY + 3 * HOUR_MS, length: HOUR_MS })
  expect(hours.reads[1]).toEqual({ start: FRIDAY - 3 * HOUR_MS, end: FRIDAY })
  // A period before that was not released whole leaves no change.
  const alone = await ask((start) => (start < FRIDAY ? undefined : held()))
  expect([tools(alone.data)[0]!.change, alone.compared]).toEqual([null, { nodes: 0, of: 8 }])
})

test('other numbers of machines in the period before are said, batches of one bucket added up', async () => {
  const same = await ask((start) => ({
    batches: start < FRIDAY ? [batch(5, { git: 1 }), batch(3, { git: 1 })] : [batch(8, { git: 1 })],
  }))
  expect([same.compared, same.notes]).toEqual([{ nodes: 8, of: 8 }, []])
  const fewer = await ask((start) => ({ batches: [batch(start < FRIDAY ? 5 : 8, { git: 1 })] }))
  expect([fewer.compared, fewer.notes]).toEqual([{ nodes: 5, of: 8 }, ['Changes compare 8 machines with 5.']])
})

test('machines whose sums cannot be are said beside the numbers of the others', async () => {
  const { notes } = await ask(() => ({ batches: [batch(8, { git: 1 }, ['git'])], implausible: true }))
  expect(notes.join()).toContain('In 1 of 1 periods some machines are left out')
})

test('totals are complete when all machines are in them, and all closed buckets were released', async () => {
  const complete = async (of: Partial<Contributions>, missing = false) => {
    const held = (start: number): Held | undefined =>
      missing && start === FRIDAY
        ? undefined
        : { batches: [batch(8, { git: 1 })], contributions: { ...ALL, ...of } }
    return (await ask(held, { end: FRIDAY + 2 * DAY_MS })).coverage.complete
  }
  expect(await complete({})).toBe(true)
  expect(await complete({ late: 1 })).toBe(false)
  expect(await complete({}, true)).toBe(false)
  expect((await ask(() => undefined)).coverage.complete).toBe(false)
  expect((await ask(() => undefined, { end: FRIDAY })).coverage.complete).toBe(false)
})

test('of a time before totals began nothing is missing, and until the first ones come it is said when', async () => {
  const first = { start: FRIDAY + 6 * HOUR_MS, end: FRIDAY + 12 * HOUR_MS }
  const week = { start: FRIDAY - 7 * DAY_MS, end: FRIDAY + DAY_MS, length: 6 * HOUR_MS, first }
  const before = await ask(() => undefined, { ...week, end: first.start, now: FRIDAY + 7 * HOUR_MS })
  expect(before.released!.buckets).toEqual([])
  expect(before.released!.first).toEqual({
    start: '2026-11-20T06:00:00.000Z',
    end: '2026-11-20T12:00:00.000Z',
    comes: '2026-11-20T12:15:00.000Z',
    // This one, one that is there, one that is away, and one that never came.
    machines: 4,
    present: 2,
  })
  expect(before.notes).toHaveLength(1)
  expect(before.notes[0]).toContain('2026-11-20 06:00 to 2026-11-20 12:00 UTC')

  const held = (start: number): Held | undefined =>
    start < first.start ? undefined : { batches: [batch(8, { git: 1 })] }
  const after = await ask(held, { ...week, end: first.end, now: first.end + HOUR_MS })
  expect([after.released!.buckets.length, after.coverage.complete, after.notes]).toEqual([1, true, []])
  expect(after.released!.first).toBeUndefined()
  // What machines gave of the time before is shown, and its gaps are none.
  const some = await ask((start) => (start === FRIDAY - DAY_MS ? held(first.start) : held(start)), {
    ...week,
    end: first.end,
  })
  expect([some.released!.buckets.length, some.coverage.complete]).toEqual([2, true])
  // Whoever has totals of the time before waits for no first ones, also where the question is about another time.
  const early = await ask((start) => (start === FRIDAY - DAY_MS ? held(first.start) : undefined), {
    ...week,
    start: FRIDAY,
    end: first.start,
    now: FRIDAY + 7 * HOUR_MS,
  })
  expect(early.released!.first).toBeUndefined()
  // Afterwards a period without totals is a miss.
  const missing = await ask(() => undefined, { ...week, end: first.end })
  expect(missing.released!.buckets.map(({ why }) => why)).toEqual(['none'])
  expect(missing.released!.first).toBeUndefined()
})

test('an answer is of the whole periods in it, and of what was asked where none is told', async () => {
  const held = (start: number): Held | undefined =>
    start === FRIDAY ? { batches: [batch(8, { git: 1 })] } : undefined
  const asked = { start: FRIDAY - DAY_MS, end: FRIDAY + 2 * DAY_MS }
  expect((await ask(held, asked)).time_range).toEqual({
    start: '2026-11-20T00:00:00.000Z',
    end: '2026-11-21T00:00:00.000Z',
  })
  expect((await ask(() => undefined, asked)).time_range.start).toBe('2026-11-19T00:00:00.000Z')
})

test.each([
  ['a team that is not told apart', 'team'],
  ['machines were too few', 'few'],
  ['others did not show it', 'unfetched'],
] as const)('what became of the first totals is said, and not that they are to come: %s', async (_, why) => {
  const first = { start: FRIDAY, end: FRIDAY + HOUR_MS }
  const week = { end: first.end, length: HOUR_MS, first, now: first.end + HOUR_MS }
  const { released, notes } = await ask(() => ({ why }), week)
  expect([released!.first, notes.join()]).toEqual([undefined, expect.stringContaining('1 of 1 periods')])
  // Nor of a time in which none is.
  const other = await ask(() => undefined, { ...week, end: first.start + 1 })
  expect(other.released!.first).toBeUndefined()
  expect(other.notes.join()).toContain('none lies')
  // As long as nobody has any, they are still waited for.
  expect((await ask(() => ({ why: 'pending' }), week)).released!.first).toBeDefined()
})
