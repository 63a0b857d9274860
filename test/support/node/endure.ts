// What a mesh of many daemons has to endure, step by step: refusals, deaths, a cut, and a count of what everybody holds.
import { deepEqual, equal, ok } from 'node:assert/strict'
import { testIdentity } from '../mesh/identity.ts'
import { type Held, identityOf, opens, summariesIn } from './held.ts'
import {
  acquainted,
  complete,
  exact,
  noticed,
  outcomes,
  type Scale,
  type ScaleOptions,
  settled,
  startScale,
  TYPES,
  type Type,
} from './scale.ts'

/** Links to some only, and who is cut off is noticed soon. */
const CONFIG = '[mesh]\nping_seconds = 2'
/** Between these nothing arrives, so that what one of them asks comes to the other through others, however many links there are. */
const PARTED = [1, 2] as const
/** The people of this node share with everybody but the other, which asks nothing: each of the nodes before it asks about one type. */
const RESERVED = 5
const LEFT_OUT = TYPES.length

export interface Trial {
  readonly scale: Scale
  /** By index; none of them is 0, which asks throughout, nor one of `RESERVED` and `LEFT_OUT`. */
  readonly denying: readonly number[]
  readonly dying: readonly number[]
  readonly cutOff: readonly number[]
}

/** A tenth will deny, a tenth will die, a fifth will be cut off; node 0 reaches everybody. At least 9 nodes. */
export async function beginTrial(
  options: Pick<ScaleOptions, 'count' | 'seed'> & { readonly fullMeshUpTo: number },
): Promise<Trial> {
  const { count, seed, fullMeshUpTo } = options
  const scale = await startScale({
    count,
    seed,
    parted: [PARTED],
    config: `[overlay]\nfull_mesh_up_to = ${fullMeshUpTo}\n${CONFIG}`,
    allow: (index, ids) => (index === RESERVED ? ids.filter((_, i) => i !== LEFT_OUT) : ['*']),
  })
  const tenth = Math.max(1, Math.floor(count / 10))
  const from = (first: number, length: number) => Array.from({ length }, (_, i) => first + i)
  const trial = {
    scale,
    denying: from(LEFT_OUT + 2, tenth),
    dying: from(count - tenth, tenth),
    cutOff: from(count - 2 * tenth - 1, 2 * tenth + 1),
  }
  await complete(scale, 0)
  return trial
}

/** Not everybody is linked to everybody, and yet every question of every type is complete and exact. */
export async function asksAll({ scale }: Trial): Promise<void> {
  const others = scale.nodes.length - 1
  const links = await Promise.all(scale.nodes.map(async (node) => (await node.status()).mesh.peers_connected))
  ok(Math.min(...links) < others, `links: ${links.join(' ')}`)
  for (const [asker, type] of TYPES.entries()) {
    const result = await scale.ask(asker, type)
    exact(scale, asker, type, result)
    equal(result.coverage.complete, true)
    equal(result.coverage.answered, others)
  }
}

/** Those who deny the asker say so, also through others; when they trust it again, they answer. */
export async function denies({ scale, denying }: Trial): Promise<void> {
  const { node_id } = await scale.nodes[0]!.status()
  for (const index of denying) await scale.nodes[index]!.json(['peers', 'deny', node_id])
  for (const type of ['tools', 'activity'] satisfies Type[]) {
    const result = await scale.ask(0, type)
    exact(scale, 0, type, result)
    deepEqual(
      outcomes(scale, result, denying),
      denying.map(() => 'denied'),
    )
    equal(result.coverage.answered, scale.nodes.length - 1 - denying.length)
  }
  for (const index of denying) await scale.nodes[index]!.json(['peers', 'trust', node_id])
  await acquainted(scale)
  await complete(scale, 0)
}

/**
 * Killed while questions are under way: each question ends by itself, and nothing is counted twice. The first of the
 * dying is halted before it is asked, so that no question can be over before it dies; the others die as they answer.
 */
export async function loses({ scale, dying }: Trial): Promise<void> {
  const halted = dying.slice(0, 1)
  for (const index of halted) scale.nodes[index]!.process.kill('SIGSTOP')
  const asking = TYPES.map((type, asker) => {
    const partly = Promise.withResolvers<void>()
    const result = scale.follow(asker, type, ({ answered }) => {
      if (answered > 0) partly.resolve()
    })
    result.then(() => partly.reject(new Error('it ended without the one that is halted')), partly.reject)
    return { type, partly: partly.promise, result }
  })
  await Promise.all(asking.map(({ partly }) => partly))
  await Promise.all(dying.map((index) => scale.nodes[index]!.kill9()))
  for (const [asker, { type, result: promised }] of asking.entries()) {
    const result = await promised
    exact(scale, asker, type, result)
    for (const outcome of outcomes(scale, result, halted))
      ok(['unreachable', 'from_summary'].includes(outcome))
  }
  const after = await scale.ask(0, 'tools')
  exact(scale, 0, 'tools', after)
  for (const outcome of outcomes(scale, after, dying)) ok(['unreachable', 'from_summary'].includes(outcome))
  for (const index of dying) await scale.fleet.restart(index)
  await acquainted(scale)
  await complete(scale, 0)
}

/** Cut in two and healed: each part asks itself, then everybody. Needs a LAN of namespaces. */
export async function isCut({ scale, cutOff }: Trial): Promise<void> {
  const { lan } = scale.fleet
  if (lan === undefined) throw new Error('there is no LAN to cut')
  const inside = cutOff[0]!
  lan.split(cutOff)
  await noticed(scale, cutOff)
  for (const [asker, part] of [
    [inside, cutOff.length],
    [0, scale.nodes.length - cutOff.length],
  ] as const) {
    const result = await scale.ask(asker, 'tools')
    exact(scale, asker, 'tools', result)
    equal(result.coverage.answered, part - 1)
  }
  lan.heal()
  await complete(scale, 0)
  await complete(scale, inside)
  exact(scale, inside, 'tools', await scale.ask(inside, 'tools'))
}

/**
 * Ends every node. Every recipient held every summary its author has published, and opened it; the one left out, and a
 * key of nobody's, opened none. Returns how many copies were compared.
 */
export async function holdsAll({ scale }: Trial): Promise<number> {
  await settled(scale, [LEFT_OUT])
  await Promise.all(scale.nodes.map((node) => node.stop()))
  const identities = scale.nodes.map((node) => identityOf(node.home))
  const held: (readonly Held[])[] = []
  for (const node of scale.nodes) held.push(await summariesIn(node.home))
  const editions = (all: readonly Held[]) => all.map(({ slot, digest }) => `${slot} ${digest}`).sort()
  let copies = 0
  for (const [author, { nodeId }] of identities.entries()) {
    const of = (index: number) => held[index]!.filter((one) => one.author === nodeId)
    const own = of(author)
    const granularities = new Set(own.map(({ slot }) => slot.split(':')[0]))
    deepEqual([...granularities].sort(), ['day', 'hour', 'week'])
    for (const [reader, identity] of identities.entries()) {
      const copy = of(reader)
      const opened = copy.filter((one) => opens(identity, one)).length
      if (author === RESERVED && reader === LEFT_OUT) {
        equal(opened, 0)
        continue
      }
      equal(opened, own.length)
      deepEqual(editions(copy), editions(own))
      copies += copy.length
    }
    const keys = author === RESERVED ? [testIdentity(1), identities[LEFT_OUT]!] : [testIdentity(1)]
    for (const key of keys) ok(!own.some((one) => opens(key, one)))
  }
  return copies
}
