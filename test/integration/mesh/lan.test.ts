// The test LAN is a LAN: members reach each other by address and by multicast, nobody else does, and it vanishes.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { canNamespaces, createLan, type LanMember } from '../../support/node/lan.ts'
import { startNode, type TestNode, temporaryHome } from '../../support/node/node.ts'
import { ended, track } from '../../support/run/processes.ts'
import { until } from '../../support/run/until.ts'

const possible = canNamespaces()

function inside(member: LanMember, code: string): { child: ChildProcess; output: () => string } {
  const child = track(
    spawn('nsenter', [`--net=/run/netns/${member.netns}`, process.execPath, '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  )
  let text = ''
  child.stdout?.setEncoding('utf8').on('data', (part: string) => (text += part))
  return { child, output: () => text }
}

/** Says where a datagram to the mDNS group came from, once. */
const LISTEN = `
  const socket = require('dgram').createSocket({ type: 'udp4', reuseAddr: true })
  socket.on('message', (_, from) => { console.log(from.address); process.exit() })
  socket.bind(5353, () => { socket.addMembership('224.0.0.251'); console.log('listening') })`
const SEND = `
  const socket = require('dgram').createSocket('udp4')
  socket.send('x', 5353, '224.0.0.251', () => socket.close())`

describe.skipIf(!possible.ok)(`a LAN of namespaces ${possible.reason}`, () => {
  test('a multicast datagram reaches every other member', async () => {
    const lan = createLan(3)
    const [speaker, ...others] = lan.members as [LanMember, ...LanMember[]]
    const listeners = others.map((member) => inside(member, LISTEN))
    for (const listener of listeners) {
      await until(() => listener.output().includes('listening'), { what: 'a listener' })
    }
    await ended(inside(speaker, SEND).child)
    for (const listener of listeners) {
      await until(() => listener.output().includes(speaker.address), { what: 'the datagram' })
    }
    lan.close()
  })

  test('nodes on it find each other, and each is its own process in its own namespace', async () => {
    const lan = createLan(2)
    const [a, b] = await Promise.all(lan.members.map(({ netns }) => startNode({ netns })))
    await until(async () => (await a!.status()).mesh.peers_pending === 1, { what: 'a sees b' })
    await until(async () => (await b!.status()).mesh.peers_pending === 1, { what: 'b sees a' })
    expect((await a!.status()).mesh.listen.join(' ')).toContain(`/ip4/${lan.members[0]!.address}/tcp/9238`)
    expect((await a!.json<{ name: string }>(['status'])).name).toBe(a!.name)
  })

  test('nodes find each other and join over IPv6 where there is no IPv4, and doctor tries multicast there', async () => {
    const lan = createLan(2, 6)
    const [a, b] = (await Promise.all(lan.members.map(({ netns }) => startNode({ netns })))) as [
      TestNode,
      TestNode,
    ]
    for (const node of [a, b])
      await until(async () => (await node.status()).mesh.peers_pending === 1, {
        what: `${node.name} sees the other`,
      })
    const signed = ['--root-key', join(temporaryHome(), 'root.key'), '--passphrase-file', '-']
    expect(await a.karo(['ca', 'init', ...signed], 'correct horse battery staple\n')).toMatchObject({
      code: 0,
    })
    const code = (await a.karo(['invite'])).stdout.trim()
    expect(await b.karo(['join', '-'], code)).toMatchObject({ code: 0 })
    await until(async () => (await a.status()).mesh.peers_trusted === 1, { what: 'they are linked' })
    const { checks } = await b.json<{ checks: { id: string; status: string; detail: string }[] }>([
      'doctor',
      '--only',
      'mesh.multicast',
    ])
    expect(checks).toEqual([
      expect.objectContaining({
        outcome: 'ok',
        detail: expect.stringContaining(
          `eth0 (${lan.members[1]!.address}): receives its own question and answers of 1`,
        ),
      }),
    ])
    lan.close()
  })

  test('nodes that started without a network find each other when it comes', async () => {
    const lan = createLan(2)
    lan.unplug([0, 1])
    // Only the question that the network's coming leads to can find anybody.
    const config = '[discovery]\nmdns_interval_seconds = 3600\n'
    const nodes = await Promise.all(lan.members.map(({ netns }) => startNode({ netns, config })))
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
  })

  test('two LANs stand apart, and close leaves nothing', () => {
    const before = namespaces()
    const first = createLan(1)
    const second = createLan(2)
    expect(namespaces()).toHaveLength(before.length + 5)
    first.close()
    second.close()
    second.close()
    expect(namespaces()).toEqual(before)
  })
})

const namespaces = (): string[] =>
  spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' })
    .stdout.split('\n')
    .filter((line) => line.startsWith(`karo-${process.pid}-`))
