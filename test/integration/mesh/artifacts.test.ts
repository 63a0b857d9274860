// Artifacts between real daemons by the real command line: shares, links, and what the ledgers say.
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type {
  ArtifactListShape,
  ArtifactSharedShape,
  ArtifactSharesShape,
  ArtifactStoredShape,
  AuditEntryShape,
} from '../../../src/api/contract/shapes.ts'
import { startCompany } from '../../support/agents/company.ts'
import { type TestNode, temporaryHome } from '../../support/node/node.ts'

const NAME = 'zqcanaryname'

/** `hq` certifies, `desk` has the files, `build` wants them. */
let hq: TestNode, desk: TestNode, build: TestNode
const place = temporaryHome()

const entries = async (node: TestNode, type: string): Promise<readonly AuditEntryShape[]> =>
  (await node.json<{ entries: AuditEntryShape[] }>(['audit', 'log', '--type', type, '--limit', '500']))
    .entries
async function put(bytes: Uint8Array, name = NAME): Promise<string> {
  const path = join(place, name)
  writeFileSync(path, bytes)
  return (await desk.json<ArtifactStoredShape>(['artifact', 'put', path])).id
}
const share = (id: string, ...more: string[]) =>
  desk.json<ArtifactSharedShape>(['artifact', 'share', id, ...more])

beforeAll(async () => {
  ;({ hq, desk, build } = (await startCompany(['hq', 'desk', 'build'], { apart: false })).at)
})

test('a file is nobody’s until it is shared with a machine, which then fetches it as it was', async () => {
  const bytes = randomBytes(3_000_000)
  const id = await put(bytes)
  const refused = await build.karo(['artifact', 'get', id, '--at', 'desk', '-o', join(place, 'never')])
  expect(refused).toMatchObject({ code: 4, stderr: expect.stringContaining('no artifact of that id') })
  await share(id, '--to', 'build', '--for', '1h')
  const out = join(place, 'fetched')
  const got = await build.karo(['artifact', 'get', id.slice(0, 12), '--at', 'desk', '-o', out])
  expect(got, got.stderr).toMatchObject({ code: 0 })
  expect(readFileSync(out).equals(bytes)).toBe(true)
  // It was not shared with the third one.
  expect((await hq.karo(['artifact', 'get', id, '--at', 'desk', '-o', join(place, 'no')])).code).toBe(4)
  const { artifacts } = await build.json<ArtifactListShape>(['artifact', 'list'])
  expect(artifacts).toMatchObject([{ id, name: NAME, source: 'from desk' }])
  const reads = await entries(desk, 'artifact_read')
  expect(reads).toMatchObject([
    { success: true, peer: (await build.status()).node_id, details: { bytes: bytes.length } },
  ])
  const [asked] = await entries(build, 'agent_asked')
  expect(asked).toMatchObject({ trace_id: reads[0]?.trace_id, details: { operation: 'artifact' } })
  for (const node of [desk, build]) {
    const { stdout } = await node.karo(['audit', 'log', '--json', '--limit', '500'])
    for (const word of [NAME, id]) for (const text of [stdout, node.log()]) expect(text).not.toContain(word)
  }
})

test('a link works from standard input until it is taken back, and is in no log or ledger', async () => {
  const id = await put(Buffer.from('said once\n'), 'note.txt')
  const { link } = await share(id)
  const got = await hq.karo(['artifact', 'get', '-'], `${link}\n`)
  expect(got, got.stderr).toMatchObject({ code: 0, stdout: 'said once\n' })
  const { shares } = await desk.json<ArtifactSharesShape>(['artifact', 'shares'])
  expect(shares).toMatchObject([{ artifact: id, reads: 1, audience: null }, { reads: 1 }])
  expect(JSON.stringify(shares)).not.toContain(link.slice(-40))
  expect((await desk.karo(['artifact', 'unshare', id])).stdout).toBe('One share has ended.\n')
  expect((await build.karo(['artifact', 'get', link])).code).toBe(4)
  const only = await share(id, '--to', 'build')
  expect((await hq.karo(['artifact', 'get', only.link])).code).toBe(4)
  expect((await build.karo(['artifact', 'get', only.link])).stdout).toBe('said once\n')
  const damaged = await build.karo(['artifact', 'get', '-'], `${link.slice(0, -9)}\n`)
  expect(damaged).toMatchObject({ code: 2, stderr: expect.stringContaining('it was cut or changed') })
  for (const node of [hq, desk, build]) {
    const { stdout } = await node.karo(['audit', 'log', '--json', '--limit', '500'])
    for (const text of [stdout, node.log()]) expect(text).not.toContain(link.slice(11, 60))
  }
})
