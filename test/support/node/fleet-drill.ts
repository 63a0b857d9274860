// A drill of a fleet on a LAN of namespaces: rolled out by one file, upgraded, set, killed, cut in two, one with a wrong clock, one revoked; each step timed.
import { deepEqual, equal, ok } from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PeerShape, QueryResult } from '../../../src/api/contract/shapes.ts'
import type { FleetState } from '../../../src/cli/commands/mesh/fleet.ts'
import { until } from '../run/until.ts'
import { some } from './fleet.ts'
import { hasFaketime, underClock } from './fleet-trial.ts'
import { canNamespaces, createLan } from './lan.ts'
import { startNode, type TestNode, temporaryHome } from './node.ts'

const KILLED = 5
const WORDS = 'correct horse battery staple\n'
/** Two processors start and link all of them. */
const PATIENT = { pollMs: 500, deadlineMs: 600_000 } as const

const ROOT = join(import.meta.dirname, '../../..')

/**
 * `dist/karo.js` of an earlier build: the one that KARO_EARLIER names, else the earliest that has the packages of this checkout,
 * which is built now.
 */
function earlierProgram(): string {
  const given = process.env.KARO_EARLIER
  if (given !== undefined) return given
  const build = temporaryHome()
  const script = [
    'git archive "$(git log -1 --format=%H -- package-lock.json)" | tar -x -C "$1"',
    'cd "$1" && sh scripts/run.sh scripts/build.ts',
  ]
  symlinkSync(join(ROOT, 'node_modules'), join(build, 'node_modules'))
  execFileSync('sh', ['-ec', script.join('\n'), 'sh', build], { cwd: ROOT, stdio: 'ignore' })
  return join(build, 'dist/karo.js')
}

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
  const all = homes.map((_, at) => at)
  const nodes: TestNode[] = []
  let program: string | undefined = earlierProgram()
  const typed: string[] = []
  const told: string[] = []

  const start = async (at: number, env: Readonly<Record<string, string>> = {}): Promise<void> => {
    const node = await startNode({
      home: homes[at]!,
      name: `m${at}`,
      netns: lan.members[at]!.netns,
      ready: false,
      env,
      program,
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
  /** Who is there, and who is missing, are counted the same by every question, and what is known to be away costs no waiting. */
  const asks = async (there: number, away = 0, from = nodes[0]!): Promise<void> => {
    const { coverage, timing } = await from.json<QueryResult>(['query', 'health'])
    const { known, answered, unreachable, complete } = coverage
    deepEqual(
      { known, answered, unreachable, complete },
      { known: there + away, answered: there, unreachable: away, complete: away === 0 },
    )
    ok(timing.elapsed_ms < 5_000, `${from.name} waited ${timing.elapsed_ms} ms for ${away} that are away`)
    if (away > 0) tell(`${from.name} asked ${there}, with ${away} away: ${timing.elapsed_ms} ms`)
  }

  for (const [at, home] of homes.entries())
    writeFileSync(join(home, 'config.toml'), `[node]\nname = "m${at}"\n`, { mode: 0o600 })
  await start(0)
  const keys = temporaryHome()
  const file = join(keys, 'enrolment.json')
  await types(['ca', 'init', '--root-key', join(keys, 'root.key'), '--passphrase-file', '-'], WORDS)
  await types(['invite', '--uses', String(machines - 1), '--file', file])
  await timed('all linked', async () => {
    const others = all.slice(1)
    for (const at of others)
      writeFileSync(join(homes[at]!, 'enrolment.json'), readFileSync(file), { mode: 0o600 })
    await some(others, (at) => start(at))
    await linked(nodes, machines - 1)
  })
  await asks(machines - 1)
  const again = (at: number): Promise<void> => nodes[at]!.stop().then(() => start(at))
  await timed('upgraded', async () => {
    program = undefined
    const [first, last] = [all.slice(machines / 2), all.slice(0, machines / 2)]
    await some(first, again)
    await linked(nodes, machines - 1)
    // An earlier one asks old and new ones.
    await asks(machines - 1)
    await some(last, again)
    await linked(nodes, machines - 1)
  })
  await asks(machines - 1)
  const signed = ['--root-key', join(keys, 'root.key'), '--passphrase-file', '-']
  await timed('a setting of all', async () => {
    await types(['fleet', 'set', 'guard.profile=strict', ...signed], WORDS)
    await until(
      async () =>
        (await nodes[0]!.json<FleetState>(['fleet', 'show'])).machines.filter(
          ({ state }) => state === 'follows',
        ).length === machines,
      { what: 'all follow it', ...PATIENT },
    )
  })

  // Which ones is the seed's choice; hq, where the sysadmin sits, stays.
  const chosen = (step: number): number => 1 + ((seed + step * 7) % (machines - 1))
  await timed(`${KILLED} killed and back`, async () => {
    const gone = [...new Set(Array.from({ length: KILLED }, (_, step) => chosen(step)))]
    await Promise.all(gone.map((at) => nodes[at]!.kill9()))
    await linked([nodes[0]!], machines - 1 - gone.length)
    await asks(machines - 1 - gone.length, gone.length)
    await some(gone, (at) => start(at))
    await linked(nodes, machines - 1)
  })

  const half = Math.ceil(machines / 2)
  const here = Array.from({ length: half }, (_, at) => at)
  await timed('cut in two, noticed', async () => {
    lan.split(here)
    await linked(nodes.slice(0, half), half - 1)
    await linked(nodes.slice(half), machines - half - 1)
  })
  await asks(half - 1, machines - half)
  await asks(machines - half - 1, half, nodes[half])
  await timed('healed', async () => {
    lan.heal()
    await linked(nodes, machines - 1)
  })
  await asks(machines - 1)

  // A member whose clock went wrong is out until it is right again, and each side says whose clock it is.
  if (hasFaketime)
    await timed('a clock ten minutes off, told and put right', async () => {
      const at = chosen(KILLED + 1)
      await nodes[at]!.stop()
      await start(at, underClock('+10m'))
      const { node_id: id } = await nodes[at]!.status()
      await until(
        async () => {
          const { coverage } = await nodes[0]!.json<QueryResult>(['query', 'health'])
          return coverage.nodes.some(({ why, clock_off_ms = 0 }) => why === 'clock' && clock_off_ms > 500_000)
        },
        { what: 'hq says whose clock is wrong', ...PATIENT },
      )
      equal((await peersOf(nodes[0]!)).find(({ node_id }) => node_id === id)?.state === 'connected', false)
      await nodes[at]!.stop()
      await start(at)
      await linked(nodes, machines - 1)
    })
  else tell('no package faketime: wrong clocks are not tried')

  const lost = nodes[chosen(KILLED)]!
  const { node_id: id } = await lost.status()
  await timed('revoked everywhere', async () => {
    await types(['peers', 'revoke', id, '--yes'])
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
  await asks(machines - 2)
  return `${machines} machines, ${typed.length} commands typed (${typed.join(', ')}); ${told.join(', ')}`
}
