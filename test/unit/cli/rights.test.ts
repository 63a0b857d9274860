// Who has no right to something is told that before anything is asked of them, made, or changed; who may is told what is next.
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { expect, onTestFinished, test, vi } from 'vitest'
import { daemonAt } from '../../../src/api/contract/client/socket.ts'
import { getPeers, trustPeer } from '../../../src/api/contract/operations/peers.ts'
import { BUILD } from '../../../src/base/version.ts'
import { atHome } from '../../../src/cli/at-home.ts'
import type { CommandIo } from '../../../src/cli/command.ts'
import { doctorView } from '../../../src/cli/commands/node/doctor.ts'
import { COMMANDS } from '../../../src/cli/commands.ts'
import { startFileLooks } from '../../../src/cli/shells/start-file-looks.ts'
import { confirm, permitted } from '../../../src/cli/terminal/confirm.ts'
import type * as paths from '../../../src/config/paths.ts'
import { temporaryDirectory } from '../../support/data/database.ts'
import { playDaemon } from '../../support/node/played-daemon.ts'
import { commandLine } from '../../support/run/command-line.ts'
import { found, told } from './doctor/found.ts'

const { recordingPaths } = vi.hoisted(() => ({ recordingPaths: vi.fn<typeof paths.recordingPaths>() }))
vi.mock('../../../src/config/paths.ts', async (original) => {
  const real = await original<typeof paths>()
  return { ...real, recordingPaths: recordingPaths.mockImplementation(real.recordingPaths) }
})

const mesh = { alone: false, members_known: 0, peers_connected: 0, peers_pending: 0, alarms: [] }
const status = (you: { admin: boolean }, over: object = {}) => ({
  name: 'db-1',
  certified_as: null,
  build: BUILD,
  service: true,
  you: { uid: 1001, asks: false, ...you },
  uptime_seconds: 60,
  mesh,
  store: { events: 0 },
  agents: { state: 'off', detail: '' },
  anomalies: { unseen: 0 },
  health: { ready: true, checks: [] },
  ...over,
})
const STATUS = 'GET /api/v1/status'

async function karo(answers: Readonly<Record<string, unknown>>, ...words: string[]) {
  const { home, requests } = await playDaemon(answers, BUILD)
  const said = await commandLine(words, { env: { KARO_HOME: home, HOME: home } })
  return { ...said, home, asked: requests.map(({ line }) => line) }
}

/** A person is here to be asked, and nobody answers. */
function atTerminal(): void {
  for (const stream of [process.stdin, process.stderr]) {
    const before = stream.isTTY
    stream.isTTY = true
    onTestFinished(() => {
      stream.isTTY = before
    })
  }
}

test('nobody is asked whether to do what would be refused to them', async () => {
  atTerminal()
  const { socket, requests } = await playDaemon({ [STATUS]: status({ admin: false }) }, BUILD)
  const io = { json: false, columns: 80, call: daemonAt({ socket }).call, err: () => {} }
  const asked = confirm(io, 'Trust this node?', { shows: trustPeer, where: 'karo peers trust' })
  await expect(asked).rejects.toMatchObject({ code: 'refused', hint: expect.stringContaining('sudo') })
  expect(requests).toHaveLength(1)
  // Said beforehand, or open to everybody: nothing has to be looked up.
  expect(await confirm(io, 'Trust?', { yes: true, shows: trustPeer, where: 'x' })).toBe(true)
  await permitted(io, getPeers)
  expect(requests).toHaveLength(1)
})

test('a no is told, whatever was asked about', async () => {
  onTestFinished(() => void vi.restoreAllMocks())
  const terminal = () => Object.assign(new PassThrough(), { isTTY: true })
  vi.spyOn(process, 'stderr', 'get').mockReturnValue(terminal() as never)
  const said: string[] = []
  const io = { json: false, columns: 80, call: null as never, err: (text: string) => void said.push(text) }
  for (const [text, isYes] of [
    ['n\n', false],
    ['\n', false],
    ['yes\n', true],
  ] as const) {
    vi.spyOn(process, 'stdin', 'get').mockReturnValue(terminal().end(text) as never)
    expect(await confirm(io, 'Trust this node?', { where: 'karo peers trust' })).toBe(isYes)
  }
  expect(said).toEqual(['Nothing was changed.\n', 'Nothing was changed.\n'])
})

test('roles and teams of an operator are checked before anything is asked', async () => {
  for (const [option, words, message] of [
    ['--role', 'lead,none', "'none' stands alone"],
    ['--role', 'lead,securty', "'securty' only looks like the role security"],
    ['--team', 'a b', "'a b' is no team"],
  ] as const) {
    const to = join(temporaryDirectory(), 'carol.karo')
    const { code, err, asked } = await karo({}, 'operator', 'issue', 'carol', '--to', to, option, words)
    expect([code, asked]).toEqual([2, []])
    expect(err).toContain(message)
    expect(err).toContain(option)
  }
})

test('who may found no mesh makes no root key, and no credential of an operator', async () => {
  const folder = temporaryDirectory()
  const [key, pass, carol] = ['root.key', 'pass', 'carol.karo'].map((name) => join(folder, name))
  writeFileSync(pass ?? '', 'correct horse battery staple\n', { mode: 0o600 })
  const answers = { [STATUS]: status({ admin: false }), 'GET /api/v1/fleet': { root: null } }
  for (const line of [
    ['ca', 'init', '--root-key', key],
    ['operator', 'issue', 'carol', '--to', carol],
  ]) {
    const { code, err, asked } = await karo(answers, ...(line as string[]), '--passphrase-file', pass ?? '')
    expect([code, err]).toEqual([
      4,
      expect.stringContaining('only an administrator of this node may do this'),
    ])
    expect(asked.filter((line) => line.startsWith('POST'))).toEqual([])
  }
  expect([key, carol].map((path) => existsSync(path ?? ''))).toEqual([false, false])
})

test('the administrator of a service without a mesh is told how to join one, and nobody else is', async () => {
  const next = async (you: { admin: boolean }, over?: object) =>
    (await karo({ [STATUS]: status(you, over) })).out.includes(' joins a mesh with an invite')
  expect(await next({ admin: true })).toBe(true)
  expect(await next({ admin: false })).toBe(false)
  expect(await next({ admin: true }, { service: false })).toBe(false)
  expect(await next({ admin: true }, { certified_as: 'db-1' })).toBe(false)
  expect(await next({ admin: true }, { mesh: { ...mesh, members_known: 2 } })).toBe(false)
  expect(await next({ admin: true }, { mesh: { ...mesh, alone: true } })).toBe(false)
  // Other new machines of the network wait at each of them.
  expect(await next({ admin: true }, { mesh: { ...mesh, peers_pending: 2 } })).toBe(true)
})

test('who waits to be trusted is a next step of administrators, to whom alone it is shown', async () => {
  const waits = { mesh: { ...mesh, peers_pending: 1 } }
  for (const admin of [true, false]) {
    const { out } = await karo({ [STATUS]: status({ admin }, waits) })
    expect(out.includes(' peers pending ')).toBe(admin)
    const none = { [STATUS]: status({ admin }, waits), 'GET /api/v1/peers': { peers: [] } }
    expect((await karo(none, 'peers', 'pending')).out).toContain(admin ? 'No node waits' : 'administrators')
  }
})

test('the shells of who typed sudo are not those of root', async () => {
  const HOME = temporaryDirectory()
  const user = vi.spyOn(process, 'getuid').mockReturnValue(0)
  const doctor = async (who: object) => {
    const env = { HOME, SHELL: '/bin/bash', ...who }
    return told({
      hooks: found(
        'shell.hooks',
        {},
        { env, startFiles: () => startFileLooks({ env } as unknown as CommandIo) },
      ),
    })
  }
  expect(await doctor({})).toContain('karo shell install bash')
  expect(await doctor({ SUDO_USER: 'ann' })).toContain('karo doctor without sudo')
  const nothing = { events: [], total: 0, next: null }
  const { home } = await playDaemon(
    { [STATUS]: status({ admin: true }), 'GET /api/v1/history': nothing },
    BUILD,
  )
  const front = async (who: object, ...args: string[]) =>
    (await commandLine(args, { env: { KARO_HOME: home, HOME, ...who } })).out
  for (const args of [[], ['history']]) {
    expect(await front({}, ...args)).toContain('shell install')
    const asRoot = await front({ SUDO_USER: 'ann' }, ...args)
    expect(asRoot).not.toContain('shell install')
    if (args.length > 0) expect(asRoot).toContain('recorded yet for root')
  }
  // New shells that have the hook need no other one.
  await front({}, 'shell', 'install', 'bash')
  expect(await front({}, 'history')).toContain('recorded yet; new shells are recorded')
  expect(await front({})).not.toContain('shell install')
  rmSync(join(HOME, '.bashrc'))
  // Root who types sudo has root's shells, and who became somebody else by sudo has that account's.
  expect(await front({ SUDO_USER: 'root' })).toContain('shell install')
  user.mockReturnValue(4321)
  expect(await doctor({ SUDO_USER: 'ann' })).toContain('karo shell install bash')
  user.mockRestore()
})

test('a pattern that other programs would read as a regular expression is warned of, and set as it was typed', async () => {
  const home = temporaryDirectory()
  writeFileSync(join(home, 'config.toml'), '')
  const set = (pattern: string) =>
    commandLine(['config', 'set', 'history.ignore', pattern], { env: { KARO_HOME: home } })
  expect(await set('^vault ')).toMatchObject({ code: 0, err: expect.stringContaining('"pass *"') })
  expect(await set('vault *')).toMatchObject({ code: 0, err: '' })
})

test('a policy file that cannot be used is not set; another file may come later, which is said', async () => {
  const home = temporaryDirectory()
  const file = join(home, 'config.toml')
  writeFileSync(file, '')
  const set = (...words: string[]) => commandLine(['config', 'set', ...words], { env: { KARO_HOME: home } })
  const missing = join(home, 'missing.cedar')
  expect(await set('policy.files', missing)).toMatchObject({
    code: 2,
    err: expect.stringContaining('there is no such policy file'),
  })
  const broken = join(home, 'broken.cedar')
  writeFileSync(broken, 'permit (', { mode: 0o600 })
  expect((await set('policy.files', broken)).err).toContain(`${broken}:1`)
  expect(readFileSync(file, 'utf8')).toBe('')
  expect(await set('ask.key_file', missing)).toMatchObject({
    code: 0,
    err: expect.stringContaining('no file'),
  })
  expect(await set('ask.key_file', broken)).toMatchObject({ code: 0, err: '' })
  expect(await set('ask.key_file', '')).toMatchObject({ code: 0, err: '' })
  writeFileSync(broken, 'permit (principal, action, resource);', { mode: 0o600 })
  expect((await set('policy.files', broken)).code).toBe(0)
})

test('where the service of the machine does not run, its people are told to start it and to make no node', async () => {
  const HOME = temporaryDirectory()
  recordingPaths.mockReturnValue({ whose: 'machine', spool: '/var/spool/karo', configuration: '/etc/karo' })
  onTestFinished(() => void recordingPaths.mockReset())
  const { out } = await commandLine([], { env: { HOME } })
  expect(out).toContain('sudo systemctl start karo')
  expect(out).not.toMatch(/karo (?:init|up)/)
  const said = async (word: string) => (await commandLine(['service', word], { env: { HOME } })).out
  for (const word of ['status', 'remove']) expect(await said(word)).toContain('systemctl status karo')
  // The package's unit, which stands back where the machine's runs.
  const wants = join(HOME, '.config/systemd/user/default.target.wants')
  mkdirSync(wants, { recursive: true })
  copyFileSync('systemd/user/karo.service', join(wants, 'karo.service'))
  expect(await said('status')).toMatch(/systemctl status karo[\s\S]*kept running by your systemd/)
})

test('who may not set a key of the machine is given the whole command for who may', async () => {
  recordingPaths.mockReturnValue({ whose: 'machine', spool: '/var/spool/karo', configuration: '/etc/karo' })
  const uid = vi.spyOn(process, 'getuid').mockReturnValue(1001)
  onTestFinished(() => {
    recordingPaths.mockReset()
    uid.mockRestore()
  })
  for (const [words, command] of [
    [['set', 'access.askers', '+group:a b'], "sudo karo config set access.askers '+group:a b'"],
    [['unset', 'log.level'], 'sudo karo config unset log.level'],
    [['set', 'mesh.port', '0', '--restart'], 'sudo karo config set --restart mesh.port 0'],
    [['set', 'mesh.port', '--', '-1'], 'sudo karo config set -- mesh.port -1'],
  ] as const) {
    const { code, err } = await commandLine(['config', ...words], { env: { HOME: temporaryDirectory() } })
    expect([code, err.trim().split('\n').at(-1)?.trim()]).toEqual([4, command])
  }
})

test('the key of a service is changed by its account, and who runs it otherwise is told how, and not to make a node', async () => {
  const home = temporaryDirectory()
  recordingPaths.mockReturnValue({ whose: 'machine', spool: '/var/spool/karo', configuration: '/etc/karo' })
  onTestFinished(() => void recordingPaths.mockReset())
  for (const word of ['rotate', 'protect', 'unprotect']) {
    const { code, err } = await commandLine(['identity', word], { env: { HOME: home } })
    expect(code).toBe(4)
    expect(err).toContain(`sudo runuser -u karo -- karo identity ${word} --home /var/lib/karo`)
  }
})

test('no line of what the doctor found is wider than the terminal, but a command to be copied', () => {
  const found = { id: 'mesh.multicast', title: 'multicast', outcome: 'fail', fix: 'karo stop' } as const
  for (const detail of ['short', 'x '.repeat(20), 'of nobody who would answer '.repeat(9)]) {
    const shown = doctorView([{ ...found, detail, why: detail }], [], false, { colour: false, columns: 60 })
    expect(shown).toContain(found.id)
    for (const line of shown.split('\n')) expect(line.length, line).toBeLessThanOrEqual(60)
  }
})

test('what an administrator is advised to run begins with sudo where the node is the machine’s, and nothing else does', async () => {
  recordingPaths.mockReturnValue({ whose: 'machine', spool: '/var/spool/karo', configuration: '/etc/karo' })
  onTestFinished(() => void recordingPaths.mockReset())
  const behindSudo = { env: { SUDO_USER: 'ann' }, home: '/home/ann', commands: COMMANDS }
  const uid = vi.spyOn(process, 'getuid').mockReturnValue(0)
  expect(atHome('karo approvals approve a1f2', behindSudo)).toBe('sudo karo approvals approve a1f2')
  expect(atHome('karo approvals approve a1f2', { ...behindSudo, env: {} })).toBe(
    'karo approvals approve a1f2',
  )
  uid.mockReturnValue(1000)
  onTestFinished(() => uid.mockRestore())
  const place = { ...behindSudo, env: {} }
  expect(atHome('karo approvals approve a1f2', place)).toBe('karo approvals approve a1f2')
  // Some ask for more than what they show; the key of a service is changed by another account, which its own hint says, and nothing advises to export the ledger.
  const others = new Map([
    ['join', true],
    ['backup', true],
    ['identity rotate', false],
    ['identity new', true],
    ['audit export', false],
  ])
  for (const { load } of COMMANDS)
    for (const { name, shows } of await load()) {
      const advised = atHome(`Try it: karo ${name}, or sudo karo ${name}`, place)
      const front = (others.get(name) ?? shows?.access === 'admin') ? 'sudo ' : ''
      expect(advised, name).toBe(`Try it: ${front}karo ${name}, or sudo karo ${name}`)
    }
  expect(atHome('karo config set agents.enabled true, karo config set guard.level strict', place)).toBe(
    'sudo karo config set agents.enabled true, karo config set guard.level strict',
  )
  recordingPaths.mockReturnValue({ whose: 'own', spool: '/home/ann/spool', configuration: '/home/ann' })
  expect(atHome('karo peers trust bob', place)).toBe('karo peers trust bob')
})
