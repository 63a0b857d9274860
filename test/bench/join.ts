// How long it takes to come together on a LAN: mDNS, hello, admission, in network namespaces with real daemons.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { callDaemon } from '../support/node/call-daemon.ts'
import { createLan } from '../support/node/lan.ts'
import { cleanEnv, runKaro, startNode, type TestNode, temporaryHome } from '../support/node/node.ts'
import { endAll } from '../support/run/processes.ts'
import { until } from '../support/run/until.ts'
import { median } from './median.ts'

export interface JoinTimes {
  /** Process start of the second node until its API says ready. */
  readonly ready_ms: number
  /** From there until both have each other linked; 0 when they already had. Trust stands in both configurations. */
  readonly linked_after_ready_ms: number
  readonly linked_after_start_ms: number
  /** From ready until two strangers have each other pending. */
  readonly pending_after_ready_ms: number
  /** From the second person's `trust` reaching its daemon until both are linked. */
  readonly trusted_ms: number
}

/** What a person waits for; every time is watched at this interval. */
const POLL_MS = 3

/** Medians over `rounds` pairs of new nodes. Needs root, for namespaces. */
export async function measureJoin(rounds = 5): Promise<JoinTimes> {
  try {
    const known = []
    const strange = []
    for (let i = 0; i < rounds; i++) {
      known.push(await joinByConfiguration())
      strange.push(await joinByHand())
    }
    return {
      ready_ms: median(known.map((times) => times.ready)),
      linked_after_ready_ms: median(known.map((times) => Math.max(0, times.linked - times.ready))),
      linked_after_start_ms: median(known.map((times) => times.linked)),
      pending_after_ready_ms: median(strange.map((times) => times.pending)),
      trusted_ms: median(strange.map((times) => times.trusted)),
    }
  } finally {
    await endAll(false)
  }
}

async function joinByConfiguration(): Promise<{ ready: number; linked: number }> {
  const lan = createLan(2)
  const homes = [temporaryHome(), temporaryHome()] as const
  const ids: string[] = []
  for (const home of homes) {
    const shown = await runKaro(['init', '--json'], cleanEnv(home))
    ids.push((JSON.parse(shown.stdout) as { node_id: string }).node_id)
  }
  homes.forEach((home, i) => {
    writeFileSync(join(home, 'config.toml'), `[peers.trusted]\n"${ids[1 - i]}" = { name = "other" }\n`, {
      mode: 0o600,
    })
  })
  const [first, second] = lan.members
  const one = await startNode({ home: homes[0], netns: first!.netns })
  const began = performance.now()
  const other = await startNode({ home: homes[1], netns: second!.netns, ready: false })
  await reaches(other, (status) => status.health.ready)
  const ready = performance.now() - began
  await Promise.all([one, other].map((node) => reaches(node, ({ mesh }) => mesh.peers_trusted === 1)))
  const linked = performance.now() - began
  await Promise.all([one.stop(), other.stop()])
  lan.close()
  return { ready, linked }
}

async function joinByHand(): Promise<{ pending: number; trusted: number }> {
  const lan = createLan(2)
  const nodes: TestNode[] = []
  for (const { netns } of lan.members) nodes.push(await startNode({ netns }))
  const [one, other] = nodes as [TestNode, TestNode]
  let began = performance.now()
  await Promise.all(nodes.map((node) => reaches(node, ({ mesh }) => mesh.peers_pending === 1)))
  const pending = performance.now() - began
  await trust(one, other)
  began = performance.now()
  await trust(other, one)
  await Promise.all(nodes.map((node) => reaches(node, ({ mesh }) => mesh.peers_trusted === 1)))
  const trusted = performance.now() - began
  await Promise.all(nodes.map((node) => node.stop()))
  lan.close()
  return { pending, trusted }
}

async function reaches(
  node: TestNode,
  state: (status: Awaited<ReturnType<TestNode['status']>>) => boolean,
): Promise<void> {
  await until(async () => state(await node.status()), { what: `${node.name} gets there`, pollMs: POLL_MS })
}

async function trust(node: TestNode, other: TestNode): Promise<void> {
  const who = (await other.status()).fingerprint
  await callDaemon({ socket: join(node.home, 'karo.sock') }, 'POST', '/api/v1/peers/trust', { who })
}
