// karo doctor on a LAN of namespaces: what stands between nodes is broken for real, and named.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { CheckResult } from '../../../src/cli/doctor/doctor.ts'
import type { Explained } from '../../../src/cli/doctor/egress.ts'
import { canNamespaces, createLan, type Lan, type LanMember } from '../../support/node/lan.ts'
import { cleanEnv, startNode, type TestNode } from '../../support/node/node.ts'
import { atEnd, ended, track } from '../../support/run/processes.ts'
import { until } from '../../support/run/until.ts'

const KARO = join(import.meta.dirname, '../../../dist/karo.js')
const possible = canNamespaces()
const hasNft = spawnSync('nft', ['--version']).status === 0
if (!hasNft) process.stderr.write('there is no nft: rules of a packet filter are not tried here\n')

function inside(member: LanMember, ...command: readonly string[]): void {
  const ran = spawnSync('nsenter', [`--net=/run/netns/${member.netns}`, ...command], { encoding: 'utf8' })
  expect(ran.status, `${command.join(' ')}: ${ran.stderr ?? ran.error}`).toBe(0)
}

/** The command line where the node is: what it reads of the network is the namespace's. */
async function karo(node: TestNode, member: LanMember, ...args: readonly string[]) {
  const argv = [`--net=/run/netns/${member.netns}`, process.execPath, KARO, ...args]
  const child = track(
    spawn('nsenter', argv, { env: cleanEnv(node.home), stdio: ['ignore', 'pipe', 'inherit'] }),
  )
  let stdout = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  const closed = new Promise((resolve) => child.once('close', resolve))
  const { code } = await ended(child)
  await closed
  return { code, stdout }
}

async function doctor(
  node: TestNode,
  member: LanMember,
  ...args: readonly string[]
): Promise<readonly CheckResult[]> {
  const { stdout } = await karo(node, member, 'doctor', '--json', ...args)
  return (JSON.parse(stdout) as { checks: readonly CheckResult[] }).checks
}

const failing = (checks: readonly CheckResult[]): string[] =>
  checks.filter(({ outcome }) => outcome === 'fail').map(({ id }) => id)
const find = (checks: readonly CheckResult[], id: string): CheckResult => {
  const found = checks.find((one) => one.id === id)
  if (found === undefined) throw new Error(`no ${id}`)
  return found
}

describe.skipIf(!possible.ok)(`two nodes on a LAN ${possible.reason}`, () => {
  let lan: Lan
  let here: LanMember
  let ash: TestNode
  let birch: TestNode

  beforeAll(async () => {
    lan = createLan(2)
    const [one, two] = lan.members as [LanMember, LanMember]
    here = one
    ash = await startNode({ name: 'ash', netns: one.netns })
    birch = await startNode({ name: 'birch', netns: two.netns })
    await until(async () => (await ash.status()).mesh.peers_pending === 1, { what: 'ash has met birch' })
  })

  /** All that it looks at, once a neighbour has answered within the two seconds for which it listens: a busy one takes longer now and then. */
  const hearsBirch = (...args: readonly string[]) =>
    until(
      async () => {
        const checks = await doctor(ash, here, ...args)
        return find(checks, 'mesh.multicast').outcome === 'ok' && checks
      },
      { what: 'ash hears birch' },
    )

  test('trust on one side only is said, with the command for the other side', async () => {
    await ash.json(['peers', 'trust', 'birch', '--yes'])
    const checks = await until(
      async () => {
        const found = await doctor(ash, here, '--only', 'peers.trust')
        return find(found, 'peers.trust').outcome === 'warn' && found
      },
      { what: 'ash learns that birch does not trust it' },
    )
    expect(find(checks, 'peers.trust').detail).toContain('birch')
    expect(find(checks, 'peers.trust').fix).toContain('karo peers trust')
    await until(async () => (await birch.karo(['peers', 'trust', 'ash', '--yes'])).code === 0, {
      what: 'birch knows ash',
    })
    await until(async () => (await ash.status()).mesh.peers_trusted === 1, { what: 'they are linked' })
    expect(find(await doctor(ash, here, '--only', 'peers.trust'), 'peers.trust').outcome).toBe('ok')
  })

  test('where nothing stands in between, multicast is sent and heard both ways', async () => {
    const checks = await hearsBirch()
    expect(failing(checks)).toEqual([])
    expect(find(checks, 'mesh.multicast').detail).toMatch(
      /^eth0 \(10\.99\.0\.1\): receives its own question and answers of 1 others, 1 of them nodes of Karo$/,
    )
    expect(find(checks, 'clock.peers').detail).toContain('1 compared')
    expect(find(checks, 'peers.versions').outcome).toBe('ok')
  })

  test('multicast that is lost on the way: it hears itself, and not the node it is connected with', async () => {
    lan.deafen(0, true)
    const checks = await doctor(ash, here)
    lan.deafen(0, false)
    expect(failing(checks)).toEqual([])
    expect(find(checks, 'mesh.multicast').outcome).toBe('warn')
    expect(find(checks, 'mesh.multicast').detail).toContain(
      'receives its own question but no other machine, and 1 connected node is there',
    )
    await hearsBirch('--only', 'mesh.multicast')
  })

  describe.skipIf(!hasNft)('with nft', () => {
    const rule = (chain: string, text: string): string =>
      `table inet karo-test {\nchain ${chain} {\ntype filter hook ${chain} priority 0; policy accept;\n${text}\n}\n}\n`
    const nft = (text: string): void => {
      const file = join(mkdtempSync(join(tmpdir(), 'karo-nft-')), 'rules')
      writeFileSync(file, text)
      inside(here, 'nft', '-f', file)
      rmSync(join(file, '..'), { recursive: true })
    }
    const clear = (): void => nft('flush ruleset')

    test.each([
      ['output', 'udp dport 5353 drop', 'cannot send (EPERM: a firewall drops it on the way out)'],
      ['input', 'udp dport 5353 drop', 'does not receive its own question'],
    ])(
      'a rule in %s that drops mDNS is felt, found and opened by the command that is shown',
      async (chain, text, says) => {
        nft(rule(chain, text))
        const sick = await doctor(ash, here)
        expect(failing(sick)).toEqual(['mesh.multicast'])
        expect(find(sick, 'mesh.firewall').outcome).toBe('warn')
        expect(find(sick, 'mesh.multicast').detail).toContain(says)
        expect(find(sick, 'mesh.firewall').detail).toContain(
          `inet karo-test, chain ${chain}: udp dport 5353 drop`,
        )
        const fix = find(sick, 'mesh.firewall').fix ?? ''
        inside(here, 'sh', '-ec', fix.replaceAll('sudo ', ''))
        const well = await doctor(ash, here)
        expect(failing(well)).toEqual([])
        expect(find(well, 'mesh.firewall').outcome).toBe('ok')
        clear()
      },
    )

    test('large packets that are lost on the way: the node says that connections stall, how to see it, and what to do', async () => {
      const { home } = birch
      await birch.stop()
      nft(rule('input', 'tcp dport 9238 meta length > 400 drop\ntcp sport 9238 meta length > 400 drop'))
      birch = await startNode({ home, netns: (lan.members[1] as LanMember).netns })
      const says = await until(
        async () => {
          const [found] = await doctor(ash, here, '--only', 'mesh.path')
          return found?.outcome === 'warn' && found
        },
        { what: 'connections have stalled twice' },
      )
      expect(says.detail).toMatch(/^connections opened and then stalled, .*: birch \(/)
      expect(says.fix).toContain('ping -c 3 -M do -s 1400 10.99.0.2\n')
      expect((await ash.karo(['peers'])).stdout).toContain('connections open, then stall (karo doctor)')
      expect((await ash.karo(['query', 'tools'])).stdout).toContain(
        'birch: connections to it open, then stall',
      )
      const { alarms } = (await ash.status()).mesh
      expect(alarms).toEqual([
        expect.stringMatching(/^connections to birch .* karo doctor --only mesh\.path$/),
      ])
      expect(ash.log()).toContain('connections to this node open and then stall')
      clear()
      await until(async () => (await ash.status()).mesh.peers_trusted === 1, {
        what: 'they are linked again',
      })
      expect((await ash.status()).mesh.alarms).toEqual([])
    })

    test('a policy that lets nothing in: both ports are named, and each has its command', async () => {
      nft(
        'table inet filter {\nchain input {\ntype filter hook input priority 0; policy drop;\nct state established,related accept\niif lo accept\n}\n}\n',
      )
      const sick = await doctor(ash, here)
      expect(failing(sick)).toEqual(['mesh.multicast'])
      const { detail, fix = '' } = find(sick, 'mesh.firewall')
      expect(detail).toContain('the port of the mesh (TCP 9238): no rule names it')
      inside(here, 'sh', '-ec', fix.replaceAll('sudo ', ''))
      const well = await doctor(ash, here)
      expect(failing(well)).toEqual([])
      expect(find(well, 'mesh.firewall').outcome).toBe('ok')
      clear()
    })
  })

  test('mesh.listen with an address that is not there: the node listens on the others, says which one is missing, and takes it when it comes', async () => {
    const two = lan.members[1] as LanMember
    const cedar = await startNode({
      name: 'cedar',
      netns: two.netns,
      config: `[mesh]\nlisten = ["${two.address}", "10.99.0.200"]\nport = 9300\n`,
      env: { KARO_HTTP_PORT: '0' },
      ready: false,
    })
    const port = async () => find(await doctor(cedar, two, '--only', 'mesh.port'), 'mesh.port')
    const missing = `listens on ${two.address}:9300, but not on 10.99.0.200:9300. Name addresses of this machine in mesh.listen`
    const status = await until(async () => cedar.status().catch(() => undefined), { what: 'cedar answers' })
    expect(status.mesh.listen).toEqual([`/ip4/${two.address}/tcp/9300`])
    expect(status.health.checks).toContainEqual({
      name: 'mesh.listening',
      ok: false,
      detail: expect.stringContaining(missing),
    })
    expect(await port()).toMatchObject({
      outcome: 'fail',
      detail: expect.stringContaining(missing),
      fix: 'ip -br addr',
    })
    inside(two, 'ip', 'addr', 'add', '10.99.0.200/24', 'dev', 'eth0')
    await cedar.ready()
    expect(await port()).toMatchObject({ outcome: 'ok', detail: expect.stringContaining('10.99.0.200:9300') })
    inside(two, 'ip', 'addr', 'del', '10.99.0.200/24', 'dev', 'eth0')
    await cedar.stop()
  })

  test('an address that comes after the start is told, until the daemon is started anew', async () => {
    let net = 0
    const result = await until(
      async () => {
        // The daemon looks for new addresses every 15 s: one that it has found by then is followed by another one.
        const address = `10.98.${++net}.1`
        inside(here, 'ip', 'addr', 'add', `${address}/24`, 'dev', 'eth0')
        const found = find(await doctor(ash, here, '--only', 'mesh.addresses'), 'mesh.addresses')
        inside(here, 'ip', 'addr', 'del', `${address}/24`, 'dev', 'eth0')
        return found.outcome === 'ok' ? undefined : found
      },
      { what: 'an address is there that the daemon has not found yet' },
    )
    expect(result.outcome).toBe('warn')
    expect(result.detail).toContain(`10.98.${net}.1 (eth0)`)
    expect(result.fix).toContain(`karo stop`)
    expect(find(await doctor(ash, here, '--only', 'mesh.addresses'), 'mesh.addresses').outcome).toBe('ok')
  })

  test('--egress names who is at the other end of every link', async () => {
    const { code, stdout } = await karo(ash, here, 'doctor', '--egress', '--json')
    const { sockets } = JSON.parse(stdout) as { sockets: readonly Explained[] }
    expect(sockets.filter(({ why }) => why === null)).toEqual([])
    expect(code).toBe(0)
    expect(sockets.map(({ why }) => why).join('\n')).toMatch(/link to birch \([0-9a-f]{16}\)/)
    expect(
      sockets.some(
        ({ kind, local, why }) => kind === 'udp' && local === '0.0.0.0:5353' && why === 'mDNS on 10.99.0.1',
      ),
    ).toBe(true)
  })

  test('whatever it has open that is not Karo’s is named, and fails', async () => {
    const home = mkdtempSync(join(tmpdir(), 'karo-'))
    atEnd(() => rmSync(home, { recursive: true, force: true }))
    const other = lan.members[1] as LanMember
    // Somebody it can be connected with.
    const serve = `require('net').createServer().listen(4444, '10.99.0.2', () => require('net').createServer().listen('${home}/other', () => console.log('up')))`
    const server = track(
      spawn('nsenter', [`--net=/run/netns/${other.netns}`, process.execPath, '-e', serve], {
        stdio: ['ignore', 'pipe', 'inherit'],
      }),
    )
    await new Promise((resolve, reject) => {
      server.stdout.once('data', resolve)
      server.once('exit', () => reject(new Error('there is nobody that it can be connected with')))
    })
    writeFileSync(
      join(home, 'foreign.cjs'),
      `const net = require('net'), dgram = require('dgram')
globalThis.foreign = [
  net.connect(4444, '10.99.0.2'), net.connect('${home}/other'),
  dgram.createSocket('udp4').bind(4445), net.createServer().listen(4446, '10.99.0.1'),
]\n`,
    )
    writeFileSync(join(home, 'config.toml'), '[node]\nname = "spy"\n', { mode: 0o600 })
    const spy = await startNode({
      name: 'spy',
      home,
      netns: here.netns,
      env: {
        NODE_OPTIONS: `--require ${join(home, 'foreign.cjs')}`,
        KARO_MESH_PORT: '0',
        KARO_HTTP_PORT: '0',
      },
    })
    const { code: exit, stdout } = await karo(spy, here, 'doctor', '--egress', '--json')
    await spy.stop()
    server.kill('SIGKILL')
    // Its address and port are the next one's.
    await ended(server)
    const { sockets } = JSON.parse(stdout) as { sockets: readonly Explained[] }
    const foreign = sockets.filter(({ why }) => why === null)
    expect(foreign.map((one) => `${one.kind} ${one.remote || one.local}`).toSorted()).toEqual([
      'tcp 10.99.0.1:4446',
      'tcp 10.99.0.2:4444',
      'udp 0.0.0.0:4445',
      'unix ',
    ])
    expect(exit).toBe(1)
    expect(readFileSync(join(home, 'config.toml'), 'utf8')).toContain('spy')
  })
})
