// AI coding tools with Karo's hook in their settings, or as a plugin: what is denied never runs, what ran is in the history as generated.
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { EventShape, StatisticsShape } from '../../../src/api/contract/shapes.ts'
import { definitionHash } from '../../../src/cli/adapters/codex-trust.ts'
import { leaveInSpool } from '../../../src/cli/adapters/index.ts'
import { callDaemon } from '../../support/node/call-daemon.ts'
import {
  cleanEnv,
  runKaro,
  runProgram,
  startNode,
  type TestNode,
  temporaryHome,
} from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'
import { codingTool, TOOLS } from '../../support/shell/coding-tool.ts'

/** What these tests deny by a rule of their own is harmless, should it run all the same. */
const RULES = `
[[deny]]
command = "touch forbidden*"
why = "No such file, please."
safer = "touch allowed"
`

interface Hooks {
  readonly 'tool.execute.before': (input: object, output: { args: object }) => Promise<void>
  readonly 'tool.execute.after': (input: object, output: { metadata?: object }) => Promise<void>
}

let node: TestNode
beforeAll(async () => {
  node = await startNode({ name: 'desk' })
  writeFileSync(join(node.home, 'guard.toml'), RULES, { mode: 0o600 })
})

/** A person's home and a project of theirs. */
function place(extra: Readonly<Record<string, string>> = {}, at = node.home) {
  const home = temporaryHome()
  const cwd = join(home, 'project')
  mkdirSync(cwd)
  return { home, cwd, env: cleanEnv(at, { HOME: home, ...extra }) }
}

const spoolOf = (home: string) => readdirSync(join(home, 'spool')).filter((name) => name.endsWith('.spool'))
const eventsIn = async (cwd: string): Promise<EventShape[]> =>
  (await node.json<{ events: EventShape[] }>(['history', '--cwd', cwd, '--limit', '100'])).events
const guarded = async () => (await node.json<StatisticsShape>(['stats', 'year'])).guard

describe.each(TOOLS)('%s', (name) => {
  test('asks before each command, obeys, and what it ran is recorded as generated', async () => {
    const at = place()
    const tool = codingTool(name, at)
    const karo = (...args: string[]) => runKaro(args, at.env)

    expect(await tool.run('touch before')).toMatchObject({ ran: true })
    expect(await karo('hook', 'install', name)).toMatchObject({ code: 0, stderr: '' })
    const installed = readFileSync(tool.settings)
    expect(await karo('hook', 'install', name)).toMatchObject({ code: 0 })
    expect(readFileSync(tool.settings)).toEqual(installed)

    const before = await guarded()
    expect(await tool.run('touch allowed && echo made')).toEqual({ ran: true, said: null, reason: '' })
    expect(existsSync(join(at.cwd, 'allowed'))).toBe(true)
    expect(await tool.run('touch forbidden-1')).toMatchObject({
      ran: false,
      said: 'deny',
      reason: expect.stringMatching(/No such file, please\..*Safer: `touch allowed`\./),
    })
    expect(await tool.run(String.raw`"to"'uch' f\orbidden-2; echo x`)).toMatchObject({ ran: false })
    expect(await tool.run('false')).toMatchObject({ ran: true })

    const events = await until(
      async () => {
        const found = await eventsIn(at.cwd)
        return found.length === 2 && found
      },
      { what: 'what ran' },
    )
    expect(readdirSync(at.cwd).toSorted()).toEqual(['allowed', 'before'])
    expect(events.map(({ command, shell, karo_generated }) => ({ command, shell, karo_generated }))).toEqual([
      { command: 'false', shell: 'bash', karo_generated: true },
      { command: 'touch allowed && echo made', shell: 'bash', karo_generated: true },
    ])
    const told = {
      claude: [1, 0],
      codex: [null, null],
      copilot: [null, null],
      cursor: [null, null],
      gemini: [1, 0],
    }
    expect(events.map((event) => event.exit_code)).toEqual(told[name])
    const took = name === 'claude' || name === 'cursor' ? 12 : null
    expect(events.map((event) => event.duration_ms || null)).toEqual([took, took])
    await until(async () => (await guarded()).blocked === before.blocked + 2, {
      what: 'what was denied is counted',
    })
    await until(() => spoolOf(node.home).length === 0, { what: 'nothing is left in the spool' })

    expect(await karo('hook', 'uninstall', name)).toMatchObject({ code: 0 })
    expect(await tool.run('touch forbidden-3')).toMatchObject({ ran: true })
    expect(readdirSync(at.home).filter((entry) => entry.includes('karo'))).toEqual([])
  })

  test('a risky command is asked about, or denied where the tool cannot ask', async () => {
    const at = place()
    await runKaro(['hook', 'install', name], at.env)
    const command = 'touch risky; git push --force origin main'
    const refused = await codingTool(name, { ...at, consents: false }).run(command)
    expect(refused).toMatchObject({ ran: false, reason: expect.stringContaining('--force-with-lease') })
    const asks = name !== 'codex' && name !== 'gemini'
    expect(refused.said).toBe(asks ? 'ask' : 'deny')
    expect(existsSync(join(at.cwd, 'risky'))).toBe(false)
    // The next tool's test counts from then on.
    if (!asks) return until(() => spoolOf(node.home).length === 0, { what: 'the denial is counted' })
    const before = await guarded()
    expect(await codingTool(name, at).run(command)).toMatchObject({ ran: true })
    await until(async () => (await guarded()).confirmed > before.confirmed, {
      what: 'the consent is counted',
    })
  })

  test('without karo the tool goes on or stops, as the owner said when it was installed', async () => {
    for (const onError of ['allow', 'block']) {
      const at = place({ KARO_GUARD_ON_ERROR: onError }, temporaryHome())
      await runKaro(['hook', 'install', name], at.env)
      const tool = codingTool(name, at)
      // The program is gone; the runtime stays.
      const text = readFileSync(tool.settings, 'utf8')
      writeFileSync(
        tool.settings,
        text.replaceAll(join(import.meta.dirname, '../../../dist/karo.js'), join(at.home, 'gone.js')),
      )
      expect(await tool.run('touch made')).toMatchObject({ ran: onError === 'allow' })
      expect(existsSync(join(at.cwd, 'made'))).toBe(onError === 'allow')
    }
  })
})

test('a runtime that is gone is not tried', async () => {
  const at = place()
  await runKaro(['hook', 'install', 'cursor'], at.env)
  const settings = readFileSync(join(at.home, '.cursor/hooks.json'), 'utf8')
  const gone = settings.replaceAll(process.execPath, join(at.home, 'gone'))
  const { hooks } = JSON.parse(gone) as { hooks: Record<string, { command: string }[]> }
  const line = hooks.beforeShellExecution![0]!.command
  expect(line).toContain(join(at.home, 'gone'))
  expect(spawnSync('sh', ['-c', line], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' })
})

test('karo doctor tells which hooks are not as the owner wants them now, and writes them anew', async () => {
  const at = place({}, temporaryHome())
  const doctor = async (...more: string[]) => {
    const ran = await runKaro(['doctor', '--only', 'tools.hooks', '--json', ...more], at.env)
    return (JSON.parse(ran.stdout) as { checks: { outcome: string; detail: string; fix?: string }[] })
      .checks[0]!
  }
  /** As its owner does in Codex, for the hook as it is now. */
  const trustInCodex = () => {
    const path = join(at.home, '.codex/hooks.json')
    const { hooks } = JSON.parse(readFileSync(path, 'utf8')) as {
      hooks: { PreToolUse: [{ matcher?: string; hooks: [Record<string, unknown>] }] }
    }
    const [{ matcher, hooks: own }] = hooks.PreToolUse
    const trusted = definitionHash('pre_tool_use', matcher, own[0])
    const state = `[hooks.state."${path}:pre_tool_use:0:0"]\ntrusted_hash = "${trusted}"\n`
    writeFileSync(join(at.home, '.codex/config.toml'), state)
  }
  const untrusted = { outcome: 'warn', detail: expect.stringContaining('you have not trusted it') }
  for (const name of TOOLS) await runKaro(['hook', 'install', name], at.env)
  expect(await doctor()).toMatchObject(untrusted)
  trustInCodex()
  expect(await doctor()).toMatchObject({ outcome: 'ok', detail: expect.stringContaining('Claude Code') })

  writeFileSync(join(at.env.KARO_HOME!, 'config.toml'), '[guard]\non_error = "block"\n', { mode: 0o600 })
  const found = await doctor()
  expect(found.outcome).toBe('warn')
  expect(found.detail.split('guard.on_error is "block"')).toHaveLength(TOOLS.length + 1)
  expect(found.fix).toContain(`karo hook install claude --home ${at.env.KARO_HOME}`)
  const settings = TOOLS.map((name) => codingTool(name, at).settings)
  for (const file of settings) expect(readFileSync(file, 'utf8')).toContain('|| exit 0 #')

  // Another definition is one that its owner has not looked at.
  expect(await doctor('--fix')).toMatchObject(untrusted)
  trustInCodex()
  expect(await doctor()).toMatchObject({ outcome: 'ok' })
  const after = settings.map((file) => readFileSync(file, 'utf8'))
  for (const text of after) {
    expect(text).toContain('|| exit 2 #')
    expect(text).not.toContain('exit 0')
  }

  // Of a configuration that is broken nothing is known: what is there stays.
  writeFileSync(join(at.env.KARO_HOME!, 'config.toml'), '[guard', { mode: 0o600 })
  expect(await doctor('--fix')).toMatchObject({ outcome: 'ok' })
  expect(settings.map((file) => readFileSync(file, 'utf8'))).toEqual(after)

  // An event that an earlier version did not know.
  const [claude] = settings
  const text = JSON.parse(readFileSync(claude!, 'utf8')) as { hooks: Record<string, unknown> }
  const { PostToolUseFailure: _, ...fewer } = text.hooks
  writeFileSync(claude!, JSON.stringify({ ...text, hooks: fewer }))
  expect(await doctor()).toMatchObject({
    outcome: 'warn',
    detail: expect.stringContaining('missing at some events or tools'),
  })
  const list = async () => (await runKaro(['hook', 'list'], at.env)).stdout
  expect(await list()).toMatch(/Claude Code +\S+ +stale[\s\S]*events or tools: karo hook install claude\n/)
  expect(await doctor('--fix')).toMatchObject({ outcome: 'ok' })
  expect(await list()).toMatch(/Claude Code +\S+ +yes/)
  expect(JSON.parse(readFileSync(claude!, 'utf8'))).toEqual(text)

  writeFileSync(claude!, JSON.stringify({ ...text, disableAllHooks: true }))
  expect(await doctor()).toMatchObject({ outcome: 'warn', detail: expect.stringContaining('turns them off') })
  expect(await list()).toMatch(/Claude Code +\S+ +not run[\s\S]*turns them off/)
  // In the home what would be a project's file is the person's own.
  const { stdout } = await runKaroIn(at.home, ['hook', 'list'], at.env)
  expect(stdout).toMatch(/Claude Code +\S+ +not run +– +–/)
  expect(stdout.split('turns them off')).toHaveLength(2)
})

test('the contract for any other tool: exit 4 and one document', async () => {
  const at = place()
  const ask = async (call: object) => {
    const { code, stdout } = await runKaro(['hook', 'generic'], at.env, JSON.stringify(call))
    return [code, JSON.parse(stdout)]
  }
  expect(await ask({ command: 'ls' })).toEqual([0, { decision: 'none', reason: null }])
  expect(await ask({ command: 'git push --force' })).toMatchObject([4, { decision: 'ask' }])
  expect(await ask({ command: 'touch forbidden' })).toMatchObject([4, { decision: 'deny' }])
  const ran = { event: 'after', command: 'make all', cwd: at.cwd, exit_code: 2, duration_ms: 30 }
  expect(await ask(ran)).toMatchObject([0, { decision: 'none' }])
  const [event] = await until(async () => (await eventsIn(at.cwd)).length === 1 && eventsIn(at.cwd), {
    what: 'it',
  })
  expect(event).toMatchObject({ command: 'make all', exit_code: 2, duration_ms: 30, karo_generated: true })
})

test("a denial also says that something else has changed the guard's files", async () => {
  const home = temporaryHome()
  writeFileSync(join(home, 'identity.key'), '')
  writeFileSync(join(home, 'guard.toml'), '[[allow]]\nrule = "git-force-push"\n', { mode: 0o600 })
  const { env } = place({}, home)
  const { stdout } = await runKaro(['hook', 'generic'], env, '{"command":"git push --force"}')
  const reason = expect.stringMatching(/^Karo blocked this command [\s\S]*karo guard trust/)
  expect(JSON.parse(stdout)).toMatchObject({ decision: 'deny', reason })
})

describe('settings files', () => {
  const install = (at: ReturnType<typeof place>, ...more: string[]) =>
    runKaro(['hook', 'install', 'claude', ...more], at.env)

  test('what stands there stays byte by byte, a copy is kept until it is as before', async () => {
    const at = place()
    const file = join(at.home, '.claude/settings.json')
    mkdirSync(join(at.home, '.claude'))
    const text = '{\n\t"model": "é",\n\t"hooks": { "Stop": [], "PreToolUse": [ ] }\n}\n'
    writeFileSync(file, text)
    expect(await install(at, '--dry-run')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('PreToolUse'),
    })
    expect(readFileSync(file, 'utf8')).toBe(text)
    expect((await install(at)).code).toBe(0)
    expect(readFileSync(file, 'utf8')).toContain('"Stop": []')
    expect(readFileSync(`${file}.before-karo`, 'utf8')).toBe(text)
    expect(await runKaro(['hook', 'uninstall', 'claude'], { ...at.env, CLAUDECODE: '1' })).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('Claude Code'),
    })
    await runKaro(['hook', 'uninstall', 'claude'], at.env)
    expect(readFileSync(file, 'utf8')).toBe(text)
    expect(readdirSync(join(at.home, '.claude'))).toEqual(['settings.json'])
  })

  test('a file without text gets the hook, and is without text again', async () => {
    const at = place()
    const file = join(at.home, '.claude/settings.json')
    mkdirSync(join(at.home, '.claude'))
    writeFileSync(file, '\n')
    expect(await install(at)).toMatchObject({ code: 0 })
    expect(readFileSync(file, 'utf8')).toContain('# karo hook')
    await runKaro(['hook', 'uninstall', 'claude'], at.env)
    expect(readFileSync(file, 'utf8')).toBe('\n')
  })

  test.each(['claude', 'copilot'])(
    'what it made for %s goes again, and is no sign of the tool',
    async (tool) => {
      const at = place()
      const before = readdirSync(at.home)
      const isHere = async () => {
        const { tools } = JSON.parse((await runKaro(['hook', 'list', '--json'], at.env)).stdout)
        return tools.find((one: { tool: string }) => one.tool === tool)
      }
      await runKaro(['hook', 'install', tool], at.env)
      expect(await isHere()).toMatchObject({ found: false, user: { installed: true } })
      await runKaro(['hook', 'uninstall', tool], at.env)
      expect(readdirSync(at.home).filter((name) => name === `.${tool}`)).toEqual([])
      await runKaro(['hook', 'install', tool], at.env)
      writeFileSync(join(at.home, `.${tool}/history.jsonl`), '')
      expect(await isHere()).toMatchObject({ found: true })
      await runKaro(['hook', 'uninstall', tool], at.env)
      expect(readdirSync(join(at.home, `.${tool}`))).toEqual(['history.jsonl'])
      expect(before).not.toContain(`.${tool}`)
    },
  )

  test('a project’s file that is a link to outside is refused, and a directory is no file', async () => {
    const at = place()
    const outside = join(at.home, 'outside.json')
    writeFileSync(outside, '{}')
    mkdirSync(join(at.cwd, '.claude'))
    symlinkSync(outside, join(at.cwd, '.claude/settings.json'))
    const inProject = (args: string[]) => runKaroIn(at.cwd, args, at.env)
    expect(await inProject(['hook', 'install', 'claude', '--project'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('outside'),
    })
    expect(readFileSync(outside, 'utf8')).toBe('{}')
    rmSync(join(at.cwd, '.claude/settings.json'))
    expect(await inProject(['hook', 'install', 'claude', '--project'])).toMatchObject({ code: 0 })
    // For whoever works there: nothing of this machine stands in it.
    const shared = readFileSync(join(at.cwd, '.claude/settings.json'), 'utf8')
    expect(shared).toContain('"command -v karo >/dev/null && karo hook claude || exit 0 # karo hook"')
    expect(shared).not.toContain(at.home)
    expect(existsSync(join(at.home, '.claude'))).toBe(false)
    const { tools } = JSON.parse((await inProject(['hook', 'list', '--json'])).stdout)
    expect(tools[0]).toMatchObject({
      tool: 'claude',
      found: false,
      user: { installed: false },
      project: { installed: true, file: join(realpathSync(at.cwd), '.claude/settings.json') },
    })
    mkdirSync(join(at.home, '.gemini/settings.json'), { recursive: true })
    expect((await runKaro(['hook', 'install', 'gemini'], at.env)).code).toBe(1)
  })
})

test.skipIf(process.getuid?.() !== 0)('the settings of somebody else are not changed', async () => {
  const at = place()
  const file = join(at.home, '.codex/hooks.json')
  mkdirSync(join(at.home, '.codex'))
  writeFileSync(file, '{}')
  chownSync(file, 65_534, 65_534)
  const { code, stderr } = await runKaro(['hook', 'install', 'codex'], at.env)
  expect([code, stderr]).toEqual([1, expect.stringContaining('another user')])
  expect(readdirSync(join(at.home, '.codex'))).toEqual(['hooks.json'])
  expect(readFileSync(file, 'utf8')).toBe('{}')
})

/** It begins with what ran before its first start. */
let machine: TestNode
test('what runs before the first start of a node is kept for it', async () => {
  const home = temporaryHome()
  const at = place({}, home)
  await runKaro(['hook', 'install', 'gemini'], at.env)
  expect(await codingTool('gemini', at).run('echo early')).toMatchObject({ ran: true })
  machine = await startNode({ name: 'machine', home })
  await until(async () => (await machine.json<{ total: number }>(['history'])).total === 1, { what: 'it' })
})

test.skipIf(process.getuid?.() !== 0)(
  "on the machine's node what a person's tool ran is theirs, and readable by nobody else",
  async () => {
    const [ann, group] = [12_345, 12_399]
    const spool = join(machine.home, 'spool')
    chmodSync(machine.home, 0o711)
    chownSync(spool, 0, group)
    chmodSync(spool, 0o3733)
    const ran = { command: 'echo hers', cwd: '/srv', shell: 'bash', exitCode: 0, durationMs: 1 } as const
    process.seteuid?.(ann)
    const writer = {
      directory: spool,
      uid: ann,
      pid: process.pid,
      now: Date.now(),
      secret: Buffer.alloc(16, 1),
    }
    const left = leaveInSpool([{ ran }], writer)
    process.seteuid?.(0)
    expect(left).toBe(true)
    const [name = ''] = spoolOf(machine.home)
    const { mode, uid, gid } = statSync(join(spool, name))
    expect([mode & 0o777, uid, gid]).toEqual([0o640, ann, group])
    await until(async () => (await machine.status()).spool.pending_bytes === 0, { what: 'it is read' })
    expect(await machine.json(['history'])).toMatchObject({ total: 1, events: [{ command: 'echo early' }] })
    chmodSync(join(machine.home, 'karo.sock'), 0o666)
    process.seteuid?.(ann)
    const asked = callDaemon({ socket: join(machine.home, 'karo.sock') }, 'GET', '/api/v1/history')
    process.seteuid?.(0)
    expect(await asked).toMatchObject({ events: [{ command: 'echo hers', karo_generated: true }], total: 1 })
  },
)

test('while the daemon is down the hook judges and records all the same; KARO_PAUSE keeps things out', async () => {
  const at = place()
  await runKaro(['hook', 'install', 'claude'], at.env)
  await node.stop()
  const before = spoolOf(node.home)
  const waiting = () => spoolOf(node.home).filter((name) => !before.includes(name))
  const tool = codingTool('claude', at)
  const withPause = (value: string) => codingTool('claude', { ...at, env: { ...at.env, KARO_PAUSE: value } })
  // Empty is not paused, as in the shells.
  const recording = [tool, withPause('0'), withPause('')]
  await Promise.all(Array.from({ length: 5 }, (_, n) => recording[n % 3]!.run(`echo ${n}`)))
  expect(await tool.run('touch forbidden-1')).toMatchObject({ ran: false })
  const paused = withPause('1')
  expect(await paused.run('echo private')).toMatchObject({ ran: true })
  expect(waiting()).toHaveLength(6)

  node = await startNode({ name: 'desk', home: node.home })
  const events = await until(
    async () => {
      const found = await eventsIn(at.cwd)
      return found.length >= 5 && found
    },
    { what: 'what waited' },
  )
  expect(events.map(({ command }) => command).toSorted()).toEqual([
    'echo 0',
    'echo 1',
    'echo 2',
    'echo 3',
    'echo 4',
  ])
  await until(() => waiting().length === 0, { what: 'nothing of it is left in the spool' })
})

/** As somebody would in that directory. */
function runKaroIn(cwd: string, args: readonly string[], env: NodeJS.ProcessEnv) {
  const here = process.cwd()
  process.chdir(cwd)
  try {
    return runProgram(args, env)
  } finally {
    process.chdir(here)
  }
}

describe('OpenCode, which loads a plugin', () => {
  function pluginPlace() {
    const at = place()
    mkdirSync(join(at.cwd, 'below'))
    return { ...at, file: join(at.home, '.config/opencode/plugin/karo.js') }
  }

  let loads = 0
  async function load(file: string, directory: string): Promise<Hooks> {
    const text = readFileSync(file, 'utf8')
    const module = join(directory, `plugin-${++loads}.mjs`)
    writeFileSync(module, text)
    const { Karo } = (await import(module)) as { Karo: (input: object) => Promise<Hooks> }
    return Karo({ directory })
  }

  const asks = (hooks: Hooks, callID: string, args: object) =>
    hooks['tool.execute.before']({ tool: 'bash', sessionID: 's', callID }, { args })

  test('what is denied or needs consent is thrown, what ran is in the history with its code, other tools pass', async () => {
    const { cwd, env, file } = pluginPlace()
    expect(await runKaro(['hook', 'install', 'opencode'], env)).toMatchObject({ code: 0, stderr: '' })
    const hooks = await load(file, cwd)
    await expect(asks(hooks, '1', { command: 'touch forbidden-1' })).rejects.toThrow(
      /Karo blocked.*No such file/,
    )
    await expect(asks(hooks, '2', { command: 'git push --force origin main' })).rejects.toThrow(
      /needs a person's consent/,
    )
    await asks(hooks, '3', { command: 'make all', workdir: 'below' })
    await hooks['tool.execute.after'](
      { tool: 'bash', sessionID: 's', callID: '3' },
      { metadata: { exit: 2 } },
    )
    await hooks['tool.execute.before'](
      { tool: 'read', sessionID: 's', callID: '4' },
      { args: { filePath: '/x' } },
    )
    const events = await until(
      async () => {
        const found = await node.json<{ events: EventShape[] }>(['history', '--cwd', cwd])
        return found.events.length > 0 && found.events
      },
      { what: 'what ran' },
    )
    expect(events).toMatchObject([
      { command: 'make all', cwd: join(cwd, 'below'), exit_code: 2, karo_generated: true },
    ])

    expect((await runKaro(['hook', 'list'], env)).stdout).toMatch(/opencode +OpenCode +\S+ +yes/)
    expect(await runKaro(['hook', 'uninstall', 'opencode'], env)).toMatchObject({ code: 0 })
    expect(existsSync(file)).toBe(false)
  })

  test('a plugin of somebody else of that name stays, and OPENCODE_CONFIG_DIR and XDG_CONFIG_HOME are followed', async () => {
    const { env, file } = pluginPlace()
    mkdirSync(join(file, '..'), { recursive: true })
    writeFileSync(file, 'export const Mine = async () => ({})\n')
    const refused = await runKaro(['hook', 'install', 'opencode'], env)
    expect(refused.code).not.toBe(0)
    expect(refused.stderr).toContain('it is not a file that Karo made')
    expect(readFileSync(file, 'utf8')).toContain('Mine')
    const config = temporaryHome()
    await runKaro(['hook', 'install', 'opencode'], { ...env, XDG_CONFIG_HOME: config })
    expect(existsSync(join(config, 'opencode/plugin/karo.js'))).toBe(true)
    await runKaro(['hook', 'install', 'opencode'], { ...env, OPENCODE_CONFIG_DIR: config })
    expect(existsSync(join(config, 'plugin/karo.js'))).toBe(true)
  })
})
