// A command line in a process of its own and in the test's process: the same words, the same exit code, for every command.
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { COMMANDS } from '../../../src/cli/commands.ts'
import { append, liveName, records } from '../../support/data/spool.ts'
import { fitsHere, runHere } from '../../support/node/in-process.ts'
import { cleanEnv, runProgram, startNode, type TestNode, temporaryHome } from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'

type Line = readonly string[]

/**
 * Of each first word one line, and more of those whose answers come another way: what fails before a daemon is asked, what it
 * refuses, a document instead of text, standard input.
 */
const LINES: Readonly<Record<string, readonly Line[]>> = {
  status: [['status'], ['status', '--json'], ['status', 'surplus']],
  approvals: [
    ['approvals', 'list'],
    ['approvals', 'deny', '3f9a', '--json'],
  ],
  cap: [['cap', 'grant', 'kExecutor:build', 'fs.eat:/']],
  doctor: [['doctor', '--only', 'home.key']],
  // What succeeds has a code of its own each time.
  dashboard: [['dashboard', '--nonsense']],
  events: [['events', '--nonsense']],
  report: [['report', 'thresholds']],
  shell: [['shell', 'init', 'bash']],
  history: [['history'], ['history', '--limit', 'many']],
  completion: [['completion', 'bash'], ['completion']],
  version: [['version']],
  export: [['export', '--format', 'none']],
  import: [['import', 'bash', '/nonexistent']],
  processes: [['processes', '--name', 'nobody-runs-this']],
  service: [['service', 'status', '--json']],
  stats: [['stats', 'week', '--json']],
  anomalies: [['anomalies']],
  knowledge: [['knowledge']],
  agent: [['agent', 'add', 'x', '--', 'no-such-program']],
  task: [['task', 'run', 'none', 'none']],
  artifact: [['artifact', 'put', '/nonexistent']],
  memory: [['memory', 'search', 'nothing']],
  prompt: [['prompt', 'add', 'x', '/nonexistent']],
  plan: [['plan', 'run', 'none']],
  model: [['model', 'test']],
  secret: [
    ['secret', 'set', 'a b'],
    ['secret', 'unlock', '--for', '1s'],
  ],
  check: [
    ['check', 'rm -rf /'],
    ['check', '-', '--json'],
  ],
  guard: [['guard', 'status']],
  explain: [
    ['explain', 'tar -xzf a.tgz'],
    ['explain', '-'],
  ],
  fix: [['fix', 'gti status']],
  ask: [['ask', 'how much memory is free']],
  hook: [['hook', 'generic']],
  peers: [['peers', 'trust', 'nobody']],
  share: [['share', 'show', '--json']],
  query: [['query', 'health', '--json']],
  audit: [
    ['audit', 'verify', '--json'],
    ['audit', 'verify', '--file', '/nonexistent'],
  ],
  ca: [['ca', 'show']],
  fleet: [['fleet', 'show']],
  invite: [['invite', 'list', '--json']],
  join: [['join', 'NO-CODE']],
  operator: [['operator', 'revoke', 'nobody']],
  login: [['login', '--credential', '/nonexistent']],
  logout: [['logout']],
  whoami: [['whoami', '--json']],
  policy: [['policy', 'show', '--json']],
  logs: [['logs', 'tail', '--lines', 'all']],
  'report-problem': [['report-problem', '--output']],
  identity: [['identity', 'show']],
  people: [['people', 'map', 'none', 'none', '--yes']],
  backup: [['backup', '/nonexistent/karo.tar']],
  token: [['token', 'revoke', 'none']],
  config: [['config', 'get', 'mesh.prot']],
}
/** Always in a process of their own: they become a daemon or a server, make a home, or have a jail. */
const NEVER_HERE = ['up', 'stop', 'run', 'mcp', 'acp', 'init', 'restore', 'demo']
/** What a script or tool would write to `check -`, `explain -` and `hook generic`. */
const INPUT = JSON.stringify({ command: 'rm -rf /' })

let node: TestNode
beforeAll(async () => {
  node = await startNode({ name: 'both' })
  append(join(node.home, 'spool'), liveName(), records(['echo one', 'ls /nonexistent']))
  await until(async () => (await node.status()).store.events === 2, { what: 'its history' })
})

/** Times, counts and ids go on between one run and the next. */
const steady = (text: string): string =>
  text
    .replace(/[0-9a-f]{16,}/g, '<id>')
    .replace(/(?:just started|up [^,]+),/, 'up a moment,')
    .replace(/\d+(\.\d+)?/g, '0')
    .replace(/\bquestions?\b/g, 'questions')

test('every command is either compared here or never runs here', () => {
  expect([...Object.keys(LINES), ...NEVER_HERE].sort()).toEqual(COMMANDS.map(({ name }) => name).sort())
  for (const word of NEVER_HERE) expect(fitsHere([word], cleanEnv('/nonexistent'))).toBe(false)
})

const all = Object.values(LINES).flat()
test.each(all.map((line) => [line.join(' '), line] as const))('karo %s', async (_, line) => {
  const env = cleanEnv(node.home, { HOME: node.home })
  expect(fitsHere(line, env)).toBe(true)
  const [whole, here] = [await runProgram(line, env, INPUT), await runHere(line, env, INPUT)]
  expect({ ...here, stdout: steady(here.stdout), stderr: steady(here.stderr) }).toEqual({
    ...whole,
    stdout: steady(whole.stdout),
    stderr: steady(whole.stderr),
  })
  expect(whole.code).not.toBe(null)
})

test('without a daemon', async () => {
  const env = cleanEnv(temporaryHome())
  for (const line of [['status', '--json'], ['history'], ['help'], ['nonsense'], []]) {
    const [whole, here] = [await runProgram(line, env), await runHere(line, env, '')]
    expect([here.code, steady(here.stdout), steady(here.stderr)]).toEqual([
      ...[whole.code, steady(whole.stdout), steady(whole.stderr)],
    ])
  }
})

test('what needs a process of its own gets one', () => {
  const env = cleanEnv('/nonexistent')
  expect(fitsHere(['status'], env)).toBe(true)
  expect(fitsHere(['status'], { ...env, KARO_HTTP_PORT: '0' })).toBe(true)
  expect(fitsHere(['status'], { ...env, TZ: 'Asia/Kathmandu' })).toBe(false)
  expect(fitsHere(['status'], { ...env, PATH: '/nowhere' })).toBe(false)
  expect(fitsHere(['import', 'undo'], { ...env, KARO_FAULT: 'after-write:1' })).toBe(false)
  expect(fitsHere(['doctor', '--repair'], env)).toBe(false)
})
