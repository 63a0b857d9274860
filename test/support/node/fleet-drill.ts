// A drill of a fleet on a LAN of namespaces: rolled out by one file, killed, cut in two, one revoked, all started again; each step timed.
import { equal, ok } from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PeerShape, QueryResult } from '../../../src/api/contract/shapes.ts'
import { until } from '../run/until.ts'
import { some } from './fleet.ts'
import { canNamespaces, createLan } from './lan.ts'
import { startNode, type TestNode, temporaryHome } from './node.ts'

const KILLED = 5
const WORDS = 'correct horse battery staple\n'
/** Two processors start and link all of them. */
const PATIENT = { pollMs: 500, deadlineMs: 600_000 } as const

/** Resolves when everything held, with the seconds of each step and the commands that a sysadmin typed. Needs root. */
export async function drillFleet(
  machines: number,
  seed: number,
  tell: (line: string) => void,
): Promise<string> {
  const possible = canNamespaces()
  ok(possible.ok, possible.reason)
  const lan = createLan(machines)
  const homes = Array.from({ length: machines }, () => temporaryHome())
  const nodes: TestNode[] = []
  const typed: string[] = []
  const told: string[] = []

  const start = async (at: number): Promise<void> => {
    const node = await startNode({
      home: homes[at]!,
      name: `m${at}`,
      netns: lan.members[at]!.netns,
      ready: false,
    })
    await node.ready(PATIENT.deadlineMs)
    nodes[at] = node
  }
  /** A command of the sysadmin, all of them on hq. */
  const types = async (args: readonly string[], input = ''): Promise<void> => {
    const { code, stderr } = await nodes[0]!.karo(args, input)
    equal(code, 0, `karo ${args.join(' ')}: ${stderr}`)
    typed.push(`karo ${args[0]} ${args[1]}`)
  }
  const timed = async (what: string, step: () => Promise<unknown>): Promise<void> => {
    const began = performance.now()
    await step()
    const line = `${what} ${((performance.now() - began) / 1_000).toFixed(1)} s`
    told.push(line)
    tell(line)
  }
  const peersOf = async (node: TestNode): Promise<readonly PeerShape[]> =>
    (await node.json<{ peers: PeerShape[] }>(['peers'])).peers
  /** Each of `some` counts exactly `many` links. */
  const linked = async (which: readonly TestNode[], many: number): Promise<void> => {
    for (const node of which)
      await until(async () => (await node.status()).mesh.peers_trusted === many, {
        what: `${node.name} has ${many} links`,
        ...PATIENT,
      })
  }
  const asks = async (known: number): Promise<void> => {
    const { coverage } = await nodes[0]!.json<QueryResult>(['query', 'health'])
    equal(coverage.known, known, 'hq asks another number of machines than there are')
    equal(coverage.answered, known, 'not all of them answered')
  }

  for (const [at, home] of homes.entries())
    writeFileSync(join(home, 'config.toml'), `[node]\nname = "m${at}"\n`, { mode: 0o600 })
  await start(0)
  const keys = temporaryHome()
  const file = join(keys, 'enrolment.json')
  await types(['ca', 'init', '--root-key', join(keys, 'root.key'), '--passphrase-file', '-'], WORDS)
  await types(['invite', '--uses', String(machines - 1), '--out', file])
  await timed('all linked', async () => {
    const others = homes.map((_, at) => at).slice(1)
    for (const at of others)
      writeFileSync(join(homes[at]!, 'enrolment.json'), readFileSync(file), { mode: 0o600 })
    await some(others, start)
    await linked(nodes, machines - 1)
  })
  await asks(machines - 1)

  // Which ones is the seed's choice; hq, where the sysadmin sits, stays.
  const chosen = (step: number): number => 1 + ((seed + step * 7) % (machines - 1))
  await timed(`${KILLED} killed and back`, async () => {
    const gone = [...new Set(Array.from({ length: KILLED }, (_, step) => chosen(step)))]
    await Promise.all(gone.map((at) => nodes[at]!.kill9()))
    await some(gone, start)
    await linked(nodes, machines - 1)
  })

  const half = Math.ceil(machines / 2)
  const here = Array.from({ length: half }, (_, at) => at)
  await timed('cut in two, noticed', async () => {
    lan.split(here)
    await linked(nodes.slice(0, half), half - 1)
    await linked(nodes.slice(half), machines - half - 1)
  })
  await timed('healed', async () => {
    lan.heal()
    await linked(nodes, machines - 1)
  })
  await asks(machines - 1)

  const lost = nodes[chosen(KILLED)]!
  const { node_id: id } = await lost.status()
  await timed('revoked everywhere', async () => {
    await types(['peers', 'revoke', id])
    for (const node of nodes.filter((one) => one !== lost))
      await until(
        async () => (await peersOf(node)).find((peer) => peer.node_id === id)?.state === 'revoked',
        {
          what: `${node.name} knows who is revoked`,
          ...PATIENT,
        },
      )
  })
  await lost.stop()
  const left = homes.map((_, at) => at).filter((at) => nodes[at] !== lost)
  await timed('all started again, as an upgrade does', async () => {
    await some(left, async (at) => {
      await nodes[at]!.stop()
      await start(at)
    })
    await linked(
      left.map((at) => nodes[at]!),
      left.length - 1,
    )
  })
  await asks(left.length - 1)
  return `${machines} machines, ${typed.length} commands typed (${typed.join(', ')}); ${told.join(', ')}`
}
