// Twelve machines, most of them not linked to each other: questions stay exact while nodes refuse, die, and are cut off.
import { beforeAll, describe, expect, test } from 'vitest'
import { type Held, identityOf, opens, summariesIn } from '../support/held.ts'
import { testIdentity } from '../support/identity.ts'
import {
  acquainted,
  complete,
  exact,
  noticed,
  outcomes,
  type Scale,
  settled,
  startScale,
  TYPES,
  type Type,
} from '../support/scale.ts'

const COUNT = 12
const SEED = 20_261_120
/** Links to some only, and who is cut off is noticed soon. */
const CONFIG = '[overlay]\nfull_mesh_up_to = 4\n[mesh]\nping_seconds = 2'

/** Nodes whose people share with everybody but one. */
const [RESERVED, LEFT_OUT] = [8, 7]
const allow = (index: number, ids: readonly string[]): readonly string[] =>
  index === RESERVED ? ids.filter((_, i) => i !== LEFT_OUT) : ['*']

let scale: Scale

beforeAll(async () => {
  scale = await startScale({ count: COUNT, seed: SEED, config: CONFIG, allow })
  await complete(scale, 0)
})

/** In order: each step finds the mesh as the one before left it. */
describe('twelve machines', () => {
  test('nobody has a link to everybody, and every question is complete and exact', async () => {
    const links = await Promise.all(
      scale.nodes.map(async (node) => (await node.status()).mesh.peers_connected),
    )
    expect(Math.min(...links)).toBeLessThan(COUNT - 1)
    for (const [asker, type] of TYPES.entries()) {
      const result = await scale.ask(asker, type)
      exact(scale, asker, type, result)
      expect(result.coverage).toMatchObject({ answered: COUNT - 1, complete: true })
    }
  })

  test('who denies the asker says so, also through others', async () => {
    const { node_id } = await scale.nodes[0]!.status()
    for (const index of [5, 6]) await scale.nodes[index]!.json(['peers', 'deny', node_id])
    for (const type of ['tools', 'activity'] satisfies Type[]) {
      const result = await scale.ask(0, type)
      exact(scale, 0, type, result)
      expect(outcomes(scale, result, [5, 6])).toEqual(['denied', 'denied'])
      expect(result.coverage).toMatchObject({ answered: COUNT - 3, denied: 2 })
    }
    for (const index of [5, 6]) await scale.nodes[index]!.json(['peers', 'trust', node_id])
    await acquainted(scale)
    await complete(scale, 0)
  })

  test('killed while questions are under way: each ends by itself, and nothing is counted twice', async () => {
    const asking = Array.from({ length: 6 }, (_, i) => scale.ask(i, TYPES[i % TYPES.length]!))
    await scale.nodes[11]!.kill9()
    for (const [asker, result] of (await Promise.all(asking)).entries()) {
      exact(scale, asker, TYPES[asker % TYPES.length]!, result)
    }
    const after = await scale.ask(0, 'tools')
    exact(scale, 0, 'tools', after)
    expect(['unreachable', 'from_summary']).toContain(outcomes(scale, after, [11])[0])
    await scale.fleet.restart(11)
    await acquainted(scale)
    await complete(scale, 0)
  })

  test.runIf(process.getuid?.() === 0)(
    'cut in two and healed: each part asks itself, then everybody',
    async () => {
      const cut = [9, 10, 11]
      scale.fleet.lan!.split(cut)
      await noticed(scale, cut)
      const inside = await scale.ask(9, 'tools')
      exact(scale, 9, 'tools', inside)
      expect(inside.coverage.answered).toBe(cut.length - 1)
      const outside = await scale.ask(0, 'tools')
      exact(scale, 0, 'tools', outside)
      expect(outside.coverage.answered).toBe(COUNT - 1 - cut.length)
      scale.fleet.lan!.heal()
      await complete(scale, 0)
      await complete(scale, 9)
      exact(scale, 9, 'tools', await scale.ask(9, 'tools'))
    },
  )

  test('in the end everybody holds what is for them, and nobody can open what is not', async () => {
    await settled(scale, [LEFT_OUT])
    await Promise.all(scale.nodes.map((node) => node.stop()))
    const identities = scale.nodes.map((node) => identityOf(node.home))
    const held: (readonly Held[])[] = []
    for (const node of scale.nodes) held.push(await summariesIn(node.home))
    for (const [author, { nodeId }] of identities.entries()) {
      const own = held[author]!.filter((one) => one.author === nodeId)
      expect(own.map((one) => one.slot.split(':')[0]).sort()).toEqual(
        expect.arrayContaining(['day', 'hour', 'hour', 'week']),
      )
      for (const [reader, identity] of identities.entries()) {
        const entitled = !(author === RESERVED && reader === LEFT_OUT)
        const here = held[reader]!.filter((one) => one.author === nodeId)
        expect(here.filter((one) => opens(identity, one)).length).toBe(entitled ? own.length : 0)
        if (!entitled) continue
        expect(here.map(({ slot, digest }) => `${slot} ${digest}`).sort()).toEqual(
          own.map(({ slot, digest }) => `${slot} ${digest}`).sort(),
        )
      }
      // A key of nobody's opens nothing, and the one left out nothing of the other's, whoever's copy it is.
      const strangers = author === RESERVED ? [identities[LEFT_OUT]!, testIdentity(1)] : [testIdentity(1)]
      for (const stranger of strangers) expect(own.some((one) => opens(stranger, one))).toBe(false)
    }
  })
})
