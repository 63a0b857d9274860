// `npm run new-account -- 18 20 24`: the README's way from a clone to a guarded bash, zsh and fish, in a new home and (as root) as
// a new user, with each of these versions of Node on the PATH. Prints the seconds of each step.
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as pty from '@lydell/node-pty'
import { until } from '../test/support/run/until.ts'
import { stopNode } from './stop-node.ts'

/** No user has this number. */
const NEW_USER = 54_321
/** The npm of that time; a later one refuses Node 18. */
const NPM = 'npm@10'
const SHELLS = ['bash', 'zsh', 'fish']
const REPOSITORY = join(import.meta.dirname, '..')
const isRoot = process.getuid?.() === 0
const user = isRoot ? { uid: NEW_USER, gid: NEW_USER } : {}

const versions = process.argv.slice(2)
if (versions.length === 0 || versions.some((version) => !/^\d{2}$/.test(version))) {
  console.error('Usage: npm run new-account -- 18 20 24')
  process.exit(2)
}
let failed = 0
for (const version of versions) {
  const home = mkdtempSync(join(tmpdir(), `karo-account-${version}-`))
  try {
    await tryVersion(version, home)
  } catch (error) {
    failed++
    console.log(`  FAILED: ${(error as Error).message}`)
  } finally {
    rmSync(home, { recursive: true, force: true, maxRetries: 5 })
  }
}
process.exit(failed === 0 ? 0 : 1)

async function tryVersion(version: string, home: string): Promise<void> {
  const runtime = join(home, 'runtime')
  mkdirSync(runtime)
  const quiet = ['--no-audit', '--no-fund', '--loglevel', 'error']
  const got = spawnSync('npm', ['install', '--prefix', runtime, ...quiet, `node@${version}`, NPM], {
    encoding: 'utf8',
  })
  if (got.status !== 0) throw new Error(got.stderr)
  const bin = join(runtime, 'bin')
  mkdirSync(bin)
  const node = join(runtime, 'node_modules/node/bin/node')
  const npm = join(runtime, 'node_modules/npm/bin/npm-cli.js')
  writeFileSync(join(bin, 'node'), `#!/bin/sh\nexec '${node}' "$@"\n`)
  writeFileSync(join(bin, 'npm'), `#!/bin/sh\nexec '${node}' '${npm}' "$@"\n`)
  for (const name of readdirSync(bin)) chmodSync(join(bin, name), 0o755)
  spawnSync('git', ['clone', '--quiet', '--depth', '1', `file://${REPOSITORY}`, join(home, 'karo')])
  if (isRoot) {
    chmodSync(home, 0o755)
    chownSync(home, NEW_USER, NEW_USER)
    spawnSync('chown', ['-R', `${NEW_USER}:${NEW_USER}`, join(home, 'karo')])
  }
  const env = {
    HOME: home,
    PATH: `${bin}:/usr/local/bin:/usr/bin:/bin`,
    SHELL: '/bin/bash',
    TERM: 'xterm',
    // Beside the nodes that may run here.
    LC_ALL: 'C.UTF-8',
    KARO_MESH_PORT: '0',
    KARO_HTTP_PORT: '0',
    // The registry of this machine, which the new user has not set.
    npm_config_registry: spawnSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).stdout.trim(),
    ...(process.env.NODE_EXTRA_CA_CERTS && { NODE_EXTRA_CA_CERTS: process.env.NODE_EXTRA_CA_CERTS }),
  }
  const at = join(home, 'karo')
  console.log(`Node ${spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim()}`)
  const begun = Date.now()
  const karo = ['run', '--silent', 'karo', '--']
  const steps = [['ci'], [...karo, 'init', '--solo'], [...karo, 'up', '--background']]
  try {
    for (const step of steps) await timed(`npm ${step.join(' ')}`, () => run('npm', step, at, env))
    for (const shell of SHELLS) {
      const install = [...karo, 'shell', 'install', shell]
      await timed(`npm ${install.join(' ')}`, () => run('npm', install, at, env))
      await timed(`a new ${shell} knows karo, and its guard asks`, () => guardedShell(shell, home, env))
    }
    console.log(`  ${seconds(begun)} in all`)
  } finally {
    stopNode(join(home, '.local/share/karo'))
  }
}

function seconds(since: number): string {
  return `${((Date.now() - since) / 1000).toFixed(1).padStart(6)} s`
}

async function timed(what: string, work: () => Promise<unknown>): Promise<void> {
  const since = Date.now()
  await work()
  console.log(`  ${seconds(since)}  ${what}`)
}

/** Throws with what the program said where it fails; what `npm ci` says beside its result is shown, because a new user reads it. */
function run(program: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<void> {
  return new Promise((done, fail) => {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], ...user })
    let said = ''
    let warned = ''
    child.stdout.on('data', (data) => (said += data))
    child.stderr.on('data', (data) => (warned += data))
    child.on('error', fail)
    child.on('close', (code) => {
      if (warned.trim() !== '') console.log(warned.trim().replaceAll(/^/gm, '      | '))
      if (code === 0) done()
      else fail(new Error(`${program} ${args.join(' ')}: ${said}`))
    })
  })
}

async function guardedShell(
  name: string,
  home: string,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const shell = pty.spawn(name, ['-i'], { cwd: home, env, cols: 100, rows: 30, ...user })
  let output = ''
  shell.onData((text) => (output += text))
  const shows = async (wanted: RegExp) => {
    try {
      await until(() => wanted.test(output), { what: `${wanted} at the terminal` })
    } catch (error) {
      throw new Error(`${(error as Error).message}; it shows: ${JSON.stringify(output.slice(-800))}`)
    }
  }
  try {
    // What is typed before the first prompt may go to a program of the start files.
    await shows(/[$#%>] ?[^\n]*$/)
    shell.write('karo status | head -3; echo "=="status"=="\r')
    await shows(/state +ready[\s\S]*==status==/i)
    shell.write('git push --force origin main\r')
    await shows(/Run it\?/)
    shell.write('n')
  } finally {
    shell.kill('SIGKILL')
  }
}
