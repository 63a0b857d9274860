// Asking: merged numbers, exact coverage, and every way a query ends.

import { describe, expect, it } from 'vitest'
import { bodyOf } from '../../../../protocols/frame.ts'
import { QueryDone, QueryHop } from '../../../../protocols/messages/query.ts'
import type { NodeId } from '../../../../protocols/node-id.ts'
import { KaroError } from '../../../../src/base/errors.ts'
import { ASKING_MAX } from '../../../../src/exchange/query/asking/ask.ts'
import { askedRange } from '../../../../src/exchange/query/range.ts'
import type { Coverage } from '../../../../src/exchange/query/schema.ts'
import fc, { forAll } from '../../../support/run/properties.ts'
import { meshOf, person, soon, type TestNode, three, uses } from './network.ts'

describe('a query that everybody answers', () => {
  it('adds up the exact numbers of all, its own included', async () => {
    const { a } = three()
    const result = await a.ask()
    expect(result).toMatchObject({
      query_type: 'ToolUsage',
      level: 1,
      status: 'success',
      ended_by: 'all_done',
      privacy: { mode: 'per_node', k_min: 5, cells_suppressed: 0, noise: null },
      notes: [],
    })
    expect(result.data).toEqual({
      tools: [
        { tool: 'git', category: 'vcs', uses: 10, nodes: 3, failure_rate: 0.1, change: 10 },
        { tool: 'npm', category: 'vcs', uses: 9, nodes: 1, failure_rate: 0, change: 9 },
      ],
    })
    expect(result.coverage).toMatchObject({ known: 2, answered: 2, complete: true })
    expect(result.nodes).toBeUndefined()
    const { first_ms, last_ms, elapsed_ms } = result.timing
    expect(first_ms!).toBeLessThanOrEqual(last_ms!)
    expect(last_ms!).toBeLessThanOrEqual(elapsed_ms)
  })

  it('shows each node by itself when asked to', async () => {
    const { a } = three()
    const result = await a.ask({ perNode: true })
    expect(result.nodes).toMatchObject([
      { name: 'a', tools: [{ uses: 2 }] },
      { name: 'b', tools: [{ uses: 9 }, { uses: 3 }] },
      { name: 'c', tools: [{ uses: 5 }] },
    ])
  })

  it('says so in its result where its own ledger cannot be written', async () => {
    const { a } = three()
    a.storeFailure = new Error('no space left')
    const { coverage, notes } = await a.ask()
    expect(coverage).toMatchObject({ answered: 2 })
    expect(notes).toContainEqual(expect.stringMatching(/missing in this node's own ledger.*karo status/))
    expect(a.audits).toEqual([])
    a.storeFailure = undefined
    expect((await a.ask()).notes).toEqual([])
  })

  it('is written down on both sides under one trace', async () => {
    const { a, b } = three()
    const traceId = '0123456789abcdef0123456789abcdef'
    const result = await a.ask({ traceId })
    await soon(() => b.audits.length === 2)
    const asked = { answered: 2, ended_by: 'all_done' }
    expect(a.audits).toMatchObject([
      { type: 'query_asked', success: true, trace_id: traceId, details: asked },
    ])
    expect(b.audits).toMatchObject([
      { type: 'query_received', peer: a.id, trace_id: traceId, details: { query_type: 'ToolUsage' } },
      {
        type: 'query_responded',
        success: true,
        peer: a.id,
        trace_id: traceId,
        details: {
          query_id: result.query_id,
          status: 'success',
          decision: 'allow',
          rule: 'consent.allow',
          level: 1,
        },
      },
    ])
  })

  it('without members is complete at once with its own numbers', async () => {
    const { nodes } = meshOf([{ people: person(uses('git', 4)) }])
    const result = await nodes[0]!.ask()
    expect(result).toMatchObject({
      status: 'success',
      ended_by: 'all_done',
      coverage: { known: 0, complete: true, nodes: [] },
      data: { tools: [{ tool: 'git', uses: 4, nodes: 1 }] },
      timing: { first_ms: null, last_ms: null },
    })
  })

  it('merges the asker’s own numbers whatever they share with others', async () => {
    const { a } = three()
    await a.sharing.off(1000)
    const result = await a.ask()
    expect('tools' in result.data && result.data.tools[0]?.uses).toBe(10)
  })
})

it('asks the mesh for links to all at the third question within ten minutes, where it has not got them', async () => {
  const { a, wire } = three({ fullMeshUpTo: 1 })
  for (let times = 0; times < 2; times++) await a.ask()
  expect(wire.wanted).toEqual([])
  await a.ask()
  expect(wire.wanted).toEqual([600_000])
})

it('a query is left over when the room stops, as cancelled', async () => {
  const { a, b } = three()
  const letGo = b.hold()
  const asking = a.ask({ timeoutMs: 60_000 })
  await soon(() => b.gathered.length === 1)
  await a.query.stop()
  expect((await asking).ended_by).toBe('cancelled')
  await expect(a.ask()).rejects.toMatchObject({ code: 'unavailable' })
  letGo()
})

describe('a member without a link', () => {
  it('is dialled once, and asked when it is there', async () => {
    const { a, b, c, wire } = three()
    wire.cut(a.id, b.id)
    wire.cut(a.id, c.id)
    wire.reachable.add(b.id)
    const dialled: NodeId[] = []
    wire.dialling = async (node) => {
      dialled.push(node)
    }
    const result = await a.ask()
    expect(a.outcomes(result)).toEqual({ b: 'answered', c: 'unreachable' })
    expect(result.ended_by).toBe('all_done')
    expect(dialled.toSorted()).toEqual([b.id, c.id].toSorted())
  })

  it('is dialled with at most seven others, each bounded, never beyond the deadline', async () => {
    const { nodes, wire } = meshOf([{ name: 'a' }])
    const a = nodes[0]!
    for (let i = 0; i < 20; i++) a.members.add(wire.end())
    let dialling = 0
    let most = 0
    wire.dialling = async (_node, signal) => {
      most = Math.max(most, ++dialling)
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      dialling--
    }
    const all = await a.ask({ timeoutMs: 60_000 })
    expect(all).toMatchObject({ ended_by: 'all_done', coverage: { known: 20, unreachable: 20 } })
    expect(most).toBe(8)
    const cut = await a.ask({ timeoutMs: 100 })
    expect(cut).toMatchObject({ ended_by: 'deadline', coverage: { known: 20, unreachable: 20 } })
  })
})

it('a member that has no time to read the question is busy at once, asked by itself or over others', async () => {
  const { a, b, nodes, wire } = three()
  const raw = wire.end(...nodes)
  raw.handler = {
    frame(peer, frame) {
      if (frame.message !== QueryHop) return
      const { query_id } = bodyOf(frame, QueryHop)
      raw.send(peer.nodeId, QueryDone, { query_id, author: a.identity.publicKey, answered: 0, lost: 1 })
    },
  }
  a.members.add(raw)
  for (const isLinked of [true, false]) {
    if (!isLinked) wire.cut(a.id, b.id)
    const result = await a.ask({ timeoutMs: 60_000 })
    expect(result).toMatchObject({ ended_by: 'all_done', coverage: { answered: 2, failed: 1 } })
    expect(a.outcomes(result)).toMatchObject({ raw: 'busy' })
  }
})

describe('what may be asked', () => {
  const hour = 3_600_000
  it('is widened outward to whole UTC hours, the open one included', () => {
    const longest = 366 * 24 * hour
    const time = fc.integer({ min: 0, max: 4_102_444_800_000 })
    forAll(time, fc.integer({ min: 1, max: longest - 2 * hour }), (start, length) => {
      const widened = askedRange({ start, end: start + length })
      expect(widened.start % hour).toBe(0)
      expect(widened.end % hour).toBe(0)
      expect(widened.start).toBeLessThanOrEqual(start)
      expect(widened.end).toBeGreaterThanOrEqual(start + length)
      expect(start - widened.start).toBeLessThan(hour)
      expect(widened.end - (start + length)).toBeLessThan(hour)
      expect(askedRange(widened)).toEqual(widened)
    })
  })

  it('reaches owners and the result as whole hours', async () => {
    const { a, b } = three()
    const start = Date.UTC(2026, 10, 20, 7, 15)
    const result = await a.ask({ range: { start, end: start + 1 } })
    expect(result.time_range).toEqual({ start: '2026-11-20T07:00:00.000Z', end: '2026-11-20T08:00:00.000Z' })
    const asked = { start: Date.UTC(2026, 10, 20, 7), end: Date.UTC(2026, 10, 20, 8) }
    expect(a.gathered).toMatchObject([asked])
    expect(b.gathered).toMatchObject([asked])
  })

  it('refuses what makes no sense', async () => {
    const { nodes } = meshOf([{}])
    const a = nodes[0]!
    const bad = [
      { range: { start: 5, end: 5 } },
      { range: { start: 6, end: 5 } },
      { range: { start: Number.NaN, end: 5 } },
      { range: { start: -1, end: 5 } },
      { range: { start: 0, end: 400 * 24 * hour } },
      { timeoutMs: 99 },
      { timeoutMs: 60_001 },
      { timeoutMs: Number.NaN },
      { query_type: 'NodeHealth', level: 2 },
      { traceId: 'no' },
    ] as const
    for (const request of bad) {
      await expect(a.ask(request)).rejects.toMatchObject({ code: 'bad_request' })
    }
  })

  it('is bounded: more queries at once than the limit are refused', async () => {
    const { nodes } = meshOf([{}])
    const a = nodes[0]!
    const letGo = a.hold()
    const many = Array.from({ length: ASKING_MAX }, () => a.ask())
    await expect(a.ask()).rejects.toThrow(KaroError)
    letGo()
    const results = await Promise.all(many)
    expect(results.every((result) => result.ended_by === 'all_done')).toBe(true)
    await a.ask()
  })
})

describe('why a member is unreachable', () => {
  const whyOf = (result: Awaited<ReturnType<TestNode['ask']>>, name: string) => {
    const { outcome, why, clock_off_ms, last_seen, ended_at } = result.coverage.nodes.find(
      (one) => one.name === name,
    )!
    return { outcome, why, clock_off_ms, last_seen, ended_at }
  }
  const seen = 1_795_000_000_000
  const last_seen = new Date(seen).toISOString()

  it.each([
    ['it left', { offline: true, last_seen: seen }, { why: 'left', last_seen }],
    ['its connection broke', { unsure: true, last_seen: seen }, { why: 'lost', last_seen }],
    [
      'it was not heard of for long',
      { last_seen: 1 },
      { why: 'away', last_seen: '1970-01-01T00:00:00.001Z' },
    ],
  ])('%s', async (_, absent, why) => {
    const { a, b, wire } = three()
    wire.cut(a.id, b.id)
    a.absent.set(b.id, absent)
    const result = await a.ask()
    expect(whyOf(result, 'b')).toEqual({ clock_off_ms: undefined, outcome: 'unreachable', ...why })
    expect(whyOf(result, 'c')).toMatchObject({ outcome: 'answered', why: undefined })
  })

  it('nothing is said of one that was there a moment ago', async () => {
    const { nodes, wire } = meshOf([{ name: 'a' }, { name: 'b' }])
    wire.cut(nodes[0]!.id, nodes[1]!.id)
    const result = await nodes[0]!.ask()
    expect(whyOf(result, 'b')).toMatchObject({ outcome: 'unreachable', why: undefined, last_seen: undefined })
  })

  it('what the mesh knows is stronger: its clock is wrong, or it trusts this node no more', async () => {
    const { a, b, c, wire } = three()
    for (const other of [b, c]) {
      wire.cut(a.id, other.id)
      a.absent.set(other.id, { offline: true })
    }
    wire.apart.set(b.id, { why: 'clock', clock_off_ms: 600_000 })
    wire.apart.set(c.id, { why: 'not_trusted_there' })
    const result = await a.ask()
    expect(whyOf(result, 'b')).toMatchObject({ why: 'clock', clock_off_ms: 600_000, last_seen: undefined })
    expect(whyOf(result, 'c')).toMatchObject({ why: 'not_trusted_there' })
    expect(result.coverage).toMatchObject({ known: 2, unreachable: 2 })
  })

  it('that the key of one has several successors is said, also where it is told nothing of why it is away', async () => {
    const { a, b } = three()
    expect((await a.ask()).notes).toEqual([])
    a.frozen.add(b.id)
    expect((await a.ask()).notes).toEqual([expect.stringContaining('has several successors')])
  })

  it('of a neighbour that does not answer it says that its clock is wrong', async () => {
    const { a, b, c, wire } = three()
    for (const node of [b, c]) node.gate = () => new Promise(() => {})
    wire.apart.set(b.id, { why: 'clock', clock_off_ms: 600_000 })
    const result = await a.ask({ timeoutMs: 200 })
    expect(whyOf(result, 'b')).toMatchObject({ why: 'clock', clock_off_ms: 600_000 })
    expect(whyOf(result, 'c')).toMatchObject({ why: 'silent' })
  })

  it('a machine that has a certificate and was never heard of is missing, and not left out', async () => {
    const { a, c, wire } = three()
    a.members.delete(c)
    wire.cut(a.id, c.id)
    a.trusts(c, 'peer', { why: 'certificate', name: 'c' })
    const result = await a.ask()
    expect(result.coverage).toMatchObject({ known: 2, answered: 1, unreachable: 1, complete: false })
    expect(whyOf(result, 'c')).toMatchObject({ why: 'never', last_seen: undefined })
    expect(a.outcomes(result)).toMatchObject({ b: 'answered', c: 'unreachable' })
    a.trusts(c, 'peer', { why: 'certificate', revoked: true })
    expect((await a.ask()).coverage).toMatchObject({ known: 1, complete: true })
  })

  it('one whose certificate ended is missing too, with the time, and with its team as long as its certificate had it', async () => {
    const { a, b, c, wire } = three()
    wire.cut(a.id, c.id)
    a.members.delete(c)
    const ended = { name: 'c', teams: ['eng'], not_after: seen }
    a.trusts(b, 'peer', { teams: ['eng'] })
    a.trusts(c, 'untrusted', { name: 'c', ended })
    for (const team of [undefined, 'eng']) {
      const told: Coverage[] = []
      const result = await a.ask({ team }, undefined, (coverage) => told.push(coverage))
      // Whoever watches is told the same total all the time.
      expect(told[0]).toMatchObject({ known: 2, answered: 0, unreachable: 2 })
      expect(new Set(told.map(({ known }) => known))).toEqual(new Set([result.coverage.known]))
      expect(result.coverage).toMatchObject({ known: 2, answered: 1, unreachable: 1, complete: false })
      expect(whyOf(result, 'c')).toMatchObject({ why: 'ended', ended_at: last_seen })
    }
    a.trusts(b, 'peer', { teams: ['web'] })
    expect((await a.ask({ team: 'web' })).coverage).toMatchObject({ known: 1, unreachable: 0 })
    // In a team by itself, it is nobody who could be asked, and known all the same.
    a.trusts(b, 'peer')
    expect((await a.ask({ team: 'eng' })).coverage).toMatchObject({ known: 1, unreachable: 1 })
    // Others may still tell of it.
    a.members.add(c)
    a.absent.set(c.id, { known_by: 'gossip' })
    expect(await a.ask()).toMatchObject({ coverage: { known: 2, unreachable: 1 }, notes: [] })
    a.members.delete(c)
    a.trusts(c, 'untrusted', { name: 'c', ended, denied: true })
    expect((await a.ask()).coverage).toMatchObject({ known: 1, complete: true })
  })

  it('a certificate that gives no level says that lists are missing, and one of a machine that was revoked or denied does not', async () => {
    const { a, b } = three()
    const notes = async (more: Parameters<typeof a.trusts>[2]) => {
      a.trusts(b, 'untrusted', { why: 'certificate', ...more })
      return (await a.ask()).notes.join()
    }
    expect(await notes({})).toContain('No revocation list came for a week')
    for (const more of [{ revoked: true }, { denied: true }])
      expect(await notes(more)).not.toContain('No revocation list')
  })

  it('a trusted node that was never met is no member, and is told all the same', async () => {
    const { a, c, wire } = three()
    a.members.delete(c)
    wire.apart.set(c.id, { why: 'clock', clock_off_ms: -600_000 })
    const result = await a.ask()
    expect(result.coverage.known).toBe(1)
    expect(result.notes.join()).toMatch(
      /trusted here, and was not asked: refused, its clock is 10 min behind/,
    )
  })
})
