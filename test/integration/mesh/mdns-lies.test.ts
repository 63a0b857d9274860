// By mDNS nodes find each other when a network comes after their start; and where somebody says that strangers are at other people's ports no node knocks.
import { type ChildProcess, spawn } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { encodeAnswers } from '../../../src/mesh/discovery/mdns-packet.ts'
import { peerIdOf } from '../../../src/mesh/link/peer.ts'
import { testIdentity } from '../../support/mesh/identity.ts'
import { canNamespaces, createLan, type LanMember } from '../../support/node/lan.ts'
import { startNode } from '../../support/node/node.ts'
import { ended, track } from '../../support/run/processes.ts'
import { until } from '../../support/run/until.ts'

const possible = canNamespaces()
/** Invented strangers for each place. */
const INVENTED = 100
/** 9238 is Karo's own; a stranger may be there. */
const PORTS = [22, 443, 8_080, 9_238]

function inside(member: LanMember, code: string): { child: ChildProcess; output: () => string } {
  const child = track(
    spawn('nsenter', [`--net=/run/netns/${member.netns}`, process.execPath, '-e', code], {
      stdio: ['pipe', 'pipe', 'inherit'],
    }),
  )
  let text = ''
  child.stdout?.setEncoding('utf8').on('data', (part: string) => (text += part))
  return { child, output: () => text }
}

/** Says the port of every connection it gets. */
const LISTEN = `
  const ports = ${JSON.stringify(PORTS)}
  let up = 0
  for (const port of ports) require('net').createServer((socket) => {
    console.log('port ' + port + ';')
    socket.on('error', () => {}).resume()
  }).listen(port, '0.0.0.0', () => { if (++up === ports.length) console.log('listening') })`

/** Sends each line of its input, base64, as a packet from the mDNS port, a few milliseconds apart. */
const SEND = `
  const socket = require('dgram').createSocket({ type: 'udp4', reuseAddr: true })
  let text = ''
  process.stdin.setEncoding('utf8').on('data', (part) => { text += part }).on('end', () => {
    socket.bind(5353, async () => {
      for (const line of text.split('\\n').filter(Boolean)) {
        await new Promise((sent) => socket.send(Buffer.from(line, 'base64'), 5353, '224.0.0.251', sent))
        await new Promise((next) => setTimeout(next, 2))
      }
      socket.close()
    })
  })`

/** One mDNS answer of a node that does not exist, at this address. */
function lie(ip: string, port: number): string {
  const id = peerIdOf(testIdentity().nodeId)
  const name = `${Math.random().toString(36).slice(2)}._karo._udp.local`
  const packet = encodeAnswers([
    { name: '_karo._udp.local', type: 'PTR', ttl: 120, data: name },
    { name, type: 'TXT', ttl: 120, data: `dnsaddr=/ip4/${ip}/tcp/${port}/p2p/${id}` },
  ])
  return packet.toString('base64')
}

describe.skipIf(!possible.ok)(`lies by mDNS ${possible.reason}`, () => {
  test('nodes that started without a network find each other when it comes; a hundred inventions at each of several ports lead to a few connections, and to none elsewhere', async () => {
    const lan = createLan(5)
    const [first, second, liar, bystander, newcomer] = lan.members as [
      ...[LanMember, LanMember, LanMember, LanMember, LanMember],
    ]
    lan.unplug([0, 1])
    // Only the question that the network's coming leads to can find anybody.
    const config = '[discovery]\nmdns_interval_seconds = 3600\n'
    const nodes = await Promise.all([first, second].map(({ netns }) => startNode({ netns, config })))
    for (const [i, node] of nodes.entries())
      expect((await node.status()).mesh.listen.join(' ')).not.toContain(lan.members[i]!.address)
    lan.plug([0, 1])
    for (const [i, node] of nodes.entries()) {
      await until(async () => (await node.status()).mesh.peers_pending === 1, {
        what: `${node.name} sees the other`,
      })
      expect((await node.status()).mesh.listen.join(' ')).toContain(
        `/ip4/${lan.members[i]!.address}/tcp/9238`,
      )
    }
    const counters = [liar, bystander].map((member) => inside(member, LISTEN))
    for (const { output } of counters) {
      await until(() => output().includes('listening'), { what: 'a listener' })
    }

    const places = [liar.address, bystander.address].flatMap((ip) => PORTS.map((port) => ({ ip, port })))
    const lies = places.flatMap(({ ip, port }) => Array.from({ length: INVENTED }, () => lie(ip, port)))
    const begun = performance.now()
    const sending = inside(liar, SEND)
    sending.child.stdin?.end(lies.join('\n'))
    await ended(sending.child)

    // An honest stranger is met all the same, by both; and what was said before it has been heard.
    const late = await startNode({ netns: newcomer.netns })
    const { node_id } = await late.status()
    for (const node of nodes) {
      await until(
        async () =>
          (await node.json<{ peers: { node_id: string }[] }>(['peers', 'pending'])).peers.some(
            (peer) => peer.node_id === node_id,
          ),
        { what: 'the newcomer is pending' },
      )
    }
    const knocks = ({ output }: { output: () => string }, port: number): number =>
      output().split(`port ${port};`).length - 1
    for (const port of PORTS) expect(knocks(counters[1]!, port), `bystander, ${port}`).toBe(0)
    for (const port of PORTS.filter((one) => one !== 9_238)) {
      expect(knocks(counters[0]!, port), `liar, ${port}`).toBe(0)
    }
    // Four of each node at once and one in 15 s.
    const later = Math.ceil((performance.now() - begun) / 15_000)
    expect(knocks(counters[0]!, 9_238)).toBeLessThanOrEqual(nodes.length * (4 + later))
    lan.close()
  })
})
