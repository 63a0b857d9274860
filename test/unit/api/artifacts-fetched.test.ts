// Fetches of artifacts from the command line through the real control socket: errors in the middle, Ctrl-C, and what members are told.
import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import type { ArtifactSharesShape } from '../../../src/api/contract/shapes.ts'
import type { Fetched } from '../../../src/api/remote/fetching.ts'
import { artifactsRoutes } from '../../../src/api/routes/agents/artifacts.ts'
import { KaroError } from '../../../src/base/errors.ts'
import { silentLog } from '../../../src/base/run/log.ts'
import { sharesView } from '../../../src/cli/commands/agents/artifact.ts'
import { runCli } from '../../../src/cli/run.ts'
import { startRig } from '../../support/api/http-rig.ts'

const SOME: Fetched = { received: 65_536, size: 131_072, artifact: null }
const ID = '4f'.repeat(32)
const MACHINE = `karo:ed25519:${'A'.repeat(43)}`
const PERSON = `karo:ed25519:${'A'.repeat(42)}E`
const SHARE = { id: ID, audience: null, created_at: 0, ends_at: 1, read_at: 0, reads: 0 }
type Deps = Parameters<typeof artifactsRoutes>[0]

/** `karo artifact get` against a daemon whose fetches are those. */
async function get(fetched: (signal: AbortSignal) => AsyncGenerator<Fetched, void>, ...more: string[]) {
  const fetching: Deps['fetching'] = { fetch: async (_asked, _wanted, signal) => fetched(signal) }
  const { socket } = await startRig([
    artifactsRoutes({ fetching, artifacts: {}, fleet: {}, log: silentLog } as unknown as Deps),
  ])
  let err = ''
  const code = await runCli(['artifact', 'get', ID, '--at', 'desk', ...more], {
    env: { KARO_HOME: dirname(socket) },
    stdout: { write: () => {} },
    stderr: { write: (text) => (err += text) },
  })
  return { code, err }
}

test.each([
  ['before the first line', []],
  ['in the middle', [SOME]],
])('an error %s is shown with its hint, and decides the exit code', async (_, before) => {
  const ended = await get(async function* () {
    yield* before
    throw new KaroError('refused', 'desk: it is no longer shared', { hint: 'Ask its owner.' })
  })
  expect(ended).toMatchObject({ code: 4, err: expect.stringContaining('desk: it is no longer shared') })
  expect(ended.err).toContain('Ask its owner.')
})

test('an error that nobody foresaw is told without its words, and is not taken for the end', async () => {
  const ended = await get(async function* () {
    yield SOME
    throw new Error('row 7 of table x')
  })
  expect(ended).toMatchObject({ code: 1, err: expect.stringContaining('something went wrong') })
  expect(ended.err).not.toContain('row 7')
})

test('a name that is taken is refused before anything is fetched', async () => {
  let fetches = 0
  const counted = async function* () {
    fetches++
    yield SOME
  }
  const ended = await get(counted, '-o', import.meta.filename)
  expect(ended).toMatchObject({ code: 1, err: expect.stringContaining('a file of that name') })
  expect(fetches).toBe(0)
})

test('Ctrl-C says that the same command goes on', async () => {
  const ended = await get(async function* (signal) {
    const over = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    yield SOME
    // The newest listener is that of the command.
    process.listeners('SIGINT').at(-1)?.('SIGINT')
    await over
  })
  expect(ended).toMatchObject({ code: 1, err: expect.stringContaining('interrupted') })
  expect(ended.err).toContain('run the same command again')
})

test('of more artifacts than a machine tells of, those that are left out are shown as such', async () => {
  const ids = Array.from({ length: 257 }, (_, i) => i.toString(16).padStart(64, '0'))
  const shared = (artifact: string | undefined, told: boolean) => ({ ...SHARE, artifact, told })
  const list = async () => [shared(ids[0], true), shared(ids[256], true), shared(ids[256], false)]
  const artifacts = { list: async () => [], shares: { told: async () => ids, list } }
  const operators = { list: () => [] }
  const rig = await startRig([artifactsRoutes({ artifacts, fleet: { operators } } as unknown as Deps)])
  const said = (await rig.asPerson(1000, 'GET', '/api/v1/artifacts/shares')) as ArtifactSharesShape
  expect(said.shares.map(({ left_out }) => left_out)).toEqual([false, true, false])
  const lines = sharesView(said, { colour: false, columns: 200 }).split('\n')
  expect(lines[2]).toContain('no room')
})

test.each([
  ['valid', 'bea', 409],
  ['expired', 'bea', 409],
  ['expired', 'cid', 404],
  ['valid', 'cid', 200],
  ['valid', 'ash', 200],
])('shared by name: a person whose certificate is %s, and %s', async (state, to, status) => {
  const nodes: Readonly<Record<string, string>> = { bea: MACHINE, ash: MACHINE }
  const trust = {
    resolve(who: string) {
      const node = nodes[who]
      if (node === undefined) throw new KaroError('not_found', 'nobody')
      return node
    },
    admits: () => true,
    opinion: () => ({ name: 'a machine' }),
  }
  const key = new Uint8Array(32)
  const operators = {
    list: () => ['bea', 'cid'].map((name) => ({ state, binding: { node_id: PERSON, key, name } })),
  }
  const share = { ...SHARE, artifact: ID, audience: MACHINE, told: false }
  const shares = {
    told: async () => [],
    share: async () => ({ share, link: 'karo:share/x' }),
  }
  const artifacts = { list: async () => [], shares }
  const rig = await startRig([artifactsRoutes({ artifacts, fleet: { operators }, trust } as unknown as Deps)])
  const body = { id: ID, ends_at: '2026-11-29T00:00:00.000Z', to, told: false }
  const said = rig.asPerson(1000, 'POST', '/api/v1/artifacts/share', body)
  if (status === 200) expect(await said).toMatchObject({ share: ID })
  else await expect(said).rejects.toMatchObject({ code: status === 409 ? 'conflict' : 'not_found' })
})
