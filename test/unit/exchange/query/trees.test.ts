// Trees that echoes leave, and answers over an owner's own link: what they cost, what they rest on, and who cannot abuse them.

import { describe, expect, it } from 'vitest'
import { bodyOf, encodeFrame, UNSIGNED } from '../../../../protocols/frame.ts'
import { DirectAnswer, QUERY_HOPS, QueryDone, QueryHop } from '../../../../protocols/messages/query.ts'
import { systemRandom } from '../../../../src/base/clock.ts'
import { createWays } from '../../../../src/exchange/query/state/trees.ts'
import fc, { forAllAsyncIn } from '../../../support/run/properties.ts'
import { times } from '../../../support/run/thorough.ts'
import { VirtualTime } from '../../../support/run/virtual-time.ts'
import {
  across,
  graphOf,
  type Meshed,
  type NodeOptions,
  newIdentity,
  person,
  questionBy,
  read,
  soon,
  TestNode,
  turns,
  uses,
  Wire,
} from './network.ts'

type Links = (readonly [number, number])[]
/** Their time stands still unless a test lets it pass: a tree that takes a second is followed by an echo. */
function people(count: number, more: (index: number) => NodeOptions = () => ({})): NodeOptions[] {
  const time = new VirtualTime(Date.now())
  return Array.from({ length: count }, (_, i) => ({
    name: `n${i}`,
    people: person(uses('git', 1)),
    clock: time.clock,
    timers: time,
    ...more(i),
  }))
}
/** Each linked with the next two, round and round: two links more a node than a tree has. */
const ring = (count: number): Links =>
  Array.from(
    { length: count },
    (_, i): Links => [
      [i, (i + 1) % count],
      [i, (i + 2) % count],
    ],
  ).flat()

/** Counts the frames of each kind from now on. */
function counted({ wire }: Meshed): () => Record<string, number> {
  let counts: Record<string, number> = {}
  wire.watch(({ message, body }) => {
    const over = (body as { tree?: Uint8Array }).tree === undefined ? '' : ' over a tree'
    counts[message.name + over] = (counts[message.name + over] ?? 0) + 1
  })
  return () => {
    const so = counts
    counts = {}
    return so
  }
}

/** One question after which nothing is under way any more. */
async function askQuietly(node: TestNode) {
  const result = await node.ask({ timeoutMs: 60_000 })
  await turns(40)
  return result
}

describe('a tree', () => {
  const COUNT = 12

  it('is what the second question goes over: one copy and one ending for each node but the asker', async () => {
    const mesh = graphOf(people(COUNT), ring(COUNT))
    const counts = counted(mesh)
    expect((await askQuietly(mesh.nodes[0]!)).coverage.complete).toBe(true)
    const echo = counts()
    expect(echo.QueryHop! + echo.QueryDone!).toBe(2 * ring(COUNT).length)
    for (let again = 0; again < 3; again++) {
      const { coverage } = await askQuietly(mesh.nodes[0]!)
      expect(coverage).toMatchObject({ answered: COUNT - 1, complete: true })
      expect(counts()).toMatchObject({
        'QueryHop over a tree': COUNT - 1,
        'QueryDone over a tree': COUNT - 1,
      })
    }
  })

  it('asks those whom it did not reach by a dial, and looks for them by an echo only when they cannot be dialed', async () => {
    for (const dialable of [true, false]) {
      const mesh = graphOf(people(COUNT), ring(COUNT))
      const [asker, apart] = [mesh.nodes[0]!, mesh.nodes[6]!]
      await askQuietly(asker)
      for (const other of [4, 5, 7, 8]) mesh.wire.cut(apart.id, mesh.nodes[other]!.id)
      await turns(20)
      if (dialable) mesh.wire.reachable.add(apart.id)
      const counts = counted(mesh)
      const { coverage } = await askQuietly(asker)
      expect(coverage.answered).toBe(dialable ? COUNT - 1 : COUNT - 2)
      const { QueryHop: echoed = 0 } = counts()
      if (dialable) expect(echoed).toBe(1)
      else expect(echoed).toBeGreaterThan(COUNT)
    }
  })

  it('is kept where a member is expected that nobody reaches: the echo that made the tree had not found it either', async () => {
    const mesh = graphOf(people(COUNT), ring(COUNT - 1))
    const asker = mesh.nodes[0]!
    await askQuietly(asker)
    const counts = counted(mesh)
    for (let again = 0; again < 3; again++)
      expect((await askQuietly(asker)).coverage).toMatchObject({ answered: COUNT - 2, unreachable: 1 })
    expect(counts()).not.toHaveProperty('QueryHop')
  })

  it('is gone over for a minute only if its echo did not reach everybody that was expected', () => {
    const time = new VirtualTime()
    const [here, missed] = [1, 2].map(() => newIdentity().nodeId)
    const present = new Set([here!, missed!])
    for (const [reached, minutes] of [
      [present, 10],
      [new Set([here!]), 1],
    ] as const) {
      const ways = createWays(time.clock)
      const way = { tree: systemRandom.bytes(16), present, reached }
      ways.learn(way)
      time.advance(minutes * 60_000 - 1)
      expect(ways.over()).toBe(way)
      time.advance(1)
      expect(ways.over()).toBeUndefined()
    }
  })

  /** The second node says nothing of its subtree any more, whatever it gets: it ends at once, or never. */
  async function liar(ends: boolean) {
    const time = new VirtualTime(Date.now())
    const mesh = graphOf(
      people(COUNT, () => ({ clock: time.clock, timers: time })),
      [...ring(COUNT - 1), [COUNT - 1, 1], [COUNT - 1, 5]],
    )
    const [asker, bad] = mesh.nodes as [TestNode, TestNode]
    await askQuietly(asker)
    let overTree = 0
    mesh.wire.tap = (bytes, from, to) => {
      const frame = read(bytes)
      if (frame.message === QueryHop && bodyOf(frame, QueryHop).tree !== undefined) overTree++
      // Everything that it would hand on is dropped; that it has the question from its parent makes its ending honest else.
      if (frame.message === QueryHop && from === bad.id) {
        const { tree, query_id } = bodyOf(frame, QueryHop)
        if (tree === undefined) return [bytes]
        if (ends) {
          const said = { query_id, author: asker.identity.publicKey, answered: 9, lost: 0, tree }
          const { endpoint } = mesh.nodes.find(({ id }) => id === to)!
          const done = endpoint.hopFrame(QueryDone, said)
          queueMicrotask(() => mesh.wire.send(to, bad.id, done))
        }
        return []
      }
      return [bytes]
    }
    return { time, mesh, asker, overTree: () => overTree }
  }

  it('whose node drops its subtree and says that all ended is followed by an echo, and rests for a while', async () => {
    const { asker, overTree } = await liar(true)
    expect((await askQuietly(asker)).coverage).toMatchObject({ answered: COUNT - 1, complete: true })
    const once = overTree()
    expect(once).toBeGreaterThan(0)
    expect((await askQuietly(asker)).coverage).toMatchObject({ answered: COUNT - 1, complete: true })
    expect(overTree()).toBe(once)
  })

  it('whose node says nothing at all is followed by an echo before the time of the question is over', async () => {
    const { asker, time, overTree } = await liar(false)
    let heard = 0
    const asking = asker.ask({ timeoutMs: 60_000 }, undefined, ({ answered }) => {
      heard = answered
    })
    await soon(() => overTree() > 0)
    await turns(40)
    time.advance(1_000)
    const { coverage, ended_by } = await asking
    expect(coverage).toMatchObject({ answered: COUNT - 1, complete: true })
    expect(ended_by).toBe('all_done')
    expect(heard).toBeGreaterThan(0)
  })

  it('in a mesh whose links come and go leaves nobody out', async () => {
    await forAllAsyncIn(
      { numRuns: times(12, 30) },
      fc.array(fc.tuple(fc.nat(8), fc.nat(8)), { maxLength: 6 }),
      fc.array(fc.nat(8), { minLength: 3, maxLength: 3 }),
      async (more, askers) => {
        const others = more.filter(([a, b]) => a !== b)
        const mesh = graphOf(
          people(9),
          Array.from({ length: 8 }, (_, i) => [i, i + 1] as const),
        )
        for (const [round, asker] of askers.entries()) {
          for (const [a, b] of others) {
            // The links of the line stay, so that everybody can be reached.
            if (Math.abs(a - b) < 2) continue
            const [one, other] = [mesh.nodes[a]!.id, mesh.nodes[b]!.id]
            if ((a + b + round) % 2 === 0) mesh.wire.connect(one, other)
            else mesh.wire.cut(one, other)
          }
          const { coverage } = await askQuietly(mesh.nodes[asker]!)
          expect(coverage).toMatchObject({ answered: 8, complete: true })
        }
      },
    )
  })

  it('may be called what it will: a node hands one question on over one tree, and over every link once', async () => {
    const wire = new Wire()
    const node = new TestNode(wire, { name: 'node' })
    const [bad, next] = [wire.end(node), wire.end(node)]
    let copies = 0
    // It ends at once, so that the node has done with a copy when the next one comes.
    next.handler = {
      frame(_, frame) {
        if (frame.message !== QueryHop) return
        copies++
        const { query_id, tree } = bodyOf(frame, QueryHop)
        const ending = { query_id, author: bad.identity.publicKey, answered: 0, lost: 0 }
        next.send(node.id, QueryDone, tree === undefined ? ending : { ...ending, tree })
      },
    }
    const { bytes, body } = questionBy(bad.identity)
    const hop = { query_id: body.query_id, remaining_ms: 60_000, hops: 0, document: bytes }
    for (let i = 0; i < 5; i++) {
      bad.send(node.id, QueryHop, { ...hop, tree: systemRandom.bytes(16) })
      await turns(20)
    }
    expect(copies).toBe(1)
    for (let i = 0; i < 5; i++) {
      bad.send(node.id, QueryHop, hop)
      await turns(20)
    }
    expect(copies).toBe(2)
  })
})

describe('an answer over the own link of its owner', () => {
  it('is not sealed, and is given to nobody but the asker: who hands the question on gets it sealed', async () => {
    const { wire, asker, owner, middle } = across()
    const got: string[] = []
    middle.handler = {
      frame(from, frame) {
        got.push(frame.message.name)
        if (frame.message !== QueryHop) return
        const body = bodyOf(frame, QueryHop)
        // As if it asked the owner for itself.
        if (from.nodeId === asker.id) middle.send(owner.id, QueryHop, { ...body, hops: QUERY_HOPS })
      },
    }
    const taken = new AbortController()
    const asking = asker.ask({ timeoutMs: 60_000 }, taken.signal)
    await soon(() => got.includes('Response'))
    expect(got).not.toContain('DirectAnswer')
    taken.abort()
    await asking
    asker.members.delete(middle)
    wire.connect(asker.id, owner.id)
    const seen: string[] = []
    wire.watch(({ message }, from, to) => {
      if (from === owner.id && to === asker.id) seen.push(message.name)
    })
    expect(asker.outcomes(await asker.ask({ timeoutMs: 60_000 }))).toEqual({ owner: 'answered' })
    expect(seen).toContain('DirectAnswer')
    expect(seen).not.toContain('Response')
  })

  it('of another node, handed on as it was, ends the link; in the own name it is no answer of the owner', async () => {
    for (const own of [false, true]) {
      const { wire, asker, owner, middle } = across()
      middle.handler = {
        frame(_, frame) {
          if (frame.message !== QueryHop) return
          const { query_id } = bodyOf(frame, QueryHop)
          const author = asker.identity.publicKey
          const body = { query_id, author, plain: systemRandom.bytes(60) }
          const sender = (own ? middle : owner).identity.publicKey
          const envelope = { sender, ts: Date.now(), nonce: systemRandom.bytes(16), seq: 9 }
          const bytes = encodeFrame(DirectAnswer, envelope, body, () => UNSIGNED)
          wire.send(middle.id, asker.id, bytes)
        },
      }
      const taken = new AbortController()
      let failed = 0
      const asking = asker.ask({ timeoutMs: 60_000 }, taken.signal, (coverage) => {
        failed = coverage.failed
      })
      await soon(() => failed === 1 || !wire.linked(asker.id, middle.id))
      taken.abort()
      const result = await asking
      expect(asker.outcomes(result)).toEqual({ owner: 'unreachable', raw: own ? 'error' : 'unreachable' })
      expect(wire.linked(asker.id, middle.id)).toBe(own)
    }
  })
})
