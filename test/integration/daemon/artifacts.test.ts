// Artifacts on a real node by the real command line: files in and out, other accounts, and long results of agents.
import { randomBytes } from 'node:crypto'
import { chmodSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type {
  ArtifactListShape,
  ArtifactStoredShape,
  TaskLineShape,
} from '../../../src/api/contract/shapes.ts'
import { serverDirectory } from '../../support/agents/server.ts'
import { providersHere } from '../../support/muscle/muscle.ts'
import { canPlayAccounts, playedAccounts } from '../../support/node/accounts.ts'
import { callDaemon } from '../../support/node/call-daemon.ts'
import { startNode, type TestNode, temporaryHome } from '../../support/node/node.ts'
import { inTerminal } from '../../support/shell/terminal-run.ts'

const PROGRAM = realpathSync(process.execPath)
const CANARY = 'zqcanaryartifact'
const [here] = await providersHere()

let node: TestNode
const place = temporaryHome()
beforeAll(async () => {
  node = await startNode({ config: '[agents]\nenabled = true\n', env: { KARO_LOG_LEVEL: 'debug' } })
})

const list = async (at = node) => (await at.json<ArtifactListShape>(['artifact', 'list'])).artifacts
const put = (path: string, at = node) => at.json<ArtifactStoredShape>(['artifact', 'put', path])
function file(name: string, content: string | Uint8Array): string {
  const path = join(place, name)
  writeFileSync(path, content)
  return path
}

test('a file goes in and comes out as it was, and is stored once', async () => {
  const bytes = randomBytes(1_500_000)
  const path = file('one.bin', bytes)
  const { id, known } = await put(path)
  expect(known).toBe(false)
  expect((await put(path)).known).toBe(true)
  const out = join(place, 'out.bin')
  const got = await node.karo(['artifact', 'get', id.slice(0, 12), '-o', out])
  expect(got, got.stderr).toMatchObject({ code: 0 })
  expect(readFileSync(out).equals(bytes)).toBe(true)
  expect((await node.karo(['artifact', 'get', id, '-o', out])).code).toBe(1)
  const fromInput = await node.karo(['artifact', 'put', '-', '--name', 'said', '--ttl', '1h'], `${CANARY}\n`)
  expect(fromInput, fromInput.stderr).toMatchObject({ code: 0 })
  const said = fromInput.stdout.split(' ')[0] ?? ''
  expect((await node.karo(['artifact', 'get', said])).stdout).toBe(`${CANARY}\n`)
  expect((await node.karo(['artifact', 'show', said])).stdout).toContain(CANARY)
  const { stdout } = await node.karo(['audit', 'log', '--json'])
  for (const text of [stdout, node.log()]) for (const word of [CANARY, id]) expect(text).not.toContain(word)
  expect((await node.karo(['artifact', 'remove', said])).code).toBe(0)
  expect(await list()).toHaveLength(1)
})

test('a terminal is shown harmless text alone', async () => {
  const onScreen = async (id: string) => {
    const run = inTerminal(['artifact', 'get', id], node.home)
    return { code: await run.ended(), shown: run.shown() }
  }
  const text = await put(file('text', '\u001b[2J\u001b[31mred\n\tend\n'))
  expect(await onScreen(text.id)).toMatchObject({
    code: 0,
    shown: expect.stringMatching(/\\x1b\[2J\\x1b\[31mred\r?\n/),
  })
  const binary = await put(file('binary', randomBytes(1_000)))
  const refused = await onScreen(binary.id)
  expect(refused.code).toBe(2)
  expect(refused.shown).toContain('is not text')
  expect(refused.shown).toMatch(/artifact get \w+ -o\s+FILE/)
  for (const { id } of [text, binary]) expect((await node.karo(['artifact', 'remove', id])).code).toBe(0)
})

test.runIf(canPlayAccounts())('two accounts of a machine have each their own', async () => {
  const [ada, bob] = [61_277, 61_278]
  const accounts = playedAccounts()
  accounts.set({ 'karo-ada': ada, 'karo-bob': bob })
  const machine = await startNode({ name: 'machine', under: accounts.under })
  const socket = join(machine.home, 'karo.sock')
  chmodSync(machine.home, 0o711)
  chmodSync(socket, 0o666)
  const as = (uid: number, method: 'GET' | 'POST', path: string, body?: unknown) => {
    process.seteuid?.(uid)
    const answer = callDaemon({ socket }, method, `/api/v1/artifacts${path}`, body)
    process.seteuid?.(0)
    return answer as Promise<never>
  }
  const { key } = (await as(ada, 'POST', '/begin', { name: 'a' })) as { key: string }
  await expect(as(bob, 'POST', '/part', { key, at: 0, bytes: 'eA' })).rejects.toMatchObject({
    code: 'not_found',
  })
  await as(ada, 'POST', '/part', { key, at: 0, bytes: 'eA' })
  const { id } = (await as(ada, 'POST', '/finish', { key })) as { id: string }
  for (const path of [`/show?id=${id}`, `/content?id=${id}`])
    await expect(as(bob, 'GET', path)).rejects.toMatchObject({ code: 'not_found' })
  await expect(as(bob, 'POST', '/remove', { id })).rejects.toMatchObject({ code: 'not_found' })
  expect(await as(bob, 'GET', '')).toEqual({ artifacts: [] })
  expect(await list(machine)).toEqual([])
  expect(await as(ada, 'GET', '')).toMatchObject({ artifacts: [{ id }] })
  await machine.stop()
})

describe.skipIf(here?.problem !== undefined)('an agent', () => {
  test('of which a result is long has it kept as an artifact', async () => {
    const directory = serverDirectory()
    const places = ['--read', directory, '--read', PROGRAM]
    const added = inTerminal(
      ['agent', 'add', 'long', ...places, '--', PROGRAM, `${directory}/server.mjs`],
      node.home,
    )
    expect(await added.ended(), added.shown()).toBe(0)
    const ran = await node.karo(['task', 'run', 'long', 'get_long', '{"chars":1200000}', '--json'])
    const last = JSON.parse(ran.stdout.trim().split('\n').at(-1) ?? '') as TaskLineShape
    expect(last).toMatchObject({ state: 'completed' })
    const { content } = last.result as { content: { type: string; uri?: string }[] }
    const id = content.find(({ type }) => type === 'resource_link')?.uri?.replace('karo:artifact/', '') ?? ''
    expect((await list()).find((one) => one.id === id)).toMatchObject({
      source: 'kExecutor:long',
      size: 1_200_000,
    })
    expect((await node.karo(['artifact', 'get', id])).stdout).toBe('x'.repeat(1_200_000))
  })
})
