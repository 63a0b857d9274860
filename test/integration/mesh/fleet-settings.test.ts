// Settings that the root signs once and every machine of a fleet follows while it runs, as far as its owner lets it; and what a machine that
// joins, or is no longer a member, is told: while it looks for its issuer, and once revoked.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type { FleetShape, PolicyShape } from '../../../src/api/contract/shapes.ts'
import type { FleetState } from '../../../src/cli/commands/mesh/fleet.ts'
import { append, deadName, records } from '../../support/data/spool.ts'
import { canNamespaces, createLan, type Lan } from '../../support/node/lan.ts'
import { type NodeOptions, startNode, type TestNode, temporaryHome } from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'

const possible = canNamespaces()
const PASSPHRASE = 'correct horse battery staple\n'
const rootKey = join(temporaryHome(), 'karo-root.key')
const SIGNED = ['--root-key', rootKey, '--passphrase-file', '-']

/** `own` says something of its own, `apart` does not follow the guard's part. */
let hq: TestNode, plain: TestNode, own: TestNode, apart: TestNode
let restartPlain: () => Promise<TestNode>
let lan: Lan
/** It joins, and is revoked. */
let lone: TestNode

const start = (name: string, at: number, more: Partial<NodeOptions> = {}) =>
  startNode({ name, netns: lan.members[at]!.netns, ...more })

const ran = async (node: TestNode, args: readonly string[], input?: string) => {
  const done = await node.karo(args, input)
  expect(done).toMatchObject({ code: 0 })
  return done.stdout
}
const settingOf = (node: TestNode, key: string) =>
  node.json<{ value: unknown; source: string }>(['config', 'get', key])
const shown = () => hq.json<FleetState>(['fleet', 'show'])
const machine = async (name: string) => (await shown()).machines.find((one) => one.name === name)

/** Until every machine but those that are away says that it has this edition. */
const everywhere = (edition: number) =>
  until(async () => (await shown()).machines.every((one) => one.edition === edition), {
    what: `all have edition ${edition}`,
    pollMs: 200,
  })

const fleetOf = (node: TestNode) => node.json<FleetShape>(['ca', 'show'])

beforeAll(async () => {
  if (!possible.ok) return
  lan = createLan(5)
  hq = await start('hq', 0)
  plain = await start('plain', 1)
  own = await start('own', 2, {
    config: '[guard]\nprofile = "permissive"\n[history]\nignore = ["secret *"]\n',
  })
  apart = await start('apart', 3, { config: '[policy]\nfollow = ["history"]\n' })
  restartPlain = async () => {
    await plain.stop()
    return start('plain', 1, { home: plain.home })
  }
  await ran(hq, ['ca', 'init', ...SIGNED], PASSPHRASE)
  const code = (await ran(hq, ['invite', '--uses', '3'])).trim()
  for (const node of [plain, own, apart]) await ran(node, ['join', '-'], code)
})

test.skipIf(!possible.ok)(
  'one command sets every machine, and what is stricter of its own stays',
  async () => {
    const said = await ran(
      hq,
      ['fleet', 'set', 'guard.profile=strict', 'history.ignore=pass *', 'history.redact=acme_*', ...SIGNED],
      PASSPHRASE,
    )
    expect(said).toContain('guard.profile: "strict"')
    await everywhere(0)
    expect(await settingOf(plain, 'guard.profile')).toMatchObject({
      value: 'strict',
      source: 'fleet edition 0',
    })
    expect(await settingOf(own, 'guard.profile')).toMatchObject({
      value: 'strict',
      source: 'fleet edition 0',
    })
    expect((await settingOf(own, 'history.ignore')).value).toEqual(['secret *', 'pass *'])
    expect(await settingOf(apart, 'guard.profile')).toMatchObject({ value: 'moderate', source: 'default' })
    expect((await settingOf(apart, 'history.ignore')).value).toEqual(['pass *'])
    expect(await machine('plain')).toMatchObject({ state: 'follows' })
    expect(await machine('apart')).toMatchObject({ state: 'refuses', refused: ['guard.profile'] })
    expect(await ran(hq, ['fleet', 'show'])).toContain('does not follow guard.profile')
    // The running daemon leaves out what its fleet does not want recorded, and no variable loosens the guard.
    const spool = join(plain.home, 'spool')
    mkdirSync(spool, { recursive: true, mode: 0o700 })
    const typed = ['pass show bank', 'deploy --key=acme_4711']
    append(spool, deadName(1), records(typed, 1, { start: Date.now() * 1000 }))
    await until(async () => (await plain.json<{ total: number }>(['history'])).total > 0, {
      what: 'recorded',
    })
    const { events } = await plain.json<{ events: { command: string }[] }>(['history'])
    expect(events.map(({ command }) => command)).toEqual(['deploy --key=[redacted]'])
    plain = await restartPlain()
    expect(await settingOf(plain, 'guard.profile')).toMatchObject({
      value: 'strict',
      source: 'fleet edition 0',
    })
  },
)

test.skipIf(!possible.ok)(
  'rules of the fleet prohibit, and its commands are known, on every machine that follows them',
  async () => {
    const rules = join(temporaryHome(), 'rules.toml')
    const commands = join(temporaryHome(), 'commands.txt')
    const levelOf = async (node: TestNode, line = 'terraform destroy') =>
      JSON.parse((await node.karo(['check', '--json', line])).stdout) as { decision: string }
    writeFileSync(rules, "[[allow]]\nrule = 'git-force-push'\n", { mode: 0o600 })
    const refused = await hq.karo(['fleet', 'set', `guard.rules=${rules}`, ...SIGNED], PASSPHRASE)
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('lets none through')])
    const asked = "[[ask]]\ncommand = 'terraform apply*'\n"
    writeFileSync(rules, `[[deny]]\ncommand = 'terraform destroy*'\n${asked}`, { mode: 0o600 })
    writeFileSync(commands, '% shopctl\nshopctl warm\n')
    const wordless = await hq.karo(['fleet', 'set', `ask.knowledge=${commands}`, ...SIGNED], PASSPHRASE)
    expect([wordless.code, wordless.stderr]).toEqual([1, expect.stringContaining('line 2')])
    writeFileSync(commands, `% shopctl\n${'shopctl warm\n  warm the price cache\n\n'.repeat(1_000)}`)
    const large = await hq.karo(['fleet', 'set', `ask.knowledge=${commands}`, ...SIGNED], PASSPHRASE)
    expect([large.code, large.stderr]).toEqual([
      2,
      expect.stringMatching(/^karo: ask\.knowledge.* of at most 32768/),
    ])
    writeFileSync(
      commands,
      '% shopctl\nshopctl warm --region {name}\n  warm the price cache of {name}\n  fill the price cache\n',
    )
    await ran(
      hq,
      ['fleet', 'set', `guard.rules=${rules}`, `ask.knowledge=${commands}`, ...SIGNED],
      PASSPHRASE,
    )
    await everywhere(1)
    const answer = async (node: TestNode) =>
      JSON.parse((await node.karo(['ask', '--json', 'warm the price cache of north'])).stdout) as object
    expect(await answer(plain)).toMatchObject({ command: 'shopctl warm --region north', source: 'fleet' })
    expect(await answer(apart)).not.toMatchObject({ source: 'fleet' })
    expect(await levelOf(plain)).toMatchObject({ decision: 'block' })
    expect(await levelOf(plain, 'terraform apply')).toMatchObject({ decision: 'confirm' })
    expect(await levelOf(apart)).not.toMatchObject({ decision: 'block' })
    expect(await machine('apart')).toMatchObject({
      refused: ['ask.knowledge', 'guard.profile', 'guard.rules'],
    })
  },
)

test.skipIf(!possible.ok)(
  'ways of finding nodes end at the next start, and until then a machine says so',
  async () => {
    await ran(hq, ['fleet', 'set', 'discovery.mdns=false', 'discovery.scan=[]', ...SIGNED], PASSPHRASE)
    await everywhere(2)
    expect(await machine('plain')).toMatchObject({
      state: 'older',
      problem: 'has discovery.mdns from its next start on',
    })
    plain = await restartPlain()
    await until(async () => (await machine('plain'))?.state === 'follows', { what: 'follows', pollMs: 200 })
    expect(await settingOf(plain, 'discovery.mdns')).toMatchObject({
      value: false,
      source: 'fleet edition 2',
    })
    await ran(hq, ['fleet', 'unset', 'discovery.mdns', 'discovery.scan', ...SIGNED], PASSPHRASE)
    await everywhere(3)
  },
)

test.skipIf(!possible.ok)(
  'another bundle keeps the settings, and without them each machine has its own',
  async () => {
    await ran(hq, ['policy', 'sign', '--k-min', '7', ...SIGNED], PASSPHRASE)
    await everywhere(4)
    expect(await settingOf(plain, 'guard.profile')).toMatchObject({ source: 'fleet edition 4' })
    await ran(hq, ['fleet', 'unset', 'ask.knowledge', 'guard.profile', 'guard.rules', ...SIGNED], PASSPHRASE)
    await everywhere(5)
    expect(await settingOf(plain, 'guard.profile')).toMatchObject({ value: 'moderate', source: 'default' })
    expect(await settingOf(own, 'guard.profile')).toMatchObject({
      value: 'permissive',
      source: 'config.toml:5',
    })
    const { organisation } = await own.json<PolicyShape>(['policy', 'show'])
    expect(organisation).toMatchObject({
      k_min: 7,
      settings: [
        { key: 'history.ignore', value: '["pass *"]' },
        { key: 'history.redact', value: '["acme_*"]' },
      ],
    })
  },
)

test.skipIf(!possible.ok)('who waits is told what is tried, before the time to wait is over', async () => {
  const config = '[discovery]\nmdns = false\ndns_sd = ["corp.example"]\nresolvers = ["10.99.0.9"]\n'
  lone = await start('lone', 4, { config })
  const code = (await hq.karo(['invite'])).stdout.trim()
  lan.unplug([4])
  const began = performance.now()
  const { stderr } = await lone.karo(['join', '-', '--wait', '4s'], code)
  expect(performance.now() - began).toBeGreaterThan(3_000)
  expect(stderr).toContain(
    `Looking for the issuer at ${lan.members[0]!.address}:9238, and by the domains of discovery.dns_sd.`,
  )
  // With neither mDNS nor a domain that answers, the addresses in the code are enough.
  lan.plug([4])
  await until(async () => (await fleetOf(lone)).own !== null, { what: 'it has joined', pollMs: 200 })
})

test.skipIf(!possible.ok)('a revoked machine says so in all that it is asked', async () => {
  const { node_id: id } = await lone.status()
  expect(await hq.karo(['peers', 'revoke', id, '--yes'])).toMatchObject({ code: 0 })
  await until(async () => (await fleetOf(lone)).revoked_by !== null, { what: 'it was told', pollMs: 200 })
  for (const args of [
    ['status'],
    ['query', 'health', '--timeout', '1s'],
    ['whoami'],
    ['doctor', '--only', 'mesh.certificate,peers.trust'],
  ]) {
    const { stdout, stderr } = await lone.karo(args)
    expect(stdout + stderr, args[0]).toMatch(/revoked|no longer a member/)
    expect(stdout + stderr, args[0]).not.toContain('peers trust')
  }
})
