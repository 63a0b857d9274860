// Memory, prompts, plans, local models and built-in agents on a real node by the real command line.

import { appendFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { AgentListShape, PlanShape } from '../../../src/api/contract/shapes.ts'
import { serverDirectory } from '../../support/agents/server.ts'
import { fakeModel, type Script, streamed } from '../../support/api/fake-model.ts'
import { providersHere } from '../../support/muscle/muscle.ts'
import { startNode, type TestNode, temporaryHome } from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'
import type { NotesFoundShape } from '../../support/shapes.ts'
import { inTerminal } from '../../support/shell/terminal-run.ts'

const PROGRAM = realpathSync(process.execPath)
const SECRET = `ghp_${'aB3dE5fG7h'.repeat(4)}`
const [here] = await providersHere()

const plan = (node: TestNode, ...words: string[]) => node.json<PlanShape>(['plan', ...words])
const states = ({ steps }: PlanShape) => steps.map(({ state }) => state)

const CONFIG = '[agents]\nenabled = true\n[memory]\nembeddings = "http://10.255.255.1/v1 embed"\n'

let node: TestNode
/** Restored from its backup, and the id of the note there. */
let home: string
let noteId: string

test('notes are found by their words, without their secrets, and outlive a kill and a backup; a plan without a model is shown before anything runs, stops at what is yours, and is never run twice', async () => {
  node = await startNode({ config: CONFIG })
  const added = await node.karo(
    ['memory', 'add', '-'],
    `The staging database moved.\nexport TOKEN=${SECRET}\n`,
  )
  expect(added, added.stderr).toMatchObject({ code: 0 })
  const id = added.stdout.split(' ')[0] ?? ''
  const made = await plan(node, 'make', 'search notes for "staging", then show free disk space')
  expect(made).toMatchObject({
    state: 'planned',
    made_by: expect.stringContaining('no model was asked'),
    steps: [
      { id: 's1', agent: 'kMemory:notes', class: 'green', after: [], state: 'waiting', task: null },
      { id: 's2', agent: '', command: 'df -h', class: 'high', after: ['s1'] },
    ],
  })
  expect((await node.karo(['task', 'list'])).stdout).toContain('No tasks.')
  expect((await node.karo(['plan', 'run', made.id])).code).toBe(4)
  await node.kill9()
  node = await startNode({ home: node.home })
  expect(states(await plan(node, 'show', made.id))).toEqual(['completed', 'yours'])
  expect((await node.karo(['plan', 'run', made.id])).code).toBe(4)
  expect((await node.karo(['plan', 'run', made.id, '--done', 's1'])).code).toBe(1)
  expect(states(await plan(node, 'run', made.id, '--done', 's2'))).toEqual(['completed', 'done'])
  const { tasks } = await node.json<{ tasks: { id: string }[] }>(['task', 'list'])
  expect(tasks.map((task) => task.id)).toEqual([`plan.${made.id}.s1`])
  expect((await node.karo(['plan', 'make', 'sing a song'])).stderr).toContain(
    'Karo found no steps for this goal',
  )
  const found = await node.json<NotesFoundShape>(['memory', 'search', 'databse', 'stag'])
  expect(found).toMatchObject({ searched_by: 'words', hits: [{ id, score: 1, by: ['words'] }] })
  expect(JSON.stringify(found)).not.toContain(SECRET)
  expect((await node.karo(['memory', 'forget', 'abc'])).code).toBe(2)
  expect((await node.karo(['memory', 'forget', '000000'])).code).toBe(1)
  const file = join(temporaryHome(), 'node.tar')
  expect((await node.karo(['backup', file])).code).toBe(0)
  expect((await node.karo(['memory', 'forget', id])).code).toBe(0)
  expect((await node.karo(['memory', 'search', 'staging'])).stdout).toContain('No note matches.')
  expect(node.log()).not.toContain('staging')
  home = join(temporaryHome(), 'restored')
  expect((await node.karo(['restore', file, '--home', home])).code).toBe(0)
  noteId = id
})

describe('the same node goes on', () => {
  test('prompts have versions and variables, and a missing one is an error that names it', async () => {
    const add = (text: string) => node.karo(['prompt', 'add', 'explain', '-'], text)
    expect((await add('Explain {{what}} in {{language=English}}')).code).toBe(0)
    expect((await add('Say what {{what}} is')).stdout).toContain('version 2 of 2')
    expect((await add('Say what {{what}} is')).stdout).toContain('as before')
    const render = (...words: string[]) => node.karo(['prompt', 'render', 'explain', ...words])
    expect((await render('what=$(id) {{x}}')).stdout).toBe('Say what $(id) {{x}} is\n')
    expect((await render('what=tar', '--version', '1')).stdout).toBe('Explain tar in English\n')
    expect(await render()).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('variable what has no value'),
    })
    expect((await render('what=x', 'waht=y')).stderr).toContain('Did you mean what?')
    expect((await add('{{')).stderr).toContain('line 1')
    expect((await node.karo(['prompt', 'versions', 'explain'])).stdout.trim().split('\n')).toHaveLength(3)
    expect((await node.karo(['prompt', 'remove', 'explain'])).code).toBe(0)
    expect((await render('what=x')).code).toBe(1)
  })

  test('built-in agents are listed, used through the gates, and cannot be replaced or removed', async () => {
    await node.karo(['memory', 'add', 'The staging database moved.'])
    const { agents } = await node.json<AgentListShape>(['agent', 'list'])
    expect(agents.map(({ id, built_in }) => [id, built_in])).toContainEqual(['kMemory:notes', true])
    const green = await node.karo(['task', 'run', 'kMemory:notes', 'search_notes', '{"query":"staging"}'])
    expect(green, green.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining('database moved') })
    const red = await node.karo(['task', 'run', 'kMemory:notes', 'add_note', '{"text":"x"}', '--id', 'red-1'])
    expect(red).toMatchObject({ code: 4, stderr: expect.stringContaining(' approvals approve') })
    expect((await node.karo(['memory', 'list'])).stdout.trim().split('\n')).toHaveLength(2)
    const secret = await node.karo([
      ...['task', 'run', 'kMemory:notes', 'add_note', JSON.stringify({ text: `export TOKEN=${SECRET}` })],
      ...['--id', 'red-2'],
    ])
    expect(secret).toMatchObject({ code: 4 })
    expect(JSON.stringify(await node.json(['task', 'show', 'red-2']))).not.toContain(SECRET)
    expect((await node.karo(['approvals', 'list'])).stdout).not.toContain(SECRET)
    const wrong = await node.karo(['task', 'run', 'kMemory:notes', 'search_notes', '{"nothing":1}'])
    expect(wrong).toMatchObject({ code: 1, stdout: expect.stringContaining("takes no 'nothing'") })
    const step = await node.karo(['task', 'run', 'kMemory:notes', 'list_notes', '{}', '--id', 'plan.x.s1'])
    expect(step).toMatchObject({ code: 2, stderr: expect.stringContaining('steps of plans') })
    for (const words of [
      ['remove', 'kMemory:notes'],
      ['stop', 'kMemory:notes'],
    ])
      expect((await node.karo(['agent', ...words])).stderr, words.join(' ')).toContain('built in')
    const { stdout } = await node.karo(['audit', 'log', '--type', 'agent_gate', '--json'])
    expect(stdout).toContain('kMemory:notes')
    expect(stdout).not.toContain('staging')
  })

  test('notes are sent to no other machine, also of a private network', async () => {
    await node.karo(['memory', 'add', 'The ocean is deep.'])
    const { notes } = await node.json<NotesFoundShape>(['memory', 'search', 'ocean'])
    expect(notes).toEqual([expect.stringContaining('is not this machine')])
  })

  test.skipIf(here?.problem !== undefined)('a result of a task is no note by itself', async () => {
    await runLong(node)
    expect((await node.karo(['memory', 'list'])).stdout).not.toContain('kExecutor:long')
  })
})

const STEP = { what: 'x', agent: 'kMemory:notes', command: '' }
const STEPS = {
  steps: [
    { ...STEP, id: 's2', after: ['s1'], tool: 'add_note', input: '{"text":"looked up"}' },
    { ...STEP, id: 's1', after: [], tool: 'search_notes', input: '{"query":"staging"}' },
  ],
}

test('a plan of a local model: the next endpoint where one fails, each Red step is asked about, what was denied did not run, what was approved did', async () => {
  const broken: Script = (response) => response.writeHead(500).end()
  const [bad, good] = await Promise.all([fakeModel(broken), fakeModel(streamed(JSON.stringify(STEPS)))])
  const models = `\n[ask]\nendpoint = "${bad.endpoint}"\nfallbacks = ["${good.endpoint} tiny"]\n`
  appendFileSync(join(home, 'config.toml'), models)
  const node = await startNode({ home })
  expect((await node.karo(['memory', 'list'])).stdout).toContain(noteId)
  const made = await plan(node, 'make', 'find out where staging is')
  expect(made).toMatchObject({
    made_by: `the local model at 127.0.0.1:${good.port}`,
    notes: [`127.0.0.1:${bad.port}: it answered with status 500`],
    steps: [{ id: 's1' }, { id: 's2', class: 'medium', kind: 'CreateFile' }],
  })
  expect(JSON.parse(good.received[0]?.body ?? '')).toMatchObject({
    model: 'tiny',
    response_format: { type: 'json_schema' },
  })
  const decided = async (word: 'approve' | 'deny') => {
    const shown = await plan(node, 'show', made.id)
    const approval = shown.steps[1]?.approval ?? ''
    const terminal = inTerminal(['approvals', word, approval], node.home)
    if (word === 'approve') {
      await until(() => terminal.shown().includes('[y/N]'), { what: 'the question' })
      terminal.write('y\r')
    }
    expect(await terminal.ended(), terminal.shown()).toBe(0)
  }
  expect((await node.karo(['plan', 'run', made.id])).stdout).toContain('karo approvals approve')
  await decided('deny')
  await until(async () => (await plan(node, 'show', made.id)).state === 'stopped', { what: 'it stopped' })
  expect((await node.karo(['memory', 'list'])).stdout).not.toContain('looked up')
  // A terminal of its own: nobody approves what their own login session asked for.
  const again = inTerminal(['plan', 'run', made.id, '--follow'], node.home)
  await until(async () => states(await plan(node, 'show', made.id))[1] === 'input-required', {
    what: 'it is asked again',
  })
  await decided('approve')
  expect(await again.ended(), again.shown()).toBe(0)
  expect(again.shown()).toContain('completed')
  expect((await node.karo(['memory', 'list'])).stdout).toContain('looked up')
  const listed = await node.karo(['model', 'list'])
  expect(listed.stdout).toMatch(/down[^\n]*status 500/)
  await node.stop()
})

/** A task of an agent of a person's own, to its end. */
async function runLong(node: TestNode): Promise<void> {
  const directory = serverDirectory()
  const places = ['--read', directory, '--read', PROGRAM]
  const words = ['agent', 'add', 'long', ...places, '--', PROGRAM, `${directory}/server.mjs`]
  const added = inTerminal(words, node.home)
  expect(await added.ended(), added.shown()).toBe(0)
  const ran = await node.karo(['task', 'run', 'long', 'get_long', '{"chars":20}'])
  expect(ran, ran.stderr).toMatchObject({ code: 0 })
}
