// Questions beyond direct reach: handed on as echoes over any graph, counted once, ended by themselves.

import { describe, expect, it } from 'vitest'
import { QueryHop } from '../../../../protocols/messages/query.ts'
import type { NodeId } from '../../../../protocols/node-id.ts'
import type { Coverage } from '../../../../src/exchange/query/schema.ts'
import { CONCURRENT_MAX } from '../../../../src/exchange/query/state/owner.ts'
import fc, { forAllAsyncIn } from '../../../support/run/properties.ts'
import { VirtualTime } from '../../../support/run/virtual-time.ts'
import {
  graphOf,
  type Meshed,
  type NodeOptions,
  person,
  read,
  soon,
  type TestNode,
  turns,
  uses,
} from './network.ts'

/** `count` nodes called n0, n1, …, each with one use of git. */
const people = (count: number, more: (index: number) => NodeOptions = () => ({})): NodeOptions[] =>
  Array.from({ length: count }, (_, i) => ({ name: `n${i}`, people: person(uses('git', 1)), ...more(i) }))

type Links = [number, number][]
/** Of nodes with one digit each, as '01 12'. */
const links = (text: string): Links => text.split(' ').map(([a, b]) => [Number(a), Number(b)])
const line = (count: number): Links => Array.from({ length: count - 1 }, (_, i) => [i, i + 1])

/** How often each message went over each link, in each direction, by node name. */
function countFrames({ wire, nodes }: Meshed): Record<string, number> {
  const names = new Map(nodes.map((node) => [node.id, node.name]))
  const counts: Record<string, number> = {}
  wire.watch(({ message }, from, to) => {
    const what = `${names.get(from)}>${names.get(to)} ${message.name}`
    counts[what] = (counts[what] ?? 0) + 1
  })
  return counts
}

const of = (counts: Record<string, number>, message: string): number =>
  Object.entries(counts).reduce((sum, [what, count]) => sum + (what.endsWith(` ${message}`) ? count : 0), 0)

/** Names of those that `node` can come to over links of the graph, itself left out. */
function within({ wire, nodes }: Meshed, node: TestNode): Set<string> {
  const found = new Set([node.id])
  for (const id of found) for (const { nodeId } of wire.peersOf(id)) found.add(nodeId)
  return new Set(nodes.filter((one) => one !== node && found.has(one.id)).map((one) => one.name))
}

describe('an echo', () => {
  it('costs one question down and one ending up on links it runs along, two crossing questions on others', async () => {
    const mesh = graphOf(people(4), links('01 02 12 23'))
    const counts = countFrames(mesh)
    await mesh.nodes[0]!.ask()
    await soon(() => of(counts, 'QueryDone') === 3)
    await turns(5)
    expect(counts).toEqual({
      'n0>n1 QueryHop': 1,
      'n0>n2 QueryHop': 1,
      'n1>n2 QueryHop': 1,
      'n2>n1 QueryHop': 1,
      'n2>n3 QueryHop': 1,
      'n1>n0 DirectAnswer': 1,
      'n2>n0 DirectAnswer': 1,
      'n2>n0 Response': 1,
      'n3>n2 Response': 1,
      'n1>n0 QueryDone': 1,
      'n2>n0 QueryDone': 1,
      'n3>n2 QueryDone': 1,
    })
  })

  it('covers exactly those who can be reached, over any graph, counts nobody twice, and dials nobody whom links lead to', async () => {
    const graph = fc.integer({ min: 1, max: 14 }).chain((count) =>
      fc.record({
        count: fc.constant(count),
        links: fc.uniqueArray(fc.tuple(fc.nat(count - 1), fc.nat(count - 1)), {
          maxLength: 3 * count,
          selector: ([a, b]) => `${Math.min(a, b)} ${Math.max(a, b)}`,
        }),
        refusing: fc.uniqueArray(fc.nat(count - 1)),
        /** Found by a dial. */
        dialled: fc.uniqueArray(fc.nat(count - 1), { maxLength: 2 }),
      }),
    )
    await forAllAsyncIn({ numRuns: 60 }, graph, async ({ count, links, refusing, dialled }) => {
      const mesh = graphOf(
        people(count, (i) => (refusing.includes(i) ? { allow: [] } : {})),
        links.filter(([a, b]) => a !== b),
      )
      const [asker] = mesh.nodes as [TestNode]
      for (const i of dialled) mesh.wire.reachable.add(mesh.nodes[i]!.id)
      const reachable = within(mesh, asker)
      const needless: NodeId[] = []
      mesh.wire.dialling = async (node) => {
        if (mesh.nodes.some(({ id, name }) => id === node && reachable.has(name))) needless.push(node)
      }
      const result = await asker.ask({ timeoutMs: 60_000 })
      expect(needless).toEqual([])
      expect(result.ended_by).toBe('all_done')
      const wanted = mesh.nodes.slice(1).map((node, i) => {
        const reached = reachable.has(node.name) || dialled.includes(i + 1)
        return [node.name, !reached ? 'unreachable' : refusing.includes(i + 1) ? 'denied' : 'answered']
      })
      expect(asker.outcomes(result)).toEqual(Object.fromEntries(wanted))
      const given = wanted.filter(([, outcome]) => outcome === 'answered').length + 1
      expect(result.data).toMatchObject({ tools: [{ uses: given, nodes: given }] })
      for (const node of mesh.nodes) {
        const answers = node.audits.filter(({ type }) => type === 'query_responded')
        expect(answers.length).toBeLessThanOrEqual(1)
        expect(new Set(node.gathered.map(({ start }) => start)).size).toBeLessThanOrEqual(1)
      }
    })
  })

  it('is not made where every member that may be there has a link', async () => {
    const mesh = graphOf(people(5), links('01 02 12 13'))
    const [asker, , , behind, gone] = mesh.nodes as [TestNode, TestNode, TestNode, TestNode, TestNode]
    asker.absent.set(behind.id, { offline: true })
    asker.absent.set(gone.id, { last_seen: Date.now() - 3_600_000 })
    mesh.wire.reachable.add(behind.id)
    const counts = countFrames(mesh)
    const result = await asker.ask()
    expect(asker.outcomes(result)).toEqual({
      n1: 'answered',
      n2: 'answered',
      n3: 'answered',
      n4: 'unreachable',
    })
    await turns(5)
    expect(counts).toEqual({
      'n0>n1 QueryHop': 1,
      'n0>n2 QueryHop': 1,
      'n0>n3 QueryHop': 1,
      'n1>n0 DirectAnswer': 1,
      'n2>n0 DirectAnswer': 1,
      'n3>n0 DirectAnswer': 1,
    })
  })
})

describe('a partial trust graph', () => {
  it('is crossed: who refuses the asker data still hands its question on', async () => {
    const mesh = graphOf(people(4), line(4))
    const [a, b, c, d] = mesh.nodes as [TestNode, TestNode, TestNode, TestNode]
    b.trusts(a, 'untrusted')
    c.trusts(a, 'share_to')
    const result = await a.ask()
    expect(a.outcomes(result)).toEqual({ n1: 'denied', n2: 'denied', n3: 'answered' })
    expect(result).toMatchObject({ ended_by: 'all_done', data: { tools: [{ uses: 2 }] } })
    await soon(() => d.audits.length === 2)
    expect(d.audits[1]).toMatchObject({ peer: a.id, details: { decision: 'allow' } })
    expect([...b.gathered, ...c.gathered]).toEqual([])
  })

  it('hears from one who denies the asker and closed its link, through the others, unless all keep links to all', async () => {
    for (const [fullMeshUpTo, outcome] of [
      [1, 'denied'],
      [2, 'unreachable'],
    ] as const) {
      const mesh = graphOf(
        people(3, () => ({ fullMeshUpTo })),
        line(3),
      )
      const [a, , c] = mesh.nodes as [TestNode, TestNode, TestNode]
      c.trusts(a, 'peer', { denied: true })
      a.absent.set(c.id, { unsure: true })
      expect(a.outcomes(await a.ask())).toEqual({ n1: 'answered', n2: outcome })
    }
  })

  it('of a team counts its members only, asked through whoever is in between', async () => {
    const mesh = graphOf(people(5), line(5))
    const [a, , c, , e] = mesh.nodes as [TestNode, TestNode, TestNode, TestNode, TestNode]
    for (const member of [c, e]) a.trusts(member, 'peer', { teams: ['eng'] })
    const result = await a.ask({ team: 'eng' })
    expect(a.outcomes(result)).toEqual({ n2: 'answered', n4: 'answered' })
    expect(result.ended_by).toBe('all_done')
  })
})

describe('progress', () => {
  it('is told as answers come, at most ten times a second, and never after the result', async () => {
    const time = new VirtualTime()
    const mesh = graphOf(
      people(12, () => ({ clock: time.clock, timers: time })),
      line(12),
    )
    mesh.wire.carry = (arrive) => void time.after(10, arrive)
    const told: { at: number; coverage: Coverage }[] = []
    let over = false
    const asking = mesh.nodes[0]!.ask({}, undefined, (coverage) => {
      expect(over).toBe(false)
      told.push({ at: time.clock.monotonic(), coverage })
    }).finally(() => {
      over = true
    })
    await time.pass(() => over)
    const result = await asking
    expect(told.length).toBeGreaterThan(2)
    expect(told[0]!.coverage).toMatchObject({ known: 11, answered: 0, unreachable: 11 })
    for (const [i, { at, coverage }] of told.entries()) {
      const { answered, unreachable, known } = coverage
      expect(answered + unreachable).toBe(known)
      if (i === 0) continue
      expect(at - told[i - 1]!.at).toBeGreaterThanOrEqual(100)
      expect(answered).toBeGreaterThan(told[i - 1]!.coverage.answered)
    }
    expect(result.coverage.answered).toBe(11)
  })
})

describe('a node that is lost while it carries a question', () => {
  it('takes nobody with it that can be dialled, and what was worked out already is not worked out again', async () => {
    const mesh = graphOf(people(6), [...line(6), [0, 5]])
    const [a, b, c] = mesh.nodes as [TestNode, TestNode, TestNode]
    const letGo = c.hold()
    for (const node of mesh.nodes) if (node !== b) mesh.wire.reachable.add(node.id)
    const asking = a.ask({ timeoutMs: 60_000 })
    await soon(() => c.gathered.length > 0 && b.audits.length === 2)
    await turns(3)
    mesh.wire.kill(b.id)
    letGo()
    const result = await asking
    expect(result).toMatchObject({
      ended_by: 'all_done',
      coverage: { answered: 5, complete: true },
      data: { tools: [{ uses: 6 }] },
    })
    for (const node of mesh.nodes.slice(1)) {
      expect(node.audits.filter(({ type }) => type === 'query_received')).toHaveLength(1)
    }
  })

  it('has one second chance, not one more each time its link comes back', async () => {
    const mesh = graphOf(people(2), [[0, 1]])
    const [a, b] = mesh.nodes as [TestNode, TestNode]
    b.gate = async () => mesh.wire.cut(a.id, b.id)
    b.trusts(a, 'peer')
    mesh.wire.reachable.add(b.id)
    let dialled = 0
    mesh.wire.dialling = async () => {
      dialled++
      // The link is there, and gone before anything is heard.
      setImmediate(() => mesh.wire.cut(a.id, b.id))
    }
    const result = await a.ask({ timeoutMs: 60_000 })
    expect(result.ended_by).toBe('all_done')
    expect(a.outcomes(result)).toEqual({ n1: 'unreachable' })
    expect(dialled).toBe(1)
  })
})

describe('the time a question has', () => {
  function timed(count: number, links: Links) {
    const time = new VirtualTime()
    const mesh = graphOf(
      people(count, () => ({ clock: time.clock, timers: time })),
      links,
    )
    mesh.wire.carry = (arrive) => void time.after(1, arrive)
    /** What is found out when the asker’s question is over, and when that is. */
    const asked = (node: TestNode, timeoutMs: number, signal?: AbortSignal) => {
      let told: Awaited<ReturnType<TestNode['ask']>> | undefined
      void node.ask({ timeoutMs }, signal).then((result) => {
        told = result
      })
      return { over: () => time.pass(() => told !== undefined), result: () => told! }
    }
    return { ...mesh, time, asked }
  }

  it('is up for a silent node before it is up for the others: the rest is known, and it is asked no second time', async () => {
    const { nodes, wire, asked } = timed(5, line(5))
    const [a, b, c, d] = nodes as [TestNode, TestNode, TestNode, TestNode]
    wire.tap = (bytes, from) => (from === d.id ? [] : [bytes])
    const { over, result } = asked(a, 10_000)
    const end = await over()
    expect(a.outcomes(result())).toEqual({
      n1: 'answered',
      n2: 'answered',
      n3: 'unreachable',
      n4: 'unreachable',
    })
    expect(result().ended_by).toBe('all_done')
    // The silent node’s parent has 0.9² of the time, and gives its children 0.9 of that.
    expect(end).toBeGreaterThan(10_000 * 0.9 ** 3)
    expect(end).toBeLessThan(10_000 * 0.9 ** 3 + 700)
    expect(b.gathered.length + c.gathered.length).toBeGreaterThan(0)
  })

  it.each([
    [1_000, 'from_summary'],
    [300, 'unreachable'],
  ])(
    'is not exceeded to read summaries: they are read before %i ms are over, or left out',
    async (timeoutMs, outcome) => {
      const { nodes, wire, time, asked } = timed(3, links('01 02'))
      const [a, , silent] = nodes as [TestNode, TestNode, TestNode]
      wire.tap = (bytes, from) => (from === silent.id ? [] : [bytes])
      const tool_usage = { tools: [uses('git', 5)] }
      const period = { granularity: 'hour' as const, start: 0, end: 3_600_000 }
      const summary = { node_id: silent.id, ...period, generated_at: 1, closed: false, tool_usage }
      const looked: NodeId[] = []
      a.cover = async (author) => {
        looked.push(author)
        await new Promise<void>((resolve) => time.after(200, resolve))
        return { summaries: [summary], as_of: 1, covers: period }
      }
      const { over, result } = asked(a, timeoutMs)
      expect(await over()).toBe(timeoutMs)
      expect(a.outcomes(result())).toEqual({ n1: 'answered', n2: outcome })
      expect(result()).toMatchObject({ ended_by: 'deadline', timing: { elapsed_ms: timeoutMs } })
      // The time that was asked about, and the one before.
      expect(looked).toEqual([silent.id, silent.id])
    },
  )

  it('is never more than the asker’s, whoever is silent', async () => {
    const { nodes, wire, asked } = timed(4, line(4))
    const [a, b] = nodes as [TestNode, TestNode]
    let handed = 0
    wire.tap = (bytes, from, to) => {
      if (from === a.id && to === b.id && read(bytes).message === QueryHop) handed++
      return from === b.id ? [] : [bytes]
    }
    wire.dialling = (_node, signal) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve()))
    const { over, result } = asked(a, 2_000)
    expect(await over()).toBeLessThanOrEqual(2_000)
    expect(result().coverage).toMatchObject({ known: 3, unreachable: 3 })
    // It had the question all the time: asking it again would change nothing.
    expect(handed).toBe(1)
  })

  it('is for a member without a link the third of a second, and the question’s where its machine answers the dial', async () => {
    const { nodes, wire, time, asked } = timed(3, [])
    const [a, busy, silent] = nodes as [TestNode, TestNode, TestNode]
    wire.reachable.add(busy.id).add(silent.id)
    wire.answering.add(busy.id)
    wire.dialling = (_node, signal) =>
      new Promise((resolve) => {
        time.after(900, resolve)
        signal.addEventListener('abort', () => resolve())
      })
    const { over, result } = asked(a, 5_000)
    await over()
    expect(a.outcomes(result())).toEqual({ n1: 'answered', n2: 'unreachable' })
    expect(result().ended_by).toBe('all_done')
  })

  it('is not used up by members whose machines answer and go no further: the ninth is dialed all the same', async () => {
    const { nodes, wire, time, asked } = timed(10, [])
    const [a, ...others] = nodes as [TestNode, ...TestNode[]]
    const [last, hung] = [others.at(-1)!, others.slice(0, -1)]
    wire.reachable.add(last.id)
    for (const { id } of hung) wire.answering.add(id)
    const ended: number[] = []
    wire.dialling = (node, signal) =>
      node === last.id
        ? Promise.resolve()
        : new Promise((resolve) => {
            const end = (): void => {
              ended.push(time.clock.monotonic())
              resolve()
            }
            signal.addEventListener('abort', end)
          })
    const { over, result } = asked(a, 5_000)
    await time.pass(() => last.gathered.length > 0)
    expect(time.clock.monotonic()).toBeLessThan(1_000)
    expect(ended).toEqual([])
    // A machine that answers no longer has as little time as one that never did.
    for (const { id } of hung) wire.answering.delete(id)
    await over()
    expect(time.clock.monotonic()).toBeLessThan(1_000)
    expect(ended).toHaveLength(hung.length)
    expect(result()).toMatchObject({ ended_by: 'all_done', coverage: { answered: 1, unreachable: 8 } })
  })

  it('ends when the asker does: everybody who still works on it hears so, and forgets it', async () => {
    for (const how of ['cancelled', 'deadline'] as const) {
      const { nodes, wire, time, asked } = timed(6, [...line(4), [2, 4], [4, 5]])
      const [a, , , , , last] = nodes as [TestNode, TestNode, TestNode, TestNode, TestNode, TestNode]
      const held = nodes.slice(1).map((node) => node.hold())
      const counts = countFrames({ wire, nodes })
      const cancel = new AbortController()
      const { over, result } = asked(a, 3_000, cancel.signal)
      await time.pass(() => last.gathered.length > 0)
      if (how === 'cancelled') {
        cancel.abort()
        await over()
        await time.pass(() => of(counts, 'QueryDone') === 5)
        expect(time.clock.monotonic()).toBeLessThan(100)
        // Nothing is left: the question’s time passes and nobody says anything more.
        await time.pass(() => false)
        expect(of(counts, 'QueryDone')).toBe(5)
        // Nor does anybody answer that has its numbers only now.
        for (const letGo of held) letGo()
        await turns(5)
        await time.pass(() => false)
      } else {
        await over()
      }
      expect(result().ended_by).toBe(how)
      expect(of(counts, 'Response') + of(counts, 'DirectAnswer')).toBe(0)
    }
  })
})

describe('a node with too much to answer', () => {
  it('says that it is busy, and hands the question on all the same', async () => {
    const askers = 4
    const mesh = graphOf(people(3 + askers), [
      ...line(3),
      ...Array.from({ length: askers }, (_, i): [number, number] => [1, 3 + i]),
    ])
    const [a, b, c, ...others] = mesh.nodes as [TestNode, TestNode, TestNode, ...TestNode[]]
    for (const other of others) {
      other.members.clear()
      other.members.add(b)
    }
    const letGo = b.hold()
    const each = CONCURRENT_MAX / askers
    const asking = others.flatMap((other) =>
      Array.from({ length: each }, () => other.ask({ timeoutMs: 60_000 })),
    )
    await soon(() => b.gathered.length === CONCURRENT_MAX)
    a.members.clear()
    for (const member of [b, c]) a.members.add(member)
    const result = await a.ask()
    expect(a.outcomes(result)).toEqual({ n1: 'busy', n2: 'answered' })
    expect(result).toMatchObject({ ended_by: 'all_done', coverage: { failed: 1, answered: 1 } })
    letGo()
    for (const one of await Promise.all(asking)) expect(one.coverage.complete).toBe(true)
  })
})
