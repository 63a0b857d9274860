// A hostile member's fields of a wrong type at a real daemon: each is counted, named with its peer, and cuts the sender off.
import { expect, onTestFinished, test } from 'vitest'
import type { Message, Stream } from '../../../protocols/define.ts'
import { UNSIGNED } from '../../../protocols/frame.ts'
import { MESSAGES, query, STREAMS, sync, TOPICS } from '../../../protocols/registry.ts'
import type { AuditEntryShape } from '../../../src/api/contract/shapes.ts'
import { fieldsOf, HOSTILE_VALUES, withField } from '../../fuzz/fields.ts'
import { rawFrame } from '../../support/mesh/frames.ts'
import { addressOf, api, trusts } from '../../support/mesh/honest.ts'
import { hostilePeers, reset } from '../../support/mesh/hostile.ts'
import { tellNotices } from '../../support/mesh/raw-notices.ts'
import type { RawPeer } from '../../support/mesh/raw-peer.ts'
import { startNode, type TestNode } from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'

let nonces = 0
/** Signed by `peer` unless the connection is the proof, with a bin where the body of its message has a list or a map. */
function wrongType(
  peer: RawPeer,
  message: Message,
  seq: number,
  path: (string | number)[],
  protocol?: Stream,
) {
  const nonce = Buffer.alloc(16)
  nonce.writeUInt32BE(++nonces)
  const { publicKey } = peer.identity
  const envelope = { sender: publicKey, ts: Date.now(), nonce: new Uint8Array(nonce), seq, body: {} }
  return rawFrame({
    type: message.type,
    payload: withField(envelope, ['body', ...path], HOSTILE_VALUES['bin of 8'] as Uint8Array),
    sign: protocol?.proof === 'connection' && message.carried === 'hop' ? () => UNSIGNED : peer.identity.sign,
  })
}

/** Messages that are refused before nothing more of the neighbour is listened to. */
const REFUSED = 3
const malformed = async (node: TestNode): Promise<number> => (await node.status()).mesh.rejected.malformed

/** Lines of the daemon's log that are about a frame: they name a stream or a topic. */
function linesAboutFrames(node: TestNode): { peer?: string; protocol: string }[] {
  const about = [...STREAMS, ...TOPICS].map(({ id }) => id as string)
  return node
    .log()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { peer?: string; protocol: string })
    .filter(({ protocol }) => about.includes(protocol))
}

async function memberOf(node: TestNode): Promise<RawPeer> {
  const [peer] = (await hostilePeers(1)) as [RawPeer]
  onTestFinished(() => peer.stop())
  await trusts(node, peer.id)
  return peer
}

test('each field of each message of the members’ streams: the stream is reset, the frame counted, its peer named', async () => {
  const victim = await startNode({ config: '[log]\nlevel = "debug"\n' })
  const peer = await memberOf(victim)
  const connection = await peer.dial(await addressOf(victim))
  await peer.join(connection)
  let sent = 0
  for (const protocol of [query, sync]) {
    for (const message of Object.values(protocol.messages)) {
      for (const path of fieldsOf(message.body).filter((one) => one.length === 1)) {
        const stream = await peer.open(connection, protocol.id)
        stream.send(wrongType(peer, message, 1, [...path], protocol))
        sent++
        // A bin of eight bytes is what some fields hold; the rest of the body is missing then.
        await reset(stream, `${message.name} ${path.join('.')}`)
      }
    }
  }
  expect(await malformed(victim)).toBe(sent)
  expect(connection.status).toBe('open')
  const path = `audit/log?type=policy_violation&peer=${encodeURIComponent(peer.id)}`
  const { entries } = (await api(victim, 'GET', path)) as { entries: AuditEntryShape[] }
  expect(entries[0]).toMatchObject({ peer: peer.id, details: { reason: 'malformed' } })
  const lines = linesAboutFrames(victim)
  expect(lines.filter((line) => line.peer !== peer.id)).toEqual([])
  expect(lines.length).toBeGreaterThan(0)
  // One a minute for each protocol and code; a test that takes several minutes may see some more.
  expect(lines.length).toBeLessThan(sent)
})

test('as a notice: counted and held against the neighbour, which is not listened to any more', async () => {
  const victim = await startNode({ config: '[log]\nlevel = "debug"\n' })
  const peer = await memberOf(victim)
  const connection = await peer.dial(await addressOf(victim))
  const control = await peer.join(connection)
  for (const topic of TOPICS) {
    for (const message of Object.values(topic.messages)) {
      const fields = fieldsOf(message.body)
      // Fields that are lists: the ones with a first item.
      for (const path of fields.filter(
        ([name, place]) =>
          fields.some((one) => one[0] === name && one[1] === 0) && place === undefined && name !== undefined,
      )) {
        for (let turn = 0; turn < REFUSED; turn++)
          tellNotices(control, topic, [
            wrongType(peer, MESSAGES.get(message.type) as typeof message, 0, [...path]),
          ])
      }
    }
  }
  await until(async () => (await malformed(victim)) >= REFUSED, { what: 'refused messages' })
  expect(linesAboutFrames(victim).filter((line) => line.peer !== peer.id)).toEqual([])
})
