// Three real nodes: the two outer ones trust the one between as an introducer, meet by its word, and part when it takes it back.
import { beforeAll, expect, test } from 'vitest'
import type { IntroductionsShape, QueryResult } from '../../../src/api/contract/shapes.ts'
import { nextTo } from '../../support/mesh/honest.ts'
import { startNode, type TestNode } from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'

interface Explained {
  readonly peer: {
    readonly state: string
    readonly trust_level: string
    readonly why: string
    readonly teams: string[]
  }
  readonly steps: readonly { readonly source: string; readonly says: string; readonly decides: boolean }[]
}

const nodes: TestNode[] = []
let ids: string[]

const explain = (at: number, who: number): Promise<Explained> =>
  nodes[at]!.json<Explained>(['peers', 'explain', ids[who]!])

const HQ = 0

beforeAll(async () => {
  for (const name of ['hq', 'ann', 'bob']) {
    const config = nodes[0] === undefined ? '' : await nextTo(nodes[0])
    nodes.push(await startNode({ name, config }))
  }
  ids = await Promise.all(nodes.map(async (node) => (await node.status()).node_id))
  for (const at of [1, 2]) {
    await nodes[HQ]!.json(['peers', 'trust', ids[at]!, '--name', at === 1 ? 'ann' : 'bob'])
    await nodes[at]!.json([
      'peers',
      'trust',
      ids[HQ]!,
      '--introducer',
      '--introduces',
      'share_to',
      '--introduces-team',
      'eng',
    ])
  }
})

test('who is introduced is trusted as far as the introducer may say, and linked', async () => {
  for (const at of [1, 2])
    await nodes[HQ]!.json(['peers', 'introduce', ids[at]!, '--team', 'eng,ops', '--days', '7'])
  for (const [at, other] of [
    [1, 2],
    [2, 1],
  ] as const) {
    const { peer, steps } = await until(
      async () => {
        const said = await explain(at, other)
        return said.peer.state === 'connected' && said
      },
      { what: 'they are connected', pollMs: 200 },
    )
    expect(peer).toMatchObject({ trust_level: 'share_to', why: 'introduction', teams: ['eng'] })
    expect(steps.find(({ decides }) => decides)?.says).toMatch(
      new RegExp(`^${ids[HQ]} introduced it until .*: level share_to`),
    )
  }
  const { coverage } = await nodes[1]!.json<QueryResult>(['query', 'health'])
  expect(coverage).toMatchObject({ known: 2, answered: 2 })
})

test('what was introduced is listed at both ends, with what it gives and when it ends', async () => {
  const LIST = ['peers', 'introductions']
  const given = await nodes[HQ]!.json<IntroductionsShape>(LIST)
  expect(given.received).toEqual([])
  expect(new Set(given.given.map(({ node_id }) => node_id))).toEqual(new Set(ids.slice(1)))
  const { received } = await nodes[1]!.json<IntroductionsShape>(LIST)
  expect(received.find(({ node_id }) => node_id === ids[2])).toMatchObject({
    introducer: ids[HQ],
    level: 'share_to',
    teams: ['eng'],
    counts: true,
  })
})

test('an introduced node makes nobody a member, and cannot introduce', async () => {
  const ran = await nodes[1]!.karo(['peers', 'introduce', ids[2]!])
  expect(ran.code).not.toBe(0)
  expect(ran.stderr).toContain('only by introduction cannot be introduced')
})

test('what is taken back ends on every node, without a command there', async () => {
  await nodes[HQ]!.json(['peers', 'introduce', ids[2]!, '--withdraw'])
  await until(async () => (await nodes[1]!.status()).mesh.peers_connected === 1, {
    what: 'only the introducer is left',
  })
  expect((await explain(1, 2)).peer).toMatchObject({ trust_level: 'untrusted', why: 'default' })
})

test('when the introducer is denied, what it introduced counts for nothing', async () => {
  await until(async () => (await explain(2, 1)).peer.why === 'introduction', {
    what: 'bob has ann by introduction',
  })
  await nodes[2]!.json(['peers', 'deny', ids[HQ]!])
  expect((await explain(2, 1)).peer).toMatchObject({ trust_level: 'untrusted', why: 'default' })
})
