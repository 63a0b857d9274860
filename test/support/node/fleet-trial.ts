// A fleet of twelve machines on a LAN that goes through what a fleet meets: wrong clocks, races for an invite, a file, a partition, renewal.
import { deepEqual, equal, ok } from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FleetShape, PeerShape } from '../../../src/api/contract/shapes.ts'
import { until } from '../run/until.ts'
import { createLan, type Lan } from './lan.ts'
import { startNode, type TestNode, temporaryHome } from './node.ts'

/** Of the package faketime: a process under it has another wall clock, and the same monotonic one. */
const FAKETIME = ['x86_64', 'aarch64']
  .map((arch) => `/usr/lib/${arch}-linux-gnu/faketime/libfaketime.so.1`)
  .find(existsSync)
/** Renewed after two thirds, so within the trial. */
const LIFE_MS = 8 * 60_000
const WORDS = 'correct horse battery staple\n'

/** Whether the package faketime is there. */
export const hasFaketime = FAKETIME !== undefined

export const underClock = (offset: string): Readonly<Record<string, string>> => ({
  LD_PRELOAD: FAKETIME as string,
  FAKETIME: offset,
  FAKETIME_DONT_FAKE_MONOTONIC: '1',
})

interface Fleet {
  readonly lan: Lan
  readonly start: (
    name: string,
    at: number,
    more?: Partial<Parameters<typeof startNode>[0]>,
  ) => Promise<TestNode>
  readonly rootKey: string
  /** The second issuer. */
  hq2: TestNode
  hq: TestNode
  /** Certified, the issuers among them. */
  readonly all: TestNode[]
  readonly tell: (line: string) => void
}

const idOf = async (node: TestNode): Promise<string> => (await node.status()).node_id
const fleetOf = (node: TestNode): Promise<FleetShape> => node.json<FleetShape>(['ca', 'show'])
const peersOf = async (node: TestNode): Promise<readonly PeerShape[]> =>
  (await node.json<{ peers: PeerShape[] }>(['peers'])).peers
const peerAt = async (node: TestNode, id: string): Promise<PeerShape | undefined> =>
  (await peersOf(node)).find(({ node_id }) => node_id === id)

async function done(node: TestNode, args: readonly string[], input = ''): Promise<string> {
  const { code, stdout, stderr } = await node.karo(args, input)
  equal(code, 0, `${node.name}: karo ${args.join(' ')}: ${stderr}`)
  return stdout.trim()
}

/** Each of them has the member behind `id` as a neighbour, by its certificate. */
async function linked(nodes: readonly TestNode[], id: string): Promise<void> {
  for (const node of nodes) {
    await until(
      async () => {
        const peer = await peerAt(node, id)
        return peer?.state === 'connected' && peer.why === 'certificate'
      },
      { what: `${node.name} is linked to ${id} by its certificate`, pollMs: 500, deadlineMs: 180_000 },
    )
  }
}

/** Eight minutes apart from each other, and four from everybody else: frames may be off by five. */
const AHEAD = 'ahead'
const BEHIND = 'behind'
const mayMeet = (one: TestNode, other: TestNode): boolean =>
  one !== other && ![one, other].every(({ name }) => name === AHEAD || name === BEHIND)

async function allLinked(nodes: readonly TestNode[]): Promise<void> {
  for (const node of nodes)
    await linked(
      nodes.filter((one) => mayMeet(one, node)),
      await idOf(node),
    )
}

/** Resolves when everything held; rejects with what did not. Needs root, and the package faketime. */
export async function liveFleet(tell: (line: string) => void): Promise<string> {
  ok(FAKETIME !== undefined, 'this run needs the package faketime (apt-get install faketime)')
  const lan = createLan(14)
  const env = { KARO_CERTIFICATE_LIFE_MS: String(LIFE_MS) }
  const start: Fleet['start'] = (name, at, more = {}) =>
    startNode({ name, netns: lan.members[at]!.netns, ...more, env: { ...env, ...more.env } })
  const rootKey = join(temporaryHome(), 'root.key')
  const [hq, hq2] = await Promise.all([start('hq', 0), start('hq-2', 1)])
  await done(hq, ['ca', 'init', '--root-key', rootKey, '--passphrase-file', '-'], WORDS)
  await done(hq2, ['join', '-'], await done(hq, ['invite']))
  await done(hq2, ['ca', 'renew', '--root-key', rootKey, '--passphrase-file', '-'], WORDS)
  const fleet: Fleet = { lan, start, rootKey, hq, hq2, all: [hq, hq2], tell }
  for (const step of [racesForAnInvite, wrongClocks, byFile, isParted, renews]) {
    const began = performance.now()
    await step(fleet)
    tell(`${step.name}: ${((performance.now() - began) / 1_000).toFixed(1)} s`)
  }
  return `${fleet.all.length} machines, two issuers`
}

/** Of two machines that use a single use at the same moment one gets in, at each of two issuers. */
async function racesForAnInvite(fleet: Fleet): Promise<void> {
  const { start, all } = fleet
  for (const [issuer, first] of [
    [fleet.hq, 2],
    [fleet.hq2, 4],
  ] as const) {
    const pair = await Promise.all([first, first + 1].map((at) => start(`eng-${at}`, at)))
    const code = await done(issuer, ['invite', '--uses', '1'])
    const codes = await Promise.all(pair.map(async (node) => (await node.karo(['join', '-'], code)).code))
    deepEqual(codes.toSorted(), [0, 4], `one use of ${issuer.name} let in another number than one`)
    for (const [at, node] of pair.entries())
      if (codes[at] !== 0) await done(node, ['join', '-'], await done(issuer, ['invite']))
    all.push(...pair)
  }
  await allLinked(all)
}

/** Four minutes off joins and is admitted by all; ten minutes off is not. */
async function wrongClocks(fleet: Fleet): Promise<void> {
  const { start, all } = fleet
  for (const [at, offset, name] of [
    [6, '+4m', AHEAD],
    [7, '-4m', BEHIND],
  ] as const) {
    const node = await start(name, at, { env: underClock(offset) })
    await done(node, ['join', '-'], await done(fleet.hq, ['invite', '--for', '1h']))
    all.push(node)
  }
  await allLinked(all)
  for (const offset of ['+10m', '-10m']) {
    const far = await start(`far${offset}`, 8, { env: underClock(offset) })
    const { code, stderr } = await far.karo(
      ['join', '-', '--wait', '2m'],
      await done(fleet.hq, ['invite', '--for', '1h']),
    )
    equal(code, 1, `a clock that is off by ${offset}: ${stderr}`)
    ok(stderr.includes('10 min'), `a clock that is off by ${offset} is not told: ${stderr}`)
    equal((await fleetOf(far)).own, null)
    await far.stop()
  }
}

/** A machine with a file in place before its first start is admitted by all, and nobody types anything anywhere. */
async function byFile(fleet: Fleet): Promise<void> {
  const file = join(temporaryHome(), 'enrolment.json')
  await done(fleet.hq2, ['invite', '--uses', '4', '--file', file])
  const provisioned = [9, 10, 11, 12].map((at) => {
    const home = temporaryHome()
    writeFileSync(join(home, 'config.toml'), `[node]\nname = "lab-${at}"\n`, { mode: 0o600 })
    writeFileSync(join(home, 'enrolment.json'), readFileSync(file), { mode: 0o600 })
    return fleet.start(`lab-${at}`, at, { home })
  })
  fleet.all.push(...(await Promise.all(provisioned)))
  await allLinked(fleet.all)
}

/** On one side a machine rotates its key, on the other one is revoked that is on the first side; then both sides agree. */
async function isParted(fleet: Fleet): Promise<void> {
  const { lan, all, hq2 } = fleet
  const [hereToo, rotates, lost] = [all[0]!, all[2]!, all[3]!]
  const before = await idOf(rotates)
  const out = await idOf(lost)
  // hq, the two and two more on one side.
  lan.split([0, 2, 3, 6, 7])
  await until(async () => (await peerAt(hq2, before))?.state !== 'connected', {
    what: 'the sides have lost each other',
    pollMs: 500,
    deadlineMs: 180_000,
  })
  const { node_id: next } = await rotates.json<{ node_id: string }>(['identity', 'rotate'])
  await linked([hereToo], next)
  await done(hq2, ['peers', 'revoke', out, '--yes'])
  equal((await peerAt(hereToo, out))?.state, 'connected')
  lan.heal()
  const others = all.filter((node) => node !== rotates && node !== lost)
  await linked(others, next)
  for (const node of others) {
    await until(async () => (await peerAt(node, out))?.state === 'revoked', {
      what: `${node.name} knows who was revoked`,
      pollMs: 500,
      deadlineMs: 180_000,
    })
    equal(await peerAt(node, before), undefined, `${node.name} counts the replaced key`)
  }
  all.splice(all.indexOf(lost), 1)
  await lost.stop()
}

/** The root is away since the second issuer was made: everybody has a later certificate before the first one ends. */
async function renews({ all, hq, hq2 }: Fleet): Promise<void> {
  const plain = all.filter((node) => node !== hq && node !== hq2)
  const before = await Promise.all(plain.map(async (node) => (await fleetOf(node)).own?.ends_at ?? ''))
  for (const [at, node] of plain.entries()) {
    await until(async () => ((await fleetOf(node)).own?.ends_at ?? '') > before[at]!, {
      what: `${node.name} has another certificate`,
      deadlineMs: LIFE_MS,
      pollMs: 1_000,
    })
  }
  await allLinked(all)
}
