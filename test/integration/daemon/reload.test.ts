// A node that a service manager runs: SIGHUP takes over its configuration while it works, or leaves it all as it was.
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { createConnection, type Socket } from 'node:net'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { append, liveName, records } from '../../support/data/spool.ts'
import { cleanEnv, runKaro, startNode, type TestNode, temporaryHome } from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'

let ash: TestNode
let birch: TestNode
let birchId: string
let first: string

/** A home with a key, so that the others' files can name it before it runs. */
async function newNode(name: string): Promise<{ name: string; home: string; id: string }> {
  const home = temporaryHome()
  const made = await runKaro(['init', '--json'], cleanEnv(home))
  return { name, home, id: (JSON.parse(made.stdout) as { node_id: string }).node_id }
}

beforeAll(async () => {
  const [a, b] = [await newNode('ash'), await newNode('birch')]
  birchId = b.id
  const start = async (of: typeof a, config: string): Promise<TestNode> => {
    writeFileSync(join(of.home, 'config.toml'), `[node]\nname = "${of.name}"\n${config}`, { mode: 0o600 })
    // Nobody listens there: what makes it a service is that it was told of a manager.
    return startNode({ name: of.name, home: of.home, env: { NOTIFY_SOCKET: '@karo-test-nobody' } })
  }
  birch = await start(b, `[peers.trusted]\n"${a.id}" = { level = "peer" }\n`)
  const endpoint = /^\/ip4\/127\.0\.0\.1\/tcp\/(\d+)$/.exec((await birch.status()).mesh.listen[0] ?? '')
  first = `[discovery]\npeers = ["127.0.0.1:${endpoint?.[1]}"]\n[peers.trusted]\n"${b.id}" = { level = "peer" }\n`
  ash = await start(a, first)
  first = readFileSync(join(ash.home, 'config.toml'), 'utf8')
  await until(async () => (await ash.status()).mesh.peers_trusted === 1, { what: 'the two are linked' })
})

/** Writes the file and asks for a reload; resolves when the log has one more line with `said`. */
async function reload(text: string, said: string): Promise<void> {
  const times = (): number => ash.log().split(said).length
  const before = times()
  writeFileSync(join(ash.home, 'config.toml'), text, { mode: 0o600 })
  ash.process.kill('SIGHUP')
  await until(() => times() > before, { what: `the log says: ${said}` })
}

const stateOfBirch = async (): Promise<string | undefined> => {
  const { peers } = await ash.json<{ peers: { node_id: string; state: string }[] }>(['peers'])
  return peers.find(({ node_id }) => node_id === birchId)?.state
}

test('who is denied in the file is out at once, and back when the file lets them', async () => {
  await reload(`${first}\n[peers]\ndenied = ["${birchId}"]\n`, 'configuration reloaded')
  await until(async () => (await ash.status()).mesh.peers_connected === 0, { what: 'birch is disconnected' })
  expect(await stateOfBirch()).toBe('denied')
  expect((await ash.karo(['peers', 'trust', birchId])).code).toBe(4)
  await reload(first, 'configuration reloaded')
  await until(async () => (await ash.status()).mesh.peers_trusted === 1, { what: 'birch is back' })
})

const root = process.getuid?.() === 0
if (!root)
  process.stderr.write('only root can be somebody else: what they lose by a reload is not tried here\n')

test.runIf(root)('who is no administrator any more follows the log no longer', async () => {
  const ANN = 12_345
  const path = join(ash.home, 'karo.sock')
  chmodSync(ash.home, 0o711)
  chmodSync(path, 0o666)
  await reload(`${first}\n[access]\nadmins = ["${ANN}"]\n`, 'configuration reloaded')
  /** Follows the log as somebody; resolves when the answer has begun. */
  const following = async (
    uid: number,
  ): Promise<{ socket: Socket; ended: () => boolean; text: () => string }> => {
    process.seteuid?.(uid)
    const socket = createConnection({ path })
    process.seteuid?.(0)
    let [text, ended] = ['', false]
    socket.setEncoding('utf8').on('data', (more) => (text += String(more)))
    socket.on('error', () => {})
    socket.once('close', () => {
      ended = true
    })
    socket.write('GET /api/v1/logs?follow=true HTTP/1.1\r\nhost: karo\r\n\r\n')
    await until(() => ended || text.includes('\r\n\r\n'), { what: `the answer to ${uid}` })
    return { socket, ended: () => ended, text: () => text }
  }
  const [hers, mine] = [await following(ANN), await following(0)]
  expect(hers.text()).toContain(' 200 ')
  expect(hers.ended()).toBe(false)
  await reload(first, 'configuration reloaded')
  await until(hers.ended, { what: 'she is hung up on' })
  // Whose own node it is stays.
  expect(mine.ended()).toBe(false)
  mine.socket.destroy()
  const again = await following(ANN)
  expect(again.text()).toContain(' 403 ')
  again.socket.destroy()
  chmodSync(path, 0o600)
  chmodSync(ash.home, 0o700)
})

test('what is shared, and what is recorded, follow the file', async () => {
  const text = `${first}\n[sharing]\nmax_level = 0\nallow = { peers = ["*"] }\n[history]\nignore = ["secret *"]\n`
  await reload(text, 'configuration reloaded')
  expect(await ash.json(['share', 'show'])).toMatchObject({
    max_level: 0,
    source: 'config',
    allow: { peers: ['*'], supervisors: ['*'] },
  })
  append(join(ash.home, 'spool'), liveName(), records(['secret sesame', 'ls -l']))
  const { events } = await until(
    async () => {
      const history = await ash.json<{ total: number; events: { command: string }[] }>(['history'])
      return history.total > 0 && history
    },
    { what: 'a command is recorded' },
  )
  expect(events.map(({ command }) => command)).toEqual(['ls -l'])
})

test('a file that cannot be used leaves everything in force, and the node running', async () => {
  const before = await ash.json(['share', 'show'])
  await reload(`${first}\n[sharing]\nmax_level = 7\n`, 'the configuration was not reloaded')
  expect(ash.log()).toMatch(/"where":"[^"]*config\.toml:\d+"/)
  expect(await ash.json(['share', 'show'])).toEqual(before)
  expect((await ash.status()).health.ready).toBe(true)
  await reload(first, 'configuration reloaded')
})

test('what needs a restart is named and waits; SIGTERM still ends it', async () => {
  const { listen } = (await ash.status()).mesh
  await reload(`${first}\n[overlay]\nfull_mesh_up_to = 9\n`, '"waiting":["overlay.full_mesh_up_to"]')
  expect((await ash.status()).mesh.listen).toEqual(listen)
  expect(await ash.stop()).toEqual({ code: 0, signal: null })
})
