// Nodes without multicast find each other by DNS and by a look through the subnet; and no packet leaves the private network.
import { spawn, spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { canNamespaces, createLan, type LanMember } from '../../support/node/lan.ts'
import { startNode, type TestNode } from '../../support/node/node.ts'
import { track } from '../../support/run/processes.ts'
import { until } from '../../support/run/until.ts'

const possible = canNamespaces()
const missing = ['dnsmasq', 'nft'].filter((tool) => spawnSync(tool, ['--version']).error !== undefined)
if (missing.length > 0)
  process.stderr.write(`there is no ${missing.join(', ')}: looking around is not tried\n`)

function inside(member: LanMember, ...command: readonly string[]): string {
  const ran = spawnSync('nsenter', [`--net=/run/netns/${member.netns}`, ...command], { encoding: 'utf8' })
  expect(ran.status, `${command.join(' ')}: ${ran.stderr ?? ran.error}`).toBe(0)
  return ran.stdout
}

/** A DNS server at the member, with these records of dnsmasq's own form; it forwards nothing. */
async function serveDns(member: LanMember, records: readonly string[]): Promise<void> {
  const own = [
    '--no-daemon',
    '--local=/corp.test/',
    '--no-resolv',
    '--no-hosts',
    '--conf-file=/dev/null',
    '--user=root',
    '--pid-file=',
  ]
  track(
    spawn(
      'nsenter',
      [
        `--net=/run/netns/${member.netns}`,
        'dnsmasq',
        ...own,
        `--listen-address=${member.address}`,
        '--bind-interfaces',
        ...records,
      ],
      { stdio: 'ignore' },
    ),
  )
  await until(() => inside(member, 'ss', '-lun').includes(`${member.address}:53`), { what: 'the DNS server' })
}

/** Counts IPv4 packets of this member to anywhere but the LAN, itself and multicast that no router passes on; there is a way out for them. */
function countOutside(member: LanMember, gateway: LanMember): () => number {
  inside(member, 'sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=1')
  inside(member, 'ip', 'route', 'add', 'default', 'via', gateway.address)
  const rule = 'ip daddr != { 10.99.0.0/24, 127.0.0.0/8, 224.0.0.0/24 } counter'
  inside(member, 'nft', `table inet watch { chain out { type filter hook output priority 0; ${rule}; }; }`)
  return () => Number(/packets (\d+)/.exec(inside(member, 'nft', 'list', 'table', 'inet', 'watch'))?.[1])
}

const pendingOf = async (node: TestNode): Promise<readonly string[]> => {
  const { peers } = await node.json<{ peers: { name: string }[] }>(['peers', 'pending'])
  return peers.map(({ name }) => name).sort()
}

describe.skipIf(!possible.ok || missing.length > 0)(`nodes without multicast ${possible.reason}`, () => {
  test('a domain lists nodes, a static peer’s name is asked of the configured server alone, a look through the subnet finds whoever listens, and without lan_only a peer beyond the LAN is dialed', async () => {
    const { members } = createLan(5)
    const [here, there, pinned, server, other] = members as [
      LanMember,
      LanMember,
      LanMember,
      LanMember,
      LanMember,
    ]
    const outside = countOutside(here, server)
    const silent = '[discovery]\nmdns = false\n'
    const [birch, cedar] = await Promise.all([
      startNode({ name: 'birch', netns: there.netns, config: silent }),
      startNode({ name: 'cedar', netns: pinned.netns, config: silent }),
    ])
    await serveDns(server, [
      `--host-record=birch.corp.test,${there.address}`,
      `--host-record=cedar.corp.test,${pinned.address}`,
      // An address beyond the LAN, which is never dialed.
      '--host-record=far.corp.test,192.0.2.1',
      '--srv-host=_karo._tcp.corp.test,far.corp.test,9238',
      // Of plain SRV records, and of an instance whose TXT names another key than cedar's.
      '--srv-host=_karo._tcp.corp.test,birch.corp.test,9238',
      '--ptr-record=_karo._tcp.corp.test,one._karo._tcp.corp.test',
      '--srv-host=one._karo._tcp.corp.test,cedar.corp.test,9238',
      `--txt-record=one._karo._tcp.corp.test,id=${(await birch.status()).node_id}`,
    ])
    const ash = await startNode({
      name: 'ash',
      netns: here.netns,
      config: `${silent}resolvers = ["${server.address}"]\ndns_sd = ["corp.test"]\npeers = ["far.corp.test:9238"]\n`,
    })
    await until(async () => (await pendingOf(ash)).includes('birch'), { what: 'ash has met birch' })
    expect(await pendingOf(cedar)).toEqual([])

    const dara = await startNode({
      name: 'dara',
      netns: other.netns,
      config: `${silent}resolvers = ["${server.address}"]\npeers = ["cedar.corp.test:9238"]\n`,
    })
    await until(async () => (await pendingOf(dara)).includes('cedar'), { what: 'dara has met cedar' })
    expect(outside()).toBe(0)

    // A look through the subnet finds whoever listens, where nothing else is known of them. Over a whole life no packet goes beyond the
    // LAN, names included, for which no server is configured here.
    await ash.stop()
    const elm = await startNode({
      name: 'elm',
      netns: here.netns,
      config: '[discovery]\nscan = ["10.99.0.0/28"]\npeers = ["birch.corp.test:9238"]\n',
    })
    const listening = ['birch', 'cedar', 'dara']
    await until(async () => (await pendingOf(elm)).join() === listening.join(), { what: 'elm has met all' })
    for (const node of [birch, cedar, dara])
      await until(async () => (await pendingOf(node)).includes('elm'), { what: `${node.name} has met elm` })
    await elm.json(['peers', 'trust', 'birch', '--yes'])
    await birch.json(['peers', 'trust', 'elm', '--yes'])
    await until(async () => (await elm.status()).mesh.peers_trusted === 1, { what: 'they are linked' })
    for (const command of [
      ['query', 'health'],
      ['query', 'tools'],
      ['share', 'show'],
      ['stats'],
      ['doctor', '--only', 'mesh.lan_only'],
    ])
      await elm.karo(command)
    await elm.stop()
    expect(outside()).toBe(0)

    // The counter counts: without lan_only a peer beyond the LAN is dialed.
    const beyond = '[mesh]\nlan_only = false\n[discovery]\npeers = ["192.0.2.1:9238"]\n'
    await startNode({ name: 'elm', netns: here.netns, config: beyond })
    await until(() => outside() > 0, { what: 'a packet is counted' })
  })
})
