// The vault and the artifacts of people on a real node by the real command line: canaries, a jail that is given a secret, files in and out, and long results of agents.

import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { AuditEntryShape, TaskLineShape } from '../../../src/api/contract/shapes.ts'
import { serverDirectory } from '../../support/agents/server.ts'
import { providersHere } from '../../support/muscle/muscle.ts'
import { callDaemon } from '../../support/node/call-daemon.ts'
import { startNode, type TestNode, temporaryHome } from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'
import type { ArtifactListShape, ArtifactStoredShape } from '../../support/shapes.ts'
import { inTerminal } from '../../support/shell/terminal-run.ts'

const CANARY = 'zqcanarysecretvalue'
const WORDS = 'zqcanarypassphrase'
const ARTIFACT = 'zqcanaryartifact'
const PROGRAM = realpathSync(process.execPath)
const [here] = await providersHere()
if (here?.problem !== undefined) console.warn(`jails are not tried: ${here.problem}`)

let node: TestNode
let wordsFile: string
beforeAll(async () => {
  node = await startNode({
    config: '[agents]\nenabled = true\n',
    env: { KARO_LOG_LEVEL: 'debug' },
  })
  wordsFile = join(temporaryHome(), 'words')
  writeFileSync(wordsFile, `${WORDS}\n`, { mode: 0o600 })
  // Nobody types a value that has no place.
  expect(await node.karo(['secret', 'set', 'token'], '')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('you have no vault yet'),
  })
  const made = await node.karo(['secret', 'init', '--passphrase-file', wordsFile])
  expect(made, made.stderr).toMatchObject({ code: 0 })
  // And nobody chooses a passphrase that would be refused.
  expect(await node.karo(['secret', 'init'], '')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('you have a vault already'),
  })
})

/** Runs it in a terminal of its own: what opens something needs one, and what asks for a yes must not be this process. */
async function typed(...args: readonly string[]) {
  const run = inTerminal(args, node.home)
  return { code: await run.ended(), shown: run.shown() }
}
const set = async (name: string, value: string, at = node) => {
  const ran = await at.karo(['secret', 'set', name], value)
  expect(ran, ran.stderr).toMatchObject({ code: 0 })
  return ran
}
const ledger = async (type: string) =>
  (await node.json<{ entries: AuditEntryShape[] }>(['audit', 'log', '--type', type])).entries

/** Every file below the directory as one text. */
function everything(directory: string): string {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1'))
    .join('\n')
}

test('a value is shown to its person at a terminal, and is nowhere else', async () => {
  const said = [await set('token', CANARY)]
  said.push(await node.karo(['secret', 'set', 'a b'], CANARY))
  said.push(await node.karo(['secret', 'list']), await node.karo(['secret', 'show', 'token', '--json']))
  const refused = await node.karo(['secret', 'show', 'token', '--reveal'])
  expect(refused.code).toBe(4)
  said.push(refused)
  // Without a terminal the daemon itself refuses, whatever the program says.
  const asked = callDaemon({ socket: join(node.home, 'karo.sock') }, 'POST', '/api/v1/vault/secrets/reveal', {
    name: 'token',
  })
  await expect(asked).rejects.toMatchObject({ code: 'refused' })
  expect(await typed('secret', 'show', 'token', '--reveal')).toMatchObject({
    code: 0,
    shown: expect.stringContaining(CANARY),
  })
  said.push(await node.karo(['secret', 'unlock', '--passphrase-file', wordsFile]))
  await node.karo(['secret', 'rotate'])
  const tar = join(temporaryHome(), 'node.tar')
  expect((await node.karo(['backup', tar])).code).toBe(0)
  said.push(await node.karo(['audit', 'log', '--json']), await node.karo(['history', '--json']))
  const texts = [
    ...said.map(({ stdout, stderr }) => stdout + stderr),
    ...[node.log(), everything(node.home), readFileSync(tar, 'latin1')],
  ]
  for (const text of texts)
    for (const canary of [CANARY, WORDS])
      for (const form of [canary, Buffer.from(canary).toString('base64url').slice(0, -2)])
        expect(text.includes(form)).toBe(false)
  expect(await ledger('secret_read')).toMatchObject([{ success: true, details: { by: 'its person' } }])
})

const place = temporaryHome()
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
  const fromInput = await node.karo(
    ['artifact', 'put', '-', '--name', 'said', '--ttl', '1h'],
    `${ARTIFACT}\n`,
  )
  expect(fromInput, fromInput.stderr).toMatchObject({ code: 0 })
  const said = fromInput.stdout.split(' ')[0] ?? ''
  expect((await node.karo(['artifact', 'get', said])).stdout).toBe(`${ARTIFACT}\n`)
  expect((await node.karo(['artifact', 'show', said])).stdout).toContain(ARTIFACT)
  const { stdout } = await node.karo(['audit', 'log', '--json'])
  for (const text of [stdout, node.log()]) for (const word of [ARTIFACT, id]) expect(text).not.toContain(word)
  expect((await node.karo(['artifact', 'remove', said])).code).toBe(0)
  expect(await list()).toHaveLength(1)
})

test('a terminal is shown harmless text alone', async () => {
  const onScreen = (id: string) => typed('artifact', 'get', id)
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

describe.skipIf(here?.problem !== undefined)('an agent', () => {
  test('is given a secret by descriptor when its person allowed it and the gates let it start', async () => {
    await set('api', CANARY)
    const directory = serverDirectory()
    const places = ['--read', directory, '--read', PROGRAM]
    const words = [
      'agent',
      'add',
      'holder',
      ...places,
      '--secret',
      'TOKEN=api',
      '--',
      PROGRAM,
      `${directory}/server.mjs`,
    ]
    expect((await node.karo(words)).code).toBe(4)
    // With a secret that is not there it is not added, and nothing is granted to its name.
    expect((await typed(...words.map((word) => word.replace('=api', '=none')))).code).not.toBe(0)
    expect((await node.karo(['cap', 'list'])).stdout).not.toContain('holder')
    const added = await typed(...words)
    expect(added.code, added.shown).toBe(0)
    const look = async (path: string) => {
      const ran = await node.karo(['task', 'run', 'holder', 'get_file', JSON.stringify({ path }), '--json'])
      const last = JSON.parse(ran.stdout.trim().split('\n').at(-1) ?? '') as TaskLineShape
      const { content } = (last.result ?? { content: [] }) as { content: { text: string }[] }
      return content.map(({ text }) => text).join('')
    }
    const environment = await look('/proc/self/environ')
    // It is the value itself, because nothing else is masked with this name on the way out.
    expect(await look('/dev/fd/4')).toBe('[secret TOKEN]')
    expect(environment).toContain('KARO_SECRET_TOKEN=/dev/fd/4')
    expect(environment).not.toContain(CANARY)
    expect((await ledger('secret_read'))[0]).toMatchObject({
      success: true,
      details: { by: 'kExecutor:holder' },
    })
    expect(node.log()).not.toContain(CANARY)

    // What is taken back ends it, and another program of its name begins with nothing.
    expect((await node.karo(['secret', 'deny', 'api', 'holder'])).code).toBe(0)
    await until(async () => (await node.karo(['agent', 'describe', 'holder'])).stdout.includes('stopped'), {
      what: 'it is stopped',
    })
    const again = await typed('agent', 'start', 'holder')
    expect(again.code).not.toBe(0)
    expect(again.shown.replaceAll(/\s+/g, ' ')).toContain('may not have the secret api')
    expect((await node.karo(['secret', 'allow', 'api', 'holder'])).code).toBe(4)
    expect(await typed('secret', 'allow', 'api', 'holder')).toMatchObject({ code: 0 })
    expect(await typed('agent', 'start', 'holder')).toMatchObject({ code: 0 })
  })

  test('of which a result is long has it kept as an artifact', async () => {
    const directory = serverDirectory()
    const places = ['--read', directory, '--read', PROGRAM]
    const added = await typed('agent', 'add', 'long', ...places, '--', PROGRAM, `${directory}/server.mjs`)
    expect(added.code, added.shown).toBe(0)
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
