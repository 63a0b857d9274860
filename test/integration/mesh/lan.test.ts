// Nodes on a LAN find each other where there is IPv6 alone.
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { canNamespaces, createLan } from '../../support/node/lan.ts'
import { startNode, type TestNode, temporaryHome } from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'

const possible = canNamespaces()

describe.skipIf(!possible.ok)(`a LAN of namespaces ${possible.reason}`, () => {
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
    // Once the other has answered within the two seconds for which it listens: a busy machine takes longer now and then.
    await until(
      async () => {
        expect(await b.json(['doctor', '--only', 'mesh.multicast'])).toMatchObject({
          checks: [
            {
              outcome: 'ok',
              detail: expect.stringContaining(
                `eth0 (${lan.members[1]!.address}): receives its own question and answers of 1`,
              ),
            },
          ],
        })
        return true
      },
      { what: 'multicast is heard' },
    )
    lan.close()
  })
})
