// Keys that are rotated in a certified mesh of real daemons: who stays, who stays out, and what a kill at any moment leaves.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { decodeFrame, messageTable } from '../../../protocols/frame.ts'
import { RevocationList, type RevocationListBody } from '../../../protocols/messages/certificate.ts'
import type { PeerAnswerShape, PeerShape } from '../../../src/api/contract/shapes.ts'
import { canNamespaces, createLan } from '../../support/node/lan.ts'
import { startNode, type TestNode, temporaryHome } from '../../support/node/node.ts'
import { times } from '../../support/run/thorough.ts'
import { until } from '../../support/run/until.ts'

const possible = canNamespaces()

const idOf = async (node: TestNode): Promise<string> =>
  (await node.json<{ node_id: string }>(['identity', 'show'])).node_id
const peersOf = async (node: TestNode): Promise<readonly PeerShape[]> =>
  (await node.json<{ peers: PeerShape[] }>(['peers'])).peers
const peerAt = async (node: TestNode, id: string): Promise<PeerShape | undefined> =>
  (await peersOf(node)).find((peer) => peer.node_id === id)

/** The list of revoked keys that it exports. */
async function listOf(node: TestNode): Promise<RevocationListBody> {
  const file = join(temporaryHome(), 'mesh.ndjson')
  expect((await node.karo(['ca', 'export', '-o', file])).code).toBe(0)
  const rows = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const { frame } = rows.find(({ kind }) => kind === 'revocation_list')
  const messages = messageTable([RevocationList])
  const { body } = decodeFrame(Buffer.from(frame, 'base64url'), { messages, verify: () => true })
  return body as RevocationListBody
}

async function linkedAt(nodes: readonly TestNode[], id: string, by: PeerShape['why']): Promise<void> {
  for (const node of nodes) {
    await until(
      async () => {
        const peer = await peerAt(node, id)
        return peer?.state === 'connected' && peer.why === by
      },
      { what: `${node.name} is linked to ${id} by ${by}`, pollMs: 200 },
    )
  }
}

/** Rotates, and resolves with the new id when the node answers under it. */
async function rotated(node: TestNode): Promise<string> {
  const { node_id } = await node.json<{ node_id: string }>(['identity', 'rotate'])
  await until(async () => (await node.status().catch(() => undefined))?.node_id === node_id, {
    what: `${node.name} runs under its new key`,
    pollMs: 100,
  })
  return node_id
}

test.skipIf(!possible.ok)(
  'members that rotate stay members everywhere, denied and revoked ones stay out, and a kill leaves one whole key',
  async () => {
    const { members } = createLan(4)
    const start = (name: string, at: number, home?: string): Promise<TestNode> =>
      startNode({ name, netns: members[at]!.netns, ...(home === undefined ? {} : { home }) })
    const [hq, ann, bob, cid] = (await Promise.all(
      ['hq', 'ann', 'bob', 'cid'].map((name, at) => start(name, at)),
    )) as [TestNode, TestNode, TestNode, TestNode]
    const rootKey = join(temporaryHome(), 'karo-root.key')
    const words = 'correct horse battery staple\n'
    expect(
      await hq.karo(['ca', 'init', '--root-key', rootKey, '--passphrase-file', '-'], words),
    ).toMatchObject({
      code: 0,
    })
    const invite = async (): Promise<string> => (await hq.karo(['invite', '--uses', '9'])).stdout.trim()
    const code = await invite()
    for (const node of [ann, bob, cid])
      expect(await node.karo(['join', '-'], code)).toMatchObject({ code: 0 })
    const first = await idOf(ann)
    await linkedAt([hq, bob, cid], first, 'certificate')
    expect((await hq.karo(['identity', 'rotate'])).code).toBe(4)

    // A person at bob denied cid, and trusts ann beyond her certificate.
    const cidFirst = await idOf(cid)
    await bob.json(['peers', 'deny', cidFirst])
    await bob.json(['peers', 'trust', first, '--name', 'annie', '--role', 'lead'])

    // Nobody types anything anywhere else.
    const second = await rotated(ann)
    expect(second).not.toBe(first)
    await linkedAt([hq, cid], second, 'certificate')
    await linkedAt([bob], second, 'tofu')
    expect(await peerAt(bob, second)).toMatchObject({ name: 'annie', roles: ['lead'] })
    expect(await peerAt(hq, first)).toBeUndefined()
    await until(
      async () =>
        (await ann.json<{ own: { node_id: string } | null }>(['ca', 'show'])).own?.node_id === second,
      {
        what: 'the issuer certified the new key',
      },
    )
    const { stdout: verified } = await ann.karo(['audit', 'verify'])
    expect(verified).not.toContain('not proven')
    const entries = await ann.json<{ entries: { type: string }[] }>(['audit', 'log', '--type', 'key_rotated'])
    expect(entries.entries).toHaveLength(1)

    // Denied stays denied, under the next key as well.
    const cidSecond = await rotated(cid)
    await linkedAt([hq], cidSecond, 'certificate')
    await until(async () => (await peerAt(bob, cidSecond))?.state === 'denied', {
      what: 'bob denies the new key too',
      pollMs: 200,
    })

    // Away while ann rotates once more: she shows how she came to her key.
    await bob.stop()
    const third = await rotated(ann)
    await linkedAt([hq], third, 'certificate')
    const back = await start('bob', 2, bob.home)
    await linkedAt([back], third, 'tofu')
    const { steps } = await back.json<PeerAnswerShape>(['peers', 'explain', third])
    expect(steps?.find(({ source }) => source === 'rotated')?.says).toContain(first)

    // Killed at any moment: the node comes back under the old key or the new one, and ends what it began.
    let node = cid
    for (const afterMs of times([0, 3_100], [0, 400, 1_500, 2_900, 3_100, 3_400])) {
      const before = await idOf(node)
      const { node_id: next } = await node.json<{ node_id: string }>(['identity', 'rotate'])
      await new Promise((resolve) => setTimeout(resolve, afterMs))
      await node.kill9()
      expect([before, next]).toContain(await idOf(node))
      node = await start('cid', 3, cid.home)
      await until(async () => (await node.status().catch(() => undefined))?.node_id === next, {
        what: `the rotation goes on after a kill at ${afterMs} ms`,
        pollMs: 100,
      })
    }
    const cidLast = await idOf(node)
    await linkedAt([hq], cidLast, 'certificate')

    // Revoked is revoked: by rotation there is no way back, and by an invite neither.
    expect(await hq.karo(['peers', 'revoke', cidLast, '--yes'])).toMatchObject({ code: 0 })
    await until(async () => (await peerAt(ann, cidLast))?.state === 'revoked', {
      what: 'ann heard of it',
      pollMs: 200,
    })
    const escaped = await rotated(node)
    expect((await node.karo(['join', '-'], await invite())).code).not.toBe(0)
    for (const one of [hq, ann]) expect((await peerAt(one, escaped))?.state).not.toBe('connected')
    expect((await node.status()).mesh.peers_connected).toBe(0)

    // An issuer that begins anew with rotations that it kept has its list too, and signs none of before it.
    const before = await listOf(hq)
    await hq.stop()
    const again = await start('hq', 0, hq.home)
    await linkedAt([ann], await idOf(again), 'certificate')
    const after = await listOf(again)
    expect(after.number).toBeGreaterThanOrEqual(before.number)
    expect(after.revoked).toHaveLength(before.revoked.length)
  },
)
