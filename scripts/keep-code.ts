// Runs the built program once, so that the code that V8 compiles lies beside it before anybody waits for it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const ENTRY = join(import.meta.dirname, '../dist/karo.js')
/** Short commands; the last one to run has the code of all before it. */
const COMMANDS = join(import.meta.dirname, '../packaging/keep-code.sh')
const PATIENCE_MS = 20_000

/** What two daemons that know each other are asked, so that the first question after a start finds its code compiled on both sides. */
const QUESTIONS = [
  ['query', 'tools'],
  ['query', 'safety'],
]
/** Until two daemons are linked and have answered; later than this their code is kept without it (see KEPT_AFTER_MS of the daemon). */
const TOGETHER_MS = 4_000

/**
 * Two daemons on loopback that ask each other, then short commands beside them. What goes wrong here leaves the compiling to the
 * first run that needs it.
 */
export async function keepCode(): Promise<void> {
  const homes = ['one', 'other'].map((name) => mkdtempSync(join(tmpdir(), `karo-code-${name}-`)))
  const start = (home: string, args: readonly string[]) => run(home, process.execPath, [ENTRY, ...args])
  const run = (home: string, program: string, args: readonly string[]) => {
    const child = spawn(program, args, {
      env: {
        PATH: process.env.PATH,
        KARO_HOME: home,
        KARO_CODE_CACHE: 'again',
        KARO_MESH_PORT: '0',
        KARO_MESH_LISTEN: '127.0.0.1',
        KARO_HTTP_PORT: '0',
        KARO_DISCOVERY_MDNS: 'false',
      },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    let printed = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text
    })
    return { child, ended: once(child, 'close').then(() => printed) }
  }
  const commands = (home: string) => run(home, 'sh', [COMMANDS, home, process.execPath, ENTRY])
  const [one = '', other = ''] = homes
  const daemons: ReturnType<typeof start>[] = []
  try {
    const ids = await Promise.all(
      homes.map(async (home) => idOf(await start(home, ['init', '--json']).ended)),
    )
    for (const [i, home] of homes.entries()) writeFileSync(join(home, 'config.toml'), knowing(ids[1 - i]))
    daemons.push(start(one, ['up']))
    await answers(join(one, 'karo.sock'), Date.now() + PATIENCE_MS)
    const { mesh } = parsed<{ mesh?: { listen?: readonly string[] } }>(
      await start(one, ['status', '--json']).ended,
    )
    writeFileSync(join(other, 'config.toml'), knowing(ids[0], hostAndPort(mesh?.listen?.[0])))
    daemons.push(start(other, ['up']))
    const late = Date.now() + TOGETHER_MS
    await answers(join(other, 'karo.sock'), Date.now() + PATIENCE_MS)
    while (Date.now() < late && !(await isLinked(start(other, ['status', '--json'])))) await sleep(100)
    for (const home of homes) for (const args of QUESTIONS) await start(home, args).ended
    await commands(one).ended
    // One after the other, because each writes the same files at its end.
    for (const { child, ended } of daemons) {
      child.kill()
      await ended
    }
    await commands(one).ended
  } finally {
    // Where something failed, they run still.
    for (const { child } of daemons) child.kill()
    for (const home of homes) rmSync(home, { recursive: true, force: true })
  }
}

/** A configuration that trusts the other one, may tell it everything, and connects to where it listens. */
const knowing = (id: string | undefined, at?: string): string =>
  [
    `[discovery]\npeers = ${JSON.stringify(at === undefined ? [] : [at])}`,
    '[sharing]\nallow = { peers = ["*"] }',
    id === undefined ? '' : `[peers.trusted]\n"${id}" = { name = "other" }`,
    '',
  ].join('\n')

/** Of a multiaddr `/ip4/127.0.0.1/tcp/9238`. */
const hostAndPort = (address = ''): string | undefined =>
  /^\/ip4\/([\d.]+)\/tcp\/(\d+)$/.exec(address)?.slice(1).join(':')

const idOf = (printed: string): string | undefined => parsed<{ node_id?: string }>(printed).node_id

const isLinked = async ({ ended }: { readonly ended: Promise<string> }): Promise<boolean> =>
  parsed<{ mesh?: { peers_trusted?: number } }>(await ended).mesh?.peers_trusted === 1

/** What a command printed as JSON; nothing of it if it is none. */
function parsed<T extends object>(printed: string): Partial<T> {
  try {
    return JSON.parse(printed) as T
  } catch {
    return {}
  }
}

/** Until the socket takes a connection, or `deadline` (milliseconds since the epoch) has passed. */
async function answers(socket: string, deadline: number): Promise<void> {
  while (Date.now() < deadline) {
    const connection = connect(socket)
    const open = await Promise.race([
      once(connection, 'connect').then(() => true),
      once(connection, 'error').then(() => false),
    ]).catch(() => false)
    connection.destroy()
    if (open) return
    await sleep(50)
  }
}
