// A mesh's life in virtual time: nodes discover and admit each other, fall apart, find together, die, come back, are denied.
import type { NodeId } from '../../protocols/node-id.ts'
import { randomOf } from '../support/run/random.ts'
import { Network } from './mesh-network.ts'
import { nodeIdOf, type SimNode } from './mesh-node.ts'

export interface MeshSimOptions {
  readonly nodes: number
  readonly seed: number
  /** Called after each phase, for runs that take long. */
  readonly tell?: (line: string) => void
}

export interface MeshSimReport {
  /** What did not hold, each with its virtual time. */
  readonly broken: readonly string[]
  readonly virtualMs: number
  readonly wallMs: number
  readonly frames: number
  readonly dials: number
  readonly degrees: { readonly least: number; readonly most: number }
}

const SEGMENT = 17
/** In a mesh that is not full, links beyond this are closed again; a gateway keeps those of its configuration. */
const DEGREE_MOST = 16
/** Links to all members up to so many: fewer than by default, so that a mesh of few links is one that is quick to simulate. */
const FULL_MESH_UP_TO = 20
/** Members that may all be linked with each other, visitors among them. */
const FULL_MESH = FULL_MESH_UP_TO + 4
const MINUTE = 60_000

/** Runs one life. Everything in it follows from the seed. */
export function liveMesh({ nodes: count, seed, tell }: MeshSimOptions): MeshSimReport {
  const began = performance.now()
  const random = randomOf(seed)
  const network = new Network(random)
  const { time } = network
  const all = Array.from({ length: count }, (_, index) => nodeIdOf(index))
  /** Strangers at first: each side's person trusts the other within the first minutes. */
  const isStranger = (index: number): boolean => index % 10 === 9
  for (let index = 0; index < count; index++) {
    const segment = Math.floor(index / SEGMENT)
    const first = segment * SEGMENT
    const next = (first + SEGMENT) % (Math.ceil(count / SEGMENT) * SEGMENT)
    network.add({
      index,
      segment,
      skewMs: random.below(8) === 0 ? random.below(200_000) - 100_000 : random.below(200) - 100,
      fullMeshUpTo: FULL_MESH_UP_TO,
      walled: index % SEGMENT > 3 && random.below(10) === 0,
      // One in each segment knows of another segment by its configuration.
      peers: index === first && next < count && next !== index ? [next] : [],
      trusts: all.filter((id, other) => id !== all[index] && !isStranger(index) && !isStranger(other)),
    })
  }
  const nodes = network.nodes
  const pass = (ms: number): void => {
    for (let left = ms; left > 0 && network.broken.length === 0; left -= 1_000)
      time.advance(Math.min(left, 1_000))
  }
  const at = (ms: number, run: () => void): void => void time.after(ms, run)
  const startSoon = (node: SimNode, withinMs: number): void =>
    at(random.below(withinMs), () => {
      node.start()
      network.announce(node)
    })

  const dead = nodes.filter((node) => node.wish.index % 10 === 3)
  const restarted = nodes.filter((node) => node.wish.index % 10 === 5)
  const [left, denied] = [nodes[7], nodes[11]] as [SimNode, SimNode]
  const alive = nodes.filter((node) => !dead.includes(node) && node !== left && node !== denied)
  let degrees = { least: 0, most: 0 }

  const phases: readonly (() => void)[] = [
    function discover() {
      for (const node of nodes) startSoon(node, 10_000)
      for (const node of nodes) {
        for (const other of nodes) {
          if (other === node || (!isStranger(node.wish.index) && !isStranger(other.wish.index))) continue
          at(10_000 + random.below(MINUTE), () => void node.trust.trust(other.id, { level: 'peer' }))
        }
      }
      pass(8 * MINUTE)
      checkWhole(network, nodes, 'after the start')
      checkMembers(network, nodes)
    },
    function split() {
      for (const node of nodes) network.parts.set(node, node.wish.index < count / 2 ? 0 : 1)
      pass(3 * MINUTE)
      for (const part of [0, 1]) {
        const half = nodes.filter((node) => network.parts.get(node) === part)
        checkWhole(network, half, `half ${part}`)
      }
    },
    function heal() {
      network.parts = new Map()
      pass(5 * MINUTE)
      checkWhole(network, nodes, 'after the halves met again')
    },
    /** A tenth dies without a word, a tenth restarts, one leaves in order, one is denied by everybody. */
    function churn() {
      for (const node of dead) at(random.below(MINUTE), () => node.stop(false))
      for (const node of restarted) {
        at(random.below(MINUTE), () => {
          node.stop(random.below(2) === 0)
          startSoon(node, 30_000)
        })
      }
      at(random.below(MINUTE), () => left.stop(true))
      for (const node of nodes) {
        if (node !== denied) at(random.below(MINUTE), () => void node.trust.deny(denied.id))
      }
      pass(6 * MINUTE)
      checkWhole(network, alive, 'after a tenth has died')
      if (denied.state.connections.neighbours().length > 0) network.fail('the denied node has a neighbour')
      degrees = checkDegrees(network, alive, count)
    },
    function answer() {
      askSome(network, alive)
    },
  ]
  // What comes after something that did not hold says nothing new.
  for (const phase of phases) {
    if (network.broken.length > 0) break
    phase()
    const [virtual, wall] = [time.clock.monotonic() / MINUTE, (performance.now() - began) / 1_000]
    tell?.(`${phase.name}: ${virtual.toFixed(0)} min in ${wall.toFixed(0)} s, ${network.sent} frames`)
  }

  return {
    broken: network.broken,
    virtualMs: time.clock.monotonic(),
    wallMs: performance.now() - began,
    frames: network.sent,
    dials: nodes.reduce((sum, node) => sum + node.dials, 0),
    degrees,
  }

  /** Anybody can be reached when it is needed: members that are not neighbours are dialed. */
  function askSome(net: Network, among: readonly SimNode[]): void {
    const asked = among.filter(({ wish }) => !wish.walled)
    const wishes = new Map<SimNode, SimNode>()
    while (wishes.size < Math.min(20, asked.length)) {
      const [asker, node] = [0, 1].map(() => asked[random.below(asked.length)]) as [SimNode, SimNode]
      if (asker !== node) wishes.set(asker, node)
    }
    for (const [ask, [asker, { id }]] of [...wishes].entries())
      asker.put({ on: 'ask', ask, node: id, for: 'links' })
    pass(30_000)
    for (const [node, asked] of wishes) {
      if (!node.answers.every(Boolean)) net.fail(`n${node.wish.index} could not reach n${asked.wish.index}`)
    }
  }
}

/** Every two of them are connected by a way over neighbours, and neighbours agree that they are. */
function checkWhole(network: Network, nodes: readonly SimNode[], when: string): void {
  const byId = new Map<NodeId, SimNode>(nodes.map((node) => [node.id, node]))
  const first = nodes[0]
  const seen = new Set(first === undefined ? [] : [first])
  for (const node of seen) {
    for (const { node: id } of node.state.connections.neighbours()) {
      const other = byId.get(id)
      if (other?.running === true) seen.add(other)
    }
  }
  if (seen.size < nodes.length) network.fail(`${when}: ${seen.size} of ${nodes.length} are in one piece`)
}

function checkMembers(network: Network, nodes: readonly SimNode[]): void {
  for (const node of nodes) {
    const known = node.trust.members().length
    if (known < nodes.length - 1)
      network.fail(`n${node.wish.index} knows ${known} of ${nodes.length - 1} members`)
  }
}

function checkDegrees(network: Network, nodes: readonly SimNode[], count: number) {
  const degrees = nodes.map((node) => node.state.connections.neighbours().length)
  const [least, most] = [Math.min(...degrees), Math.max(...degrees)]
  // A half that is small enough is linked with all; whom it could not reach it does not choose again for ten minutes.
  const bound = count / 2 <= FULL_MESH ? FULL_MESH : DEGREE_MOST
  if (least < 1 || most > bound) network.fail(`degrees of ${least} to ${most}`)
  return { least, most }
}

/** One line: what it was, and how it replays. */
export function describeLife({ nodes, seed }: MeshSimOptions, report: MeshSimReport): string {
  const { virtualMs, wallMs, frames, dials, degrees } = report
  return (
    `${nodes} nodes, seed ${seed}: ${(virtualMs / MINUTE).toFixed(0)} min in ${(wallMs / 1_000).toFixed(1)} s, ` +
    `${frames} frames, ${dials} dials, ${degrees.least} to ${degrees.most} links`
  )
}
