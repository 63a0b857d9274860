// Finding a member that has moved: by asking a neighbour, and without keeping what anybody sends.
import { identify } from '@libp2p/identify'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { afterEach, expect, test } from 'vitest'
import { DHT_PROTOCOL } from '../../../src/mesh/discovery/dht.ts'
import { createFakeTrust, type FakeTrust } from '../../support/mesh/fake-trust.ts'
import { testIdentity } from '../../support/mesh/identity.ts'
import type { MeshNodeInit } from '../../support/mesh/mesh-node.ts'
import { PATIENCE_MS, until } from '../../support/run/until.ts'
import { befriend, joined, type Running, raw, slowClock, start, trusts } from './cluster.ts'

const dht = { dht: true }
const moments: AbortController[] = []
afterEach(() => {
  for (const moment of moments.splice(0)) moment.abort()
})

/** A deadline that the test does not wait for. */
function soon(): AbortSignal {
  const moment = new AbortController()
  moments.push(moment)
  setTimeout(() => moment.abort(), PATIENCE_MS).unref()
  return moment.signal
}

/** Hears nothing by gossip: what it learns of others it learns otherwise. */
function deafTrust(): FakeTrust {
  return { ...createFakeTrust(), heardOf: () => false }
}

/** Linked to `b` alone, deaf to gossip. */
async function besides(b: Running, discovery: MeshNodeInit['discovery']): Promise<Running> {
  const node = await start({ trust: deafTrust(), discovery: { peers: [b.address()], ...discovery } })
  await befriend(node, b)
  return node
}

/** They trust each other, and `a` remembers `d` where nobody answers. */
async function misplace(a: Running, d: Running): Promise<void> {
  a.trust.sawStranger(d.id, { name: 'd', addresses: ['/ip4/127.0.0.1/tcp/1'] })
  await trusts(a, d)
  await trusts(d, a)
}

/** Two that are not linked, and one between them: where `d` is now, only `b` knows. */
async function movedAway(
  discovery: MeshNodeInit['discovery'],
): Promise<{ a: Running; b: Running; d: Running }> {
  const b = await start({ discovery: dht })
  const a = await besides(b, discovery)
  const d = await besides(b, dht)
  await misplace(a, d)
  return { a, b, d }
}

test('a finds d’s new address through b, although no presence told it', async () => {
  const { a, d } = await movedAway(dht)
  // What b knows of d has come with their link; asking again is what a person would do.
  await until(() => a.mesh.reach(d.id, soon()), { what: 'a reaches d', pollMs: 200 })
  expect(a.mesh.isConnected(d.id)).toBe(true)
  expect(d.mesh.isConnected(a.id)).toBe(true)
})

test('without look-ups it does not', async () => {
  const { a, d } = await movedAway({ dht: false })
  expect(await a.mesh.reach(d.id, soon())).toBe(false)
})

test('whom nobody here has trusted is not looked for, nor told of', async () => {
  const { a, d } = await movedAway(dht)
  await a.trust.trust(d.id, { level: 'untrusted' })
  expect(await a.mesh.reach(d.id, soon())).toBe(false)
  expect(await a.mesh.reach(testIdentity().nodeId, soon())).toBe(false)
})

test('who is asked does not tell of anybody it has not trusted itself', async () => {
  const { a, b, d } = await movedAway(dht)
  await until(() => a.mesh.reach(d.id, soon()), { what: 'b knows where d is', pollMs: 200 })
  await b.trust.trust(d.id, { level: 'untrusted' })
  await until(() => !b.mesh.isConnected(d.id), { what: 'b and d apart' })
  const [other, known] = [await besides(b, dht), await besides(b, dht)]
  await misplace(other, known)
  await until(() => other.mesh.reach(known.id, soon()), { what: 'b answers', pollMs: 200 })
  await misplace(other, d)
  expect(await other.mesh.reach(d.id, soon())).toBe(false)
})

test('it is for members, and only while it is switched on', async () => {
  const on = await start({ discovery: dht })
  const off = await start()
  for (const node of [on, off]) {
    const peer = await raw()
    const stranger = await peer.dial(node.address())
    expect(await peer.list(stranger)).not.toContain(DHT_PROTOCOL)
    await expect(peer.open(stranger, DHT_PROTOCOL)).rejects.toThrow()
    await trusts(node, peer)
    const connection = await peer.dial(node.address())
    await peer.join(connection)
    const served = await peer.list(connection)
    if (node === on) expect(served).toContain(DHT_PROTOCOL)
    else expect(served).not.toContain(DHT_PROTOCOL)
  }
})

/** A length-prefixed message of kad-dht: `type` as a field 1, `key` as field 2. */
function message(type: number, key: Uint8Array): Uint8Array {
  const body = Buffer.concat([Buffer.of(0x08, type, 0x12, key.length), key])
  return Buffer.concat([Buffer.of(body.length), body])
}
const [PUT_VALUE, GET_VALUE, ADD_PROVIDER, GET_PROVIDERS, FIND_NODE] = [0, 1, 2, 3, 4] as const

test('it answers where somebody is, and takes nothing to keep', async () => {
  const node = await start({ discovery: dht })
  const { peer, connection } = await joined(node)
  const ask = async (type: number) => {
    const { stream } = await peer.open(connection, DHT_PROTOCOL).catch(() => ({ stream: undefined }))
    if (stream === undefined) throw new Error('not served')
    let answered = false
    stream.addEventListener('message', () => {
      answered = true
    })
    stream.send(message(type, peer.host.peerId.toMultihash().bytes))
    await until(() => answered || stream.status !== 'open', { what: 'an answer, or the end' })
    return answered
  }
  expect(await ask(FIND_NODE).catch(() => false)).toBe(true)
  for (const type of [PUT_VALUE, GET_VALUE, ADD_PROVIDER, GET_PROVIDERS]) expect(await ask(type)).toBe(false)
})

test('a neighbour is listed without being pinged', async () => {
  const node = await start({ discovery: dht })
  const listed = await raw({
    identify: identify(),
    // Nobody is told of a member without addresses.
    addresses({ addressManager }: { addressManager: { getAddresses: () => readonly Multiaddr[] } }) {
      addressManager.getAddresses = () => [multiaddr('/ip4/127.0.0.1/tcp/7')]
      return {}
    },
  })
  const asker = await raw()
  let pings = 0
  await listed.host.handle('/ipfs/ping/1.0.0', (stream) => {
    pings++
    stream.abort(new Error('not answered'))
  })
  await listed.host.handle(DHT_PROTOCOL, () => {})
  for (const peer of [listed, asker]) {
    await trusts(node, peer)
    await peer.join(await peer.dial(node.address()))
    await until(() => node.mesh.isConnected(peer.id), { what: 'neighbour' })
  }
  const [connection] = asker.host.getConnections()
  const key = Buffer.from(listed.host.peerId.toMultihash().bytes)
  await until(
    async () => {
      const stream = await connection!.newStream([DHT_PROTOCOL])
      let answer = Buffer.alloc(0)
      stream.addEventListener('message', ({ data }) => {
        answer = Buffer.concat([answer, data.subarray()])
      })
      stream.send(message(FIND_NODE, key))
      await until(() => answer.length > 0 || stream.status !== 'open', { what: 'an answer' })
      stream.abort(new Error('done'))
      // The question repeats the key; a peer that is listed stands in the answer once more.
      return answer.indexOf(key) !== answer.lastIndexOf(key)
    },
    { what: 'it is told of', pollMs: 1_100 },
  )
  expect(pings).toBe(0)
})

test('more than a question, and too many of them, end the stream', async () => {
  const node = await start({ discovery: dht, clock: slowClock })
  const { peer, connection } = await joined(node)
  const stream = await connection.newStream([DHT_PROTOCOL])
  const answers: Buffer[] = []
  stream.addEventListener('message', ({ data }) => answers.push(Buffer.from(data.subarray())))
  const question = message(FIND_NODE, peer.host.peerId.toMultihash().bytes)
  // What many questions would bring, on a stream that is for one.
  for (let n = 0; n < 60 && stream.status === 'open'; n++) stream.send(question)
  await until(() => stream.status !== 'open', { what: 'the end' })
  const [size = 0] = Buffer.concat(answers)
  expect(Buffer.concat(answers).length).toBeLessThan(60 * (size + 1))
  let refused = 0
  for (let n = 0; n < 40; n++) {
    const next = await connection.newStream([DHT_PROTOCOL])
    let answered = false
    next.addEventListener('message', () => {
      answered = true
    })
    // It may have been reset already, as it should be.
    if (next.status === 'open') next.send(message(FIND_NODE, peer.host.peerId.toMultihash().bytes))
    await until(() => answered || next.status !== 'open', { what: 'an answer, or the end' })
    if (!answered) refused++
    next.abort(new Error('done'))
  }
  expect(refused).toBeGreaterThan(5)
})
