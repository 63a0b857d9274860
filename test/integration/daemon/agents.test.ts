// Agents on a real node by the real command line: a task from its trace to the ledger, retries, grants, and AI tools.
import { appendFileSync, realpathSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { beforeAll, describe, expect, test } from 'vitest'
import type {
  AgentListShape,
  AuditEntryShape,
  TaskLineShape,
  TaskShape,
} from '../../../src/api/contract/shapes.ts'
import { serverDirectory } from '../../support/agents/server.ts'
import { providersHere } from '../../support/muscle/muscle.ts'
import { cleanEnv, startNode, type TestNode } from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'
import { inTerminal, programInTerminal } from '../../support/shell/terminal-run.ts'

const [here] = await providersHere()
if (here?.problem !== undefined) console.warn(`jails are not tried: ${here.problem}`)

const CONFIG = '[agents]\nenabled = true\n[mcp]\ntasks = true\n'
const PROGRAM = realpathSync(process.execPath)

describe.skipIf(here?.problem !== undefined)('agents of a node', () => {
  let node: TestNode
  beforeAll(async () => {
    node = await startNode({ config: CONFIG })
  })

  /** As a person at a terminal; returns its script. */
  async function add(name: string): Promise<string> {
    const directory = serverDirectory()
    const places = ['--read', directory, '--read', PROGRAM]
    const words = ['agent', 'add', name, ...places, '--', PROGRAM, `${directory}/server.mjs`]
    const added = inTerminal(words, node.home)
    expect(await added.ended(), added.shown()).toBe(0)
    return join(directory, 'server.mjs')
  }
  async function run(agent: string, tool: string, input: object, more: readonly string[] = []) {
    const ran = await node.karo(['task', 'run', agent, tool, JSON.stringify(input), '--json', ...more])
    const lines = ran.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as TaskLineShape)
    return { ...ran, lines, last: lines.at(-1) as TaskLineShape }
  }
  const show = (id: string) => node.json<TaskShape>(['task', 'show', id])
  const hashOf = async (approval: string | null) =>
    (await node.json<{ hash: string }>(['approvals', 'show', approval ?? ''])).hash
  const stateOf = async (name: string) => {
    const { agents } = await node.json<AgentListShape>(['agent', 'list'])
    return agents.find((agent) => agent.name === name)?.state
  }

  test('a task is told as lines, once for each id, and its trace leads to the Muscle and the ledger', async () => {
    await add('one')
    await node.karo(['agent', 'stop', 'one'])
    const first = await run('one', 'echo', { text: 'hello' }, ['--id', 'job-1'])
    expect(first.code, first.stdout + first.stderr).toBe(0)
    expect(first.lines.map(({ seq, state, final }) => [seq, state, final])).toEqual([
      [1, 'submitted', false],
      [2, 'working', false],
      [3, 'completed', true],
    ])
    expect(first.last.result).toEqual({ content: [{ type: 'text', text: 'hello' }] })
    const again = await run('one', 'echo', { text: 'hello' }, ['--id', 'job-1'])
    expect(again.lines).toEqual(first.lines)
    const other = await node.karo(['task', 'run', 'one', 'echo', '{"text":"other"}', '--id', 'job-1'])
    expect(other.code).toBe(1)

    const { trace_id } = await show('job-1')
    const { entries } = await node.json<{ entries: AuditEntryShape[] }>(['audit', 'log'])
    const actions = entries.filter(({ type, details }) => type === 'agent_gate' && details.tool === 'echo')
    expect(actions).toHaveLength(1)
    expect(actions[0]).toMatchObject({ trace_id, details: { agent: 'kExecutor:one', tool: 'echo' } })
    // A thread writes the log, maybe after the task is answered.
    for (const msg of ['a job is asked for', 'a task is over'])
      await until(() => new RegExp(`${trace_id}.*"${msg}"`).test(node.log()), { what: `${msg} in the log` })
  })

  test('what does not only read ends with 4, and says why; so does a mistake with its own code', async () => {
    await add('two')
    // In a terminal: what asks for approvals may not grant anything afterwards, and all of this test would be that.
    const asked = inTerminal(['task', 'run', 'two', 'write', '{}', '--id', 'job-w'], node.home)
    expect(await asked.ended(), asked.shown()).toBe(4)
    expect(await show('job-w')).toMatchObject({ state: 'input-required', approval: expect.any(String) })
    expect((await node.karo(['cap', 'grant', 'kExecutor:two', 'fs.read:/srv'])).code).toBe(4)
    expect((await node.karo(['task', 'run', 'two', 'echo', 'no json'])).code).toBe(2)
    expect((await node.karo(['task', 'run', 'nobody', 'echo'])).code).toBe(1)
  })

  test('one command runs in a jail once exactly it was approved; what is refused raises an alert', async () => {
    const words = JSON.stringify({ argv: ['echo', '$(id)'] })
    const core = JSON.stringify({ argv: ['rm', '-rf', '/'] })
    expect((await node.karo(['task', 'run', 'kExecutor:command', 'exec', core])).code).toBe(4)
    const found = await node.karo(['task', 'run', 'kSentinel:watch', 'list_findings', '{}'])
    expect(found.stdout).toContain('"finding": "alert"')
    expect((await node.karo(['status'])).stdout).toMatch(/alerts +\d+ within a day/)
    const asked = inTerminal(['task', 'run', 'kExecutor:command', 'exec', words, '--id', 'job-e'], node.home)
    expect(await asked.ended(), asked.shown()).toBe(4)
    expect(asked.shown()).toContain('ExecuteCommand')
    const { approval } = await show('job-e')
    const card = await node.karo(['approvals', 'show', approval ?? ''])
    expect(card.stdout).toContain('$(id)')
    const { hash } = await node.json<{ hash: string }>(['approvals', 'show', approval ?? ''])
    const approved = inTerminal(['approvals', 'approve', approval ?? '', '--yes', hash], node.home)
    expect(await approved.ended(), approved.shown()).toBe(0)
    const done = await until(
      async () => {
        const task = await show('job-e')
        return !['submitted', 'working', 'input-required'].includes(task.state) && task
      },
      { what: 'it is over' },
    )
    expect(done.state, JSON.stringify(done)).toBe('completed')
    expect(JSON.stringify(done.result)).toContain('$(id)')
  })

  test('nothing but a person adds one, or a token that stands for them; another program or other tools ask again', async () => {
    const script = await add('seven')
    const place = dirname(script)
    const words = (name: string) => [
      'agent',
      'add',
      name,
      '--yes',
      '--read',
      place,
      '--read',
      PROGRAM,
      '--',
      PROGRAM,
      script,
    ]
    expect(await node.karo(words('evil'))).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('a person adds an agent'),
    })
    const line = words('evil')
      .map((word) => `'${word}'`)
      .join(' ')
    for (const way of ['"$NODE" "$KARO" LINE', 'setsid script -qec "exec $NODE $KARO LINE" /dev/null']) {
      const tried = programInTerminal('sh', ['-c', `${way.replace('LINE', line)}; echo ended $?`], node.home)
      await tried.ended()
      expect(tried.shown()).toContain('a person adds an agent')
    }
    expect(await stateOf('evil')).toBeUndefined()
    const made = inTerminal(['token', 'create', '--scope', 'approve', '--json'], node.home)
    expect(await made.ended(), made.shown()).toBe(0)
    const file = join(node.home, 'token')
    writeFileSync(file, /karo_[\w-]+/.exec(made.shown())?.[0] ?? '')
    const [first, ...rest] = words('eight')
    const by = await node.karo([first ?? '', 'add', 'eight', '--token-file', file, ...rest.slice(2)])
    expect(by, by.stderr).toMatchObject({ code: 0 })

    await node.karo(['agent', 'stop', 'seven'])
    expect((await run('seven', 'echo', { text: 'x' })).code).toBe(0)
    await node.karo(['agent', 'stop', 'seven'])
    appendFileSync(script, '\n// other\n')
    const other = inTerminal(['task', 'run', 'seven', 'echo', '{"text":"x"}', '--id', 'job-7'], node.home)
    expect(await other.ended(), other.shown()).toBe(4)
    const { approval } = await show('job-7')
    const card = await node.karo(['approvals', 'show', approval ?? ''])
    expect(card.stdout).toContain(`changes    ${script}`)
    const yes = inTerminal(
      ['approvals', 'approve', approval ?? '', '--yes', await hashOf(approval)],
      node.home,
    )
    expect(await yes.ended(), yes.shown()).toBe(0)
    await until(async () => (await show('job-7')).state === 'completed', { what: 'it is done' })
    await node.karo(['agent', 'stop', 'seven'])
    expect((await run('seven', 'echo', { text: 'y' })).code).toBe(0)
  })

  // The last one: out of a login session that asked for an approval nobody grants anything.
  test('an AI tool has tasks done through karo mcp, and what is not harmless waits for a person', async () => {
    await add('mcp')
    const client = new Client({ name: 'test', version: '1' })
    const karo = join(import.meta.dirname, '../../../dist/karo.js')
    const env = cleanEnv(node.home) as Record<string, string>
    await client.connect(
      new StdioClientTransport({
        command: process.execPath,
        args: [karo, 'mcp'],
        env,
        stderr: 'ignore',
        cwd: '/',
      }),
    )
    try {
      const call = async (name: string, given: Record<string, unknown>) => {
        const { structuredContent, content } = await client.callTool({ name, arguments: given })
        expect(structuredContent, JSON.stringify(content)).toBeDefined()
        return structuredContent as Record<string, unknown> & { id: string; state: string }
      }
      const reaches = (id: string, state: string) =>
        until(
          async () => {
            const task = await call('task_status', { id })
            return task.state === state ? task : undefined
          },
          { what: `task ${id} is ${state}` },
        )
      expect(await call('agents', {})).toMatchObject({
        agents: expect.arrayContaining([expect.objectContaining({ id: 'kExecutor:mcp' })]),
      })
      const echo = { agent: 'mcp', tool: 'echo', arguments: { text: 'hello' } }
      const { id } = await call('task_run', echo)
      expect(await reaches(id, 'completed')).toMatchObject({
        result: { content: [{ type: 'text', text: 'hello' }] },
        notice: expect.stringContaining('data'),
      })
      const red = await call('task_run', { agent: 'mcp', tool: 'write', arguments: {} })
      expect((await reaches(red.id, 'input-required')).approval).toMatch(/^[0-9a-f]{10}$/)
      // There is no tool with which it could say yes.
      expect((await client.listTools()).tools.map(({ name }) => name).join()).not.toContain('approv')
      expect(await call('task_cancel', { id: red.id })).toMatchObject({ state: 'canceled' })
    } finally {
      await client.close()
    }
  })
})
