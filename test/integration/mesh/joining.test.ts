// What a machine that joins, or is no longer a member, is told: while it looks for its issuer, by a wrong file, once revoked, and beside a copy.
import { chmodSync, cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type { FleetShape } from '../../../src/api/contract/shapes.ts'
import { canNamespaces, createLan, type Lan } from '../../support/node/lan.ts'
import { startNode, type TestNode, temporaryHome } from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'

const possible = canNamespaces()
const WORDS = 'correct horse battery staple\n'

let lan: Lan
let hq: TestNode, lone: TestNode
const start = (name: string, at: number, more: Partial<Parameters<typeof startNode>[0]> = {}) =>
  startNode({ name, netns: lan.members[at]!.netns, ...more })
const fleetOf = (node: TestNode) => node.json<FleetShape>(['ca', 'show'])
const checkOf = async (node: TestNode, id: string) => {
  const { stdout } = await node.karo(['doctor', '--only', id, '--json'])
  const { checks } = JSON.parse(stdout) as { checks: { outcome: string; detail: string }[] }
  return checks[0]!
}

beforeAll(async () => {
  if (!possible.ok) return
  lan = createLan(4)
  hq = await start('hq', 0)
  const root = join(temporaryHome(), 'root.key')
  expect(await hq.karo(['ca', 'init', '--root-key', root, '--passphrase-file', '-'], WORDS)).toMatchObject({
    code: 0,
  })
})

test.skipIf(!possible.ok)('who waits is told what is tried, before the time to wait is over', async () => {
  const config = '[discovery]\nmdns = false\ndns_sd = ["corp.example"]\nresolvers = ["10.99.0.9"]\n'
  lone = await start('lone', 1, { config })
  const code = (await hq.karo(['invite'])).stdout.trim()
  lan.unplug([1])
  const began = performance.now()
  const { stderr } = await lone.karo(['join', '-', '--wait', '4s'], code)
  expect(performance.now() - began).toBeGreaterThan(3_000)
  expect(stderr).toContain(
    `Looking for the issuer at ${lan.members[0]!.address}:9238, and by the domains of discovery.dns_sd.`,
  )
  // With neither mDNS nor a domain that answers, the addresses in the code are enough.
  lan.plug([1])
  await until(async () => (await fleetOf(lone)).own !== null, { what: 'it has joined', pollMs: 200 })
})

test.skipIf(!possible.ok)(
  'a file that comes or is put right counts, without a restart or a command',
  async () => {
    const file = join(temporaryHome(), 'enrolment.json')
    await hq.karo(['invite', '--out', file])
    const home = temporaryHome()
    const there = join(home, 'enrolment.json')
    const right = readFileSync(file, 'utf8')
    const node = await start('filed', 2, { home })
    writeFileSync(there, right.slice(0, -20), { mode: 0o600 })
    await until(async () => (await checkOf(node, 'mesh.certificate')).detail.includes('no JSON'), {
      what: 'doctor says that the file is broken',
      pollMs: 200,
    })
    // First, so that no moment shows it both right and its owner's alone: the node would join at once.
    chmodSync(there, 0o644)
    writeFileSync(there, right)
    await until(async () => (await checkOf(node, 'mesh.certificate')).detail.includes('others'), {
      what: 'doctor says that others can read the file',
      pollMs: 200,
    })
    expect((await fleetOf(node)).own).toBeNull()
    chmodSync(there, 0o600)
    await until(async () => (await fleetOf(node)).own !== null, { what: 'it has joined', pollMs: 200 })
    await node.stop()
  },
)

test.skipIf(!possible.ok)(
  'a copied key is told on the issuer, and a revoked one on its machine',
  async () => {
    const home = temporaryHome()
    await lone.stop()
    cpSync(lone.home, home, { recursive: true, filter: (path) => !path.endsWith('.sock') })
    rmSync(join(home, 'karo.lock'), { force: true })
    const again = await start('lone', 1, { home: lone.home })
    const copy = await start('lone', 3, { home })
    await until(async () => (await checkOf(hq, 'peers.twins')).outcome !== 'ok', {
      what: 'the issuer knows of two machines with one key',
      pollMs: 500,
    })
    const { detail } = await checkOf(hq, 'peers.twins')
    for (const at of [1, 3]) expect(detail).toContain(lan.members[at]!.address)
    expect((await hq.karo(['peers'])).stdout).toContain('two machines')
    await copy.stop()

    const { node_id: id } = await again.status()
    expect(await hq.karo(['peers', 'revoke', id, '--yes'])).toMatchObject({ code: 0 })
    await until(async () => (await fleetOf(again)).revoked_by !== null, { what: 'it was told', pollMs: 200 })
    for (const args of [
      ['status'],
      ['query', 'health', '--timeout', '1s'],
      ['doctor', '--only', 'mesh.certificate'],
    ]) {
      const { stdout, stderr } = await again.karo(args)
      expect(stdout + stderr, args[0]).toMatch(/revoked|no longer a member/)
      expect(stdout + stderr, args[0]).not.toContain('peers trust')
    }
  },
)
