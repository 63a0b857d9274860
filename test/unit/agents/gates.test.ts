// The gates: each can only narrow, an error denies, Red is tested before Green, and the core is for nobody to approve.
import { mkdirSync, realpathSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import { ACTION_CLASSES, isRedder, kindOf } from '../../../src/agents/classes.ts'
import { type NamedGate, narrow, type Ruling } from '../../../src/agents/gates/gate.ts'
import type { Action } from '../../../src/agents/types.ts'
import { seatOf, toolAbove } from '../../../src/base/kernel/sessions.ts'
import { temporaryDirectory } from '../../support/data/database.ts'
import fc, { forAllAsyncIn } from '../../support/run/properties.ts'
import { action, approvalOf, approver, OTHER, rig, SELF, waiting, yes } from './rig.ts'

describe('put together, gates only narrow', () => {
  const ruling: fc.Arbitrary<Ruling | 'throws' | 'rejects'> = fc.oneof(
    fc.constant({ outcome: 'deny', reason: 'no' } as const),
    fc.constantFrom(...ACTION_CLASSES).map((least) => ({ outcome: 'pass', least, reason: '' }) as const),
    fc.constantFrom('throws' as const, 'rejects' as const),
  )
  const gateOf = (says: Ruling | 'throws' | 'rejects'): NamedGate => ({
    gate: 'risk',
    judge() {
      if (says === 'throws') throw new Error('broken')
      return says === 'rejects' ? Promise.reject(new Error('broken')) : says
    },
  })

  it('whatever they say, and whatever is added', async () => {
    await forAllAsyncIn(
      { numRuns: 500 },
      fc.array(ruling, { maxLength: 5 }),
      ruling,
      fc.nat(),
      fc.constantFrom(...ACTION_CLASSES),
      async (says, more, at, own) => {
        const before = await narrow(says.map(gateOf), action(), own)
        const place = at % (says.length + 1)
        const after = await narrow(says.toSpliced(place, 0, more).map(gateOf), action(), own)
        const strict = says.some((one) => typeof one === 'string' || one.outcome === 'deny')
        expect(before.outcome).toBe(strict ? 'deny' : 'pass')
        if (before.outcome === 'deny') expect(after.outcome).toBe('deny')
        if (after.outcome === 'pass') {
          expect(isRedder(before.class, after.class)).toBe(false)
          expect(isRedder(own, after.class)).toBe(false)
        }
      },
    )
  })
})

test.each([
  ['read_text_file', 'green'],
  ['readFile', 'green'],
  ['list_directory', 'green'],
  ['search_files', 'green'],
  ['get-system-info', 'green'],
  ['status', 'green'],
  ['search_and_delete', 'critical'],
  ['read_and_send', 'medium'],
  ['get_shell', 'high'],
  ['delete_file', 'critical'],
  ['transferFunds', 'critical'],
  ['edit_file', 'high'],
  ['write_file', 'high'],
  ['exec', 'high'],
  ['create_directory', 'medium'],
  ['send_email', 'medium'],
  ['deploy', 'medium'],
  ['install', 'low'],
  ['git_commit', 'low'],
  ['frobnicate', 'critical'],
  ['', 'critical'],
  ['rеad_file', 'critical'],
  ['read_file\u202e', 'critical'],
  ['constructor', 'critical'],
])('%s is %s', (tool, of) => {
  expect(kindOf(tool).class).toBe(of)
})

/** A tool of an agent of this machine that a person of this machine calls. */
const reads = (over: Partial<Action> = {}): Action =>
  action({
    agent: 'kExecutor:fs',
    tool: 'read_file',
    readOnly: true,
    argv: ['fs-server'],
    input: '{"path":"/a"}',
    requester: { node: SELF.nodeId, person: '1000' },
    ...over,
  })

describe('judging', () => {
  it('lets what only reads run, and nothing by what it says of itself alone', async () => {
    const { gates } = await rig()
    expect(await gates.judge(reads())).toMatchObject({ outcome: 'run', class: 'green' })
    expect(await gates.judge(reads({ readOnly: false }))).toMatchObject({ outcome: 'wait', class: 'low' })
    expect(await gates.judge(reads({ tool: 'write_file' }))).toMatchObject({ outcome: 'wait', class: 'high' })
    expect(await gates.judge(reads({ tool: 'frobnicate' }))).toMatchObject({
      outcome: 'wait',
      class: 'critical',
    })
  })

  it('asks about what another machine reads, unless it was granted that path', async () => {
    const all = await rig({ policy: () => ({ effect: 'allow', rule: 'x', reason: 'x' }) })
    const requester = { node: OTHER.nodeId }
    expect(await all.gates.judge(reads({ requester }))).toMatchObject({ outcome: 'wait', class: 'low' })
    const binds = [{ path: '/srv/app', write: false }]
    await all.capabilities.grant({ subject: 'kExecutor:fs', names: ['fs.read:/srv'], by: 0 })
    expect(await all.gates.judge(reads({ requester, binds }))).toMatchObject({ outcome: 'run' })
    // What holds secrets, and what an agent wrote, is looked at each time.
    const waits = { outcome: 'wait', class: 'low' }
    expect(await all.gates.judge(reads({ requester, binds, secrets: ['token'] }))).toMatchObject(waits)
    const logs = { tool: 'logs', operation: 'logs' } as const
    expect(await all.gates.judge(reads({ requester, binds, ...logs }))).toMatchObject(waits)
  })

  it('denies by policy whoever is not of this machine, and whatever is to happen elsewhere', async () => {
    const counted: string[] = []
    const { gates } = await rig({ onDenied: (gate) => void counted.push(gate) })
    expect(await gates.judge(reads({ requester: { node: OTHER.nodeId } }))).toMatchObject({ gate: 'policy' })
    expect(await gates.judge(reads({ target: OTHER.nodeId }))).toMatchObject({ gate: 'policy' })
    expect(await gates.judge(reads())).toMatchObject({ outcome: 'run' })
    expect(counted).toEqual(['policy', 'policy'])
  })

  it('denies by capability what was not granted, and says of what kind it was', async () => {
    const all = await rig()
    const binds = [{ path: '/srv/SECRET', write: true }]
    const verdict = await all.gates.judge(reads({ binds }))
    expect(verdict).toMatchObject({ outcome: 'deny', gate: 'capability' })
    expect(verdict.reason).toContain('fs.write')
    expect(JSON.stringify(all.ledger)).not.toContain('SECRET')
    const exec = { tool: 'exec', argv: ['git', 'status'], input: '' }
    expect(await all.gates.judge(reads(exec))).toMatchObject({ gate: 'capability' })
    await all.capabilities.grant({ subject: 'kExecutor:fs', names: ['proc.exec:git'], by: 0 })
    expect(await all.gates.judge(reads({ ...exec, secrets: ['token'] }))).toMatchObject({
      gate: 'capability',
      reason: expect.stringContaining('secret.read'),
    })
  })

  it('names one grant for what is run and one for places, each to who lacks it', async () => {
    const { gates } = await rig()
    const binds = [
      { path: '/srv/app', write: false },
      { path: '/srv/out', write: true },
    ]
    const exec = { tool: 'exec', argv: ['git', 'log'], binds, input: '' }
    const requester = { node: SELF.nodeId, person: '1000', agent: 'kPlanner:x' } as const
    const { hint } = (await gates.judge(reads({ ...exec, requester }))) as { hint?: string }
    expect(hint?.replaceAll("'", '')).toBe(
      'Grant it in a terminal: karo cap grant kExecutor:fs proc.exec:git && karo cap grant kExecutor:fs fs.read:/srv/app fs.write:/srv/out && karo cap grant kPlanner:x agent.task:kExecutor:fs',
    )
  })

  it('lets an agent have another one work only if it was granted that', async () => {
    const all = await rig()
    const byAgent = { requester: { node: SELF.nodeId, person: '1000', agent: 'kPlanner:x' } as const }
    expect(await all.gates.judge(reads(byAgent))).toMatchObject({ gate: 'capability' })
    // What the other one holds does not count.
    await all.capabilities.grant({ subject: 'kExecutor:fs', names: ['agent.task:kExecutor:fs'], by: 0 })
    expect(await all.gates.judge(reads(byAgent))).toMatchObject({ gate: 'capability' })
    await all.capabilities.grant({ subject: 'kPlanner:x', names: ['agent.task:kExecutor:fs'], by: 0 })
    expect(await all.gates.judge(reads(byAgent))).toMatchObject({ outcome: 'run' })
  })

  it('denies the catastrophic core, in words, on standard input, in arguments and in variables', async () => {
    const all = await rig()
    const core: Partial<Action>[] = [
      { argv: ['bash', '-c', 'rm -rf /'] },
      { argv: ['rm', '-rf', '/'] },
      { argv: ['sh'], input: 'rm -rf /' },
      { argv: ['git', 'fetch'], env: { GIT_SSH_COMMAND: 'rm -rf /' } },
      { tool: 'execute', argv: ['server'], input: '{"deep":{"command":"rm -rf /"}}' },
    ]
    for (const one of core)
      expect(await all.gates.judge(action(one))).toMatchObject({ outcome: 'deny', gate: 'risk' })
    expect(all.approvals.list).toBeDefined()
    expect(all.tables.open.size).toBe(0)
  })

  it('asks about an approved thing again when it is more dangerous now', async () => {
    const all = await rig()
    const id = await waiting(all)
    await yes(all, id)
    const { gates } = await rig({
      approvals: all.approvals,
      policy: () => ({ effect: 'deny', rule: 'org.forbid', reason: 'x' }),
    })
    expect(await gates.settled(id, action(), all.signal)).toMatchObject({ outcome: 'deny', gate: 'policy' })
  })

  it('denies when a gate fails', async () => {
    const { gates, ledger } = await rig({
      policy: () => {
        throw new Error('broken')
      },
    })
    expect(await gates.judge(action())).toMatchObject({ outcome: 'deny', gate: 'policy' })
    expect(ledger).toMatchObject([{ type: 'agent_gate', success: false }])
  })

  it('lets named patterns approve, never what is critical, from elsewhere, or has more than was looked at', async () => {
    const root = realpathSync(temporaryDirectory())
    const shop = join(root, 'shop')
    for (const name of ['shop/deep', 'shopping', 'other']) mkdirSync(join(root, name), { recursive: true })
    symlinkSync(join(root, 'other'), join(shop, 'link'))
    symlinkSync(shop, join(root, 'same'))
    const patterns = () => [
      `status: kExecutor:build exec in ${shop} git status*`,
      'old: kExecutor:build exec git log*',
      'edit: kExecutor:fs edit_file *',
      'del: kExecutor:fs delete_file *',
    ]
    const all = await rig({ patterns })
    await all.capabilities.grant({ subject: 'kExecutor:build', names: ['proc.exec:git'], by: 0 })
    const git = (over: Partial<Action> = {}) =>
      reads({
        agent: 'kExecutor:build',
        tool: 'exec',
        argv: ['git', 'status', '-s'],
        cwd: shop,
        input: '',
        ...over,
      })
    expect(await all.gates.judge(git())).toMatchObject({ outcome: 'run' })
    expect(all.tables.ended).toMatchObject([{ outcome: 'used', by: 'policy status' }])
    // The same words elsewhere, or with more that they may change.
    const wide = [{ path: root, write: true }]
    for (const subject of ['kExecutor:build', 'kExecutor:fs'])
      await all.capabilities.grant({ subject, names: [`fs.write:${root}`], by: 0 })
    const outside = ['../other', 'deep/../../other', 'deep/..', '.', '/', 'link', 'not-there']
    for (const cwd of [
      join(root, 'other'),
      join(root, 'shopping'),
      '/',
      ...outside.map((to) => `${shop}/${to}`),
    ])
      expect([cwd, await all.gates.judge(git({ cwd }))]).toMatchObject([cwd, { outcome: 'wait' }])
    for (const binds of [wide, [{ path: join(shop, 'link'), write: true }]])
      expect(await all.gates.judge(git({ binds }))).toMatchObject({ outcome: 'wait' })
    for (const cwd of [join(shop, 'deep'), join(root, 'same')])
      expect([cwd, await all.gates.judge(git({ cwd }))]).toMatchObject([cwd, { outcome: 'run' }])
    expect(await all.gates.judge(git({ argv: ['git', 'log'] }))).toMatchObject({ outcome: 'wait' })
    expect(await all.gates.judge(reads({ tool: 'edit_file' }))).toMatchObject({ outcome: 'run' })
    expect(await all.gates.judge(reads({ tool: 'edit_file', binds: wide }))).toMatchObject({
      outcome: 'wait',
    })
    expect(await all.gates.judge(git({ argv: ['git status', '-s'] }))).toMatchObject({ outcome: 'deny' })
    expect(await all.gates.judge(git({ argv: ['git', 'push'] }))).toMatchObject({ outcome: 'wait' })
    expect(await all.gates.judge(git({ input: 'x' }))).toMatchObject({ outcome: 'wait' })
    expect(await all.gates.judge(git({ env: { TZ: 'UTC' } }))).toMatchObject({ outcome: 'wait' })
    expect(await all.gates.judge(reads({ tool: 'delete_file' }))).toMatchObject({ outcome: 'wait' })
  })
})

test('of two tasks that wait for one request, the cancelled one takes away none of the other', async () => {
  const all = await rig()
  const id = await waiting(all)
  const control = [new AbortController(), new AbortController()]
  const both = control.map(({ signal }) => all.gates.settled(id, action(), signal))
  control[0]!.abort()
  expect(await both[0]).toMatchObject({ outcome: 'deny' })
  // It asks anew, also where it had not begun to wait.
  const another = approvalOf(await both[1]!)
  expect(await all.gates.settled(id, action(), all.signal)).toMatchObject({ approval: another })
  expect(all.approvals.list(approver())).toHaveLength(1)
  const last = all.gates.settled(another, action(), control[1]!.signal)
  control[1]!.abort('the daemon was stopped')
  expect(await last).toMatchObject({ outcome: 'deny' })
  expect(all.approvals.list(approver())).toEqual([])
  const reasons = all.tables.ended.map(({ reason }) => reason)
  expect(reasons).toEqual(['the daemon was stopped', 'its task has ended'])
})

describe('the kernel says who runs something', () => {
  const PTS = 34816
  const CONSOLE = 1025
  const DESKTOP = { 2: 'systemd 1 2 2 0' }
  /** Each process: its name, parent, group, session and terminal. */
  const seat = (pid: number, processes: Readonly<Record<number, string>>, daemon = 0) =>
    seatOf(pid, daemon, (at) => {
      const [name = '', ...numbers] = processes[at]?.split(' ') ?? []
      if (name === '') throw new Error('gone')
      return `${at} (${name}) S ${numbers.join(' ')} ${'0 '.repeat(14)}7 0`
    })
  const terminal = { ...DESKTOP, 9: `bash 2 9 9 ${PTS}` }
  /** An AI tool at the person's terminal, and its call. */
  const tool = { ...terminal, 20: `claude 9 20 9 ${PTS}`, 21: `sh 20 20 9 ${PTS}`, 22: `karo 21 20 9 ${PTS}` }
  const person = seat(30, { ...terminal, 30: `karo 9 30 9 ${PTS}` })

  it.each<[string | undefined, string, string[]]>([
    ['Claude Code', 'claude', []],
    ['Claude Code', 'sh', ['/bin/sh', '/home/dev/.local/bin/claude', '-p']],
    [
      'Claude Code',
      'MainThread',
      ['node', '--no-warnings', '/x/node_modules/@anthropic-ai/claude-code/cli.js'],
    ],
    ['Gemini CLI', 'MainThread', ['/usr/bin/node', '/usr/bin/gemini']],
    ['Cursor', 'node', ['/home/dev/.local/bin/cursor-agent', 'index.js']],
    ['an agent of karo acp', 'MainThread', ['node', '/usr/lib/karo/dist/karo.js', 'acp', '--', 'x']],
    [undefined, 'vim', ['vim', '/home/dev/claude']],
    [undefined, 'make', ['make', 'claude']],
    [undefined, 'sh', ['sh', '/home/dev/claude/deploy.sh']],
  ])('an AI tool, below which nobody loosens the guard: %s by %s %j', (title, name, words) => {
    const below = (env: object) =>
      toolAbove(
        { ...env },
        4,
        (pid) =>
          `${pid} (${pid === 3 ? name : 'bash'}) S ${pid - 1} ${pid} ${pid} ${PTS} ${'0 '.repeat(14)}7 0`,
        (pid) => (pid === 3 ? words : ['-bash']),
      )
    expect(below({})).toBe(title)
    // What was detached from its tool has its environment.
    expect(below({ OPENCODE: '1' })).toBe('OpenCode')
  })

  it('nobody is an agent by a name in their own command', () => {
    const [stat, words] = [
      '7 (node) S 1 7 7 0 ',
      ['node', '/usr/lib/karo/dist/karo.js', 'secret', 'show', 'acp'],
    ]
    expect(
      toolAbove(
        {},
        7,
        () => stat + '0 '.repeat(15),
        () => words,
      ),
    ).toBeUndefined()
  })

  it('a person, who types into a shell of a terminal, also as another account', () => {
    expect(person).toEqual({
      session: 9,
      sessions: ['30:7', '9:7', '2:7'],
      near: ['30:7', 'session:9'],
      terminal: true,
    })
    const sudo = { 31: `sudo 9 31 9 ${PTS}`, 32: `sudo 31 31 32 ${PTS + 1}`, 33: `bash 32 33 33 ${PTS + 1}` }
    for (const more of [sudo, { 31: `su 9 31 9 ${PTS}`, 33: `zsh 31 33 9 ${PTS}` }])
      expect(
        seat(34, { ...terminal, ...more, 34: `karo 33 34 ${more[33].split(' ')[3]} ${PTS}` }),
      ).toMatchObject({
        terminal: true,
      })
    const login = {
      4: `login 1 4 4 0`,
      5: `bash 4 5 5 ${CONSOLE}`,
      6: `sway 5 6 5 ${CONSOLE}`,
      7: `foot 6 6 5 ${CONSOLE}`,
    }
    expect(seat(9, { ...login, 8: `bash 7 8 8 ${PTS}`, 9: `karo 8 9 8 ${PTS}` })).toMatchObject({
      terminal: true,
    })
  })

  it.each<[string, number, Record<number, string>]>([
    ['a call of an AI tool', 22, tool],
    ['one behind setsid', 23, { ...tool, 23: 'karo 20 23 23 0' }],
    [
      'one with a terminal that the tool opened',
      25,
      { ...tool, 24: `bash 20 24 24 ${PTS + 1}`, 25: `karo 24 25 24 ${PTS + 1}` },
    ],
    [
      'a tool that is the first program of its terminal',
      22,
      { ...tool, 9: `claude 2 9 9 ${PTS}`, 20: `node 9 9 9 ${PTS}` },
    ],
    ['a script', 22, { ...terminal, 22: `karo 21 21 9 ${PTS}`, 21: `sh 9 21 9 ${PTS}` }],
    ['one that was detached from what started it', 22, { ...tool, 22: `karo 1 20 9 ${PTS}` }],
    ['a service', 22, { 22: 'karo 1 22 22 0' }],
    ['endless ancestors', 31, { 31: `bash 31 31 31 ${PTS}` }],
  ])('%s is no person', (_, pid, processes) => {
    expect(seat(pid, processes)).toMatchObject({ terminal: false })
  })

  it.each<[string, number, Record<number, string>]>([
    ['calls of it', 22, tool],
    [
      'in a terminal that it opened',
      25,
      { ...tool, 24: `script 20 24 9 ${PTS}`, 25: `karo 24 25 25 ${PTS + 1}` },
    ],
    ['detached, in the same session', 26, { ...terminal, 26: `karo 1 26 9 ${PTS}` }],
  ])('what an AI tool asks is of the tool: %s', (_, pid, processes) => {
    const asks = seat(22, tool)?.near ?? []
    expect(seat(pid, processes)?.sessions.some((one) => asks.includes(one))).toBe(true)
    // The person's own terminal stays theirs.
    expect(person?.sessions.some((one) => asks.includes(one))).toBe(false)
  })

  it('what asks after it was detached makes all of its terminal suspect', () => {
    const asks = seat(22, { ...terminal, 22: `karo 1 20 9 ${PTS}` })?.near ?? []
    expect(person?.sessions.some((one) => asks.includes(one))).toBe(true)
  })

  it('a person too, in a terminal that was opened by what started the daemon', () => {
    const test = {
      ...terminal,
      40: `vitest 9 40 9 ${PTS}`,
      41: 'karo 40 40 9 0',
      42: `karo 40 42 42 ${PTS + 1}`,
    }
    expect(seat(42, test, 41)).toMatchObject({ terminal: true })
    expect(seat(42, test)).toMatchObject({ terminal: false })
    // In the terminal of the daemon itself too.
    const beside = { ...terminal, 30: `karo 9 30 9 ${PTS}`, 41: `karo 9 41 9 ${PTS}` }
    expect(seat(30, beside, 41)).toMatchObject({ near: person?.near, terminal: true })
  })

  it('and nothing about what is gone', () => {
    expect(seat(99, terminal)).toBeUndefined()
  })
})
