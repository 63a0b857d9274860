// `npm run ai-tools -- TOOL…`: installs real AI tools from npm into a temporary directory, and drives each with Karo's hook
// against a model endpoint on loopback: a command that may run, one that needs consent, one that a rule denies, a credential
// that its own reader or search would show, and files that it writes. `--jail`: each tool as karo run starts it.
import { spawn, spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Endpoint, type Kind, startEndpoint } from './ai-tools/endpoint.ts'
import { build } from './build.ts'
import { ENTRY, isFresh } from './fresh.ts'
import { installPackages } from './install-packages.ts'
import { stopNode } from './stop-node.ts'

interface Tool {
  readonly packages: string
  /** The name of its adapter, and of its command. */
  readonly hook: string
  readonly program: string
  /** Its arguments for one turn without questions. */
  readonly args: readonly string[]
  readonly env: (port: number) => Readonly<Record<string, string>>
  /** Where it looks for its settings, if it takes those of Claude Code. */
  readonly copies?: string
  /** False where the tool does not tell Karo what ran. */
  readonly records?: false
  /** Files in the home that point it to the endpoint. */
  readonly files?: (port: number) => Readonly<Record<string, string>>
}

const TOOLS: Readonly<Record<string, Tool>> = {
  'claude-code': {
    packages: '@anthropic-ai/claude-code',
    hook: 'claude',
    program: 'claude',
    args: ['-p', 'go', '--dangerously-skip-permissions'],
    env: (port) => ({
      ANTHROPIC_BASE_URL: `http://127.0.0.1:${port}`,
      ANTHROPIC_API_KEY: 'none',
      IS_SANDBOX: '1',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      DISABLE_AUTOUPDATER: '1',
    }),
  },
  codex: {
    packages: '@openai/codex',
    hook: 'codex',
    program: 'codex',
    args: [
      ...['exec', '--dangerously-bypass-approvals-and-sandbox', '--dangerously-bypass-hook-trust'],
      ...['--skip-git-repo-check', 'go'],
    ],
    env: () => ({ FAKE_KEY: 'none' }),
    files: (port) => ({
      '.codex/config.toml': `model = "gpt-6-sol"\nmodel_provider = "fake"\n[model_providers.fake]\nname = "fake"\nbase_url = "http://127.0.0.1:${port}/v1"\nwire_api = "responses"\nenv_key = "FAKE_KEY"\n`,
    }),
  },
  gemini: {
    packages: '@google/gemini-cli',
    hook: 'gemini',
    program: 'gemini',
    // A model by name: to choose one itself, it asks for JSON, and repeats that for minutes where it gets none.
    args: ['-p', 'go', '--yolo', '--skip-trust', '-m', 'gemini-2.5-flash'],
    env: (port) => ({ GEMINI_API_KEY: 'none', GOOGLE_GEMINI_BASE_URL: `http://127.0.0.1:${port}` }),
    files: () => ({
      '.gemini/settings.json':
        '{"security":{"auth":{"selectedType":"gemini-api-key"}},"general":{"disableAutoUpdate":true},"privacy":{"usageStatisticsEnabled":false}}\n',
    }),
  },
  opencode: {
    packages: 'opencode-ai',
    hook: 'opencode',
    program: 'opencode',
    args: ['run', '-m', 'fake/m', 'go'],
    env: () => ({ OPENCODE_DISABLE_MODELS_FETCH: '1', OPENCODE_DISABLE_AUTOUPDATE: '1' }),
    files: (port) => ({
      '.config/opencode/opencode.json': JSON.stringify({
        provider: {
          fake: {
            npm: '@ai-sdk/openai-compatible',
            options: { baseURL: `http://127.0.0.1:${port}/v1`, apiKey: 'none' },
            models: { m: { name: 'm', tool_call: true, limit: { context: 100_000, output: 4_000 } } },
          },
        },
      }),
    }),
  },
  qwen: {
    packages: '@qwen-code/qwen-code',
    hook: 'claude',
    program: 'qwen',
    args: ['-p', 'go', '--yolo', '--auth-type', 'openai', '-m', 'm'],
    env: (port) => ({ OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`, OPENAI_API_KEY: 'none' }),
    files: () => ({ '.qwen/settings.json': '' }),
    copies: '.qwen/settings.json',
    // The hook that runs afterwards knows the shells of Claude Code.
    records: false,
  },
  copilot: {
    packages: '@github/copilot',
    hook: 'copilot',
    program: 'copilot',
    args: ['-p', 'go', '--allow-all-tools'],
    env: (port) => ({
      COPILOT_PROVIDER_BASE_URL: `http://127.0.0.1:${port}/v1`,
      COPILOT_OFFLINE: 'true',
      // Newer models write by patches and search by `rg`.
      COPILOT_MODEL: 'gpt-5.5',
      COPILOT_PROVIDER_API_KEY: 'none',
    }),
  },
}

const STEPS = [
  { what: 'may run', command: 'touch ran-allowed; exit 3', file: 'ran-allowed', runs: true },
  {
    what: 'needs consent',
    command: 'touch ran-asked; git push --force origin main',
    file: 'ran-asked',
    runs: false,
  },
  { what: 'denied by a rule', command: 'touch forbidden', file: 'forbidden', runs: false },
  // What it typed there no hook would see.
  { what: 'opens a prompt', command: 'touch ran-prompt; bash', file: 'ran-prompt', runs: false },
] as const
/** What the tool's own reader and search are not to show, and its writer is not to write, unasked. */
const FILES: readonly { readonly kind: Kind; readonly name: string; readonly may: boolean }[] = [
  { kind: 'read', name: 'notes.txt', may: true },
  { kind: 'read', name: 'secrets.json', may: false },
  { kind: 'search', name: 'notes.txt', may: true },
  { kind: 'search', name: 'secrets.json', may: false },
  { kind: 'write', name: 'new.txt', may: true },
  { kind: 'write', name: '../.bashrc', may: false },
  { kind: 'skill', name: 'ran-skill', may: true },
  { kind: 'skill', name: 'forbidden-skill', may: false },
]

/** A skill of the project's, which some tools run commands of when they load it. */
const SKILL = 'probe'
function writeSkill(project: string, file: string): void {
  for (const directory of ['.claude', '.github', '.gemini', '.opencode', '.agents']) {
    const at = join(project, directory, 'skills', SKILL)
    mkdirSync(at, { recursive: true })
    writeFileSync(
      join(at, 'SKILL.md'),
      `---\nname: ${SKILL}\ndescription: A probe.\nallowed-tools: Bash(*)\n---\nNow: !\`touch ${file}\`\n`,
    )
  }
}

/** What no model is to be shown. */
const CANARY = 'canary-4711'
/** Milliseconds for one turn of a tool. */
const TURN_MS = 120_000

const inJail = process.argv.includes('--jail')
const wanted = process.argv.slice(2).filter((word) => word !== '--jail')
if (wanted.length === 0 || wanted.some((name) => TOOLS[name] === undefined)) {
  console.error(`Usage: npm run ai-tools -- [--jail] TOOL…\nTools: ${Object.keys(TOOLS).join(', ')}`)
  process.exit(2)
}
if (!isFresh()) await build()
let failed = 0
for (const name of wanted) failed += await tryTool(name, TOOLS[name]!)
process.exit(failed === 0 ? 0 : 1)

/** Resolves with the number of steps that went otherwise than they have to. */
async function tryTool(name: string, tool: Tool): Promise<number> {
  const home = mkdtempSync(join(tmpdir(), `karo-${name}-`))
  const endpoint = await startEndpoint()
  const env = {
    HOME: home,
    KARO_HOME: join(home, 'karo'),
    PATH: process.env.PATH ?? '',
    TERM: 'dumb',
    LC_ALL: 'C.UTF-8',
    KARO_MESH_PORT: '0',
    KARO_HTTP_PORT: '0',
    KARO_DISCOVERY_MDNS: 'false',
    ...tool.env(endpoint.port),
  }
  const karo = (...args: string[]) =>
    spawnSync(process.execPath, [ENTRY, ...args], { env, encoding: 'utf8', cwd: home })
  try {
    // A script of the package runs, because it fetches the program.
    await installPackages(join(home, 'tool'), [tool.packages], { scripts: true })
    for (const [file, text] of Object.entries(tool.files?.(endpoint.port) ?? {})) {
      mkdirSync(join(home, file, '..'), { recursive: true })
      writeFileSync(join(home, file), text)
    }
    for (const words of [
      ['init', '--solo'],
      ['up', '--background'],
    ]) {
      const done = karo(...words)
      if (done.status !== 0) throw new Error(`karo ${words.join(' ')}: ${done.stderr}`)
    }
    writeFileSync(
      join(home, 'karo/guard.toml'),
      '[[deny]]\ncommand = "touch forbidden*"\nwhy = "No such file."\n',
      {
        mode: 0o600,
      },
    )
    const installed = karo('hook', 'install', tool.hook)
    if (installed.status !== 0) throw new Error(installed.stderr)
    const program = join(home, 'tool/node_modules/.bin', tool.program)
    if (tool.copies !== undefined) copyFileSync(join(home, '.claude/settings.json'), join(home, tool.copies))
    const version = spawnSync(program, ['--version'], { env, encoding: 'utf8' })
      .stdout.trim()
      .split('\n')
      .at(-1)
    console.log(`${name} ${version}`)
    return await trySteps(tool, { home, env, endpoint, program, karo })
  } catch (error) {
    console.log(`${name}: ${(error as Error).message}`)
    return STEPS.length
  } finally {
    stopNode(join(home, 'karo'))
    endpoint.close()
    rmSync(home, { recursive: true, force: true, maxRetries: 5 })
  }
}

interface Trial {
  readonly home: string
  readonly env: Readonly<Record<string, string>>
  readonly endpoint: Endpoint
  readonly program: string
  readonly karo: (...args: string[]) => {
    readonly status: number | null
    readonly stdout: string
    readonly stderr: string
  }
}

async function trySteps(tool: Tool, { home, env, endpoint, program, karo }: Trial): Promise<number> {
  let wrong = 0
  for (const { what, command, file, runs } of STEPS) {
    const cwd = mkdtempSync(join(home, 'project-'))
    endpoint.order(command)
    const said = await turn(tool, { env, endpoint, program }, cwd)
    const ran = existsSync(join(cwd, file))
    const told = endpoint.told().join(' ')
    // A turn in which the model was told nothing of its call proves nothing.
    const isRight = ran === runs && told !== ''
    if (!isRight) wrong++
    console.log(
      `  ${isRight ? 'ok ' : 'BAD'} ${what}: ${ran ? 'ran' : 'did not run'}; the model was told: ${short(told)}`,
    )
    if (told === '') console.log(`      the tool said: ${short(said)}`)
  }
  wrong += await tryFiles(tool, { home, env, endpoint, program, karo })
  const history = karo('history', '--json')
  const { events = [] } = JSON.parse(history.stdout || '{}') as {
    events?: { command: string; exit_code: number | null; karo_generated: boolean }[]
  }
  if (history.status !== 0) console.log(`  karo history: ${short(history.stdout + history.stderr)}`)
  for (const { command, exit_code, karo_generated } of events)
    console.log(
      `  recorded: ${command} (exit ${exit_code ?? 'not known'}, ${karo_generated ? 'by a tool' : 'typed'})`,
    )
  if (tool.records === false) return wrong
  if (events.length !== 1 || events[0]?.karo_generated !== true) {
    wrong++
    console.log('  BAD exactly the command that ran has to be recorded, as one of a tool')
  }
  return wrong
}

/** The tool's own tools for files, as far as it has such. */
async function tryFiles(tool: Tool, { home, env, endpoint, program }: Trial): Promise<number> {
  let wrong = 0
  for (const { kind, name, may } of FILES) {
    const cwd = mkdtempSync(join(home, 'project-'))
    const file = join(cwd, name)
    if (kind === 'skill') writeSkill(cwd, name)
    else if (kind !== 'write') writeFileSync(file, `TOKEN=${CANARY}\n`)
    endpoint.order(kind === 'skill' ? SKILL : file, kind)
    const said = await turn(tool, { env, endpoint, program }, cwd)
    const told = endpoint.told().join(' ')
    if (told === '' && !endpoint.isOffered()) {
      console.log(`  --  it has no tool of its own to ${kind}`)
      continue
    }
    const did = kind === 'read' || kind === 'search' ? told.includes(CANARY) : existsSync(file)
    // Most tools run nothing when they load a skill, and then there is nothing to see.
    const isRight = told !== '' && (did === may || (kind === 'skill' && may))
    if (!isRight) wrong++
    const what = `${kind} ${name}: ${did ? 'done' : 'not done'}`
    console.log(`  ${isRight ? 'ok ' : 'BAD'} ${what}; the model was told: ${short(told || said)}`)
  }
  return wrong
}

function turn(
  tool: Tool,
  { env, endpoint, program }: Pick<Trial, 'env' | 'endpoint' | 'program'>,
  cwd: string,
): Promise<string> {
  const keys = Object.keys(tool.env(0)).filter((name) => name.endsWith('_KEY'))
  const jail = ['run', '--network', `127.0.0.1:${endpoint.port}`, ...keys.flatMap((name) => ['--env', name])]
  return inJail
    ? run(process.execPath, [ENTRY, ...jail, '--', program, ...tool.args], cwd, env)
    : run(program, tool.args, cwd, env)
}

function short(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length > 240 ? `${line.slice(0, 240)}…` : line || 'nothing'
}

function run(
  program: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  return new Promise((done) => {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    child.stdout.on('data', (data) => (said += data))
    child.stderr.on('data', (data) => (said += data))
    const late = setTimeout(() => child.kill('SIGKILL'), TURN_MS)
    child.on('error', (error) => (said += error.message))
    child.on('close', () => {
      clearTimeout(late)
      done(said)
    })
  })
}
