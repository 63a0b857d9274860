// Artifacts and agents of another machine with real daemons: shares, links and what the ledgers say; tasked by one operator, approved by another one elsewhere, refused, and revoked.

import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type {
  AgentListShape,
  AgentShape,
  ApprovalShape,
  ApprovalsLogShape,
  ApprovalsShape,
  ArtifactSharesShape,
  CapabilitiesShape,
} from '../../../src/api/contract/shapes.ts'
import { formatFingerprint } from '../../../src/base/format.ts'
import { type Company, ledgerOf, linesOf, startCompany } from '../../support/agents/company.ts'
import { freshMark, marked, providersHere } from '../../support/muscle/muscle.ts'
import { type TestNode, temporaryHome } from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'
import type {
  ArtifactListShape,
  ArtifactSharedShape,
  ArtifactStoredShape,
  TaskListShape,
} from '../../support/shapes.ts'
import { inTerminal } from '../../support/shell/terminal-run.ts'

const [here] = await providersHere()
if (here?.problem !== undefined) console.warn(`jails are not tried: ${here.problem}`)

const NAME = 'zqcanaryname'
const place = temporaryHome()

let company: Company<'hq' | 'desk' | 'build'>
/** `hq` certifies, and is where bob approves; `desk` has the files, and is where ada sits; `build` wants them, and has the agents. */
let hq: TestNode, desk: TestNode, build: TestNode
beforeAll(async () => {
  company = await startCompany(['hq', 'desk', 'build'], { apart: false })
  ;({ hq, desk, build } = company.at)
})

async function put(bytes: Uint8Array, name = NAME): Promise<string> {
  const path = join(place, name)
  writeFileSync(path, bytes)
  return (await desk.json<ArtifactStoredShape>(['artifact', 'put', path])).id
}
const share = (id: string, ...more: string[]) =>
  desk.json<ArtifactSharedShape>(['artifact', 'share', id, ...more])

test('a file is nobody’s until it is shared with a machine, which then fetches it as it was', async () => {
  const bytes = randomBytes(3_000_000)
  const id = await put(bytes)
  const refused = await build.karo(['artifact', 'get', id, '--at', 'desk', '-o', join(place, 'never')])
  expect(refused).toMatchObject({ code: 4, stderr: expect.stringContaining('no artifact of that id') })
  await share(id, '--to', 'build', '--for', '1h')
  const out = join(place, 'fetched')
  const got = await build.karo(['artifact', 'get', id.slice(0, 12), '--at', 'desk', '-o', out])
  expect(got, got.stderr).toMatchObject({ code: 0 })
  expect(readFileSync(out).equals(bytes)).toBe(true)
  // It was not shared with the third one.
  expect((await hq.karo(['artifact', 'get', id, '--at', 'desk', '-o', join(place, 'no')])).code).toBe(4)
  const { artifacts } = await build.json<ArtifactListShape>(['artifact', 'list'])
  expect(artifacts).toMatchObject([{ id, name: NAME, source: 'from desk' }])
  const reads = await ledgerOf(desk, 'artifact_read')
  expect(reads).toMatchObject([
    { success: true, peer: (await build.status()).node_id, details: { bytes: bytes.length } },
  ])
  const [asked] = await ledgerOf(build, 'agent_asked')
  expect(asked).toMatchObject({ trace_id: reads[0]?.trace_id, details: { operation: 'artifact' } })
  for (const node of [desk, build]) {
    const { stdout } = await node.karo(['audit', 'log', '--json', '--limit', '500'])
    for (const word of [NAME, id]) for (const text of [stdout, node.log()]) expect(text).not.toContain(word)
  }
})

test('a link works from standard input until it is taken back, and is in no log or ledger', async () => {
  const id = await put(Buffer.from('said once\n'), 'note.txt')
  const { link } = await share(id)
  const got = await hq.karo(['artifact', 'get', '-'], `${link}\n`)
  expect(got, got.stderr).toMatchObject({ code: 0, stdout: 'said once\n' })
  const { shares } = await desk.json<ArtifactSharesShape>(['artifact', 'shares'])
  expect(shares).toMatchObject([{ artifact: id, reads: 1, audience: null }, { reads: 1 }])
  expect(JSON.stringify(shares)).not.toContain(link.slice(-40))
  expect((await desk.karo(['artifact', 'unshare', id])).stdout).toBe('One share has ended.\n')
  expect((await build.karo(['artifact', 'get', link])).code).toBe(4)
  const only = await share(id, '--to', 'build')
  expect((await hq.karo(['artifact', 'get', only.link])).code).toBe(4)
  expect((await build.karo(['artifact', 'get', only.link])).stdout).toBe('said once\n')
  const damaged = await build.karo(['artifact', 'get', '-'], `${link.slice(0, -9)}\n`)
  expect(damaged).toMatchObject({ code: 2, stderr: expect.stringContaining('it was cut or changed') })
  for (const node of [hq, desk, build]) {
    const { stdout } = await node.karo(['audit', 'log', '--json', '--limit', '500'])
    for (const text of [stdout, node.log()]) expect(text).not.toContain(link.slice(11, 60))
  }
})

describe.skipIf(here?.problem !== undefined)('agents of another machine', () => {
  let ada: string, bob: string, dan: string
  const run: typeof company.run = (...given) => company.run(...given)

  beforeAll(async () => {
    ada = await company.issue('ada', '--role', 'admin', '--team', 'eng')
    bob = await company.issue('bob', '--role', 'admin', '--team', 'eng')
    dan = await company.issue('dan', '--role', 'lead', '--team', 'eng')
    await company.addAgent('tools')
  })

  test('are nobody’s who is not entitled: no node alone, no other role, no login without --agents', async () => {
    const refused = await run('echo', { text: 'x' }, '--id', 'never-1')
    expect(refused).toMatchObject({ code: 4, stdout: expect.stringContaining('does not let you do that') })
    await company.logIn('desk', dan, '--agents')
    expect((await run('echo', { text: 'x' }, '--id', 'never-2')).code).toBe(4)
    expect((await desk.karo(['agent', 'list', '--at', 'build'])).code).toBe(4)
    // What there is not is refused in the same words.
    const named = (agent: string) => desk.karo(['agent', 'stop', agent, '--at', 'build'])
    expect(await named('nothing')).toEqual(await named('tools'))
    expect(await desk.json<ApprovalsShape>(['approvals', 'list', '--at', 'build'])).toEqual({ approvals: [] })
    await company.logIn('desk', ada)
    // Logged in for questions alone, ada asks as the machine.
    expect((await run('echo', { text: 'x' }, '--id', 'never-3')).code).toBe(4)
    expect((await build.json<TaskListShape>(['task', 'list'])).tasks).toEqual([])
    expect((await build.json<AgentListShape>(['agent', 'list'])).agents[0]?.state).toBe('stopped')
    const decided = await ledgerOf(build, 'agent_requested')
    // What is refused again and again is counted.
    expect(decided.length).toBeGreaterThan(3)
    expect(decided.filter(({ success, details }) => success && details.operation !== 'approvals')).toEqual([])
    expect(decided.at(-1)).toMatchObject({
      peer: (await desk.status()).node_id,
      details: { operation: 'task', agent: 'kExecutor:tools'.slice(10), tool: 'echo', rule: 'role.agent' },
    })
    // Of the machine there are none, and whoever has been logged in is told that theirs are others.
    const none = await desk.karo(['task', 'list', '--at', 'build'])
    expect(none.stdout).toMatch(/^No tasks of the one you ask as; karo --home \S+ whoami says/)
  })

  test('are seen without the places of their machine, and run a task once for each id, in one trace', async () => {
    await company.logIn('desk', ada, '--agents')
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
    const other = await run('echo', { text: 'other' }, '--id', 'job-1')
    expect(other).toMatchObject({ code: 1, stdout: expect.stringContaining('of another task of yours') })
    // Under which name it is kept there is that machine's affair.
    expect(other.stdout).not.toContain('.job-1')
    const described = await desk.json<AgentShape>(['agent', 'describe', 'tools', '--at', 'build'])
    expect(described).toMatchObject({ state: 'running', manifest: null, argv: null })
    expect(JSON.stringify(described)).not.toContain(company.server)

    const { trace_id, given_by } = await company.show('job-1')
    expect(given_by).toBe('ada at desk')
    const gates = (await ledgerOf(build, 'agent_gate')).filter((entry) => entry.trace_id === trace_id)
    // The task, and the start of the agent for it.
    const by = { success: true, peer: (await desk.status()).node_id }
    expect(gates).toMatchObject([by, by])
    const asked = (await ledgerOf(desk, 'agent_asked')).filter((entry) => entry.trace_id === trace_id)
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

  test('wait for a yes that another operator gives on a third machine, once, and never who asked', async () => {
    const asked = await run('write', {}, '--id', 'job-w')
    expect(asked).toMatchObject({ code: 4 })
    const waiting = await company.show('job-w')
    expect(waiting).toMatchObject({ state: 'input-required', approval: expect.any(String) })
    const id = waiting.approval ?? ''
    // ada sees it, and does not decide it: not on this machine, and not on another one.
    const card = await desk.json<ApprovalShape>(['approvals', 'show', id, '--at', 'build'])
    const { operators } = await desk.json<{ operators: { name: string; fingerprint: string }[] }>([
      'operator',
      'list',
    ])
    const asker = operators.find(({ name }) => name === 'ada')
    expect(card.requested_by).toContain(`operator ${formatFingerprint(asker?.fingerprint ?? '')}`)
    const approve = (node: TestNode, hash: string) =>
      inTerminal(['approvals', 'approve', id, '--yes', hash, '--at', 'build'], node.home)
    const self = approve(desk, card.hash)
    expect(await self.ended(), self.shown()).toBe(4)
    await company.logIn('hq', ada, '--agents')
    const elsewhere = approve(hq, card.hash)
    expect(await elsewhere.ended()).toBe(4)
    expect(elsewhere.shown()).toContain('operator who asked')
    await company.logIn('desk', bob, '--agents')
    const beside = approve(desk, card.hash)
    expect(await beside.ended()).toBe(4)
    expect(beside.shown()).toContain('the machine that you are at')

    await company.logIn('desk', ada, '--agents')
    await company.logIn('hq', bob, '--agents')
    const { approvals } = await hq.json<ApprovalsShape>(['approvals', 'list', '--at', 'build'])
    expect(approvals.map((one) => one.id)).toContain(id)
    const program = await hq.karo(['approvals', 'approve', id, '--yes', card.hash, '--at', 'build'])
    expect(program).toMatchObject({ code: 4, stderr: expect.stringContaining('terminal') })
    const wrong = approve(hq, '00000000')
    expect(await wrong.ended()).toBe(4)
    expect(await company.show('job-w')).toMatchObject({ state: 'input-required' })
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

    const [decision] = await ledgerOf(build, 'approval_decided')
    expect(decision).toMatchObject({
      trace_id: waiting.trace_id,
      peer: (await hq.status()).node_id,
      details: { decision: 'approved', by: 'bob at hq', way: 'operator' },
    })
  })

  test('have what is cancelled from afar end with every process of its jail', async () => {
    const mark = freshMark()
    expect((await run('get_fork', { mark })).code).toBe(0)
    const stuck = run('get_stuck', {}, '--id', 'job-c')
    await company.reaches('job-c', ({ state }) => state === 'working')
    const cancelled = await desk.karo(['task', 'cancel', 'job-c', '--at', 'build'])
    expect(cancelled).toMatchObject({ code: 0, stdout: 'job-c: canceled\n' })
    expect(marked(mark)).toEqual([])
    expect((await stuck).lines.at(-1)).toMatchObject({ state: 'canceled', final: true })
  })

  test('are closed to an operator who was revoked, and to a capability that was taken back; what runs by either is ended', async () => {
    /** A call that is never answered, with a process beside it that can be found from outside. */
    const begin = async (id: string): Promise<string> => {
      const mark = freshMark()
      const forked = await run('get_fork', { mark })
      expect(forked.code, forked.stdout + forked.stderr).toBe(0)
      void run('get_stuck', {}, '--id', id).catch(() => {})
      await company.reaches(id, ({ state }) => state === 'working')
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
      const refused = (await ledgerOf(build, 'agent_gate')).filter(
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
    expect(none.stdout).not.toContain(company.server)
    await company.grant()
    const byAda = await begin('job-r')
    expect((await hq.karo(['operator', 'revoke', 'ada', '--yes'])).code).toBe(0)
    await ended(byAda, 'operator')
    await until(
      async () => (await run('echo', { text: 'x' })).code === 4 && (await run('echo', {})).lines.length === 0,
      { what: 'ada may do nothing any more', pollMs: 1_000 },
    )
  })
})
