// Runs the built program once, so that the code that V8 compiles lies beside it before anybody waits for it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const ENTRY = join(import.meta.dirname, '../dist/karo.js')
/** What shells and scripts run often; the last one to run has the code of all before it. */
const COMMANDS = [
  ['--help'],
  ['--version'],
  ['check', "git status && rm -rf '/tmp/x'"],
  ['check', 'ls'],
  ['status'],
]
const PATIENCE_MS = 20_000

/** A daemon, then short commands beside it. What goes wrong here leaves the compiling to the first run that needs it. */
export async function keepCode(): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'karo-code-'))
  const env = {
    PATH: process.env.PATH,
    KARO_HOME: home,
    KARO_CODE_CACHE: 'again',
    KARO_MESH_PORT: '0',
    KARO_MESH_LISTEN: '127.0.0.1',
    KARO_HTTP_PORT: '0',
    KARO_DISCOVERY_MDNS: 'false',
  }
  const start = (args: readonly string[]) => {
    const child = spawn(process.execPath, [ENTRY, ...args], { env, stdio: 'ignore' })
    return { child, ended: once(child, 'close') }
  }
  try {
    const daemon = start(['up'])
    await answers(join(home, 'karo.sock'), Date.now() + PATIENCE_MS)
    for (const args of COMMANDS) await start(args).ended
    daemon.child.kill()
    await daemon.ended
    for (const args of COMMANDS) await start(args).ended
  } finally {
    rmSync(home, { recursive: true, force: true })
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
