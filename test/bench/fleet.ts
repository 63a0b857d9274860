// What a fleet costs: how long a machine takes from its invite to being admitted by all, and what all send while nobody asks.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createLan, type LanMember } from '../support/node/lan.ts'
import { startNode, type TestNode, temporaryHome } from '../support/node/node.ts'
import { endAll } from '../support/run/processes.ts'
import { until } from '../support/run/until.ts'

export interface FleetCosts {
  /** From `karo join` of the last machine until every other one has it linked and trusted. */
  readonly admitted_ms: number
  /** Frames that one machine sends in a minute while nobody asks anything, mDNS and TCP acknowledgements among them. */
  readonly packets_a_minute: number
  readonly bytes_a_minute: number
}

/** Seldom: what is measured stands in the ledgers, and twelve daemons that are asked all the time are slow. */
const POLL_MS = 500
/** What is only done once after everybody has come together. */
const SETTLE_MS = 60_000

/** `count` machines with namespaces of their own, so mDNS finds the issuer. Needs root. */
export async function measureFleet(count: number, seconds: number): Promise<FleetCosts> {
  const lan = createLan(count)
  try {
    const nodes: TestNode[] = []
    for (const { netns } of lan.members) nodes.push(await startNode({ netns }))
    const [hq, ...others] = nodes as [TestNode, ...TestNode[]]
    const folder = temporaryHome()
    const pass = join(folder, 'pass')
    writeFileSync(pass, 'a passphrase of a benchmark\n', { mode: 0o600 })
    await done(hq, ['ca', 'init', '--root-key', join(folder, 'root.key'), '--passphrase-file', pass])
    const code = (await done(hq, ['invite', '--uses', String(count)])).split('\n')[0]!
    const last = others.pop()!
    for (const node of others) await done(node, ['join', '-'], code)
    await allHave([hq, ...others], count - 2)
    const began = Date.now()
    await done(last, ['join', '-'], code)
    await allHave(nodes, count - 1)
    const admitted_ms = (await lastConnected(nodes, last, began)) - began
    await sleep(SETTLE_MS)
    const before = sentBy(lan.members)
    await sleep(seconds * 1_000)
    const after = sentBy(lan.members)
    const each = (of: keyof Sent): number => ((after[of] - before[of]) / count) * (60 / seconds)
    return { admitted_ms, packets_a_minute: each('packets'), bytes_a_minute: each('bytes') }
  } finally {
    await endAll(false)
  }
}

async function done(node: TestNode, words: readonly string[], input = ''): Promise<string> {
  const { code, stdout, stderr } = await node.karo(words, input)
  if (code !== 0) throw new Error(stderr)
  return stdout
}

const allHave = (nodes: readonly TestNode[], others: number): Promise<unknown> =>
  Promise.all(
    nodes.map((node) =>
      until(async () => (await node.status()).mesh.peers_trusted === others, {
        what: `${node.name} has ${others} others`,
        pollMs: POLL_MS,
      }),
    ),
  )

/** When the last of the others had `newest` as a neighbour, by their ledgers, ms since the epoch. */
async function lastConnected(nodes: readonly TestNode[], newest: TestNode, since: number): Promise<number> {
  const { node_id } = await newest.status()
  const others = nodes.filter((node) => node !== newest)
  const times = others.map(async (node) => {
    const { entries } = await node.json<{ entries: { timestamp: string }[] }>([
      ...['audit', 'log', '--type', 'peer_connected', '--peer', node_id],
    ])
    const at = entries.map((entry) => Date.parse(entry.timestamp)).filter((time) => time >= since)
    return Math.min(...at)
  })
  return Math.max(...(await Promise.all(times)))
}

interface Sent {
  readonly packets: number
  readonly bytes: number
}

/** By the counters of the kernel, over all interfaces but loopback. */
function sentBy(members: readonly LanMember[]): Sent {
  let [packets, bytes] = [0, 0]
  for (const { netns } of members) {
    const { stdout } = spawnSync('ip', ['-n', netns, '-j', '-s', 'link', 'show'], { encoding: 'utf8' })
    for (const { ifname, stats64 } of JSON.parse(stdout) as Link[]) {
      if (ifname === 'lo') continue
      packets += stats64.tx.packets
      bytes += stats64.tx.bytes
    }
  }
  return { packets, bytes }
}

interface Link {
  readonly ifname: string
  readonly stats64: { readonly tx: Sent }
}
