// Many nodes that trust each other by configuration, for tests and benchmarks of a running mesh.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '../run/until.ts'
import { canNamespaces, createLan, type Lan } from './lan.ts'
import { cleanEnv, type NodeOptions, runKaro, startNode, type TestNode, temporaryHome } from './node.ts'

export interface FleetOptions extends Pick<NodeOptions, 'tap' | 'env'> {
  /** A LAN of namespaces with mDNS where root allows it; else loopback with static peers. */
  readonly lan: boolean
  /** More of each config.toml: whole tables, none of `node`, `discovery`, `sharing`, `peers.trusted`. */
  readonly config?: string
  /** Who may have level 1 of a node, when not everybody. */
  readonly allow?: (index: number, ids: readonly string[]) => readonly string[]
  /** Pairs, by index, between which nothing arrives; needs `lan`. */
  readonly parted?: readonly (readonly [number, number])[]
  /** Before its daemon starts; the home has its key and its configuration. */
  readonly prepare?: (home: string, index: number) => void
}

export interface Fleet {
  /** `node-0`, `node-1`, …; each is ready, and may still be looking for the others. */
  readonly nodes: readonly TestNode[]
  /** Undefined on loopback. */
  readonly lan: Lan | undefined
  /** Another life for a node that has ended. */
  restart(index: number): Promise<TestNode>
}

/** Daemons that start at the same time: more would only wait for each other's processor. */
const STARTING = 4
/** Until one of many is ready: the others are busy with getting to know it. */
const PATIENCE_MS = 180_000

/** `count` nodes; everybody may ask everybody. */
export async function startFleet(count: number, options: FleetOptions): Promise<Fleet> {
  const lan = options.lan && canNamespaces().ok ? createLan(count) : undefined
  for (const [one, other] of options.parted ?? []) lan?.part(one, other)
  const homes = Array.from({ length: count }, () => temporaryHome())
  const ids = await some(homes, async (home) => {
    const shown = await runKaro(['init', '--json'], cleanEnv(home))
    return (JSON.parse(shown.stdout) as { node_id: string }).node_id
  })
  const start = async (index: number): Promise<TestNode> => {
    const netns = lan?.members[index]?.netns
    const node = await startNode({
      ready: false,
      home: homes[index]!,
      name: `node-${index}`,
      ...(options.tap === undefined ? {} : { tap: options.tap }),
      ...(options.env === undefined ? {} : { env: options.env }),
      ...(netns === undefined ? {} : { netns }),
    })
    await node.ready(PATIENCE_MS)
    return node
  }
  const configure = (index: number, peers: readonly string[]): void => {
    const trusted = ids.flatMap((id, j) => (j === index ? [] : `"${id}" = { name = "node-${j}" }`))
    writeFileSync(
      join(homes[index]!, 'config.toml'),
      [
        `[node]\nname = "node-${index}"`,
        `[discovery]\npeers = ${JSON.stringify(peers)}`,
        `[sharing]\nallow = { peers = ${JSON.stringify(options.allow?.(index, ids) ?? ['*'])} }`,
        `[peers.trusted]\n${trusted.join('\n')}`,
        `${options.config ?? ''}\n`,
      ].join('\n'),
    )
    options.prepare?.(homes[index]!, index)
  }
  const nodes: TestNode[] = []
  if (lan === undefined) {
    // One after the other: the port of each is known only when it listens.
    for (let index = 0; index < count; index++) {
      configure(index, await Promise.all(nodes.map(endpointOf)))
      nodes.push(await start(index))
    }
  } else {
    nodes.push(
      ...(await some(homes, (_home, index) => {
        configure(index, [])
        return start(index)
      })),
    )
  }
  return {
    nodes,
    lan,
    async restart(index) {
      nodes[index] = await start(index)
      return nodes[index]
    },
  }
}

/** Each of a fleet has a link to all others; each within `deadlineMs`, where that is given. */
export async function allLinked(nodes: readonly TestNode[], deadlineMs?: number): Promise<void> {
  for (const node of nodes) {
    await until(async () => (await node.status()).mesh.peers_trusted === nodes.length - 1, {
      what: `${node.name} is linked to all others`,
      ...(deadlineMs !== undefined && { deadlineMs, pollMs: 500 }),
    })
  }
}

/** `work` for each, in order of the results, a few at a time. */
export async function some<T, R>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  const left = items.entries()
  const lane = async (): Promise<void> => {
    for (const [index, item] of left) results[index] = await work(item, index)
  }
  await Promise.all(Array.from({ length: STARTING }, lane))
  return results
}

/** `host:port` where a node on loopback listens. */
async function endpointOf(node: TestNode): Promise<string> {
  const { listen } = (await node.status()).mesh
  const found = listen.map((address) => /^\/ip4\/(127[0-9.]+)\/tcp\/(\d+)$/.exec(address)).find((hit) => hit)
  if (!found) throw new Error(`${node.name} does not listen on loopback, but on ${listen.join(' ')}`)
  return `${found[1]}:${found[2]}`
}
