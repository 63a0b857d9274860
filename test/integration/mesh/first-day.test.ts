// The first day of a mesh, on machines of their own: totals of the quarter of a day with which they begin, and of no other time.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { bucketOf } from '../../../protocols/buckets.ts'
import { PolicyBundle } from '../../../protocols/messages/policy.ts'
import { parseNodeId } from '../../../protocols/node-id.ts'
import type { QueryResult, StatusShape } from '../../../src/api/contract/shapes.ts'
import { systemRandom } from '../../../src/base/clock.ts'
import { meshOf, openRootKey } from '../../../src/trust/certificates/index.ts'
import { signStatement } from '../../../src/trust/identity/index.ts'
import { callDaemon } from '../../support/node/call-daemon.ts'
import { canNamespaces, createLan } from '../../support/node/lan.ts'
import { startNode, type TestNode, temporaryHome } from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'

const possible = canNamespaces()
const HOUR = 3_600_000
const WORDS = 'correct horse battery staple'
const rootKey = join(temporaryHome(), 'karo-root.key')
const CONFIG = '[sharing]\nk_min = 3\n[sharing.allow]\nsupervisors = ["role:security"]\n'
const NAMES = ['hq', 'north', 'south', 'ciso', 'web-1', 'web-2']
/** So that the first quarter ended at least three hours ago, whenever this runs. */
const BEGAN = Date.now() - 12 * HOUR
const QUARTER = bucketOf('6h', BEGAN + 3 * HOUR)

let nodes: readonly TestNode[]
const node = (name: string): TestNode => nodes[NAMES.indexOf(name)] as TestNode
const ran = async (who: TestNode, args: readonly string[], input?: string): Promise<string> => {
  const done = await who.karo(args, input)
  expect(done).toMatchObject({ code: 0 })
  return done.stdout
}
const keyOf = async (who: TestNode): Promise<Uint8Array> =>
  parseNodeId((await who.json<StatusShape>(['status'])).node_id) as Uint8Array

/** Hands a bundle of the root to hq. Rejects with the KaroError of the daemon. */
async function sign(number: number, began: number): Promise<void> {
  const root = openRootKey(rootKey, Buffer.from(WORDS))
  const aggregators = [
    { key: await keyOf(node('north')), operator: 'north' },
    { key: await keyOf(node('south')), operator: 'south' },
  ]
  const said = { number, k_min: 3, policies: new Uint8Array(), aggregators, audiences: ['security'] }
  const body = { ...said, version: Date.now(), mesh: meshOf(root.publicKey), began }
  const bundle = Buffer.from(signStatement(PolicyBundle, body, root, body.version, systemRandom)).toString(
    'base64url',
  )
  await callDaemon({ socket: join(node('hq').home, 'karo.sock') }, 'POST', '/api/v1/policy/bundle', {
    bundle,
  })
}

beforeAll(async () => {
  if (!possible.ok) return
  const { members } = createLan(NAMES.length)
  nodes = await Promise.all(
    NAMES.map((name, at) => startNode({ name, config: CONFIG, netns: members[at]!.netns })),
  )
  const hq = node('hq')
  const given = ['--grant', 'security', '--root-key', rootKey, '--passphrase-file', '-']
  await ran(hq, ['ca', 'init', ...given], `${WORDS}\n`)
  const code = (await ran(hq, ['invite', '--uses', String(NAMES.length)])).trim()
  for (const name of NAMES.slice(1)) await ran(node(name), ['join', '-'], code)
  for (const name of ['north', 'south']) await ran(hq, ['ca', 'assign', name, '--owner', name])
  await ran(hq, ['ca', 'assign', 'ciso', '--role', 'security'])
  for (const one of nodes) {
    const typed = join(one.home, 'typed')
    const at = (QUARTER.start + HOUR) / 1000
    writeFileSync(typed, `#${at}\ngit status\n#${at + 60}\ngit log\n`)
    await ran(one, ['import', 'bash', typed])
  }
})

test.skipIf(!possible.ok)(
  'the first totals are of six hours, complete, and nothing before them is missing',
  async () => {
    await sign(0, BEGAN)
    // Its exit code is another one while there are none.
    const asked = async () =>
      JSON.parse(
        (await node('ciso').karo(['query', 'tools', '--level', '2', '--last', '8d', '--json'])).stdout,
      ) as QueryResult
    await until(async () => (await asked()).status === 'success', { what: 'the first totals', pollMs: 500 })
    const { released, coverage, data } = await asked()
    expect(released!.buckets).toMatchObject([
      {
        start: new Date(QUARTER.start).toISOString(),
        end: new Date(QUARTER.end).toISOString(),
        why: null,
        contributions: { contributed: NAMES.length, absent: 0 },
      },
    ])
    expect(coverage).toMatchObject({ complete: true, known: NAMES.length })
    expect(released!.first).toBeUndefined()
    expect('tools' in data && data.tools).toMatchObject([{ tool: 'git', uses: 2 * NAMES.length }])

    // The same readers wherever somebody looks.
    const reads = 'May read totals for security: ciso.'
    for (const words of [
      ['share', 'show'],
      ['audit', 'who-asked'],
    ])
      expect(await ran(node('web-1'), words)).toContain(reads)
    expect(await ran(node('web-1'), ['share', 'preview', '--role', 'security'])).toMatch(/read by +ciso\n/)

    // No later beginning, which would be another bucket.
    await expect(sign(1, Date.now())).rejects.toMatchObject({ code: 'bad_config' })
    expect((await asked()).released!.buckets).toHaveLength(1)
  },
)
