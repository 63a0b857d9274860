// Nodes that trust each other by configuration, linked, for benchmarks of a running mesh.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { canNamespaces, createLan } from '../support/lan.ts'
import { cleanEnv, runKaro, startNode, type TestNode, temporaryHome } from '../support/node.ts'
import { until } from '../support/until.ts'

/**
 * `count` nodes, each linked to all others, and everybody may ask everybody. On a LAN of namespaces with mDNS where
 * `lan` asks for it and root allows it, else on loopback with static peers.
 */
export async function startFleet(count: number, { lan }: { lan: boolean }): Promise<readonly TestNode[]> {
  const members = lan && canNamespaces().ok ? createLan(count).members : undefined
  const homes = Array.from({ length: count }, () => temporaryHome())
  const ids: string[] = []
  for (const home of homes) {
    const shown = await runKaro(['init', '--json'], cleanEnv(home))
    ids.push((JSON.parse(shown.stdout) as { node_id: string }).node_id)
  }
  const nodes: TestNode[] = []
  for (const [i, home] of homes.entries()) {
    const peers = members === undefined ? await Promise.all(nodes.map(endpointOf)) : []
    const trusted = ids.flatMap((id, j) => (j === i ? [] : `"${id}" = { name = "node-${j}" }`))
    writeFileSync(
      join(home, 'config.toml'),
      [
        `[node]\nname = "node-${i}"`,
        `[discovery]\npeers = ${JSON.stringify(peers)}`,
        `[sharing]\nallow = { peers = ["*"] }`,
        `[peers.trusted]\n${trusted.join('\n')}\n`,
      ].join('\n'),
    )
    const netns = members?.[i]?.netns
    nodes.push(await startNode({ home, name: `node-${i}`, ...(netns === undefined ? {} : { netns }) }))
  }
  for (const node of nodes) {
    await until(async () => (await node.status()).mesh.peers_trusted === count - 1, {
      what: `${node.name} is linked to all others`,
    })
  }
  return nodes
}

/** `host:port` where a node on loopback listens. */
async function endpointOf(node: TestNode): Promise<string> {
  const { listen } = (await node.status()).mesh
  const found = listen.map((address) => /^\/ip4\/(127[0-9.]+)\/tcp\/(\d+)$/.exec(address)).find((hit) => hit)
  if (!found) throw new Error(`${node.name} does not listen on loopback, but on ${listen.join(' ')}`)
  return `${found[1]}:${found[2]}`
}
