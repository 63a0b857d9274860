// Notes, prompts and plans in a real store: each person's own, bounded, without secrets, and built-in agents for nobody else.
import { describe, expect, test } from 'vitest'
import { withBuiltIns } from '../../../src/agents/builtins/registry.ts'
import type { Runtime } from '../../../src/agents/index.ts'
import {
  createMemory,
  type MemoryDeps,
  MOST_CHARS,
  MOST_NOTE,
  MOST_NOTES,
} from '../../../src/agents/memory/memory.ts'
import { createPlanner } from '../../../src/agents/planner/planner.ts'
import type { PlannerDeps } from '../../../src/agents/planner/types.ts'
import { createPrompts, MOST_VERSIONS } from '../../../src/agents/prompts/prompts.ts'
import { MOST_TEXT } from '../../../src/agents/prompts/template.ts'
import type { Registry } from '../../../src/agents/runtime/registry.ts'
import { AFAR } from '../../../src/agents/tasks/afar.ts'
import type { Task, TaskRequest } from '../../../src/agents/tasks/types.ts'
import { systemRandom as random } from '../../../src/base/clock.ts'
import { silentLog as log } from '../../../src/base/run/log.ts'
import { redactProse as redact } from '../../../src/observe/prose.ts'
import { makeKey } from '../../../src/store/level/keyspace.ts'
import { encodeValue } from '../../../src/store/level/value.ts'
import { createMemoryRepository } from '../../../src/store/tables/memory.ts'
import { temporaryDatabase } from '../../support/data/database.ts'

const [ANN, BOB] = [1_000, 1_001]
const { signal } = new AbortController()

async function rig(over: Partial<MemoryDeps> = {}) {
  const db = await temporaryDatabase()
  const repository = createMemoryRepository(db)
  let now = 1_800_000_000_000
  const clock = { now: () => now++ }
  const deps = {
    repository: repository.notes,
    redact,
    embed: async () => undefined,
    clock,
    random,
    log,
    ...over,
  }
  return {
    db,
    repository,
    clock,
    memory: createMemory(deps),
    prompts: createPrompts({ repository: repository.prompts, redact, clock }),
  }
}

describe('notes', () => {
  test('are of one person each, and a secret in them is gone before they are stored', async () => {
    const { memory, repository } = await rig()
    const { id } = await memory.add(ANN, 'staging\nexport TOKEN=ghp_abcdefghijklmnopqrstuvwxyz0123456789')
    expect(await memory.list(BOB)).toEqual([])
    expect((await memory.search(BOB, 'staging', 10, signal)).hits).toEqual([])
    await expect(memory.forget(BOB, id)).rejects.toMatchObject({ code: 'not_found' })
    expect((await memory.search(ANN, 'staging', 10, signal)).hits).toMatchObject([{ id }])
    expect(JSON.stringify(await repository.notes.all(ANN))).not.toContain('ghp_')
    await memory.forget(ANN, id.slice(0, 6))
    expect((await memory.search(ANN, 'staging', 10, signal)).hits).toEqual([])
    const { text } = await memory.add(ANN, 'Wi-Fi of the office\nThe password is hunter2, ask Bob.')
    expect(text).toBe('Wi-Fi of the office\nThe password is [redacted], ask Bob.')
  })

  test('are bounded: results of tasks give way to newer notes, and notes of the person never do', async () => {
    const { memory, repository } = await rig()
    const row = { text: 'x', created_at: 1, vector: new Uint8Array(), vector_by: '' }
    const rows = Array.from({ length: MOST_NOTES }, (_, i) => ({
      ...row,
      id: i.toString(16).padStart(16, '0'),
      source: i === 0 ? 'kExecutor:a' : 'person',
    }))
    await repository.notes.write(ANN, { put: rows })
    await memory.add(ANN, 'one more')
    const kept = await memory.list(ANN)
    expect([kept.length, kept.every(({ source }) => source === 'person')]).toEqual([MOST_NOTES, true])
    await expect(memory.add(ANN, 'too many')).rejects.toMatchObject({ code: 'rate_limited' })
    await memory.add(BOB, 'of somebody else')
  })

  test('are bounded in their characters, and nothing is written for a person who was removed', async () => {
    const { memory, repository } = await rig()
    const row = { created_at: 1, vector: new Uint8Array(), vector_by: '', source: 'person' }
    const put = Array.from({ length: MOST_CHARS / MOST_NOTE }, (_, i) => ({
      ...row,
      id: i.toString(16).padStart(16, '0'),
      text: 'x'.repeat(MOST_NOTE),
    }))
    await repository.notes.write(ANN, { put })
    await expect(memory.add(ANN, 'one')).rejects.toMatchObject({ code: 'rate_limited' })
    const onItsWay = expect(memory.add(BOB, 'x')).rejects.toMatchObject({ code: 'not_found' })
    await memory.drop(BOB)
    expect(await memory.list(BOB)).toEqual([])
    await onItsWay
    await expect(memory.add(BOB, 'late')).rejects.toMatchObject({ code: 'not_found' })
    expect(await memory.list(BOB)).toEqual([])
  })

  test('many notes get embeddings within the bound of an answer, and one that fails alone is left out', async () => {
    const most: number[] = []
    const { memory, repository } = await rig({
      async embed(texts) {
        if (texts.includes('note 5')) throw new Error('status 500')
        const vectors = texts.map((_, i) => Array.from({ length: 768 }, (_, j) => Math.sin(i * 768 + j)))
        most.push(JSON.stringify(vectors).length)
        return { vectors, by: 'm' }
      },
    })
    for (let i = 0; i < 64; i++) await memory.add(ANN, `note ${i}`)
    const found = await memory.search(ANN, 'anything', 10, signal)
    expect(found.notes).toEqual([
      expect.stringContaining('without an embedding: 1.'),
      expect.stringContaining('status 500'),
    ])
    expect(found.hits[0]).toMatchObject({ by: ['meaning'] })
    const rows = await repository.notes.all(ANN)
    expect(rows.filter(({ vector }) => vector.length === 768 * 4)).toHaveLength(63)
    expect(Math.max(...most)).toBeLessThan(512 * 1024)
    const asked = most.length
    await memory.search(ANN, 'anything', 10, signal)
    expect(most.length).toBe(asked + 1)
  })

  test('where embeddings stop working, those that there are still count', async () => {
    let works = true
    const { memory } = await rig({
      async embed(texts) {
        if (!works && texts[0] === 'another') throw new Error('status 500')
        return { vectors: texts.map(() => [1, 0]), by: 'm' }
      },
    })
    const { id } = await memory.add(ANN, 'the sea')
    await memory.search(ANN, 'ocean', 10, signal)
    works = false
    await memory.add(ANN, 'another')
    expect((await memory.search(ANN, 'ocean', 10, signal)).hits).toMatchObject([{ id, by: ['meaning'] }])
  })

  test('a damaged row is left out, and the others are there', async () => {
    const { db, memory } = await rig()
    await memory.add(ANN, 'whole')
    const key = makeKey('memory', { u32: ANN }, { bytes: Uint8Array.of(1) }, { text: 'bad' })
    await db.put(key, encodeValue({ id: 'other', text: 'x' }))
    expect((await memory.list(ANN)).map(({ text }) => text)).toEqual(['whole'])
  })

  test('what is forgotten while it gets its embedding does not come back', async () => {
    const begun = Promise.withResolvers<void>()
    const goOn = Promise.withResolvers<void>()
    const { memory } = await rig({
      async embed(texts) {
        if (texts[0] === 'the sea') {
          begun.resolve()
          await goOn.promise
        }
        return { vectors: texts.map(() => [1, 0]), by: 'm' }
      },
    })
    const { id } = await memory.add(ANN, 'the sea')
    const found = memory.search(ANN, 'ocean', 10, signal)
    await begun.promise
    await memory.forget(ANN, id)
    goOn.resolve()
    await found
    expect(await memory.list(ANN)).toEqual([])
  })
})

test('the newest versions of a prompt are kept, and their numbers go on', async () => {
  const { prompts } = await rig()
  for (let i = 1; i <= MOST_VERSIONS + 2; i++) await prompts.add(ANN, 'p', `version ${i}`)
  const kept = await prompts.versions(ANN, 'p')
  expect([kept.length, kept[0]?.version, kept.at(-1)?.version]).toEqual([MOST_VERSIONS, MOST_VERSIONS + 2, 3])
  await expect(prompts.show(ANN, 'p', 1)).rejects.toMatchObject({ code: 'not_found' })
  await expect(prompts.show(BOB, 'p')).rejects.toMatchObject({ code: 'not_found' })
})

test('a secret in a prompt or in a goal is gone before it is kept', async () => {
  const { prompts, repository } = await rig()
  const { prompt } = await prompts.add(ANN, 'ask', 'Log in as {{user}}, the password is hunter2.')
  expect(prompt.text).toBe('Log in as {{user}}, the password is [redacted].')
  expect(JSON.stringify(await repository.prompts.all(ANN))).not.toContain('hunter2')
})

test('prompts are bounded in their characters, all versions together', async () => {
  const { prompts, repository } = await rig()
  const versions = Array.from({ length: MOST_VERSIONS }, (_, i) => ({
    version: i + 1,
    text: 'x'.repeat(MOST_TEXT),
    created_at: 1,
  }))
  const put = Array.from({ length: 6 }, (_, i) => ({ id: `p${i}`, versions: versions.slice(0, 42) }))
  await repository.prompts.write(ANN, { put })
  await expect(prompts.add(ANN, 'p0', 'y'.repeat(MOST_TEXT))).resolves.toMatchObject({ known: false })
  const over = { id: 'p7', versions: versions.slice(0, 3) }
  await repository.prompts.write(ANN, { put: [over] })
  await expect(prompts.add(ANN, 'p8', 'y'.repeat(MOST_TEXT))).rejects.toMatchObject({ code: 'rate_limited' })
  await prompts.add(BOB, 'p8', 'y')
  await prompts.drop(BOB)
  await expect(prompts.add(BOB, 'p9', 'y')).rejects.toMatchObject({ code: 'not_found' })
})

describe('a plan', () => {
  const offer = {
    agent: 'kMemory:notes',
    readOnly: true,
    description: 'Searches notes',
    tool: 'search_notes',
  }
  const inputSchema = { properties: { query: { type: 'string' } }, required: ['query'] }

  async function planned(states: Readonly<Record<string, Task['state']>> = {}) {
    const { repository, clock } = await rig()
    /** `given`: all tasks that were run. `kept`: those that are not forgotten. */
    const given: TaskRequest[] = []
    const kept: TaskRequest[] = []
    const results: Record<string, string> = {}
    const taskOf = (request: TaskRequest): Task => {
      const state = states[request.id ?? ''] ?? 'completed'
      const ran = state === 'rejected' ? [] : [{ state: 'working' }]
      const input = JSON.stringify(request.input)
      return { ...request, input, state, events: [...ran, { state }], approval: null } as unknown as Task
    }
    const tasks: Partial<Runtime['tasks']> = {
      list: async (person, prefix = '') =>
        kept.filter((one) => one.person === person && one.id?.startsWith(prefix)).map(taskOf),
      get: async (_, id) => taskOf(kept.find((one) => one.id === id) as TaskRequest),
      result: async (_, id) => results[id],
      ended: async () => {},
    }
    const agents = {
      tasks,
      async run(request: TaskRequest) {
        given.push(request)
        kept.push(request)
        return taskOf(request)
      },
    }
    const deps: PlannerDeps = {
      repository: repository.plans,
      clock,
      random,
      log,
      offers: async () => ({ offers: [{ ...offer, inputSchema }], idle: 0 }),
      models: { count: () => 0, chat: () => Promise.reject(new Error('none')) },
      commandFor: async () => undefined,
      judge: () => undefined,
      agents: () => agents as ReturnType<PlannerDeps['agents']>,
      kept: (_agent, _tool, input) => input,
      redact,
    }
    const planner = createPlanner(deps)
    const goal = 'search notes for "a", then search notes for "b"'
    const plan = await planner.plan(ANN, goal, signal)
    const run = async () => {
      await planner.run({ person: ANN, traceId: 't', sessions: ['7:1'] }, plan.id)
      return planner.show(ANN, plan.id)
    }
    return { planner, plan, given, kept, results, states: states as Record<string, Task['state']>, run }
  }

  const text = (words: string) => JSON.stringify({ content: [{ type: 'text', text: words }] })
  const STEPS = [
    {
      id: 's1',
      what: '',
      after: [],
      agent: offer.agent,
      tool: offer.tool,
      input: { query: 'a' },
      command: '',
    },
    {
      id: 's2',
      what: '',
      after: [],
      agent: offer.agent,
      tool: offer.tool,
      input: {},
      command: '',
      takes: { query: 's1' },
    },
  ]

  test('hands the result of a step on, whole, and shows it with the step', async () => {
    const { planner, given, results } = await planned()
    const { id } = await planner.plan(ANN, 'two steps', signal, { steps: STEPS })
    results[`plan.${id}.s1`] = text('$(id); `x`')
    const show = async () => {
      await planner.run({ person: ANN, traceId: 't' }, id).catch(() => {})
      return planner.show(ANN, id)
    }
    await expect.poll(async () => (await show()).state).toBe('completed')
    expect(given.map(({ input }) => input)).toEqual([{ query: 'a' }, { query: '$(id); `x`' }])
    expect((await planner.show(ANN, id)).steps[1]).toMatchObject({
      state: 'completed',
      takes: { query: 's1' },
      input: JSON.stringify({ query: '$(id); `x`' }),
    })
  })

  test.each([
    ['is too long', text('x'.repeat(8_193)), 'longer than'],
    [
      'is kept elsewhere',
      JSON.stringify({ content: [{ type: 'resource_link', uri: 'karo:artifact/abc' }] }),
      'longer than',
    ],
    [
      'has more than text',
      JSON.stringify({
        content: [
          { type: 'text', text: 'ok' },
          { type: 'image', data: 'aGk=', mimeType: 'image/png' },
        ],
      }),
      'not only text',
    ],
    [
      'has a resource that looks like a text',
      JSON.stringify({ content: [{ type: 'resource_link', uri: 'file:///x', text: 'ok' }] }),
      'not only text',
    ],
    ['has no list of contents', JSON.stringify({ structuredContent: { a: 1 } }), 'not only text'],
    ['no longer exists', undefined, 'no longer exists'],
  ])('stops where a result that is to be handed on %s, and says so', async (_, result, why) => {
    const { planner, given, results } = await planned()
    const { id } = await planner.plan(ANN, 'two steps', signal, { steps: STEPS })
    if (result !== undefined) results[`plan.${id}.s1`] = result
    await planner.run({ person: ANN, traceId: 't' }, id).catch(() => {})
    await expect.poll(async () => (await planner.show(ANN, id)).notes.join()).toContain(why)
    await expect.poll(async () => (await planner.show(ANN, id)).state).toBe('stopped')
    expect(given).toHaveLength(1)
  })

  test.each(['completed', 'failed', 'rejected'] as const)(
    'a step whose task is %s does not run again by the task being forgotten',
    async (state) => {
      const { plan, given, kept, states, run } = await planned()
      states[`plan.${plan.id}.s1`] = state
      await run()
      await expect.poll(async () => (await run()).state).not.toBe('running')
      const ran = given.filter(({ id }) => id === `plan.${plan.id}.s1`).length
      kept.length = 0
      await run()
      await expect.poll(async () => (await run()).state).not.toBe('running')
      expect([ran, given.filter(({ id }) => id === `plan.${plan.id}.s1`).length]).toEqual([1, 1])
      expect((await run()).steps[0]?.state).toBe(state === 'rejected' ? 'completed' : state)
    },
  )

  test('a task that somebody else gave under the id of a step is no step', async () => {
    const { planner, plan, kept } = await planned()
    const id = `plan.${plan.id}.s1`
    const other = { id, person: ANN, agent: offer.agent, tool: offer.tool, why: '', traceId: '' }
    kept.push({ ...other, input: { query: 'other' } })
    expect((await planner.show(ANN, plan.id)).steps[0]).toMatchObject({ state: 'waiting', task: null })
  })

  test('nothing is planned or run any more for a person who was removed', async () => {
    const { planner, plan, given } = await planned()
    await planner.drop(ANN)
    const run = planner.run({ person: ANN, traceId: 't' }, plan.id)
    await expect(run).rejects.toMatchObject({ code: 'not_found' })
    await expect(planner.plan(ANN, 'search notes for "a"', signal)).rejects.toMatchObject({
      code: 'not_found',
    })
    expect(given).toEqual([])
  })

  test('runs its steps in their order, for its person, with the sessions of who asked', async () => {
    const { planner, plan, given, run } = await planned()
    await expect(planner.show(BOB, plan.id)).rejects.toMatchObject({ code: 'not_found' })
    await run()
    await expect.poll(() => given.length).toBe(2)
    expect((await run()).state).toBe('completed')
    expect(given.map(({ id, input, sessions }) => [id, input, sessions])).toEqual([
      [`plan.${plan.id}.s1`, { query: 'a' }, ['7:1']],
      [`plan.${plan.id}.s2`, { query: 'b' }, ['7:1']],
    ])
  })

  test('stops at a step that failed, which never runs again, and gives one that was denied again', async () => {
    for (const state of ['failed', 'rejected'] as const) {
      const { plan, given, states, run } = await planned()
      states[`plan.${plan.id}.s1`] = state
      await run()
      await expect.poll(async () => (await run()).state).not.toBe('running')
      const again = state === 'failed' ? [] : [`plan.${plan.id}.s1.2`]
      expect(given.map(({ id }) => id).slice(0, 2)).toEqual([`plan.${plan.id}.s1`, ...again])
    }
  })
})

test('built-in agents are found by their whole id, by people of this machine, and their ids are taken', async () => {
  const inner = {
    find: (which: string) => Promise.reject(new Error(which)) as never,
    add: async () => ({}) as never,
    all: () => [],
  } as unknown as Registry
  const registry = withBuiltIns(inner, [{ id: 'kMemory:notes', purpose: 'notes', tools: [] }])
  expect(registry.find('kMemory:notes', ANN)).toMatchObject({ id: 'kMemory:notes', person: ANN })
  for (const [which, person] of [
    ['notes', ANN],
    ['kMemory:notes', AFAR],
    ['kMemory:notes', undefined],
  ] as const)
    await expect(registry.find(which, person), which).rejects.toThrow(which)
  expect(registry.builtIn(AFAR)).toEqual([])
  const stored = { id: 'kMemory:notes', agent: {} } as unknown as ReturnType<Registry['find']>
  const removed: unknown[] = []
  const old = withBuiltIns(
    { ...inner, all: () => [stored], remove: async (known) => void removed.push(known) },
    [{ id: 'kMemory:notes', purpose: 'notes', tools: [] }],
  )
  await old.remove(stored)
  expect(removed).toEqual([stored])
  await expect(old.remove(old.find('kMemory:notes', ANN))).rejects.toMatchObject({ code: 'refused' })
  const wanted = { class: 'kMemory', name: 'notes' } as Parameters<Registry['add']>[1]
  await expect(registry.add(ANN, wanted)).rejects.toMatchObject({ code: 'conflict' })
})
