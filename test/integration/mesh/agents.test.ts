// Agents of another machine with real daemons: tasked by one operator, approved by another one elsewhere, cut off, killed, and refused.
import { chmodSync, copyFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type {
  AgentListShape,
  AgentShape,
  ApprovalShape,
  ApprovalsLogShape,
  ApprovalsShape,
  AuditEntryShape,
  CapabilitiesShape,
  TaskLineShape,
  TaskListShape,
  TaskShape,
} from '../../../src/api/contract/shapes.ts'
import { freshMark, marked, providersHere } from '../../support/muscle/muscle.ts'
import { canNamespaces, createLan, type Lan } from '../../support/node/lan.ts'
import { startNode, type TestNode, temporaryHome } from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'
import { inTerminal } from '../../support/shell/terminal-run.ts'

const [here] = await providersHere()
if (here?.problem !== undefined) console.warn(`jails are not tried: ${here.problem}`)
const spaces = canNamespaces()

const WORDS = 'nine words that nobody else in this test says'
const PROGRAM = realpathSync(process.execPath)
const PORT = 9_238

describe.skipIf(here?.problem !== undefined)('agents of another machine', () => {
  /** `hq` certifies, and is where bob approves; `desk` is where ada sits; `build` has the agents. */
  let hq: TestNode, desk: TestNode, build: TestNode
  let lan: Lan | undefined
  let ada: string, bob: string, dan: string
  /** Where the program of the agent is. */
  let server = ''

  const entries = async (node: TestNode, type: string): Promise<readonly AuditEntryShape[]> =>
    (await node.json<{ entries: AuditEntryShape[] }>(['audit', 'log', '--type', type, '--limit', '500']))
      .entries
  const logIn = async (node: TestNode, file: string, ...more: string[]) => {
    const ran = await node.karo(
      ['login', '--credential', file, '--passphrase-file', '-', ...more],
      `${WORDS}\n`,
    )
    expect(ran, ran.stderr).toMatchObject({ code: 0 })
  }
  async function issue(name: string, ...more: string[]): Promise<string> {
    const file = join(temporaryHome(), `${name}.karo`)
    const words = ['operator', 'issue', name, '--to', file, '--passphrase-file', '-', ...more]
    const ran = await hq.karo(words, `${WORDS}\n`)
    expect(ran, ran.stderr).toMatchObject({ code: 0 })
    return file
  }
  const linesOf = (stdout: string): TaskLineShape[] =>
    stdout
      .trim()
      .split('\n')
      .filter((line) => line.includes('"task":'))
      .map((line) => JSON.parse(line) as TaskLineShape)
  const run = async (tool: string, input: object, ...more: string[]) => {
    const ran = await desk.karo([
      ...['task', 'run', 'tools', tool, JSON.stringify(input), '--at', 'build', '--json'],
      ...more,
    ])
    return { ...ran, lines: linesOf(ran.stdout) }
  }
  const show = (id: string) => desk.json<TaskShape>(['task', 'show', id, '--at', 'build'])
  const stateOf = async (id: string) => (await show(id).catch(() => undefined))?.state
  async function grant(): Promise<void> {
    const granted = inTerminal(
      ['cap', 'grant', 'kExecutor:tools', `fs.read:${server}`, `fs.read:${PROGRAM}`],
      build.home,
    )
    expect(await granted.ended(), granted.shown()).toBe(0)
  }
  const linked = async (): Promise<void> => {
    for (const node of [hq, desk, build])
      await until(async () => (await node.status()).mesh.peers_connected === 2, {
        what: `${node.name} is linked to the others`,
      })
  }

  beforeAll(async () => {
    server = realpathSync(temporaryHome())
    chmodSync(server, 0o755)
    copyFileSync(join(import.meta.dirname, '../../support/agents/server.mjs'), join(server, 'server.mjs'))
    lan = spaces.ok ? createLan(3) : undefined
    const netns = (index: number) => {
      const member = lan?.members[index]
      return member === undefined ? {} : { netns: member.netns }
    }
    const portOf = async (node: TestNode): Promise<string> =>
      /tcp\/(\d+)$/.exec((await node.status()).mesh.listen[0] ?? '')?.[1] ?? ''
    hq = await startNode({ name: 'hq', ...netns(0) })
    const founded = await hq.karo(
      ['ca', 'init', '--root-key', join(temporaryHome(), 'r'), '--grant', 'admin', '--passphrase-file', '-'],
      `${WORDS}\n`,
    )
    expect(founded, founded.stderr).toMatchObject({ code: 0 })
    const place = lan === undefined ? `127.0.0.1:${await portOf(hq)}` : `${lan.members[0]?.address}:${PORT}`
    const config = lan === undefined ? `[discovery]\npeers = ["${place}"]\n` : ''
    desk = await startNode({ name: 'desk', config, ...netns(1) })
    const teams = `${config}[policy]\nteams = ["eng"]\n[agents]\nenabled = true\n`
    build = await startNode({ name: 'build', config: teams, ...netns(2) })
    for (const node of [desk, build]) {
      const code = (await hq.karo(['invite'])).stdout
      const joined = await node.karo(['join', '-', '--at', place], code)
      expect(joined, joined.stderr).toMatchObject({ code: 0 })
    }
    ada = await issue('ada', '--role', 'admin', '--team', 'eng')
    bob = await issue('bob', '--role', 'admin', '--team', 'eng')
    dan = await issue('dan', '--role', 'lead', '--team', 'eng')
    await linked()
    for (const node of [desk, build])
      await until(
        async () => (await node.json<{ operators: unknown[] }>(['operator', 'list'])).operators.length === 3,
        { what: `${node.name} knows the operators` },
      )
    const added = await build.karo([
      ...['agent', 'add', 'tools', '--read', server, '--read', PROGRAM],
      ...['--', PROGRAM, `${server}/server.mjs`],
    ])
    expect(added, added.stderr).toMatchObject({ code: 0 })
    await grant()
  })

  test('are nobody’s who is not entitled: no node alone, no other role, no login without --agents', async () => {
    const refused = await run('echo', { text: 'x' }, '--id', 'never-1')
    expect(refused).toMatchObject({ code: 4, stdout: expect.stringContaining('its policy does not let you') })
    await logIn(desk, dan, '--agents')
    expect((await run('echo', { text: 'x' }, '--id', 'never-2')).code).toBe(4)
    expect((await desk.karo(['agent', 'list', '--at', 'build'])).code).toBe(4)
    // What there is not is refused in the same words.
    const named = (agent: string) => desk.karo(['agent', 'stop', agent, '--at', 'build'])
    expect(await named('nothing')).toEqual(await named('tools'))
    expect(await desk.json<ApprovalsShape>(['approvals', 'list', '--at', 'build'])).toEqual({ approvals: [] })
    await logIn(desk, ada)
    // Logged in for questions alone, ada asks as the machine.
    expect((await run('echo', { text: 'x' }, '--id', 'never-3')).code).toBe(4)
    expect((await build.json<TaskListShape>(['task', 'list'])).tasks).toEqual([])
    expect((await build.json<AgentListShape>(['agent', 'list'])).agents[0]?.state).toBe('stopped')
    const decided = await entries(build, 'agent_requested')
    // What is refused again and again is counted.
    expect(decided.length).toBeGreaterThan(3)
    expect(decided.filter(({ success, details }) => success && details.operation !== 'approvals')).toEqual([])
    expect(decided.at(-1)).toMatchObject({
      peer: (await desk.status()).node_id,
      details: { operation: 'task', agent: 'kExecutor:tools'.slice(10), tool: 'echo', rule: 'role.agent' },
    })
  })

  test('are seen without the places of their machine, and run a task once for each id, in one trace', async () => {
    await logIn(desk, ada, '--agents')
    const { agents } = await desk.json<AgentListShape>(['agent', 'list', '--at', 'build'])
    expect(agents).toMatchObject([{ id: 'kExecutor:tools', argv: null, detail: '' }])
    const first = await run('echo', { text: 'hello' }, '--id', 'job-1')
    expect(first, first.stderr).toMatchObject({ code: 0 })
    expect(first.lines.map(({ task, seq, state }) => [task, seq, state])).toEqual([
      ['job-1', 1, 'submitted'],
      ['job-1', 2, 'working'],
      ['job-1', 3, 'completed'],
    ])
    expect(first.lines.at(-1)?.result).toEqual({ content: [{ type: 'text', text: 'hello' }] })
    expect((await run('echo', { text: 'hello' }, '--id', 'job-1')).lines).toEqual(first.lines)
    expect((await run('echo', { text: 'other' }, '--id', 'job-1')).code).toBe(1)
    const described = await desk.json<AgentShape>(['agent', 'describe', 'tools', '--at', 'build'])
    expect(described).toMatchObject({ state: 'running', manifest: null, argv: null })
    expect(JSON.stringify(described)).not.toContain(server)

    const { trace_id, given_by } = await show('job-1')
    expect(given_by).toBe('ada at desk')
    const gates = (await entries(build, 'agent_gate')).filter((entry) => entry.trace_id === trace_id)
    expect(gates).toMatchObject([{ success: true, peer: (await desk.status()).node_id }])
    const asked = (await entries(desk, 'agent_asked')).filter((entry) => entry.trace_id === trace_id)
    expect(asked.map(({ details }) => [details.operation, details.operator_name])).toEqual([
      ['follow', 'ada'],
      ['task', 'ada'],
    ])
    const job = build
      .log()
      .split('\n')
      .find((line) => line.includes(trace_id) && line.includes('a job is asked for'))
    expect(job).toBeDefined()
    // Its standard error is content, which is shown after a yes alone.
    const logs = await desk.karo(['agent', 'logs', 'tools', '--at', 'build'])
    expect(logs).toMatchObject({
      code: 4,
      stdout: '',
      stderr: expect.stringContaining('a person has to approve it'),
    })
  })

  test('have a large result arrive whole', async () => {
    const ran = await run('count', { steps: 1, long: 900_000 })
    expect(ran, ran.stderr).toMatchObject({ code: 0 })
    const [text] = (ran.lines.at(-1) as { result: { content: { text: string }[] } }).result.content
    expect(text?.text.length).toBe(900_000)
  })

  test('wait for a yes that another operator gives on a third machine, once, and never who asked', async () => {
    const asked = await run('write', {}, '--id', 'job-w')
    expect(asked).toMatchObject({ code: 4 })
    const waiting = await show('job-w')
    expect(waiting).toMatchObject({ state: 'input-required', approval: expect.any(String) })
    const id = waiting.approval ?? ''
    // ada sees it, and does not decide it: not on this machine, and not on another one.
    const card = await desk.json<ApprovalShape>(['approvals', 'show', id, '--at', 'build'])
    expect(card.requested_by).toContain('operator karo:ed25519:')
    const approve = (node: TestNode, hash: string) =>
      inTerminal(['approvals', 'approve', id, '--yes', hash, '--at', 'build'], node.home)
    const self = approve(desk, card.hash)
    expect(await self.ended(), self.shown()).toBe(4)
    await logIn(hq, ada, '--agents')
    const elsewhere = approve(hq, card.hash)
    expect(await elsewhere.ended()).toBe(4)
    expect(elsewhere.shown()).toContain('operator who asked')
    await logIn(desk, bob, '--agents')
    const beside = approve(desk, card.hash)
    expect(await beside.ended()).toBe(4)
    expect(beside.shown()).toContain('the machine that you are at')

    await logIn(desk, ada, '--agents')
    await logIn(hq, bob, '--agents')
    const { approvals } = await hq.json<ApprovalsShape>(['approvals', 'list', '--at', 'build'])
    expect(approvals.map((one) => one.id)).toContain(id)
    const program = await hq.karo(['approvals', 'approve', id, '--yes', card.hash, '--at', 'build'])
    expect(program).toMatchObject({ code: 4, stderr: expect.stringContaining('terminal') })
    const wrong = approve(hq, '00000000')
    expect(await wrong.ended()).toBe(4)
    expect(await stateOf('job-w')).toBe('input-required')
    const right = approve(hq, card.hash)
    expect(await right.ended(), right.shown()).toBe(0)
    const followed = await desk.karo(['task', 'follow', 'job-w', '--at', 'build', '--json'])
    expect(followed.code).toBe(0)
    expect(linesOf(followed.stdout).map(({ seq }) => seq)).toEqual([1, 2, 3, 4])
    // It is used up.
    const again = await run('write', {}, '--id', 'job-w2')
    expect(again.lines.at(-1)).toMatchObject({ state: 'input-required' })
    expect((await desk.karo(['task', 'cancel', 'job-w2', '--at', 'build'])).stdout).toBe('job-w2: canceled\n')
    const { entries: ended } = await build.json<ApprovalsLogShape>(['approvals', 'log'])
    expect(ended.map(({ outcome }) => outcome)).toEqual(['withdrawn', 'used'])

    const { trace_id } = waiting
    for (const node of [desk, hq, build]) {
      const { entries: all } = await node.json<{ entries: AuditEntryShape[] }>([
        'audit',
        'log',
        '--limit',
        '500',
      ])
      const types = all.filter((entry) => entry.trace_id === trace_id).map(({ type }) => type)
      expect(types, node.name).not.toEqual([])
    }
    const [decision] = await entries(build, 'approval_decided')
    expect(decision).toMatchObject({
      trace_id,
      peer: (await hq.status()).node_id,
      details: { decision: 'approved', by: 'bob at hq', way: 'operator' },
    })
  })

  test('are started, and stopped with all their processes', async () => {
    const started = await desk.json<AgentShape>(['agent', 'start', 'tools', '--at', 'build'])
    expect(started).toMatchObject({ state: 'running', manifest: null })
    const mark = freshMark()
    expect((await run('get_fork', { mark })).code).toBe(0)
    expect(marked(mark)).toHaveLength(1)
    expect((await desk.karo(['agent', 'stop', 'tools', '--at', 'build'])).stdout).toBe(
      'Stopped kExecutor:tools.\n',
    )
    expect(marked(mark)).toEqual([])
  })

  test('have what is cancelled from afar end with every process of its jail', async () => {
    const mark = freshMark()
    expect((await run('get_fork', { mark })).code).toBe(0)
    const stuck = run('get_stuck', {}, '--id', 'job-c')
    await until(async () => (await stateOf('job-c')) === 'working', { what: 'it runs' })
    const cancelled = await desk.karo(['task', 'cancel', 'job-c', '--at', 'build'])
    expect(cancelled).toMatchObject({ code: 0, stdout: 'job-c: canceled\n' })
    expect(marked(mark)).toEqual([])
    expect((await stuck).lines.at(-1)).toMatchObject({ state: 'canceled', final: true })
  })

  test.skipIf(!spaces.ok)(
    'go on while the network is cut: the output is complete, in order, and ran once',
    async () => {
      const running = run('count', { steps: 60, ms: 250 }, '--id', 'job-n')
      await until(async () => ((await show('job-n').catch(() => undefined))?.seq ?? 0) > 4, {
        what: 'it has begun',
      })
      lan?.split([1])
      await until(async () => (await build.status()).mesh.peers_connected === 1, {
        what: 'the connection is given up',
      })
      lan?.heal()
      const { code, lines, stderr } = await running
      expect(code, stderr).toBe(0)
      const seqs = lines.map(({ seq }) => seq)
      expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, index) => index + 1))
      const done = lines.flatMap(({ progress }) => progress?.done ?? [])
      expect(done).toEqual([...new Set(done)].toSorted((a, b) => a - b))
      expect(done.length).toBeGreaterThan(30)
      const { trace_id } = await show('job-n')
      expect(
        (await entries(build, 'agent_gate')).filter((entry) => entry.trace_id === trace_id),
      ).toHaveLength(1)
      await linked()
    },
  )

  test('survive the end of the asking machine’s daemon, and say honestly what became of a task when theirs ends', async () => {
    const mark = freshMark()
    void run('count', { steps: 24, ms: 250 }, '--id', 'job-k').catch(() => {})
    await until(async () => ['working', 'completed'].includes((await stateOf('job-k')) ?? ''), {
      what: 'it runs',
    })
    await desk.kill9()
    desk = await startNode({
      home: desk.home,
      name: 'desk',
      ...(lan && { netns: lan.members[1]?.netns ?? '' }),
    })
    await linked()
    await logIn(desk, ada, '--agents')
    const after = await desk.karo(['task', 'follow', 'job-k', '--at', 'build', '--json'])
    expect(linesOf(after.stdout).at(-1)).toMatchObject({ state: 'completed', final: true })

    await run('get_fork', { mark })
    const stuck = run('get_stuck', {}, '--id', 'job-d')
    await until(async () => (await stateOf('job-d')) === 'working', { what: 'it runs' })
    await build.kill9()
    await until(() => marked(mark).length === 0, { what: 'the jail is gone' })
    build = await startNode({
      home: build.home,
      name: 'build',
      ...(lan && { netns: lan.members[2]?.netns ?? '' }),
    })
    const last = (await stuck).lines.at(-1)
    expect(last).toMatchObject({ state: 'failed', final: true })
    expect(last?.message).toContain('how far it came is not known')
    expect((await run('get_stuck', {}, '--id', 'job-d')).lines.at(-1)).toEqual(last)
  })

  test('are closed to an operator who was revoked, and to a capability that was taken back; what runs by either is ended', async () => {
    await linked()
    /** A call that is never answered, with a process beside it that can be found from outside. */
    const begin = async (id: string): Promise<string> => {
      const mark = freshMark()
      expect((await run('get_fork', { mark })).code).toBe(0)
      void run('get_stuck', {}, '--id', id).catch(() => {})
      await until(async () => (await stateOf(id)) === 'working', { what: `${id} runs` })
      expect(marked(mark)).toHaveLength(1)
      return mark
    }
    /** On the machine where it ran, with the reason in the ledger. */
    const ended = async (mark: string, reason: string): Promise<void> => {
      await until(() => marked(mark).length === 0, { what: 'the jail is gone' })
      await until(
        async () => {
          const { tasks } = await build.json<TaskListShape>(['task', 'list'])
          return tasks.every(({ state }) => state !== 'working')
        },
        { what: 'no task works' },
      )
      const { tasks } = await build.json<TaskListShape>(['task', 'list'])
      expect(tasks[0]).toMatchObject({ tool: 'get_stuck', state: 'canceled' })
      const refused = (await entries(build, 'agent_gate')).filter(
        (entry) => entry.trace_id === tasks[0]?.trace_id && !entry.success,
      )
      expect(refused).toMatchObject([{ details: { reason: expect.stringContaining(reason) } }])
    }
    const byGrant = await begin('job-e')
    const { capabilities } = await build.json<CapabilitiesShape>(['cap', 'list'])
    for (const { id } of capabilities) await build.karo(['cap', 'revoke', id])
    await ended(byGrant, 'was not granted')
    const none = await run('echo', { text: 'x' })
    expect(none.lines.at(-1)).toMatchObject({ state: 'rejected' })
    expect(none.stdout).not.toContain(server)
    await grant()
    const byAda = await begin('job-r')
    expect((await hq.karo(['operator', 'revoke', 'ada'])).code).toBe(0)
    await ended(byAda, 'operator')
    await until(
      async () => (await run('echo', { text: 'x' })).code === 4 && (await run('echo', {})).lines.length === 0,
      {
        what: 'ada may do nothing any more',
      },
    )
  })
})
