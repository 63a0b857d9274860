// Nodes that trust each other: on a LAN of namespaces by mDNS where root allows, else on loopback by static peers.
import type { PeerShape } from '../../../src/api/contract/shapes.ts'
import { until } from '../run/until.ts'
import { canNamespaces, createLan, type LanMember } from './lan.ts'
import { type NodeOptions, startNode, type TestNode } from './node.ts'

export interface TestMesh {
  readonly nodes: readonly TestNode[]
  /** The namespace of each node; undefined on loopback. */
  readonly members: readonly LanMember[] | undefined
}

/** One node per name; each finds all the others, and none is trusted yet. */
export async function startMesh(
  names: readonly string[],
  options: Omit<NodeOptions, 'name' | 'netns' | 'config'> = {},
): Promise<TestMesh> {
  const possible = canNamespaces()
  if (possible.ok) {
    const { members } = createLan(names.length)
    const nodes = await Promise.all(
      names.map((name, i) => startNode({ ...options, name, netns: members[i]!.netns })),
    )
    return { nodes, members }
  }
  process.stderr.write(`no namespaces (${possible.reason}): this mesh runs on loopback, without mDNS\n`)
  const nodes: TestNode[] = []
  for (const name of names) {
    const peers = await Promise.all(nodes.map(async (node) => endpointOf((await node.status()).mesh.listen)))
    const config = `[discovery]\nmdns = false\npeers = ${JSON.stringify(peers)}\n[mesh]\nlisten = ["127.0.0.1"]\n`
    nodes.push(await startNode({ ...options, name, config }))
  }
  return { nodes, members: undefined }
}

/** Every node trusts every other, as people do it: by what `karo peers pending` shows. */
export async function trustAll(nodes: readonly TestNode[]): Promise<void> {
  await Promise.all(
    nodes.map(async (node) => {
      const waiting = await until(
        async () => {
          const { peers } = await node.json<{ peers: PeerShape[] }>(['peers', 'pending'])
          return peers.length === nodes.length - 1 && peers
        },
        { what: `${node.name} sees the others waiting`, pollMs: 200 },
      )
      for (const peer of waiting) await node.json(['peers', 'trust', peer.node_id, '--name', peer.name])
    }),
  )
  for (const node of nodes) {
    await until(async () => (await node.status()).mesh.peers_trusted === nodes.length - 1, {
      what: `${node.name} is linked to all others`,
    })
  }
}

/** `/ip4/127.0.0.1/tcp/4001` as `discovery.peers` writes it. */
function endpointOf(listen: readonly string[]): string {
  const found = listen.map((address) => /^\/ip4\/([0-9.]+)\/tcp\/(\d+)$/.exec(address)).find((hit) => hit)
  if (!found) throw new Error(`no IPv4 address among ${listen.join(' ')}`)
  return `${found[1]}:${found[2]}`
}
