// Queries over real links: three nodes on 127.0.0.1, Noise and all, with only what is around them faked.
import { expect, onTestFinished, test } from 'vitest'
import { type MeshNode, meshNode } from '../../../support/mesh/mesh-node.ts'
import { patience, until } from '../../../support/run/until.ts'
import { carol, contentOf, hourBefore, login, operators, patiently, saidBy, totalsOf } from './holders.ts'
import { type NodeOptions, person, soon, TestNode, uses, Wire } from './network.ts'

interface Both {
  readonly real: MeshNode
  readonly node: TestNode
}

async function three(options: readonly Partial<NodeOptions>[] = []): Promise<[Both, Both, Both]> {
  const started: Both[] = []
  for (const name of ['a', 'b', 'c']) {
    const peers = started.map(({ real }) => real.address())
    const real = meshNode({ discovery: { peers } })
    const node = new TestNode(new Wire(), {
      name,
      mesh: real.mesh,
      identity: real.identity,
      people: person(uses('git', 10 ** started.length)),
      ...options[started.length],
    })
    await node.query.start(new AbortController().signal)
    await real.mesh.start(patience())
    onTestFinished(() => real.mesh.stop())
    started.push({ real, node })
  }
  for (const one of started) {
    for (const other of started) {
      if (one === other) continue
      one.node.members.add(other.node)
      one.node.trusts(other.real, 'peer')
      await one.real.trust.trust(other.real.id, { level: 'peer' })
    }
  }
  const [a, b, c] = started as [Both, Both, Both]
  for (const other of [b, c]) {
    const linked = () => a.real.mesh.reach(other.real.id, patience())
    await until(linked, { what: `a link to ${other.node.name}` })
  }
  return [a, b, c]
}

test('numbers come from all, a refusal is an answer, and a node that ends is unreachable at once', async () => {
  const [a, b, c] = await three()
  const full = await a.node.ask()
  expect(full).toMatchObject({
    status: 'success',
    ended_by: 'all_done',
    coverage: { known: 2, answered: 2, complete: true },
    data: { tools: [{ tool: 'git', uses: 111, nodes: 3 }] },
  })

  await b.node.sharing.stop(1000, a.node.id)
  const refused = await a.node.ask()
  expect(a.node.outcomes(refused)).toEqual({ b: 'denied', c: 'answered' })
  expect(refused.data).toMatchObject({ tools: [{ uses: 101 }] })

  c.node.gate = () => new Promise(() => {})
  const before = c.node.gathered.length
  const asking = a.node.ask({ timeoutMs: 60_000 })
  await soon(() => c.node.gathered.length > before)
  await c.real.mesh.stop()
  const lost = await asking
  expect(lost.ended_by).toBe('all_done')
  expect(a.node.outcomes(lost)).toEqual({ b: 'denied', c: 'unreachable' })

  const gone = await a.node.ask({ timeoutMs: 60_000 })
  expect(gone.ended_by).toBe('all_done')
  expect(a.node.outcomes(gone)).toEqual({ b: 'denied', c: 'unreachable' })
})

test('an operator has totals from a holder over real links, and hears of one that altered them', async () => {
  const said = [saidBy(contentOf(1, 100)), saidBy(contentOf(2, 50))]
  const [plain, liar] = [totalsOf(said), totalsOf(said)]
  liar.show = async (asked) => {
    const { statements, more } = await plain.show(asked)
    const [first, ...rest] = statements
    // One bit of the numbers.
    const statement = first!.statement.map((byte, at) =>
      at === first!.statement.length - 1 ? byte ^ 1 : byte,
    )
    return { statements: [{ ...first!, statement }, ...rest], more }
  }
  const nodes: Both[] = []
  const holders = () => nodes.slice(1).map(({ real }) => real.id)
  const [asking, honest] = patiently(totalsOf([], { holders }), plain)
  nodes.push(
    ...(await three([
      { totals: asking },
      { totals: liar, operators: operators() },
      { totals: honest, operators: operators() },
    ])),
  )
  const [desk, b, c] = nodes as [Both, Both, Both]
  const range = { start: hourBefore(2).start, end: hourBefore(1).end }
  const result = await desk.node.ask({ level: 2, range, acting: login(desk.node) })
  expect(result).toMatchObject({
    status: 'success',
    data: { tools: [{ tool: 'git', uses: 150 }] },
  })
  expect(result.released!.refused.map(({ node_id }) => node_id)).toEqual([b.real.id])
  expect(result.released!.holders.map(({ node_id }) => node_id)).toEqual([c.real.id])
  for (const { node } of [b, c]) {
    expect(node.audits).toContainEqual(
      expect.objectContaining({
        type: 'query_responded',
        peer: desk.real.id,
        details: expect.objectContaining({
          operator: carol.nodeId,
          audience: 'security',
          status: 'released',
        }),
      }),
    )
  }
})

test('the third question within ten minutes asks the mesh for links to all', async () => {
  const real = meshNode()
  const wanted: number[] = []
  const node = new TestNode(new Wire(), {
    name: 'a',
    identity: real.identity,
    people: person(uses('git', 1)),
    fullMeshUpTo: 1,
    mesh: { ...real.mesh, linkAll: (ms) => void wanted.push(ms) },
  })
  for (const other of [meshNode(), meshNode()]) {
    node.members.add(new TestNode(new Wire(), { identity: other.identity }))
    node.trusts(other, 'peer')
  }
  await node.query.start(new AbortController().signal)
  for (let times = 0; times < 2; times++) await node.ask({ timeoutMs: 100 })
  expect(wanted).toEqual([])
  await node.ask({ timeoutMs: 100 })
  expect(wanted).toEqual([600_000])
})
