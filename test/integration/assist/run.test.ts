// karo run: a tool in a jail, and what it tries from there; each attack is tried without a jail, too, where it works.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer as createHttp } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { KARO } from '../../support/node/in-process.ts'
import { cleanEnv, temporaryHome } from '../../support/node/node.ts'
import { track } from '../../support/run/processes.ts'
import { until } from '../../support/run/until.ts'
import { openBash } from '../../support/shell/pty.ts'

const ATTACKS = readFileSync(join(import.meta.dirname, '../../support/run/jail-attacks.mjs'))
/** Some machines of tests forbid what bubblewrap needs; nothing starts there, which is another test's. */
const noJail = spawnSync('/usr/bin/bwrap', ['--unshare-all', '--ro-bind', '/', '/', '/bin/true']).status !== 0
const RULES = '[[deny]]\ncommand = "touch forbidden*"\nwhy = "No such file, please."\n'

/** A person's home with a project in it, the home of their node, and that of somebody else. */
function machine() {
  const root = temporaryHome()
  const [home, karo, other] = ['home', 'karo', 'other'].map((name) => join(root, name)) as [
    string,
    string,
    string,
  ]
  const project = join(home, 'project')
  const files: Readonly<Record<string, string>> = {
    [join(home, '.ssh/id')]: 'key',
    [join(home, '.bashrc')]: '# mine\n',
    [join(home, '.claude/settings.json')]: '{}\n',
    [join(home, '.local/bin/claude')]: `#!/bin/sh\nexec '${process.execPath}' "$@"\n`,
    [join(other, 'secret')]: 'theirs',
    [join(karo, 'config.toml')]: '[node]\nname = "desk"\n',
    [join(karo, 'guard.toml')]: RULES,
    [join(karo, 'identity.key')]: 'key',
    [join(project, '.claude/settings.json')]: '{}\n',
    [join(project, '.aws/credentials')]: 'cloud',
    [join(project, '.github/workflows/ci.yml')]: 'on: push\n',
    [join(project, 'src/main.c')]: 'int main;\n',
    [join(project, 'attacks.mjs')]: String(ATTACKS),
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(path, '..'), { recursive: true })
    writeFileSync(path, text, { mode: path.endsWith('/claude') ? 0o700 : 0o600 })
  }
  execFileSync('git', ['init', '-q', project])
  return { root, home, karo, other, project }
}
type Machine = ReturnType<typeof machine>

/** Every file below, with what is in it. */
function snapshot(directory: string): Record<string, string> {
  const all = readdirSync(directory, { recursive: true, withFileTypes: true })
  return Object.fromEntries(
    all.map((entry) => {
      const path = join(entry.parentPath, entry.name)
      const told = entry.isFile()
        ? readFileSync(path, 'latin1')
        : entry.isSymbolicLink()
          ? readlinkSync(path)
          : 'other'
      return [path.slice(directory.length + 1), told]
    }),
  )
}
/** What the jail may change: its own home below that of the node, and what the attacks leave in the project. */
const guardedOf = ({ root }: Machine) =>
  Object.fromEntries(
    Object.entries(snapshot(root)).filter(
      ([path]) => !/^karo\/run(?:\/|$)|^karo\/karo\.sock$|^home\/project\/copy$/.test(path),
    ),
  )

const servers: Server[] = []
let port = 0
beforeAll(async () => {
  const server = createHttp((_, answer) => void answer.end('reached\n')).listen(0, '127.0.0.1')
  servers.push(server)
  await until(() => server.listening, { what: 'the port' })
  port = (server.address() as AddressInfo).port
})
afterAll(() => {
  for (const server of servers) server.close()
})

const envOf = ({ home, karo }: Machine, extra = {}) => cleanEnv(karo, { HOME: home, ...extra })
/** A program in the project, or elsewhere, without a terminal. */
function started(at: Machine, words: readonly string[], extra = {}, cwd = at.project) {
  const child = track(spawn(process.execPath, words, { cwd, env: envOf(at, extra) }))
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const over = new Promise((resolve) => child.once('close', resolve))
  return { child, over, said: () => ({ code: child.exitCode, stdout, stderr }) }
}
async function ranIn(at: Machine, words: readonly string[], extra = {}, input = '', cwd = at.project) {
  const { child, over, said } = started(at, words, extra, cwd)
  child.stdin.end(input)
  await over
  return said()
}
const runIn = (at: Machine, words: readonly string[], extra = {}, input = '') =>
  ranIn(at, [KARO, 'run', ...words], extra, input)

describe.skipIf(noJail)('attacks', () => {
  const rowsOf = async (at: Machine, inJail: boolean) => {
    const outside = track(spawn('sleep', ['600'], { stdio: 'ignore' }))
    const socket = join(at.karo, 'karo.sock')
    const abstract = `karo-${process.pid}-${inJail}`
    const listening = [socket, `\0${abstract}`].map((path) =>
      createServer((link) => link.destroy()).listen(path),
    )
    await until(() => listening.every((one) => one.listening), { what: 'both sockets' })
    servers.push(...listening)
    const words = ['attacks.mjs', JSON.stringify({ ...at, pid: outside.pid, port, socket, abstract })]
    const ran = inJail
      ? await runIn(at, ['--network', 'example.invalid', '--', 'claude', ...words], {
          PATH: `${join(at.home, '.local/bin')}:${process.env.PATH}`,
        })
      : await ranIn(at, words)
    expect(ran, ran.stderr).toMatchObject({ code: 0 })
    return { rows: JSON.parse(ran.stdout) as Record<string, string>, stderr: ran.stderr }
  }

  test('work without a jail, so that they show something', async () => {
    const { rows } = await rowsOf(machine(), false)
    const done = Object.keys(rows).filter((name) => rows[name] === 'done')
    const inFiles = Object.keys(rows).filter((name) =>
      /^(karo|home|other|beside|project|read|rename|link|hard|through|a link)/.test(name),
    )
    expect(done).toEqual(
      expect.arrayContaining([...inFiles, 'socket of the daemon', 'abstract socket', 'port of the machine']),
    )
  })

  test('are refused in the jail, and nothing outside has changed', async () => {
    const at = machine()
    const before = guardedOf(at)
    const { rows, stderr } = await rowsOf(at, true)
    expect(
      Object.entries(rows).filter(
        ([name, how]) => how === 'done' && !/^(home: \.ssh|other home|beside|karo:)/.test(name),
      ),
    ).toEqual([])
    // In a home of its own it may write where nobody looks.
    expect(guardedOf(at)).toEqual(before)
    expect(stderr).toContain(`this jail may not connect to 127.0.0.1:${port}`)
  })
})

test.skipIf(noJail)(
  'what the tool is for works: the project, its own home, git, standard streams and the exit code',
  async () => {
    const at = machine()
    const script =
      'echo made > new && mkdir -p ~/.cache && echo kept > ~/.cache/x && git add -A && git -c user.name=a -c user.email=a@b commit -qm one && cat && echo "$TOKEN_OF_OTHERS$MINE" >&2 && exit 7'
    const ran = await runIn(
      at,
      ['--network', 'none', '--', 'sh', '-c', script],
      { TOKEN_OF_OTHERS: 'secret', MINE: 'plain' },
      'typed',
    )
    expect(ran).toMatchObject({ code: 7, stdout: 'typed' })
    expect(ran.stderr).toMatch(/Left out of its environment: TOKEN_OF_OTHERS[\s\S]*\nplain\n$/)
    expect(execFileSync('git', ['log', '--format=%s'], { cwd: at.project, encoding: 'utf8' })).toBe('one\n')
    // What was made to be mounted on went into no commit, where it would now be missing; what is hidden inside did not, either.
    expect(execFileSync('git', ['status', '--short'], { cwd: at.project, encoding: 'utf8' })).toBe(
      '?? .aws/\n',
    )
    expect(existsSync(join(at.home, '.cache'))).toBe(false)
    const left = join(at.project, '.git/rebase-merge')
    const again = `mkdir ${left} && echo exec true > ${left}/git-rebase-todo && cat ${join(at.home, '.cache/x')}`
    expect(await runIn(at, ['--', 'sh', '-c', again])).toMatchObject({
      code: 0,
      stdout: 'kept\n',
      stderr: expect.stringContaining(`${left} is new or changed`) as unknown,
    })
    // What was made to be mounted on is gone again.
    expect(readdirSync(at.project).toSorted()).toEqual([
      '.aws',
      '.claude',
      '.git',
      '.github',
      'attacks.mjs',
      'new',
      'src',
    ])
  },
)

test.skipIf(noJail)(
  'the hook inside is judged outside, by the rules that the jail does not see',
  async () => {
    const at = machine()
    const call = (command: string) =>
      JSON.stringify({ hook_event_name: 'PreToolUse', tool_name: 'Bash', tool_input: { command } })
    const hook = ['--', process.execPath, KARO, 'hook', 'claude']
    expect(await runIn(at, hook, {}, call('touch allowed'))).toMatchObject({ code: 0, stdout: '' })
    const denied = await runIn(at, hook, {}, call('touch forbidden'))
    expect(denied.stdout).toMatch(/"permissionDecision":"deny".*No such file, please/)
    expect(
      (
        await runIn(
          at,
          hook,
          {},
          '{"hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":["x"]}}',
        )
      ).stdout,
    ).toMatch(/deny.*cannot be judged/)
    expect(await runIn(at, ['--', process.execPath, KARO, 'run', '--', 'true'])).toMatchObject({ code: 4 })
  },
)

test.skipIf(noJail)(
  'hook install --jail makes the tool start by its name in a jail, until it is uninstalled',
  async () => {
    const at = machine()
    const karo = (...args: string[]) => ranIn(at, [KARO, ...args])
    expect(await karo('hook', 'install', 'claude', '--jail')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('in a jail'),
    })
    const starter = join(at.karo, 'run/bin/claude')
    expect((await karo('hook', 'list')).stdout).toContain('This shell starts tools without a jail')
    const { stdout: hook } = await karo('shell', 'init', 'bash')
    const PATH = execFileSync(
      'bash',
      ['--norc', '-c', `${hook.match(/^if .*run\/bin.*$/m)?.[0]}\necho "$PATH"`],
      {
        encoding: 'utf8',
        env: { PATH: `${join(at.home, '.local/bin')}:${process.env.PATH}` },
      },
    ).trim()
    const words = ['-c', 'claude -e "console.log(process.env.KARO_RUN)"']
    const { stdout } = spawnSync('/bin/sh', words, {
      cwd: at.project,
      encoding: 'utf8',
      env: envOf(at, { PATH }),
    })
    expect(stdout).toBe('/run/karo/hook\n')
    expect((await ranIn(at, [KARO, 'hook', 'list'], { PATH })).stdout).not.toContain('This shell')
    expect(await karo('hook', 'uninstall', 'claude')).toMatchObject({ code: 0 })
    expect(existsSync(starter)).toBe(false)
  },
)

/** Sessions as `karo run list` shows them, once they are like these: one that does not answer within a second is shown as it began. */
const sessionsOf = (at: Machine, like: readonly object[]) =>
  until(
    async () => {
      const { sessions } = JSON.parse((await runIn(at, ['list', '--json'])).stdout)
      expect(sessions).toMatchObject(like)
      return sessions as readonly { readonly session: string }[]
    },
    { what: 'the sessions' },
  )
/** What `karo run allow` says of a session that answers within its time. */
const allowed = (at: Machine, session = '', ...more: readonly string[]) =>
  until(
    async () => {
      const ran = await runIn(at, ['allow', session, ...more])
      return !ran.stderr.includes('is stopped') && ran
    },
    { what: 'the session answers' },
  )

test.skipIf(noJail)(
  'a person lets it reach a host from another terminal, and it reaches that one alone',
  async () => {
    const at = machine()
    const place = `127.0.0.1:${port}`
    const asking = `import { connect } from 'node:net'
    const ask = () => connect(3128, '127.0.0.1').on('data', (piece) => console.log(String(piece))).write('GET http://${place}/ HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n')
    ask(); process.stdin.on('data', ask).once('end', () => setImmediate(() => process.stdin.destroy()))`
    writeFileSync(join(at.project, 'ask.mjs'), asking)
    const { child, over, said } = started(at, [
      KARO,
      'run',
      '--network',
      'none',
      '--',
      process.execPath,
      'ask.mjs',
    ])
    await until(
      () => said().stdout.includes('403 Forbidden') && said().stderr.includes(`--network ${place}\n`),
      {
        what: 'the denial',
      },
    )
    const [one] = await sessionsOf(at, [
      { project: at.project, network: [], denied: [`this jail may not connect to ${place}`] },
    ])
    expect(await allowed(at, one?.session, '--network', place)).toMatchObject({ code: 0 })
    child.stdin.write('again\n')
    await until(() => said().stdout.includes('reached'), {
      what: `the answer after ${JSON.stringify(said())}`,
    })
    child.stdin.end()
    await over
    expect(said()).toMatchObject({ code: 0 })
    expect(await runIn(at, ['list'])).toMatchObject({ stdout: 'No tool runs in a jail of karo run.\n' })
  },
)

test.skipIf(noJail)(
  'what it could not change is told, and a person gives it the directory from another terminal, but for what is guarded there',
  async () => {
    const at = machine()
    const shared = join(at.home, 'shared')
    for (const name of ['.git/hooks', '.ssh', 'below']) mkdirSync(join(shared, name), { recursive: true })
    writeFileSync(join(shared, '.ssh/id'), 'key')
    const before = snapshot(shared)
    const script = `try() { echo made > ${shared}/below/new && echo got it; }
      mkdir "${shared}/$(printf 'odd\\033[31m')"; try; read -r again; try
      echo no > ${shared}/.git/hooks/pre-commit; echo no > ${shared}/.envrc; cat ${shared}/.ssh/id`
    const { child, over, said } = started(at, [KARO, 'run', '--', 'sh', '-c', script])
    await until(() => said().stderr.includes(`--write '${shared}/below'`), { what: 'the denial' })
    expect(said().stderr).toContain(`this jail may not change ${shared}/below/new. To allow it`)
    const told = said().stderr.match(/^karo run: .*$/gm) ?? []
    expect(told.filter((line) => line.includes('odd'))).toEqual([
      expect.stringMatching(/may not change [^\x1b]*odd[^\x1b]*$/),
    ])
    const denied = expect.arrayContaining([`this jail may not change ${shared}/below/new`])
    const [one] = await sessionsOf(at, [{ denied }])
    const allow = (path: string) => allowed(at, one?.session, '--write', path)
    for (const path of [
      at.home,
      join(at.home, '.claude'),
      at.karo,
      '/usr/lib',
      join(at.project, '.git/hooks'),
    ])
      expect(await allow(path), path).toMatchObject({ code: 4 })
    expect(await allow(shared)).toMatchObject({ code: 0, stdout: expect.stringContaining(shared) })
    expect(await allow(join(shared, '.git/hooks'))).toMatchObject({ code: 4 })
    await sessionsOf(at, [{ write: [shared] }])
    child.stdin.end('again\n')
    await over
    expect(said().stdout).toBe('got it\n')
    expect(said().stderr).toContain(`this jail may not change ${shared}/.git/hooks/pre-commit`)
    expect(snapshot(shared)).toEqual({ ...before, 'below/new': 'made\n' })
  },
)

test.skipIf(noJail)('at a terminal: its size, Ctrl-C, Ctrl-Z and fg, and the exit code', async () => {
  const at = machine()
  const rc = join(at.root, 'rc')
  writeFileSync(rc, '')
  const bash = await openBash({
    rc,
    cwd: at.project,
    env: { HOME: at.home, KARO_HOME: at.karo, PATH: process.env.PATH ?? '' },
  })
  const run = `'${process.execPath}' '${KARO}' run --`
  expect(await bash.run(`${run} sh -c 'tty; stty size'`)).toMatch(/\/dev\/console\r\n50 200\r\n/)
  expect(await bash.run(`${run} sh -c 'exit 9'; echo code $?`)).toContain('code 9')
  bash.write(
    `${run} sh -c 'trap "echo caught; exit 3" INT; echo wait''ing; while :; do sleep 0.1; done'; echo code $?\r`,
  )
  await until(() => bash.output().includes('waiting'), { what: 'it waits' })
  const caught = bash.prompts(1)
  bash.write('\x03')
  await caught
  expect(bash.output()).toMatch(/caught[\s\S]*code 3/)
  bash.write(`${run} sh -c 'echo be''gun; read -r x; echo "got $x"'\r`)
  await until(() => bash.output().includes('begun'), { what: 'it reads' })
  const stopped = bash.prompts(1)
  bash.write('\x1a')
  await stopped
  expect(await bash.run('jobs')).toMatch(/Stopped/)
  // It is shown meanwhile, takes nothing, and holds up nobody who starts another one.
  const { sessions } = JSON.parse((await runIn(at, ['list', '--json'])).stdout)
  expect(sessions).toMatchObject([{ project: at.project, network: ['all'] }])
  expect(await runIn(at, ['allow', sessions[0].session, '--network', 'example.org'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('is stopped'),
  })
  expect(await runIn(at, ['--', 'true'])).toMatchObject({ code: 0 })
  const went = bash.prompts(1)
  bash.write('fg\r')
  bash.write('typed\r')
  await went
  expect(bash.output()).toContain('got typed')
  expect(await bash.close()).toBe(0)
})

test('nothing starts where a jail would be none: a link in a guarded place, a home, no bubblewrap', async () => {
  const at = machine()
  const link = join(at.project, '.vscode')
  execFileSync('ln', ['-s', 'src', link])
  const before = snapshot(at.project)
  expect(await runIn(at, ['--', 'touch', 'ran'])).toMatchObject({
    code: 4,
    stderr: expect.stringContaining('this is a link'),
  })
  expect(snapshot(at.project)).toEqual(before)
  expect(lstatSync(link).isSymbolicLink()).toBe(true)
  const home = await ranIn(at, [KARO, 'run', '--', 'touch', 'ran'], {}, '', at.home)
  expect(home).toMatchObject({ code: 4, stderr: expect.stringContaining('is your home') })
  expect(existsSync(join(at.home, 'ran'))).toBe(false)
})
