// Agents in real jails: an MCP server that behaves, and servers that do not; what a task says of each, and that nothing is left.
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Gates } from '../../../src/agents/types.ts'
import { agentShape } from '../../../src/api/routes/agents/shapes.ts'
import { systemClock, systemRandom, systemTimers, type Timers } from '../../../src/base/clock.ts'
import {
  actor,
  agentRig,
  begun,
  done,
  lastWords,
  ONLY_READS,
  OPEN,
  runs,
  said,
  TRACE,
  waits,
  wantedOf,
} from '../../support/agents/rig.ts'
import { serverDirectory } from '../../support/agents/server.ts'
import { freshMark, marked, providersHere, workDirectory } from '../../support/muscle/muscle.ts'
import { PATIENCE_MS, until } from '../../support/run/until.ts'

const [here] = await providersHere()
if (here?.problem !== undefined) console.warn(`jails are not tried: ${here.problem}`)

describe.skipIf(here?.problem !== undefined)('an agent', () => {
  test('is started by the first task, greets, lists its tools, and answers', async () => {
    const { runtime, client, ledger } = await agentRig()
    const directory = serverDirectory()
    const added = await runtime.add(actor(), wantedOf(directory))
    expect(added).toMatchObject({ id: 'kExecutor:fixture', status: { state: 'stopped' }, offers: null })
    expect(added.manifest?.capabilities).toContain(`fs.read:${directory}`)

    const task = await done(runtime, 'echo', { text: 'hello' })
    expect(task).toMatchObject({ state: 'completed', agent: 'kExecutor:fixture', seq: 3 })
    expect(task.events.map(({ seq, state }) => [seq, state])).toEqual([
      [1, 'submitted'],
      [2, 'working'],
      [3, 'completed'],
    ])
    expect(await said(runtime, task)).toBe('hello')
    const described = await runtime.describe(actor(), 'fixture')
    expect(described).toMatchObject({ server: 'fixture 1', status: { state: 'running', restarts: 0 } })
    expect(described.offers?.find(({ name }) => name === 'echo')).toMatchObject({ readOnly: true })
    const classes = agentShape(described).offers?.map(({ name, class: of, kind }) => [name, of, kind])
    expect(classes).toEqual(
      expect.arrayContaining([
        ['echo', 'green', 'Query'],
        ['write', 'high', 'EditFile'],
      ]),
    )
    // Another machine is told no more than what an earlier release tells.
    expect(agentShape({ ...described, manifest: null }).offers?.[0]).not.toHaveProperty('class')
    expect((await runtime.logs(actor(), 'fixture')).lines.map(({ text }) => text)).toContain('fixture ready')
    expect(ledger.map(({ type }) => type)).toEqual(['agent_changed'])
    expect(await client.list()).toHaveLength(1)

    await runtime.stopAgent(actor(), 'fixture')
    expect(await client.list()).toHaveLength(0)
    expect((await runtime.describe(actor(), 'fixture')).status.state).toBe('stopped')
  })

  test('is not added where its program is not executable, or the interpreter of that is missing', async () => {
    const { runtime } = await agentRig()
    const directory = serverDirectory()
    const program = join(directory, 'serve')
    const add = (argv: readonly string[]) =>
      runtime.add(actor(), { ...wantedOf(directory), cwd: directory, argv })
    writeFileSync(program, '#!/nowhere/node\n')
    await expect(add(['./serve'])).rejects.toThrow(`${program} is not executable`)
    chmodSync(program, 0o755)
    await expect(add([program])).rejects.toThrow('needs /nowhere/node, which is not there')
    writeFileSync(program, '#!/usr/bin/env node\n')
    expect(await add([program])).toMatchObject({ id: 'kExecutor:fixture' })
  })

  test('is told the trace of its task, may answer in a batch, and tells its progress', async () => {
    const { runtime } = await agentRig()
    await runtime.add(actor(), wantedOf(serverDirectory()))
    const traced = await done(runtime, 'echo', { trace: true })
    expect(await said(runtime, traced)).toContain(traced.traceId)
    expect(await said(runtime, await done(runtime, 'echo', { batch: true }))).toBe('in a batch')
    const counted = await done(runtime, 'count', { pause: 3_000 })
    expect(counted.events.find(({ progress }) => progress !== null)).toMatchObject({
      state: 'working',
      message: 'step 1',
      progress: { done: 1, total: 3 },
    })
  })

  test('sees what it was given, and nothing else', async () => {
    const { runtime } = await agentRig()
    const [directory, other] = [serverDirectory(), serverDirectory()]
    writeFileSync(join(directory, 'given'), 'given')
    writeFileSync(join(other, 'kept'), 'kept')
    await runtime.add(actor(), wantedOf(directory))
    expect(await said(runtime, await done(runtime, 'look', { path: join(directory, 'given') }))).toBe('given')
    for (const path of [join(other, 'kept'), '/etc/shadow', '/root', '/proc/1/environ']) {
      const task = await done(runtime, 'look', { path })
      if (path !== '/proc/1/environ') expect(task.state, path).toBe('failed')
      expect(await said(runtime, task)).not.toContain('kept')
    }
  })

  test.each([
    ['chatter', 'no JSON-RPC message'],
    ['endless', 'a line of more than 4 MiB'],
    ['early', 'exit code 7'],
    ['crowd', 'more than 256 tools'],
    ['twins', 'two tools with the name echo'],
  ])('that starts with %s is refused with that reason, and nothing of it is left', async (way, why) => {
    const { runtime, client } = await agentRig()
    await runtime.add(actor(), wantedOf(serverDirectory(), [way]))
    const task = await done(runtime, 'echo')
    expect(task).toMatchObject({ state: 'failed' })
    expect(task.events.at(-1)?.message).toContain(why)
    const log = (await runtime.logs(actor(), 'fixture')).lines.map(({ text }) => text)
    if (way === 'chatter') expect(log).toContain('Welcome to my server!')
    expect((await runtime.describe(actor(), 'fixture')).status).toMatchObject({ state: 'failed' })
    expect(await client.list()).toHaveLength(0)
  })

  test('whose result is none of MCP is told to be at fault, and what it refuses is its answer', async () => {
    const { runtime } = await agentRig()
    await runtime.add(actor(), wantedOf(serverDirectory()))
    const messageOf = async (tool: string, input?: Readonly<Record<string, unknown>>) =>
      (await done(runtime, tool, input)).events.at(-1)?.message
    expect(await messageOf('get_long', { instead: { result: { content: 'a text' } } })).toMatch(
      /^it does not answer as an MCP server does: .*expected array, received string/,
    )
    const error = { code: -32_602, message: 'no such city' }
    expect(await messageOf('get_long', { instead: { error } })).toBe('the agent answers: no such city')
  })

  test('that fails to start at first is tried again; a call is not', async () => {
    const { runtime } = await agentRig({
      // Its time to start does not end, however long the first attempt takes.
      clock: { ...systemClock, monotonic: () => 0 },
      gates: {
        ...ONLY_READS,
        refuses: async () => undefined,
        judge: async () => ({ outcome: 'run', hash: '', class: 'green', reason: '', by: [], code: [] }),
        settled: () => Promise.reject(new Error('never')),
      },
    })
    const directory = serverDirectory()
    const binds = wantedOf(directory).binds.map((bind) => ({ ...bind, write: bind.path === directory }))
    await runtime.add(actor(), wantedOf(directory, ['flaky', directory], { binds }))
    const marks = join(directory, 'marks')
    expect(await done(runtime, 'mark', { path: marks, line: 'one' })).toMatchObject({ state: 'completed' })
    const dead = await done(runtime, 'die')
    expect(dead).toMatchObject({ state: 'failed' })
    expect(lastWords(dead)).toMatch(/^the agent has ended \(karo agent logs says more\): .*not run again$/)
    expect(readFileSync(marks, 'utf8')).toBe('one\n')
  })

  test('whose tool fails makes its task fail with that reason, and is there again for the next one', async () => {
    const { runtime } = await agentRig()
    await runtime.add(actor(), wantedOf(serverDirectory()))
    for (const [tool, input, why] of [
      ['fail', {}, 'the tool says that it failed'],
      ['long', { chars: 1_200_000 }, 'characters'],
      ['deep', { depth: 100 }, 'nested deeper'],
      ['flood', {}, 'more messages than an agent may'],
      ['die', {}, 'exit code 3'],
    ] as const) {
      const task = await done(runtime, tool, input)
      expect([tool, task.state]).toEqual([tool, 'failed'])
      expect(task.events.at(-1)?.message).toContain(why)
      expect(await done(runtime, 'echo', { text: 'again' })).toMatchObject({ state: 'completed' })
    }
  })

  test('that does not answer in time is killed', async () => {
    const { runtime, client } = await agentRig()
    await runtime.add(actor(), wantedOf(serverDirectory(), [], { callMs: 1_000 }))
    const task = await done(runtime, 'get_stuck')
    expect(task.events.at(-1)?.message).toContain('did not answer within 1 s')
    const said = (await runtime.logs(actor(), 'fixture')).lines.map(({ text }) => text)
    expect(said.join('\n')).toContain('a call of it was over')
    const before = await client.list()
    expect(before.every(({ job }) => !job.includes('get_stuck'))).toBe(true)
  })

  test('whose task was approved while it does others first says that nobody is to answer any more', async () => {
    const gates: Gates = {
      ...ONLY_READS,
      judge: async (action) => (action.tool === 'write' ? waits() : ONLY_READS.judge(action)),
      settled: async () => runs(),
    }
    const { runtime } = await agentRig({ gates })
    await runtime.add(actor(), wantedOf(serverDirectory()))
    const first = await begun(runtime, 'slow')
    await first.become('working')
    const second = await begun(runtime, 'write')
    const approved = await second.when(({ seq }) => seq === 3, 'approved')
    expect([approved.state, lastWords(approved)]).toEqual(['submitted', expect.stringContaining('approved')])
    await first.cancel()
    const { events } = await second.over()
    expect(events.map(({ state }) => state)).toEqual(
      'submitted input-required submitted working completed'.split(' '),
    )
  })

  test.each([false, true])(
    'that may write (%s) runs in its next jail what waits behind a call that took the jail',
    async (write) => {
      const started: string[] = []
      const judged: string[] = []
      const { runtime } = await agentRig({
        gates: {
          ...OPEN,
          judge: async (...asked) => {
            judged.push(JSON.stringify(asked).includes('"start"') ? 'start' : 'call')
            return OPEN.judge(...asked)
          },
        },
        secrets: async (_person, _manifest, traceId) => {
          started.push(traceId)
          return []
        },
        // Nothing but a task starts it: the pause after its end, which is the only wait of this length, does not end.
        random: { ...systemRandom, float: () => 0.5 },
        timers: { after: (ms, run) => (ms === 750 ? () => {} : systemTimers.after(ms, run)) },
      })
      const directory = serverDirectory()
      await runtime.add(
        actor(),
        wantedOf(directory, [], { binds: [...wantedOf(directory).binds, { path: workDirectory(), write }] }),
      )
      const stuck = await begun(runtime, 'get_stuck')
      await stuck.become('working')
      const given = { person: actor().person, agent: 'fixture', tool: 'echo', input: {}, why: '' }
      // One that nobody wants any more starts nothing.
      const { id } = await runtime.run({ ...given, traceId: 'f'.repeat(32) })
      const behind = await begun(runtime, 'echo', { text: 'behind' })
      await runtime.tasks.cancel(actor().person, id)
      await stuck.cancel()
      expect(await said(runtime, await behind.over())).toBe('behind')
      expect(started).toEqual([TRACE, TRACE])
      // Each start of one that may write, the second one too, was for the gates to allow.
      expect(judged.filter((what) => what === 'start')).toHaveLength(write ? 2 : 0)
    },
  )

  test('that crashes is not started for what waits, which is told why', async () => {
    const { runtime } = await agentRig()
    await runtime.add(actor(), wantedOf(serverDirectory()))
    const first = await begun(runtime, 'slow')
    await first.become('working')
    await begun(runtime, 'die')
    const behind = await begun(runtime, 'echo')
    await first.cancel()
    expect(lastWords(await behind.over())).toBe(
      'it did not run: kExecutor:fixture has ended before it was called: it ended by itself with exit code 3',
    )
  })

  test('stops a call that is cancelled, and lives on; one that does not is killed with all its processes', async () => {
    // For one that stops when it is told to, however slow the machine is: no time is up meanwhile.
    let isPatient = false
    const timers: Timers = { after: (ms, run) => systemTimers.after(isPatient ? PATIENCE_MS : ms, run) }
    const { runtime, client } = await agentRig({ timers })
    await runtime.add(actor(), wantedOf(serverDirectory()))
    const begin = async (tool: string): Promise<string> => {
      const { id } = await runtime.run({
        person: actor().person,
        agent: 'fixture',
        tool,
        input: {},
        why: '',
        traceId: actor().traceId,
      })
      await until(async () => (await runtime.tasks.get(actor().person, id)).state === 'working', {
        what: `${tool} is called`,
      })
      return id
    }
    const mark = freshMark()
    expect(await done(runtime, 'get_fork', { mark })).toMatchObject({ state: 'completed' })
    expect(marked(mark)).toHaveLength(1)
    const [first] = await client.list()

    const slow = await begin('slow')
    isPatient = true
    const polite = await runtime.tasks.cancel(actor().person, slow)
    isPatient = false
    expect(polite).toMatchObject({ state: 'canceled' })
    expect(polite.events.at(-1)?.message).toContain('while it ran')
    expect(await client.list()).toEqual([first])

    // It does not even notice that its input ends.
    // One that nobody kills would go on for ever.
    onTestFinished(async () => void (await client.cancel(first?.job ?? '')))
    const cancelling = runtime.tasks.cancel(actor().person, await begin('get_busy'))
    await until(async () => (await client.list()).every(({ job }) => job !== first?.job), {
      what: 'the jail is gone',
    })
    expect(await cancelling).toMatchObject({ state: 'canceled' })
    expect(marked(mark)).toEqual([])

    // That is the doing of whoever cancels, and no crash.
    for (let n = 0; n < 5; n += 1) await runtime.tasks.cancel(actor().person, await begin('get_stuck'))
    expect(await done(runtime, 'echo')).toMatchObject({ state: 'completed' })

    // Who removes it is named as the reason, and not only that it ended.
    const running = await begin('slow')
    const waiting = await begun(runtime, 'echo')
    await runtime.remove(actor(), 'fixture')
    expect(lastWords(await waiting.over())).toContain('was removed')
    await runtime.tasks.ended(actor().person, running)
    expect(lastWords(await runtime.tasks.get(actor().person, running))).toContain('was removed')
  })
})
